"""How fast the core is, beside peers and the limit: `make bench`, or one room: `make bench ARGS=timers`.

Each room of this folder measures one thing; this brings the servers up, opens the rooms one after the other,
and tells what they found. It leaves nothing behind but var/bench.
"""

from __future__ import annotations

import argparse
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import core, engine, latency, libraries, one_call, plain_sql, routing, timers
from tests.bench.figures import Figure, tell
from web.cli.system import System, running_system
from workflow.connecting import connect
from workflow.funding.plain import load_yaml
from workflow.people import load_people

ROOMS = ("actions", "routing", "timers", "latency", "engine")


def main() -> None:
    """Measure, print the table, write it as JSON."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(ROOMS)}; all unless named")
    rooms = parser.parse_args().rooms or ROOMS
    if unknown := set(rooms) - set(ROOMS):
        parser.error(f"no such room: {', '.join(sorted(unknown))}")
    found: list[Figure] = []
    left_out: list[str] = []
    failed: list[str] = []
    with _servers() as system:
        measures: dict[str, Callable[[], list[Figure]]] = {
            "actions": lambda: core.figures(system, left_out),
            "routing": lambda: routing.figures(system),
            "timers": lambda: timers.figures(system),
            "latency": lambda: latency.figures(system),
            "engine": engine.figures,
        }
        for room in rooms:
            try:
                found += measures[room]()
            except Exception:  # the others are measured on, and the whole has failed
                traceback.print_exc()
                failed.append(f"{room}: failed, see above")
    tell(found, [*left_out, *failed])
    if failed:
        raise SystemExit(1)


@contextmanager
def _servers() -> Iterator[System]:
    """As in production but for PostgreSQL's size, with the bench's programme and people."""
    options = ("max_connections=200", "shared_buffers=256MB", latency.OPTION)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        running_system(
            Path(folder), programme=core.FOLDER, processes=("mail",), postgres_options=options
        ) as system,
    ):
        db = connect(system.settings.database_url)
        load_people(db, load_yaml(core.FOLDER / "demo" / "people.yaml"), password="nobody signs in")
        db.dispose()
        libraries.prepare(system.postgres)
        plain_sql.prepare(system.postgres)
        one_call.prepare(system.postgres)
        yield system


if __name__ == "__main__":
    main()
