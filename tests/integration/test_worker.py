"""Workers: one bad case holds up no other; effects are tried again, given up for an operator, done once."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from tasks.compose import message_id
from tasks.deliver import AWAITED, deliver_due
from tests.integration.post import Inbox
from tests.integration.walks import (
    CHECKER,
    HEAD,
    HEKS,
    INADMISSIBLE,
    OPERATOR,
    assert_kept,
    at_check,
    at_confirmation,
    costs,
    deliver,
    happened,
    language,
    rows,
    state,
)
from web.cli.processes import free_port
from web.cli.story import Story
from workflow.connecting import LIMITS, connect, is_away
from workflow.engine.commands import Submit
from workflow.service import advance_due, handle
from workflow.store import outbox, queries
from workflow.store.outbox import LEASE, MOST_ATTEMPTS


def due_case(told: Story) -> UUID:
    """Submitted, and no worker has seen it yet."""
    case_id = told.draft(HEKS, language(9_000))
    handle(told.db, Submit(case_id), told.actors[HEKS], uuid4(), told.now)
    return case_id


def change(told: Story, statement: str, **values: object) -> None:
    with told.db.begin() as tx:
        tx.execute(sa.text(statement), values)


POISONS = {
    "a step that is not there": (
        "UPDATE cases SET state = jsonb_set(state, '{to}', '\"nowhere\"') WHERE id = :id"
    ),
    "facts that are none": (
        'UPDATE cases SET state = state || \'{"facts": [], "to": "review"}\' WHERE id = :id'
    ),
    "a state that is none": "UPDATE cases SET state = '[]' WHERE id = :id",
    "money that is not there": (
        'UPDATE cases SET held = -1, state = state || \'{"to": "withdrawn", "held": 5}\' WHERE id = :id'
    ),
}


@pytest.mark.parametrize("poison", POISONS)
@pytest.mark.parametrize("limit", [2, 100])
def test_a_poisoned_case_is_parked_and_the_others_go_on(told: Story, poison: str, limit: int) -> None:
    cases = [due_case(told) for _ in range(4)]
    bad = cases.pop(1)
    change(told, POISONS[poison], id=bad)
    with capture_logs() as logged:
        while advance_due(told.db, told.now, limit):
            pass
    assert {one["event"] for one in logged} == {"batch_failed"}
    assert "DETAIL" not in str(logged)  # no row, and so nothing that people wrote
    assert all(happened(told, case_id) == ["Submitted", "Entered"] for case_id in cases)
    assert happened(told, bad) == ["Submitted"]
    [parked] = rows(told.db, "SELECT * FROM agenda WHERE parked_at IS NOT NULL")
    assert (parked.case_id, parked.parked_at, parked.attempts) == (bad, told.now, 1)
    assert parked.error
    assert advance_due(told.db, told.now + timedelta(days=1), limit) == 0


def test_a_worker_without_its_database_parks_nothing(told: Story) -> None:
    case_id = due_case(told)
    away = sa.create_engine(told.settings.database_url.replace(str(told.db.url.port), str(free_port())))
    with pytest.raises(sa.exc.OperationalError):
        advance_due(away, told.now)
    away.dispose()
    assert rows(told.db, "SELECT FROM agenda WHERE parked_at IS NOT NULL") == []
    told.route()
    assert happened(told, case_id) == ["Submitted", "Entered"]


def test_a_case_is_looked_at_when_it_is_due_and_not_before(told: Story) -> None:
    case_id = at_check(told)
    [row] = rows(told.db, "SELECT due_at FROM agenda WHERE case_id = :id", id=case_id)
    assert row.due_at > told.now
    assert advance_due(told.db, row.due_at - timedelta(microseconds=1)) == 0
    assert advance_due(told.db, row.due_at) == 1
    assert happened(told, case_id)[-1] == "Reminded"
    assert advance_due(told.db, row.due_at) == 0


def ordering(told: Story) -> UUID:
    """A case that waits for its order to be made."""
    case_id = told.submit(HEKS, language(9_000))
    told.do(CHECKER, case_id, "inadmissible", INADMISSIBLE)
    told.do(HEAD, case_id, "confirm", {"decision": {"reasons": "So ist es."}})
    return case_id


def letters(told: Story, case_id: UUID) -> int:
    query = "SELECT FROM files WHERE application_id = :id AND kind = 'letter'"
    return len(rows(told.db, query, id=case_id))


def broken(told: Story, tmp_path: Path) -> None:
    """From now on there is no place to keep a file."""
    (tmp_path / "no-folder").write_text("")
    told.settings = replace(told.settings, data_dir=tmp_path / "no-folder")


def attempts(told: Story) -> None:
    """As many attempts as there are, each when it is due."""
    for _ in range(MOST_ATTEMPTS + 2):
        deliver(told)
        told.now += timedelta(hours=1)


def test_a_letter_that_failed_is_made_at_the_next_attempt(told: Story, tmp_path: Path) -> None:
    case_id, good = ordering(told), told.settings
    broken(told, tmp_path)
    deliver(told)
    [effect] = rows(told.db, "SELECT * FROM outbox WHERE kind = 'letter'")
    assert (effect.attempts, effect.done_at, effect.parked_at) == (1, None, None)
    assert "NotADirectoryError" in effect.error
    assert effect.next_try == told.now + timedelta(seconds=2)
    told.settings = good
    deliver(told)
    assert letters(told, case_id) == 0  # not yet
    told.now = effect.next_try
    deliver(told)
    assert (letters(told, case_id), state(told, case_id).step) == (1, "remedy_inadmissible")
    assert_kept(told.db)


def test_a_letter_that_cannot_be_made_waits_for_an_operator_who_has_it_made_once(
    told: Story, tmp_path: Path
) -> None:
    case_id, good = ordering(told), told.settings
    broken(told, tmp_path)
    attempts(told)
    [effect] = rows(told.db, "SELECT * FROM outbox WHERE kind = 'letter'")
    assert (effect.attempts, effect.parked_at is not None) == (MOST_ATTEMPTS, True)
    assert happened(told, case_id)[-1] == "CallFailed"
    [item] = queries.inbox(told.db, told.actors[OPERATOR], now=told.now).rows
    assert (item.case_id, item.seat, item.title) == (case_id, "operator", None)
    told.settings = good
    told.do(OPERATOR, case_id, "retry")
    assert queries.inbox(told.db, told.actors[OPERATOR], now=told.now).rows == []
    attempts(told)
    assert happened(told, case_id)[-5:-2] == ["CallReturned", "Entered", "Completed"]
    assert letters(told, case_id) == 1
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert len(page.letters) == 1
    assert_kept(told.db)


class Killed(BaseException):
    """What SIGKILL is to a test in one process: nothing catches it."""


@pytest.mark.parametrize(
    ("fails", "moment"), [(False, 1), (False, 2), (False, 3), (True, 1), (True, 2), (True, 3), (True, 4)]
)
def test_a_worker_may_die_at_any_moment_of_a_letter(
    told: Story, tmp_path: Path, fails: bool, moment: int
) -> None:
    case_id = ordering(told)
    change(told, "UPDATE outbox SET done_at = :now WHERE kind = 'mail'", now=told.now)
    if fails:
        broken(told, tmp_path)
        change(told, "UPDATE outbox SET attempts = :n WHERE kind = 'letter'", n=MOST_ATTEMPTS - 1)
    asked = itertools.count(1)

    def clock() -> datetime:
        if next(asked) == moment:
            raise Killed
        return told.now

    with pytest.raises(Killed):
        deliver_due(told.db, told.settings, clock)
    attempts(told)
    assert happened(told, case_id)[-1] == ("CallFailed" if fails else "Entered")
    assert letters(told, case_id) == (0 if fails else 1)
    assert queries.inbox(told.db, told.actors[OPERATOR], now=told.now).total == (1 if fails else 0)
    assert_kept(told.db)


def test_an_effect_is_leased_to_one_worker_and_goes_on_after_its_death(told: Story) -> None:
    ordering(told)
    taken: set[str] = set()
    for kind in (*AWAITED, "mail"):
        while due := outbox.lease(told.db, kind, told.now, 2):
            assert not taken & {one.key for one in due}
            taken |= {one.key for one in due}
    assert len(taken) == len(rows(told.db, "SELECT FROM outbox"))
    assert outbox.lease(told.db, "mail", told.now + LEASE - timedelta(microseconds=1), 9) == []
    again = outbox.lease(told.db, "mail", told.now + LEASE, 9)
    assert again
    assert all((one.key in taken, one.attempt) == (True, 2) for one in again)


def test_a_mail_goes_out_once_and_says_where_and_never_what(told: Story, inbox: Inbox) -> None:
    case_id = at_check(told)
    deliver(told)
    deliver(told)
    to = {str(mail["To"]) for mail in inbox.mails}
    assert len(inbox.mails) == len(rows(told.db, "SELECT FROM outbox WHERE done_at IS NOT NULL")) == 2
    assert any(HEKS in one for one in to)
    assert any(CHECKER in one for one in to)
    assert not any("selin.arslan" in one for one in to)  # who cannot sign is not asked to
    for mail in inbox.mails:
        assert str(case_id) in mail.as_string()
        assert "Deutsch im Quartier" not in mail.as_string()


def test_a_mail_sent_again_after_a_death_has_the_same_message_id(told: Story, inbox: Inbox) -> None:
    at_check(told)
    deliver(told)
    first = {str(mail["Message-ID"]) for mail in inbox.mails}
    change(told, "UPDATE outbox SET done_at = NULL, next_try = :now", now=told.now)  # it died before it wrote
    deliver(told)
    assert len(first) == 2
    assert len(inbox.mails) == 4
    assert {str(mail["Message-ID"]) for mail in inbox.mails} == first
    keys = {row.key for row in rows(told.db, "SELECT key FROM outbox")}
    assert first == {message_id(key, told.settings.base_url) for key in keys}


def test_mails_that_wait_go_in_one_conversation(told: Story, inbox: Inbox) -> None:
    for _ in range(4):
        at_check(told)
    deliver(told)
    assert (len(inbox.mails), inbox.conversations) == (8, 1)


@pytest.mark.parametrize("how", ["refuses", "hangs_up_on"])
def test_a_mail_that_the_server_does_not_take_holds_up_no_other(told: Story, inbox: Inbox, how: str) -> None:
    setattr(inbox, how, HEKS.rpartition("@")[2])
    for _ in range(4):
        at_check(told)
    deliver(told)
    assert len(inbox.mails) == 4
    waiting = rows(told.db, "SELECT attempts, error, payload FROM outbox WHERE done_at IS NULL")
    assert len(waiting) == 4
    assert all(row.attempts == 1 and row.error and "organisation" in row.payload for row in waiting)


def test_a_mail_of_a_later_version_holds_up_no_other(told: Story, inbox: Inbox) -> None:
    for _ in range(2):
        at_check(told)
    change(
        told, "UPDATE outbox SET payload = payload || '{\"text\": \"new\"}' WHERE payload ? 'organisation'"
    )
    deliver(told)
    assert len(inbox.mails) == 2
    assert "KeyError" in rows(told.db, "SELECT error FROM outbox WHERE done_at IS NULL")[0].error


def test_a_mail_server_that_is_away_holds_up_no_letter(told: Story) -> None:
    case_id = at_confirmation(told)
    told.do(HEKS, case_id, "accept", costs(30_000))
    deliver(told)
    assert state(told, case_id).ending == "granted"
    waiting = rows(told.db, "SELECT kind, error FROM outbox WHERE done_at IS NULL")
    assert {row.kind for row in waiting} == {"mail"}
    assert all("ConnectionRefused" in row.error for row in waiting)
    assert_kept(told.db)


def test_a_connection_that_stood_still_too_long_is_given_up_and_no_case_is_to_blame(
    told: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "idle_in_transaction_session_timeout", "50ms")
    db = connect(told.settings.database_url)
    tx = db.connect()
    tx.execute(sa.text("SELECT 1"))
    time.sleep(0.3)  # as a process does that was stopped
    with pytest.raises(sa.exc.DBAPIError) as caught:
        tx.execute(sa.text("SELECT 1"))
    assert is_away(caught.value)
    tx.close()
    with db.begin() as tx:
        assert tx.execute(sa.text("SELECT 1")).scalar_one() == 1
    db.dispose()


def test_an_error_of_ours_in_a_statement_is_not_the_database_being_away(told: Story) -> None:
    with pytest.raises(sa.exc.DBAPIError) as caught, told.db.begin() as tx:
        tx.execute(sa.text("SELECT nothing"))
    assert not is_away(caught.value)
