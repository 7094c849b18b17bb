"""How fast the core is, beside peers and the limit: `make bench`, or one room: `make bench ARGS=timers`.

Each room of this folder measures one thing; this brings the servers up, opens the rooms one after the other,
and tells what they found. It leaves nothing behind but var/bench.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import core, engine, latency, libraries, one_call, plain_sql, routing, timers
from tests.bench.figures import Figure, tell
from web.cli.system import System, running_system
from workflow.connecting import connect
from workflow.funding.programme import load_yaml
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
    with _servers() as system:
        if "actions" in rooms:
            found, left_out = core.figures(system)
        for room in (routing, timers, latency):
            if room.__name__.rpartition(".")[2] in rooms:
                found += room.figures(system)
    tell([*found, *(engine.figures() if "engine" in rooms else [])], left_out)


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
