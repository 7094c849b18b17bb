"""Mails of the staff at the hours at which they want them: held back, gathered, none lost, none twice."""

from __future__ import annotations

import typing
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from tasks.deliver import deliver_due
from tasks.notices import send_notice
from tests.browsing import app_for, signed_in
from tests.integration.post import Inbox
from tests.integration.walks import (
    CHECKER,
    DIVISION,
    FINANCE,
    HEAD,
    HEKS,
    LEAD,
    LEAD_TOO,
    REASONS,
    at_check,
    at_decision,
    at_review,
    deliver,
    rows,
    state,
)
from web.cli.story import Story, decision
from workflow.engine.commands import Pay
from workflow.mail_times import AT_ONCE, MailTimes, choose, times_of
from workflow.service import handle
from workflow.store import outbox
from workflow.texts import ZURICH

DAILY = MailTimes(digest_hour=7)
NIGHTS = MailTimes(quiet_from=18, quiet_until=7)


def want(told: Story, email: str, times: MailTimes) -> None:
    choose(told.db, UUID(told.actors[email].person), times)


def to(inbox: Inbox, email: str) -> list[str]:
    """What this person got: subject and text."""
    return [
        f"{one['Subject']} {typing.cast('bytes', one.get_payload(decode=True)).decode()}"
        for one in inbox.mails
        if email in str(one["To"])
    ]


def at(told: Story, text: str) -> None:
    told.now = datetime.fromisoformat(text).replace(tzinfo=ZURICH)


def test_mails_gathered_come_once_in_the_morning(told: Story, inbox: Inbox) -> None:
    want(told, LEAD, DAILY)
    first, second = at_review(told), at_review(told)
    deliver(told)
    assert to(inbox, LEAD) == []
    assert len(to(inbox, LEAD_TOO)) == 2  # a colleague who has chosen nothing
    assert all("Guten Tag" in one for one in to(inbox, LEAD_TOO))
    at(told, "2026-09-08 06:59")
    deliver(told)
    assert to(inbox, LEAD) == []
    at(told, "2026-09-08 07:00")
    deliver(told)
    [mail] = to(inbox, LEAD)
    assert "Ihre gesammelten Meldungen: 2 Guten Tag" in mail
    for case_id in (first, second):
        assert f"/desk/cases/{case_id}" in mail
    assert "/account/mails" in mail
    assert "Deutsch im Quartier" not in mail
    told.now += timedelta(days=1)
    deliver(told)
    assert len(to(inbox, LEAD)) == 1
    assert rows(told.db, "SELECT FROM held_mails") == []


def test_who_stepped_back_is_not_written_to(told: Story, inbox: Inbox) -> None:
    case_id = at_review(told)
    deliver(told)
    before = len(to(inbox, LEAD))
    told.recuse(LEAD, case_id)
    told.wait(days=30)
    deliver(told)
    assert len(to(inbox, LEAD)) == before
    assert any("Erinnerung" in one for one in to(inbox, LEAD_TOO))


def test_who_steps_back_before_the_morning_does_not_find_it_among_the_gathered(
    told: Story, inbox: Inbox
) -> None:
    want(told, LEAD, DAILY)
    case_id = at_review(told)
    deliver(told)
    [(number,)] = rows(told.db, "SELECT number FROM cases WHERE id = :id", id=case_id)
    assert rows(told.db, "SELECT FROM held_mails") != []
    told.recuse(LEAD, case_id)
    told.wait(days=1)
    deliver(told)
    assert [one for one in to(inbox, LEAD) if number in one] == []
    assert rows(told.db, "SELECT FROM held_mails") == []


def test_a_payment_is_told_to_the_applicant_and_taking_it_back_is_not(told: Story, inbox: Inbox) -> None:
    case_id = at_decision(told)
    told.do(HEAD, case_id, "grant", decision(38_000_00, REASONS))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    for amount, reason in ((10_000_00, ""), (-1_000_00, "Falsches Konto.")):
        paid = state(told, case_id).paid
        handle(
            told.db, Pay(case_id, amount, paid), told.actors[FINANCE], uuid4(), told.now, {"reason": reason}
        )
    deliver(told)
    [mail] = [one for one in to(inbox, HEKS) if "es gibt etwas Neues" in one]
    assert "Zahlung" not in mail
    assert f"/applications/{case_id}" in mail


def test_what_is_overdue_waits_for_no_digest(told: Story, inbox: Inbox) -> None:
    want(told, HEAD, DAILY)
    at_check(told)
    told.wait(days=40)
    at(told, f"{told.now.astimezone(ZURICH):%Y-%m-%d} 12:00")
    deliver(told)
    assert any("überfällig" in one for one in to(inbox, HEAD))


