"""Real processes die by real signals in the middle of their work: nothing is lost, nothing is done twice."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import redis
import sqlalchemy as sa

from tests.chaos.crowd import CLIENTS, Request, insist, sending
from tests.chaos.whole import assert_whole, catch_up, effects_left, wait_for
from web.cli.embedded import DATABASE
from web.cli.story import Story, application, decision, review
from web.cli.system import System
from workflow.accounts import sign_in
from workflow.store import queries

HEKS = "miriam.aebi@heks.example"
CHECKER = "regula.keller@integration.bs.example"
LEAD = "barbara.wenger@erwachsenenbildung.bs.example"
HEAD = "andrea.bernasconi@integration.bs.example"
REQUESTED = 8_000_00
ANSWERS = application(
    "HEKS", title="Lesen im Park", area="language", goals=["everyday_language"], requested=REQUESTED
)


def test_worker_dies_in_mid_batch(system: System, told: Story) -> None:
    """celery#3541, #7924: a message is acknowledged when it is taken, and its task dies with the worker."""
    system.kill("worker")
    requests: list[Request] = []
    for _ in range(3):
        wave = submissions(told, 10)
        requests += wave
        assert len(insist(system.base_url, wave)) == 10
        with hold_up(system, "events") as waiting:
            system.start("worker")
            wait_for(lambda: waiting() and not effects_left(told.db))
            system.kill("worker")
        assert steps(told, requests) == {""}, "half a batch was written"
    system.start("worker")
    assert_recovered(system, told)
    assert steps(told, requests) == {"formal_check"}


def test_web_dies_in_mid_request(system: System, told: Story) -> None:
    requests = submissions(told, 40)
    done: dict[UUID, Any] = {}
    with hold_up(system, "events") as waiting, sending(system.base_url, requests[:10]) as heard:
        wait_for(lambda: waiting() == CLIENTS)
        system.kill("web")
    assert heard.broken_off >= CLIENTS  # the next ones, too, if they came while it was dying
    assert heard.answers == []
    for wave in (requests[:20], requests[20:]):
        system.start("web")
        with sending(system.base_url, wave) as heard:
            wait_for(lambda: len(heard.all) >= 5)
            system.kill("web")
        assert heard.broken_off
        done |= heard.done()
    system.start("web")
    assert done
    assert_done_once(system, told, requests, done)
    assert_recovered(system, told)


def test_redis_is_emptied_killed_and_away(system: System, told: Story) -> None:
    early, late = submissions(told, 10), submissions(told, 10)
    with sending(system.base_url, early) as heard, redis.Redis.from_url(system.valkey.url) as client:
        while len(heard.all) < len(early):
            client.flushall()
    done = heard.done()
    catch_up(told.db)
    system.kill("valkey")
    with sending(system.base_url, late) as heard:
        wait_for(lambda: len(heard.all) == len(late), 5)
    done |= heard.done()
    assert len(done) == len(early) + len(late), "refused for want of Redis"
    assert httpx.get(f"{system.base_url}/readyz").json()["redis"] == "away"
    assert steps(told, late) == {""}
    system.empty_valkey()
    system.start("valkey")
    assert_recovered(system, told)
    assert_done_once(system, told, [*early, *late], done)
    assert steps(told, [*early, *late]) == {"formal_check"}


def test_postgres_stops_at_once(system: System, told: Story) -> None:
    requests = submissions(told, 30)
    page = Request("/applications", {"Cookie": f"foerderweg={token(told, HEKS, 'browser')}"})
    turns = itertools.cycle(part for request in requests for part in (request, page))
    with sending(system.base_url, turns) as heard:
        wait_for(lambda: len(heard.all) >= 20)
        system.kill("postgres", signal.SIGQUIT)
        before = len(heard.all)
        wait_for(lambda: len(heard.all) > before + 2 * CLIENTS)
        system.start("postgres")
        before = len(heard.all)
        wait_for(lambda: len([one for one in heard.answers[before:] if one.is_success]) > 2 * CLIENTS)
    assert len(heard.answers) == len(heard.all), "the web server broke off"
    assert {answer.status_code for answer in heard.answers} == {200, 201, 503}
    told_off = [answer for answer in heard.answers if answer.status_code == 503]
    assert {answer.headers["Content-Type"] for answer in told_off} == {
        "application/problem+json",
        "text/html; charset=utf-8",
    }
    assert all(answer.headers["Retry-After"] for answer in told_off)
    assert not any("psycopg" in answer.text or "Traceback" in answer.text for answer in told_off)
    assert_done_once(system, told, requests, heard.done())
    assert_recovered(system, told)


