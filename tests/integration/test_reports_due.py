"""Reports on what was granted: asked for, reminded of, and so late that payments stop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.browsing import signed_in
from tests.counting import statements
from tests.integration.post import Inbox
from tests.integration.test_api import Caller
from tests.integration.test_children import amendment, granted, opened
from tests.integration.walks import (
    CHECKER,
    DEPARTMENT,
    DIVISION,
    FINANCE,
    HEAD,
    HEKS,
    assert_kept,
    at_check,
    deliver,
    happened,
    report,
    rows,
)
from web.cli.story import Story, decision
from workflow.engine.commands import Pay
from workflow.errors import Refused
from workflow.service import handle
from workflow.store import queries, verifying
from workflow.texts import ZURICH

DUE = datetime(2028, 2, 15, 23, tzinfo=UTC)
"""Sixty days after the end of the project, at midnight in Zurich."""


def at(told: Story, days: int) -> None:
    """So many days after the report was due, in the morning."""
    told.now = DUE.astimezone(ZURICH) + timedelta(days=days, hours=-15)
    told.route()
    deliver(told)


def awaited(told: Story, case_id: UUID) -> list[tuple[datetime, bool]]:
    query = "SELECT due_at, stopped FROM reports_due WHERE case_id = :id"
    return [tuple(row) for row in rows(told.db, query, id=case_id)]


def to(inbox: Inbox, email: str) -> list[str]:
    """The subjects of what this person got."""
    return [str(make_header(decode_header(one["Subject"]))) for one in inbox.mails if email in str(one["To"])]


def test_a_report_that_stays_out_is_reminded_of_and_then_stops_what_costs_money(
    told: Story, inbox: Inbox
) -> None:
    case_id = granted(told)
    assert awaited(told, case_id) == [(DUE, False)]
    inbox.mails.clear()
    for day in (-31, -29, 1, 15):
        at(told, day)
    assert [one.partition(": ")[2] for one in to(inbox, HEKS)] == [
        "ein Bericht wird fällig",
        "ein Bericht wird fällig",
        "der Bericht fehlt",
    ]
    assert to(inbox, CHECKER) == []
    at(told, 31)
    assert awaited(told, case_id) == [(DUE, True)]
    assert to(inbox, CHECKER)[0].endswith("der Bericht bleibt aus")
    with pytest.raises(Refused, match="report_missing"):
        handle(told.db, Pay(case_id, 100, 0), told.actors[FINANCE], uuid4(), told.now)
    assert_kept(told.db)
    child = opened(told, HEKS, case_id, "report", report(told, case_id))
    assert awaited(told, case_id) == []
    handle(told.db, Pay(case_id, 100, 0), told.actors[FINANCE], uuid4(), told.now)
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 38_000_00}})
    deliver(told)
    assert happened(told, case_id).count("ChildDue") == 4
    assert_kept(told.db)


def test_what_an_amendment_added_is_not_paid_either(app: Flask, told: Story) -> None:
    case_id = granted(told)
    more = opened(told, HEKS, case_id, "amendment", amendment(5_000))
    told.do(CHECKER, more, "decide", {"check": {"recommendation": "Begründet."}})
    told.do(HEAD, more, "grant", decision(4_000_00, "Der Kurs ist ausgebucht."))
    told.do(DIVISION, more, "confirm", {"decision": {}})
    deliver(told)
    at(told, 31)
    page = signed_in(app, FINANCE).open("/office/money/payments")
    assert page.words().count("Bericht fehlt, Zahlung gesperrt") == 2
    pay = Pay(more, 4_000_00, 0)
    with pytest.raises(Refused, match="report_missing"):
        handle(told.db, pay, told.actors[FINANCE], uuid4(), told.now)
    opened(told, HEKS, case_id, "report", report(told, case_id))
    handle(told.db, pay, told.actors[FINANCE], uuid4(), told.now)
    handle(
        told.db, Pay(more, -1_00, 4_000_00), told.actors[FINANCE], uuid4(), told.now, {"reason": "Zuviel."}
    )
    assert_kept(told.db)


def test_nothing_new_is_handed_in_until_the_report_is_there(told: Story) -> None:
    case_id = granted(told)
    began = told.now
    at(told, 31)
    told.now = began  # the call is open again: what counts is what was written
    with pytest.raises(Refused, match="reports_missing"):
        at_check(told)
    drafts = "SELECT FROM applications a LEFT JOIN cases c USING (id) WHERE c.id IS NULL"
    assert len(rows(told.db, drafts)) == 1
    opened(told, HEKS, case_id, "report", report(told, case_id))
    at_check(told)


def test_the_coordinator_gives_more_time_and_it_goes_on(app: Flask, told: Story) -> None:
    case_id = granted(told)
    at(told, 31)
    browser = signed_in(app, CHECKER)
    listed = browser.open("/office/money/reports")
    words = listed.words()
    assert "15.02.2028" in words
    assert "Zahlungen und neue Gesuche gesperrt" in words
    page = browser.open(listed.link("/steer"))
    form = next(one for one in page.forms if ("action", "extend") in one.fields)
    done = browser.send(form, {"days": "20", "reason": "Der Kassier ist krank."})
    assert "Eingetragen" in done.text
    [(due, stopped)] = awaited(told, case_id)
    assert (due > DUE, stopped) == (True, False)
    handle(told.db, Pay(case_id, 100, 0), told.actors[FINANCE], uuid4(), told.now)
    assert_kept(told.db)


def test_both_sides_read_what_is_due(app: Flask, told: Story) -> None:
    case_id = granted(told)
    applicant = signed_in(app, HEKS)
    assert (
        "Schlussbericht mit Abrechnung. Bitte bis am 15.02.2028"
        in applicant.open(f"/applications/{case_id}").words()
    )
    assert "Das wartet auf Sie" not in applicant.open("/applications").words()
    at(told, -29)
    words = signed_in(app, HEKS).open("/applications").words()
    assert "Das wartet auf Sie" in words
    assert "Bericht einreichen" in words
    at(told, 31)
    page = signed_in(app, HEKS).open(f"/applications/{case_id}").words()
    assert "15.02.2028 überfällig" in page
    assert "Bis der Bericht da ist, wird nichts mehr ausbezahlt" in page
    payments = signed_in(app, FINANCE).open("/office/money/payments")
    assert "Bericht fehlt, Zahlung gesperrt" in payments.words()
    assert f'value="{case_id}.0"' not in payments.text
    desk = signed_in(app, CHECKER).open(f"/desk/cases/{case_id}").words()
    assert "Zahlungen und neue Gesuche gesperrt" in desk
    assert "Der Bericht fehlt immer noch: Zahlungen und neue Gesuche sind gesperrt" in desk
    opened(told, HEKS, case_id, "report", report(told, case_id))
    assert "15.02.2028" not in signed_in(app, HEKS).open(f"/applications/{case_id}").words()
    assert "Kein Bericht steht aus" in signed_in(app, CHECKER).open("/office/money/reports").words()


def test_the_list_asks_as_much_for_many_as_for_one(app: Flask, told: Story) -> None:
    granted(told)
    browser, path = signed_in(app, CHECKER), "/office/money/reports"
    browser.open(path)
    few = statements(app, browser, path)
    granted(told)
    granted(told)
    assert statements(app, browser, path) == few


def test_the_list_comes_in_pages_and_is_for_those_with_an_overview(told: Story) -> None:
    mine = sorted(granted(told) for _ in range(3))
    viewer = told.actors[DEPARTMENT]
    first = queries.awaited_reports(told.db, viewer, limit=2)
    assert first is not None
    assert first.next is not None
    second = queries.awaited_reports(told.db, viewer, after=first.next, limit=2)
    assert second is not None
    assert ([row.case_id for row in (*first.rows, *second.rows)], first.total, second.next) == (mine, 3, None)
    again = queries.awaited_reports(told.db, viewer, after="nonsense", limit=2)
    assert again is not None
    assert again.rows == first.rows
    assert queries.awaited_reports(told.db, told.actors[HEKS]) is None


def test_a_program_learns_when_the_report_is_due_and_with_what_it_begins(app: Flask, told: Story) -> None:
    case_id = granted(told)
    caller = Caller(app.test_client(), HEKS)
    found = caller.get(f"/applications/{case_id}").get_json()
    assert found["report"] == {"child": "report", "due_at": DUE.isoformat(), "stopped": False}
    begins = caller.get(f"/applications/{case_id}/children/report").get_json()
    assert begins["form"]["code"] == "report"
    answers = report(told, case_id)
    spent = [{**row, "spent": row["planned"]} for row in begins["answers"]["accounts"]["costs"]]
    assert spent == answers["accounts"]["costs"]
    body = {"child": "report", "entry": found["entry"], "answers": answers}
    assert caller.post(f"/cases/{case_id}/children", body).status_code == 200
    assert caller.get(f"/applications/{case_id}").get_json()["report"] is None
    assert caller.get(f"/applications/{case_id}/children/report").status_code == 404  # it is being checked


def test_a_row_that_is_missing_or_lies_is_found(told: Story) -> None:
    case_id = granted(told)
    owner = sa.create_engine(told.settings.owner_database_url)
    for damage in ("UPDATE reports_due SET stopped = true", "DELETE FROM reports_due"):
        with owner.begin() as tx:
            tx.execute(sa.text(damage))
        with told.db.connect() as tx:
            assert [one.code for one in verifying.check_cases(tx, [case_id])] == ["report_differs"]
    owner.dispose()