def test_in_quiet_hours_nothing_comes_and_after_them_all(told: Story, inbox: Inbox) -> None:
    want(told, CHECKER, NIGHTS)
    at(told, "2026-09-07 22:10")
    at_check(told)
    deliver(told)
    assert to(inbox, CHECKER) == []
    assert to(inbox, HEKS)  # applicants get theirs at once
    at(told, "2026-09-08 07:00")
    at_check(told)
    deliver(told)
    gathered, single = sorted(to(inbox, CHECKER), key=len, reverse=True)
    assert "gesammelten" in gathered
    assert "gesammelten" not in single


def test_a_mention_waits_too(told: Story, inbox: Inbox) -> None:
    want(told, LEAD, DAILY)
    with told.db.begin() as tx:
        payload = {"text": "comment_mention", "person": told.actors[LEAD].person, "path": "desk/cases/x#talk"}
        outbox.add(tx, "a-mention", "notice", payload, told.now)
    deliver(told)
    assert inbox.mails == []
    told.now += timedelta(days=1)
    deliver(told)
    [mail] = to(inbox, LEAD)
    assert "Sie sind in einem Dossier erwähnt" in mail
    assert "/desk/cases/x#talk" in mail


def test_what_is_written_late_is_neither_lost_nor_left(told: Story, inbox: Inbox) -> None:
    """By a process that stood still between its clock and its commit, while the digest is sent and after."""
    want(told, LEAD, DAILY)
    at(told, "2026-09-08 06:59")
    at_review(told)
    deliver(told)
    before = told.now

    def late(key: str) -> None:
        with told.db.begin() as tx:
            path = f"desk/cases/{key}#talk"
            payload = {"text": "comment_mention", "person": told.actors[LEAD].person, "path": path}
            outbox.add(tx, key, "notice", payload, before)
        [due] = outbox.lease(told.db, "notice", before, 1)
        send_notice(told.db, told.settings, due, before)
        outbox.done(told.db, due.key, before)

    at(told, "2026-09-08 07:00")
    count = len(inbox.mails)
    inbox.on_mail = lambda: late("meanwhile") if len(inbox.mails) == count + 1 else None
    deliver(told)
    late("afterwards")
    deliver(told)
    first, second, third = (one for one in to(inbox, LEAD))
    assert count + 3 == len(inbox.mails)
    assert "meanwhile" not in first
    assert "meanwhile" in second
    assert "afterwards" in third
    assert len({str(one["Message-ID"]) for one in inbox.mails}) == len(inbox.mails)
    assert rows(told.db, "SELECT FROM held_mails") == []


def test_a_death_before_it_was_recorded_sends_the_same_again(told: Story, inbox: Inbox) -> None:
    """And a mail that was held back at one attempt is not sent at once at another."""
    want(told, LEAD, DAILY)
    at_review(told)
    deliver(told)
    want(told, LEAD, AT_ONCE)
    undone(told, "mail")
    deliver(told)
    assert to(inbox, LEAD) == []
    told.now += timedelta(days=1)
    deliver(told)
    undone(told, "digest")
    while deliver_due(told.db, told.settings, lambda: told.now):
        pass
    assert len(to(inbox, LEAD)) == 1  # nothing waits any more: nothing to say
    assert rows(told.db, "SELECT FROM outbox WHERE done_at IS NULL") == []


def undone(told: Story, kind: str) -> None:
    with told.db.begin() as tx:
        again = "UPDATE outbox SET done_at = NULL, next_try = :now WHERE kind = :kind"
        tx.execute(sa.text(again), {"now": told.now, "kind": kind})


def test_a_person_chooses_on_a_page(told: Story) -> None:
    app = app_for(told, told.settings)
    browser = signed_in(app, LEAD)
    form = browser.open("/account/mails").form("/account/mails")
    page = browser.send(form, {"mails": "daily", "digest_hour": "6", "quiet_from": "18"}, status=422)
    assert "Das passt noch nicht" in page.words()
    nights = {"quiet_from": "18", "quiet_until": "6", "quiet_weekend": "1"}
    page = browser.send(form, {"mails": "daily", "digest_hour": "6", **nights})
    assert "Das gilt ab der nächsten Mail" in page.text
    chosen = MailTimes(digest_hour=6, quiet_from=18, quiet_until=6, quiet_weekend=True)
    assert times_of(told.db, UUID(told.actors[LEAD].person)) == chosen
    assert signed_in(app, HEKS).open("/account/mails").status == 404
    app.extensions["foerderweg.db"].dispose()