def test_all_die_while_letters_are_made(system: System, told: Story) -> None:
    system.stop("worker")
    before = letters(told)  # of tests that had this system earlier
    decisions = [granting(told, before_decision(told)) for _ in range(12)]
    requests = [*decisions, *submissions(told, 10)]
    with sending(system.base_url, itertools.cycle(requests)) as heard:
        wait_for(lambda: len(heard.done()) == len(requests))
        system.start("worker")
        wait_for(lambda: letters(told) > before)
        kill_all(system, "web", "worker", "clock", "valkey")
    assert heard.broken_off
    assert before < letters(told) < before + len(decisions), "they did not die in the middle"
    system.empty_valkey()
    for name in ("valkey", "worker", "clock", "web"):
        system.start(name)
    assert_recovered(system, told)
    assert_done_once(system, told, requests, heard.done())
    assert letters(told) == before + len(decisions)
    assert steps(told, decisions) == {"dispatch_granted"}


def submissions(told: Story, count: int) -> list[Request]:
    """Requests to submit so many new drafts, each with a key of its own."""
    headers = bearer(told, HEKS)
    drafts = [told.draft(HEKS, ANSWERS) for _ in range(count)]
    return [Request(f"/applications/{draft}/submission", headers, told.next_id()) for draft in drafts]


def before_decision(told: Story) -> UUID:
    """A small application that waits for the decision of a head who has declared no conflict."""
    case_id = told.submit(HEKS, ANSWERS)
    told.do(CHECKER, case_id, "complete", {"check": {"complete": True, "responsible": True}})
    told.do(LEAD, case_id, "yes", review("Gut begründet."))
    told.declare(HEAD, case_id)
    return case_id


def granting(told: Story, case_id: UUID) -> Request:
    """The request to grant all that was asked for."""
    dossier = queries.dossier(told.db, told.actors[HEAD], case_id, now=told.now)
    assert dossier is not None
    [offer] = [one for one in dossier.offers if "grant" in one.outcomes]
    what = {"step": offer.step, "seat": offer.seat, "entry": dossier.entry, "outcome": "grant"}
    body = {**what, "answers": decision(REQUESTED, "Im Rahmen des Kredits.")}
    return Request(f"/cases/{case_id}/completions", bearer(told, HEAD), told.next_id(), body)


def bearer(told: Story, email: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(told, email, 'api')}"}


def token(told: Story, email: str, kind: str) -> str:
    return sign_in(told.db, email, "geheim", source="127.0.0.1", kind=kind, now=told.now).token


@contextmanager
def hold_up(system: System, table: str) -> Iterator[Callable[[], int]]:
    """Nobody can write to this table while the block lasts; gives how many wait to write (autovacuum waits,
    too, but for another lock)."""
    count = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'RowExclusiveLock'"
        " AND relation = to_regclass(%s)"
    )
    with system.postgres.connect(DATABASE) as db, db.transaction():
        db.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE".encode())
        yield lambda: int(db.execute(count, (table,)).fetchall()[0][0])


def kill_all(system: System, *names: str) -> None:
    """Empty Redis and kill all of these at the same moment."""
    with redis.Redis.from_url(system.valkey.url) as client:
        client.flushall()
    for name in names:
        os.killpg(system.supervisor.pid(name), signal.SIGKILL)
    for name in names:
        system.kill(name)


def steps(told: Story, requests: list[Request]) -> set[str]:
    """The steps at which the cases of these requests are."""
    ids = [request.path.split("/")[2] for request in requests]
    with told.db.connect() as tx:
        query = sa.text("SELECT step FROM cases WHERE id = ANY(CAST(:ids AS uuid[]))")
        return set(tx.execute(query, {"ids": ids}).scalars())


def letters(told: Story) -> int:
    with told.db.connect() as tx:
        return int(tx.execute(sa.text("SELECT count(*) FROM files WHERE kind = 'letter'")).scalar_one())


def assert_done_once(system: System, told: Story, requests: list[Request], done: Mapping[UUID, Any]) -> None:
    """What was answered with success is there as it was told, and repeating each request changes nothing."""
    for _ in range(2):
        again = insist(system.base_url, requests)
        for key, answer in done.items():
            assert {**again[key], "repeated": answer["repeated"]} == answer
        done = again
    assert all(answer["repeated"] for answer in done.values())
    with told.db.connect() as tx:
        rows = tx.execute(
            sa.text("SELECT * FROM commands WHERE command_id = ANY(:keys)"), {"keys": list(done)}
        )
        kept = {row.command_id: (str(row.case_id), row.version) for row in rows}
    assert kept == {key: (answer["case_id"], answer["version"]) for key, answer in done.items()}


def assert_recovered(system: System, told: Story) -> None:
    """All has caught up without anyone's hand, is whole, and no process ended that was not killed."""
    catch_up(told.db)
    assert_whole(told.db, system.settings)
    assert system.supervisor.lost() == []
