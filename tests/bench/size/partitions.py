"""Events in partitions, tried in a database that is thrown away: what must change, and what it costs.

The real tables and the real code; only `events` is exchanged for a partitioned table with the same rows.
Milliseconds are processor time of PostgreSQL's process for the one connection (/proc, so Linux alone),
in interleaved rounds.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg
import sqlalchemy as sa

from tests.bench.growth.loading import growth
from tests.bench.size.house import APPLICANT, POSTGRES, House
from web.cli import demo_data
from web.cli.embedded import DATABASE
from web.cli.progress import progress
from web.cli.story import actors
from web.cli.system import running_system
from workflow.engine.commands import Submit
from workflow.people import read_people
from workflow.service import handle

ROUNDS, WARM, SUBMITTED, READ = 5, 4, 8, 200
ONE, YEARS, CASES = "one table", "by year", "by case"
KEYS = {YEARS: "case_id, version, at", CASES: "case_id, version"}
PARTITION_BY = {YEARS: "RANGE (at)", CASES: "HASH (case_id)"}
FIRST_YEAR, LAST_YEAR, BUCKETS = 2015, 2028, 14
"""As many partitions of either kind."""

HISTORY = "SELECT name, data, actor, at FROM events WHERE case_id = %s ORDER BY version"


@dataclass(frozen=True, slots=True)
class Shape:
    """Milliseconds of PostgreSQL's processor time: a submission; one case's history, prepared, planned anew.
    `blocks`: of the history, read or found in memory; `twice_refused`: a second event of the same version."""

    what: str
    submit: float
    history: float
    planned: float
    blocks: int
    twice_refused: bool


@contextmanager
def _database(cases: int) -> Iterator[House]:
    with (
        tempfile.TemporaryDirectory(prefix="partitions-", ignore_cleanup_errors=True) as name,
        running_system(Path(name), processes=(), postgres_options=POSTGRES) as system,
    ):
        demo_data.load(system.settings, lambda _: None, now=datetime.now(UTC))
        growth(partial(system.postgres.connect, DATABASE)).to(cases, progress(f"{cases} cases"))
        db = sa.create_engine(system.settings.database_url, pool_size=1, max_overflow=0)
        yield House(system, db)
        db.dispose()


def partitions(cases: int) -> list[Shape]:
    """Measure the three shapes over so many cases."""
    with _database(cases) as house, house.system.postgres.connect(DATABASE) as owner:
        for what in KEYS:
            _make(owner, what)
        return _measure(house, owner)


def tell(found: list[Shape]) -> None:
    """The table, each figure with its ratio to one table, and what has to change."""
    first = found[0]
    head = f"{'events':<12}{'submit ms':>16}{'history ms':>16}{'planned anew':>18}{'blocks':>8}"
    print(f"\n{head}  a version twice")
    for one in found:
        figures = "".join(
            f"{mine:>{width}.3f} ({mine / theirs:.2f})"
            for mine, theirs, width in (
                (one.submit, first.submit, 9),
                (one.history, first.history, 9),
                (one.planned, first.planned, 11),
            )
        )
        print(f"{one.what:<12}{figures}{one.blocks:>8}  {'refused' if one.twice_refused else 'taken'}")
    print(
        "To change: position is unique within a partition alone. By year the primary key needs at: the same\n"
        "version of a case would be taken again in another year, and a history asks every year.\n"
        "No foreign key refers to events, and nothing writes them with ON CONFLICT."
    )


def _make(owner: psycopg.Connection, what: str) -> None:
    """The partitioned table beside the other, with the same rows, rights and foreign key."""
    name = _name(what)
    owner.execute(
        f"CREATE TABLE {name} (LIKE events INCLUDING DEFAULTS INCLUDING IDENTITY)"
        f" PARTITION BY {PARTITION_BY[what]}".encode()
    )
    for number in range(BUCKETS):
        year = FIRST_YEAR + number
        span = f"FROM ('{year}-01-01Z') TO ('{year + 1}-01-01Z')"
        bucket = f"WITH (MODULUS {BUCKETS}, REMAINDER {number})"
        values = span if what == YEARS else bucket
        owner.execute(f"CREATE TABLE {name}_{number} PARTITION OF {name} FOR VALUES {values}".encode())
    owner.execute(f"INSERT INTO {name} OVERRIDING SYSTEM VALUE SELECT * FROM events".encode())
    key = KEYS[what]
    owner.execute(f"ALTER TABLE {name} ADD PRIMARY KEY ({key})".encode())
    also = "position, at" if what == YEARS else "position, case_id"
    owner.execute(f"ALTER TABLE {name} ADD UNIQUE ({also})".encode())
    owner.execute(f"ALTER TABLE {name} ADD FOREIGN KEY (case_id) REFERENCES cases".encode())
    owner.execute(f"GRANT SELECT, INSERT ON {name} TO foerderweg_app".encode())


def _name(what: str) -> str:
    return f"events_{what.replace(' ', '_')}"


def _measure(house: House, owner: psycopg.Connection) -> list[Shape]:
    shapes = (ONE, *KEYS)
    ids = [UUID(str(one)) for one in house.all(f"SELECT id FROM cases ORDER BY id LIMIT {READ}")]
    actor = actors(read_people(house.system.settings.programme))[APPLICANT]
    drafts = iter(house.drafts((WARM + SUBMITTED) * len(shapes) * ROUNDS))
    owner.execute(f"ALTER TABLE events RENAME TO {_name(ONE)}".encode())
    owner.execute("VACUUM ANALYZE")
    took: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for what in shapes:
            with _named_events(house, owner, what):
                for count in (WARM, SUBMITTED):
                    began = _spent(house)
                    for draft in itertools.islice(drafts, count):
                        handle(house.db, Submit(draft), actor, UUID(int=draft.int ^ 1), datetime.now(UTC))
                    spent = (_spent(house) - began) / count
                took.setdefault((what, "submit"), []).append(spent)
                for how in ("history", "planned"):
                    spent = _read(house, ids, prepare=how == "history")
                    took.setdefault((what, how), []).append(spent)
    found = []
    for what in shapes:
        with _named_events(house, owner, what):
            submit, history, planned = (
                statistics.median(took[what, how]) for how in ("submit", "history", "planned")
            )
            found.append(
                Shape(what, submit, history, planned, _blocks(owner, ids[0]), _refused(owner, ids[0]))
            )
    return found


@contextmanager
def _named_events(house: House, owner: psycopg.Connection, what: str) -> Iterator[None]:
    """This shape is the table `events`; connections are new, as a prepared statement knows its table."""
    owner.execute(f"ALTER TABLE {_name(what)} RENAME TO events".encode())
    house.db.dispose()
    yield
    house.db.dispose()
    owner.execute(f"ALTER TABLE events RENAME TO {_name(what)}".encode())


def _spent(house: House) -> float:
    """Milliseconds of processor time of PostgreSQL's process for the one connection."""
    process = house.one("SELECT pg_backend_pid()")
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e6


