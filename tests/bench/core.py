"""Human actions a second, beside plain hand-written SQL and the limit of one commit a row: `make bench`.

The same process for all: submit, three departments review in parallel, two of three approve, decision, end.
Four human actions, each its own durable transaction that first reads the case from the database as a new
request would. Ours is counted with the routing that it causes, done by a worker on the same cores, and with
all that plain SQL lacks: forms, hash chain, commands, agenda, ledger, four eyes, versions.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from tests.bench import engine, plain_sql
from web.cli.data_folder import open_data_folder
from web.cli.embedded import DATABASE, OWNER, Postgres, postgres_program, start_postgres
from web.cli.migrations import migrate
from web.cli.processes import Supervisor
from web.cli.story import actors
from workflow import drafts
from workflow.engine.case import Actor
from workflow.engine.commands import Complete, Submit
from workflow.errors import Conflict, NotFound, Refused
from workflow.funding.programme import load_yaml
from workflow.people import load_people, organisation_id
from workflow.publish import publish_folder
from workflow.service import advance_due, handle
from workflow.settings import Settings

FOLDER = Path(__file__).parent / "programme"
OUTPUT = Path("var/bench/core.json")
SECONDS, ROUNDS, CLIENTS = 4.0, 3, (1, 4, 8)
AT_A_TIME = 10
"""A client goes through so many applications side by side, as people do, so that it seldom waits."""
APPLICANT, HEAD = "applicant@bench.example", "head@bench.example"
REVIEWERS = ("a@bench.example", "b@bench.example")
NOW = datetime(2026, 9, 7, 7, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio`: to what is named, in the same round; medians of the rounds."""

    what: str
    clients: int
    per_second: float
    ratio: float
    ratio_to: str


