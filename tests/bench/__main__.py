"""How fast the core is, beside peers and the machine's limit: `make bench`.

Each room of this folder measures one thing; this brings the servers up, opens the rooms one after the other,
and tells what they found. It leaves nothing behind but var/bench.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from tests.bench import core, engine, libraries, limit, one_call, plain_sql
from tests.bench.figures import SECONDS, Figure, rounds, tell
from web.cli.data_folder import open_data_folder
from web.cli.embedded import OWNER, Postgres, start_postgres
from web.cli.migrations import migrate
from web.cli.processes import Supervisor
from workflow.funding.programme import load_yaml
from workflow.people import load_people
from workflow.publish import publish_folder

CLIENTS, PEERS_WITH = (1, 4, 8), 4


def main() -> None:
    """Measure, print the table, write it as JSON."""
    with _servers() as postgres:
        peers, left_out = libraries.measures(postgres, PEERS_WITH)
        measured = [
            one
            for clients in CLIENTS
            for one in _human_actions(postgres, clients, peers if clients == PEERS_WITH else {})
        ]
    tell([*measured, *engine.figures()], left_out)


def _human_actions(
    postgres: Postgres, clients: int, peers: Mapping[str, Callable[[], float]]
) -> list[Figure]:
    measures = {
        **peers,
        limit.WHAT: lambda: limit.run(postgres, clients),
        one_call.WHAT: lambda: one_call.run(postgres, clients, SECONDS),
        plain_sql.WHAT: lambda: plain_sql.run(postgres, clients, SECONDS),
        "Förderweg": lambda: core._ours(postgres, clients),
    }
    return rounds(measures, clients, plain_sql.WHAT)


@contextmanager
def _servers() -> Iterator[Postgres]:
    """PostgreSQL as it is in production but for its size, with the bench's programme and people."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        open_data_folder(Path(name)) as folder,
        Supervisor(folder.path / "log", (folder.lock,)) as supervisor,
    ):
        postgres = start_postgres(supervisor, folder, ("max_connections=200", "shared_buffers=256MB"))
        migrate(postgres.url(OWNER))
        db = sa.create_engine(postgres.url())
        publish_folder(db, core.FOLDER, core.NOW)
        load_people(db, load_yaml(core.FOLDER / "demo" / "people.yaml"), password="nobody signs in")
        db.dispose()
        plain_sql.prepare(postgres)
        one_call.prepare(postgres)
        libraries.prepare(postgres)
        yield postgres


if __name__ == "__main__":
    main()
