"""One peer's people at work, in the peers' own environment: run.py PEER DATABASE_URL CLIENTS SECONDS.

A peer is a module of this folder: `prepare(url)` makes its tables once, `client(url)` gives what takes one
more case through the process each time that it is called: four human actions, each its own durable
transaction that first reads the case from the database; `unfinished(url)` counts the cases that have not
ended as granted with their third seat withdrawn, and all of them. Prints human actions a second.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import time
from typing import Any

ACTIONS, FINISH_SECONDS = 4, 15.0


def main() -> None:
    peer, url, clients, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Process(target=_prepare, args=(peer, url))
    ready.start()
    ready.join()
    if ready.exitcode:
        raise SystemExit(f"{peer} could not make its tables")
    barrier, counts, over = spawn.Barrier(clients), spawn.Queue(), spawn.Event()
    people = [
        spawn.Process(target=_work, args=(peer, url, seconds, barrier, counts, over), daemon=True)
        for _ in range(clients)
    ]
    for one in people:
        one.start()
    print(sum(counts.get(timeout=seconds + 60) for _ in people))
    last = spawn.Process(target=_check, args=(peer, url))
    last.start()
    last.join()
    over.set()
    for one in people:
        one.join()
    if last.exitcode:
        raise SystemExit(f"{peer} has cases that did not end as they should")


def _prepare(peer: str, url: str) -> None:
    importlib.import_module(peer).prepare(url)


def _check(peer: str, url: str) -> None:
    """Its own workers may still be at the last endings."""
    until = time.monotonic() + FINISH_SECONDS
    while (found := importlib.import_module(peer).unfinished(url))[0] and time.monotonic() < until:
        time.sleep(0.2)
    assert found[0] == 0, found
    assert found[1] > 0, found
    os._exit(0)


def _work(peer: str, url: str, seconds: float, barrier: Any, counts: Any, over: Any) -> None:
    one_case = importlib.import_module(peer).client(url)
    one_case()  # what is made at the first use is not measured
    barrier.wait(60)  # not for one that has died
    began, count = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        one_case()
        count += ACTIONS
    counts.put(count / (time.monotonic() - began))
    counts.close()
    counts.join_thread()
    over.wait(60)
    os._exit(0)  # a peer's own threads would keep it


if __name__ == "__main__":
    main()
