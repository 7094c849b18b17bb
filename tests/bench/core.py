"""Human actions a second of ours, the routing that they cause included.

The same process for all: submit, three departments review in parallel, two of three approve, decision, end.
Four human actions, each its own durable transaction that first reads the case from the database as a new
request would. Ours is counted with the routing that it causes, done by a worker on the same cores, and with
all that plain SQL lacks: forms, hash chain, commands, agenda, ledger, four eyes, versions.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from tests.bench.figures import SECONDS
from web.cli.embedded import OWNER, Postgres
from web.cli.story import actors
from workflow import drafts
from workflow.connecting import connect
from workflow.engine.case import Actor
from workflow.engine.commands import Complete, Submit
from workflow.errors import Conflict, NotFound, Refused
from workflow.funding.programme import load_yaml
from workflow.people import organisation_id
from workflow.service import advance_due, handle
from workflow.settings import Settings

FOLDER = Path(__file__).parent / "programme"
AT_A_TIME = 40
"""A client goes through so many applications side by side, as people do, so that it seldom waits."""
PAUSE_SECONDS = 0.02
"""A worker that found nothing is asked again after this time: a nudge comes at most once in 25 ms."""
APPLICANT, HEAD = "applicant@bench.example", "head@bench.example"
REVIEWERS = ("a@bench.example", "b@bench.example")
NOW = datetime(2026, 9, 7, 7, tzinfo=UTC)


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
    db = connect(settings.database_url)
    while not stop.is_set():
        if not advance_due(db, datetime.now(UTC), 200):
            time.sleep(PAUSE_SECONDS)
    db.dispose()


def _client(settings: Settings, cases: int, barrier: Any, counts: Any) -> None:
    """Takes its applications through the process, each action as soon as routing allows it."""
    db = connect(settings.database_url)
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
    for _ in range(1_000):
        try:
            handle(db, command, actor, uuid4(), datetime.now(UTC), answers)
            return
        except (Refused, Conflict, NotFound):  # not there yet
            time.sleep(PAUSE_SECONDS)
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
