"""Human actions a second of ours, the routing that they cause included.

The same process for all: submit, three departments review in parallel, two of three approve, decision, end.
Four human actions, each its own durable transaction that first reads the case from the database as a new
request would. Ours is counted with the routing that it causes, done by a worker on the same cores, and with
all that plain SQL lacks: forms, hash chain, commands, agenda, ledger, four eyes, versions.
"""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from tests.bench import caluma, libraries, limit, one_call, plain_sql
from tests.bench.backlog import World, copies, settle, world
from tests.bench.figures import SECONDS, Figure, medians, to
from web.cli.story import actors
from web.cli.system import System
from workflow import drafts
from workflow.connecting import connect
from workflow.engine.case import Actor
from workflow.engine.commands import Complete, Submit
from workflow.errors import Conflict, NotFound, Refused
from workflow.funding.plain import load_yaml
from workflow.people import organisation_id
from workflow.service import advance_due, handle
from workflow.settings import Settings

FOLDER = Path(__file__).parent / "programme"
AT_A_TIME = 40
"""A client goes through so many applications side by side, as people do, so that it seldom waits."""
WARM = 10
"""Applications that each client takes through before it is timed."""
EARLIER = 2_000
"""Cases that ended before: PostgreSQL plans for a database as it stands in use, not for an empty one."""
BATCH = 200
PAUSE_SECONDS = 0.02
"""A worker that has caught up is asked again after this time: a nudge comes at most once in 25 ms."""
APPLICANT, HEAD = "applicant@association.example", "head@bench.example"
REVIEWERS = ("a@bench.example", "b@bench.example")
CLIENTS, PEERS_WITH, OURS = (1, 4, 8), 4, "Förderweg"
CHECK = """
SELECT (SELECT count(*) FROM cases WHERE ending = 'granted' AND committed = 400000),
       (SELECT count(*) FROM work_items WHERE closed_at IS NULL),
       (SELECT count(*) FROM work_items WHERE seat = 'c' AND closed_by = 'system')
"""
NOW = datetime(2026, 9, 7, 7, tzinfo=UTC)


def figures(system: System, left_out: list[str]) -> list[Figure]:
    """Human actions a second beside plain SQL, with the peers at four clients; adds what was `left_out`."""
    peers, missing = libraries.measures(system.postgres, PEERS_WITH)
    left_out += missing
    found = []
    for count in CLIENTS:
        measures: dict[str, Callable[[], float]] = {
            **(peers if count == PEERS_WITH else {}),
            limit.WHAT: partial(limit.run, system.postgres, count),
            one_call.WHAT: partial(one_call.run, system.postgres, count, SECONDS),
            plain_sql.WHAT: partial(plain_sql.run, system.postgres, count, SECONDS),
            OURS: partial(_ours, system, count),
        }
        print(f"  human actions a second, {count} clients", flush=True)
        rates = medians(measures)
        plain = rates[plain_sql.WHAT]
        found += [to(what, count, rate, plain_sql.WHAT, plain) for what, rate in rates.items()]
    return found + caluma.figures(PEERS_WITH, left_out)


def _ours(system: System, clients: int) -> float:
    """Actions a second of so many clients, with one worker beside them that routes."""
    each = max(150, int(1_200 / clients))
    spawn = multiprocessing.get_context("spawn")
    barrier, stop, counts = spawn.Barrier(clients + 1), spawn.Event(), spawn.Queue()
    with world(system, "actions") as here:
        url = here.settings.database_url
        worker = spawn.Process(target=_worker, args=(url, stop))
        people = [spawn.Process(target=_client, args=(url, each, barrier, counts)) for _ in range(clients)]
        worker.start()
        _used(here)
        for process in people:
            process.start()
        barrier.wait()
        began = time.monotonic()
        done = [counts.get(timeout=60) for _ in people]
        took = max(end for _, end in done) - began
        for _ in range(1_000):  # the last endings are the worker's
            if not here.admin.execute("SELECT 1 FROM cases WHERE ending IS NULL LIMIT 1").fetchone():
                break
            time.sleep(PAUSE_SECONDS)
        stop.set()
        for process in (worker, *people):
            process.join()
        total = sum(count for count, _ in done)
        ended = EARLIER + total / 4 + clients * WARM
        assert here.admin.execute(CHECK).fetchone() == (ended, 0, ended)
    return float(total / took)


def _used(here: World) -> None:
    """Makes a database that has been in use of one in which a worker already runs."""
    db, who = connect(here.settings.database_url), people()
    first = draft(db, who[APPLICANT])
    _through(db, who, [first])
    while not here.admin.execute("SELECT 1 FROM cases WHERE ending = 'granted'").fetchone():
        time.sleep(PAUSE_SECONDS)
    db.dispose()
    copies(here.admin, first, EARLIER - 1, "o.due_at", history=True)
    settle(here.admin)


def _worker(url: str, stop: Any) -> None:
    db = connect(url)
    gc.freeze()  # as our workers and web servers do
    while not stop.is_set():
        if advance_due(db, datetime.now(UTC), BATCH) < BATCH:
            time.sleep(PAUSE_SECONDS)
    db.dispose()


def _client(url: str, cases: int, barrier: Any, counts: Any) -> None:
    """Takes its applications through the process; the first ones, at which a process reads its programme and
    each connection prepares its statements, are not counted."""
    db = connect(url)
    who = people()
    ids = [draft(db, who[APPLICANT]) for _ in range(WARM + cases)]
    _through(db, who, ids[:WARM])
    ids = ids[WARM:]
    gc.freeze()
    barrier.wait()
    end, count = time.monotonic() + SECONDS, 0
    while ids and time.monotonic() < end:
        some, ids = ids[:AT_A_TIME], ids[AT_A_TIME:]
        _through(db, who, some)
        count += 4 * len(some)
    counts.put((count, time.monotonic()))
    db.dispose()


def _through(db: sa.Engine, who: Mapping[str, Actor], some: Sequence[UUID]) -> None:
    """These applications from their submission to their end, each action as soon as routing allows it."""
    said = {"opinion": {"reasons": "Gut."}}
    granted = {"decision": {"amount": 400_000, "reasons": "Gut."}}
    for case_id in some:
        handle(db, Submit(case_id), who[APPLICANT], uuid4(), datetime.now(UTC))
    for seat, email in zip("ab", REVIEWERS, strict=True):
        for case_id in some:
            _act(db, Complete(case_id, "review", seat, "yes", 1), who[email], said)
    for case_id in some:
        _act(db, Complete(case_id, "decide", "", "grant", 2), who[HEAD], granted)


def _act(db: sa.Engine, command: Complete, actor: Actor, answers: Mapping[str, Any]) -> None:
    """As soon as the worker has routed the case there."""
    for _ in range(1_000):
        try:
            handle(db, command, actor, uuid4(), datetime.now(UTC), answers)
            return
        except (Refused, Conflict, NotFound):  # not there yet
            time.sleep(PAUSE_SECONDS)
    raise RuntimeError("the worker does not route")


def people() -> Mapping[str, Actor]:
    """Who is at work in the bench's programme, by mail address."""
    return actors(load_yaml(FOLDER / "demo" / "people.yaml"))


def submitted(settings: Settings, now: datetime) -> UUID:
    """A case that no worker has seen yet."""
    db, who = connect(settings.database_url), people()[APPLICANT]
    case_id = draft(db, who)
    handle(db, Submit(case_id), who, uuid4(), now)
    db.dispose()
    return case_id


def draft(db: sa.Engine, actor: Actor) -> UUID:
    """A working copy that can be submitted."""
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