def main() -> None:
    """Measure, print the table, write it as JSON."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        open_data_folder(Path(name)) as folder,
        Supervisor(folder.path / "log", (folder.lock,)) as supervisor,
    ):
        postgres = start_postgres(supervisor, folder, ("max_connections=200", "shared_buffers=256MB"))
        migrate(postgres.url(OWNER))
        people = load_yaml(FOLDER / "demo" / "people.yaml")
        db = sa.create_engine(postgres.url())
        publish_folder(db, FOLDER, NOW)
        load_people(db, people, password="nobody signs in")
        db.dispose()
        plain_sql.prepare(postgres)
        measured = [figure for clients in CLIENTS for figure in _rounds(postgres, clients)]
    alone = [
        Figure(
            what, 1, round(rate), round(rate / engine.GOALS[what], 2), f"the goal of {engine.GOALS[what]:.0f}"
        )
        for what, rate in engine.figures().items()
    ]
    _tell([*measured, *alone])


def _rounds(postgres: Postgres, clients: int) -> list[Figure]:
    """Interleaved rounds, so that a slow minute of the machine is slow for all."""
    found: dict[str, list[float]] = {"one row a commit (pgbench)": [], "plain SQL": [], "Förderweg": []}
    for _ in range(ROUNDS):
        found["one row a commit (pgbench)"].append(_pgbench(postgres, clients))
        found["plain SQL"].append(plain_sql.run(postgres, clients, SECONDS))
        found["Förderweg"].append(_ours(postgres, clients))
        print(f"{clients} clients: " + ", ".join(f"{what} {rates[-1]:.0f}" for what, rates in found.items()))
    middle = {what: statistics.median(rates) for what, rates in found.items()}
    return [
        Figure(what, clients, round(rate), round(rate / middle["plain SQL"], 2), "plain SQL")
        for what, rate in middle.items()
    ]


def _pgbench(postgres: Postgres, clients: int) -> float:
    script = Path(tempfile.gettempdir()) / f"bench-{os.getpid()}.sql"
    script.write_text("INSERT INTO bench.single (n) VALUES (1);\n", "utf-8")
    env = {**os.environ, "PGPASSWORD": postgres.passwords[OWNER]}
    program = postgres_program("pgbench")
    command = [
        str(program),
        "-h",
        "127.0.0.1",
        "-p",
        str(postgres.port),
        "-U",
        OWNER,
        "-n",
        "-f",
        str(script),
    ]
    command += ["-c", str(clients), "-j", str(min(clients, 2)), "-T", str(int(SECONDS)), DATABASE]
    out = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    script.unlink()
    found = re.search(r"tps = ([\d.]+)", out)
    assert found, out
    return float(found[1])


def _ours(postgres: Postgres, clients: int) -> float:
    """Actions a second of so many clients, with one worker beside them that routes."""
    settings = _settings(postgres)
    each = max(60, int(900 / clients))
    ready = multiprocessing.get_context("spawn")
    barrier, stop = ready.Barrier(clients + 1), ready.Event()
    counts = ready.Queue()
    worker = ready.Process(target=_worker, args=(settings, stop))
    people = [ready.Process(target=_client, args=(settings, each, barrier, counts)) for _ in range(clients)]
    for process in (worker, *people):
        process.start()
    barrier.wait()
    began = time.monotonic()
    done = [counts.get(timeout=60) for _ in people]
    took = max(end for _, end in done) - began
    stop.set()
    for process in (worker, *people):
        process.join()
    return float(sum(count for count, _ in done) / took)


def _settings(postgres: Postgres) -> Settings:
    return Settings(
        database_url=postgres.url(),
        owner_database_url=postgres.url(OWNER),
        redis_url="redis://127.0.0.1:1/0",
        smtp_url="smtp://127.0.0.1:1",
        data_dir=Path(tempfile.gettempdir()) / "bench-files",
        base_url="http://127.0.0.1",
        mail_from="bench@example.org",
        secret_key="s" * 32,
        programme=FOLDER,
    )


def _worker(settings: Settings, stop: Any) -> None:
    db = sa.create_engine(settings.database_url)
    while not stop.is_set():
        if not advance_due(db, datetime.now(UTC), 200):
            time.sleep(0.002)
    db.dispose()


def _client(settings: Settings, cases: int, barrier: Any, counts: Any) -> None:
    """Takes its applications through the process, each action as soon as routing allows it."""
    db = sa.create_engine(settings.database_url)
    who = actors(load_yaml(FOLDER / "demo" / "people.yaml"))
    ids = [_draft(db, who[APPLICANT]) for _ in range(cases)]
    barrier.wait()
    end, count = time.monotonic() + SECONDS, 0
    said = {"opinion": {"reasons": "Gut."}}
    granted = {"decision": {"amount": 400_000, "reasons": "Gut."}}
    while ids and time.monotonic() < end:
        some, ids = ids[:AT_A_TIME], ids[AT_A_TIME:]
        for case_id in some:
            handle(db, Submit(case_id), who[APPLICANT], uuid4(), datetime.now(UTC))
        for seat, email in zip("ab", REVIEWERS, strict=True):
            for case_id in some:
                _act(db, Complete(case_id, "review", seat, "yes", 1), who[email], said)
        for case_id in some:
            _act(db, Complete(case_id, "decide", "", "grant", 2), who[HEAD], granted)
        count += 4 * len(some)
    counts.put((count, time.monotonic()))
    db.dispose()


def _act(db: sa.Engine, command: Complete, actor: Actor, answers: Mapping[str, Any]) -> None:
    """As soon as the worker has routed the case there."""
    for _ in range(5_000):
        try:
            handle(db, command, actor, uuid4(), datetime.now(UTC), answers)
            return
        except (Refused, Conflict, NotFound):  # not there yet
            time.sleep(0.002)
    raise RuntimeError("the worker does not route")


def _draft(db: sa.Engine, actor: Actor) -> UUID:
    eligible: Mapping[str, str] = {"place": "yes"}
    application_id = drafts.start(
        db,
        actor,
        organisation_id=organisation_id("bench"),
        call="bench",
        eligibility=eligible,
        now=datetime.now(UTC),
        application_id=uuid4(),
    )
    answers = {
        "project": {"title": "Bench", "area": "all", "target_group": "all"}
        | {"period_from": "2027-02-01", "period_to": "2027-11-30"},
        "money": {"requested": 400_000},
    }
    drafts.save(db, actor, application_id, answers, revision=1, now=datetime.now(UTC))
    return application_id


def _tell(figures: list[Figure]) -> None:
    print(f"\n{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{'':<30}{'clients':>8}{'a second':>10}{'ratio':>8}  to")
    for one in figures:
        print(f"{one.what:<30}{one.clients:>8}{one.per_second:>10.0f}{one.ratio:>8.2f}  {one.ratio_to}")
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    rows = [{name: getattr(one, name) for name in Figure.__slots__} for one in figures]
    OUTPUT.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    print(f"\nWritten to {OUTPUT}")


if __name__ == "__main__":
    main()
