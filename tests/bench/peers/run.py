"""One peer's people at work, in the peers' own environment: run.py PEER DATABASE_URL CLIENTS SECONDS.

A peer is a module of this folder: `prepare(url)` makes its tables once, `client(url)` gives what takes one
more case through the process each time that it is called: four human actions, each its own durable
transaction that first reads the case from the database. Prints human actions a second.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import time
from typing import Any

ACTIONS = 4


def main() -> None:
    peer, url, clients, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Process(target=_prepare, args=(peer, url))
    ready.start()
    ready.join()
    if ready.exitcode:
        raise SystemExit(f"{peer} could not make its tables")
    barrier, counts = spawn.Barrier(clients), spawn.Queue()
    people = [
        spawn.Process(target=_work, args=(peer, url, seconds, barrier, counts), daemon=True)
        for _ in range(clients)
    ]
    for one in people:
        one.start()
    print(sum(counts.get(timeout=seconds + 60) for _ in people))
    for one in people:
        one.join()


def _prepare(peer: str, url: str) -> None:
    importlib.import_module(peer).prepare(url)


def _work(peer: str, url: str, seconds: float, barrier: Any, counts: Any) -> None:
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
    os._exit(0)  # a peer's own threads would keep it


if __name__ == "__main__":
    main()