def _read(house: House, ids: list[UUID], *, prepare: bool) -> float:
    with house.system.postgres.connect(DATABASE) as reader:
        process = reader.info.backend_pid
        for part in (ids[:WARM], ids):
            began = int(Path(f"/proc/{process}/schedstat").read_text().split()[0])
            for one in part:
                reader.execute(HISTORY, (one,), prepare=prepare).fetchall()
        return (int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) - began) / 1e6 / len(ids)


def _blocks(owner: psycopg.Connection, case: UUID) -> int:
    [[plan]] = owner.execute(
        f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {HISTORY}".encode(), (case,), prepare=False
    ).fetchone()  # type: ignore[misc]
    top = plan["Plan"]
    return int(top["Shared Hit Blocks"]) + int(top["Shared Read Blocks"])


def _refused(owner: psycopg.Connection, case: UUID) -> bool:
    """Whether the database refuses a second event with the same version, a year later."""
    again = (
        "INSERT INTO events (case_id, version, name, data, actor, at, command_id, hash)"
        " SELECT case_id, version, name, data, actor, at + interval '1 year', command_id, hash"
        " FROM events WHERE case_id = %s AND version = 1"
    )
    try:
        with owner.transaction(force_rollback=True):
            owner.execute(again, (case,))
    except psycopg.errors.UniqueViolation:
        return True
    return False
