"""An order counts from its delivery: who posts it says when; the period for an appeal hangs on that day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from tasks.deliver import deliver_due
from tests.browsing import signed_in
from tests.counting import statements
from tests.integration.test_appeals import SECRETARIAT, SECRETARIAT_TOO, lodged, refused
from tests.integration.test_children import offers, opened
from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    DEPARTMENT,
    HEAD,
    HEKS,
    LEAD,
    REASONS,
    SYNTHESIS,
    assert_kept,
    at_check,
    deliver,
    happened,
    rows,
    state,
)
from web.cli.story import Story, decision, dispatch, review
from web.cli.visitors import Browser
from workflow.errors import Invalid
from workflow.store import queries


def made(told: Story) -> None:
    """The letters that are due; nobody posts them."""
    while deliver_due(told.db, told.settings, lambda: told.now):
        told.route()


def ordered(told: Story, outcome: str = "reject") -> UUID:
    """Decided by the head of office; the order is made, and nobody has posted it."""
    case_id = at_check(told, 9_000)
    told.do(CHECKER, case_id, "complete", COMPLETE)
    told.do(LEAD, case_id, "yes", review("So ist es."))
    said = decision(9_000_00, REASONS) if outcome == "grant" else {"decision": {"reasons": "Zu teuer."}}
    told.do(HEAD, case_id, outcome, said)
    made(told)
    return case_id


def sent(told: Story, days: int = 0) -> dict[str, Any]:
    """Posted today, or so many days from today."""
    return dispatch(told.now + timedelta(days=days))


def test_no_period_runs_before_the_order_is_posted(told: Story) -> None:
    case_id = ordered(told)
    told.wait(days=40)
    assert state(told, case_id).step == "dispatch_rejected"
    assert case_id in {
        row.case_id for row in queries.inbox(told.db, told.actors[SYNTHESIS], now=told.now).rows
    }
    mails = rows(told.db, "SELECT payload FROM outbox WHERE payload->>'text' LIKE 'office_%'")
    assert {one.payload["text"] for one in mails} >= {"office_reminder", "office_escalation"}
    told.do(CHECKER, case_id, "sent", sent(told, -3))
    assert state(told, case_id).step == "remedy_period"
    told.wait(days=24)
    assert state(told, case_id).step == "remedy_period"
    told.wait(days=2)
    assert state(told, case_id).ending == "rejected"
    assert_kept(told.db)


@pytest.mark.parametrize(
    ("days", "code"), [(1, "day_to_come"), (-6, "day_too_early"), (-400, "day_too_early")]
)
def test_the_day_lies_between_the_order_and_today(told: Story, days: int, code: str) -> None:
    case_id = ordered(told)
    told.wait(days=5)
    before = state(told, case_id)
    with pytest.raises(Invalid) as found:
        told.do(CHECKER, case_id, "sent", sent(told, days))
    assert [one.code for one in found.value.fields["dispatch.sent_on"]] == [code]
    assert state(told, case_id) == before
    told.do(CHECKER, case_id, "sent", sent(told, -5))
    assert state(told, case_id).step == "remedy_period"


def test_an_appeal_is_recorded_once_the_dispatch_is(told: Story) -> None:
    """One that ended before anybody waited for it would decide with what the route says of the next one."""
    case_id = ordered(told)
    told.wait(days=4)
    assert "open_child:appeal" not in offers(told, CHECKER, case_id)
    told.do(CHECKER, case_id, "sent", sent(told, -3))  # what arrived was posted
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    assert state(told, case_id).suspended_at is not None
    told.wait(days=34)
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Gehör verletzt."}})
    told.do(DEPARTMENT, child, "uphold", {"decision": {"reasons": "Das Gehör wurde verletzt."}})
    deliver(told)
    assert state(told, case_id).step == "decide"
    assert_kept(told.db)


def test_a_grant_counts_once_it_is_posted(told: Story) -> None:
    case_id = ordered(told, "grant")
    held = state(told, case_id)
    assert (held.step, held.held, held.committed) == ("dispatch_granted", 9_000_00, 0)
    told.do(CHECKER, case_id, "sent", sent(told))
    case = state(told, case_id)
    assert (case.ending, case.held, case.committed) == ("granted", 0, 9_000_00)


def test_the_applicant_reads_when_the_letter_was_posted(app: Flask, told: Story) -> None:
    case_id = ordered(told)
    browser = signed_in(app, HEKS)
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert (page.status, page.sent_on) == ("sending", None)
    assert "Auf Papier versandt" not in browser.open(f"/applications/{case_id}").words()
    told.do(CHECKER, case_id, "sent", sent(told))
    told.route()
    words = browser.open(f"/applications/{case_id}").words()
    assert "Auf Papier versandt am 07.09.2026" in words
    assert "Rekursfrist: zehn Tage von der Zustellung an seit 07.09.2026" in words  # not how long we wait
    browser.http.close()


def test_a_second_order_is_not_posted_because_the_first_was(told: Story) -> None:
    case_id = refused(told)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.wait(days=34)
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Gehör verletzt."}})
    told.do(DEPARTMENT, child, "uphold", {"decision": {"reasons": "Das Gehör wurde verletzt."}})
    deliver(told)
    told.do(SYNTHESIS, case_id, "propose_rejection", {"proposal": {"reasons": "Weiterhin zu teuer."}})
    told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Gehört, und doch zu teuer."}})
    told.do("thomas.iselin@pd.bs.example", case_id, "confirm", {"decision": {}})
    made(told)
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert (len(page.letters), len(state(told, case_id).unsent)) == (1, 1)
    told.do(CHECKER, case_id, "sent", sent(told))
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert page.sent_on == date.fromisoformat(sent(told)["dispatch"]["sent_on"])


LIST = "/desk/together/dispatch"


@pytest.fixture
def desk(app: Flask) -> Iterator[Browser]:
    browser = signed_in(app, CHECKER)
    yield browser
    browser.http.close()


def posted(*ticks: str, **said: str) -> dict[str, Any]:
    """What somebody fills in: these rows ticked."""
    return {"case": list(ticks), **{f"dispatch.{name}": value for name, value in said.items()}}


def test_each_of_many_has_its_own_consignment_number(told: Story, desk: Browser) -> None:
    cases = [ordered(told), ordered(told)]
    page = desk.open(LIST)
    ticks = [f"{case_id}.{state(told, case_id).entry}" for case_id in cases]
    numbers = {f"each.{cases[0]}.dispatch.number": "98.01", f"each.{cases[1]}.dispatch.number": "98.02"}
    desk.send(page.form(LIST), posted(*ticks, sent_on="07.09.2026", by="registered") | numbers)
    said = rows(told.db, "SELECT case_id, data FROM contents WHERE step = 'dispatch_rejected'")
    assert {one.case_id: one.data["dispatch"]["number"] for one in said} == dict(
        zip(cases, ["98.01", "98.02"], strict=True)
    )


def test_a_number_beside_a_row_that_nobody_ticked_is_not_lost(told: Story, desk: Browser) -> None:
    one, other = ordered(told), ordered(told)
    page, name = desk.open(LIST), f"each.{other}.dispatch.number"
    said = posted(f"{one}.{state(told, one).entry}", sent_on="07.09.2026", by="registered")
    done = desk.send(page.form(LIST), said | {name: "98.02"})
    assert "Nicht angekreuzt und darum nicht eingetragen: KIP3-2027-00002." in done.text
    assert dict(done.form(LIST).fields)[name] == "98.02"
    assert [state(told, case_id).to for case_id in (one, other)] == ["may_appeal", None]


def test_many_orders_are_posted_in_one_go(told: Story, desk: Browser) -> None:
    cases = [ordered(told), ordered(told, "grant"), ordered(told)]
    inbox = desk.open("/desk")
    assert "steht mehrmals hier" in inbox.words()
    page = desk.open(inbox.link(LIST))
    ticks = [f"{case_id}.{state(told, case_id).entry}" for case_id in cases]
    done = desk.send(page.form(LIST), posted(*ticks[:2], sent_on="07.09.2026", by="registered"))
    assert "Bei 2 Gesuchen eingetragen." in done.text
    assert [state(told, one).to or state(told, one).step for one in cases] == [
        "may_appeal",
        "granted",
        "dispatch_rejected",
    ]
    before = happened(told, cases[0])
    again = desk.send(page.form(LIST), posted(*ticks[:2], sent_on="07.09.2026", by="registered"))
    assert "Bei 2 Gesuchen eingetragen." in again.text  # sent twice is done once
    assert happened(told, cases[0]) == before
    told.route()
    assert_kept(told.db)


def test_what_fits_one_and_not_another_is_said_of_the_other(told: Story, desk: Browser) -> None:
    early = ordered(told)
    told.wait(days=3)
    late = ordered(told)
    desk.sign_in(CHECKER, "geheim")
    page = desk.open(LIST)
    ticks = [f"{case_id}.{state(told, case_id).entry}" for case_id in (early, late)]
    found = desk.send(page.form(LIST), posted(*ticks, sent_on="08.09.2026", by="a_post_plus"))
    words = found.words()
    assert "Bei 1 Gesuch eingetragen." in found.text
    assert "Bei 1 Gesuch ist nichts eingetragen" in words
    assert "«Versandt am»: Frühestens am 10.09.2026" in words
    assert (state(told, early).to, state(told, late).step) == ("may_appeal", "dispatch_rejected")


def test_what_cannot_be_is_refused_and_nothing_is_lost(told: Story, desk: Browser) -> None:
    case_id = ordered(told)
    tick = f"{case_id}.{state(told, case_id).entry}"
    page = desk.open(LIST)
    tomorrow = desk.send(page.form(LIST), posted(tick, sent_on="08.09.2026", by="registered"), status=422)
    assert "Dieser Tag kommt erst noch." in tomorrow.words()
    assert dict(tomorrow.form(LIST).fields)["dispatch.sent_on"] == "08.09.2026"
    nothing = desk.send(page.form(LIST), posted(sent_on="07.09.2026", by="registered"), status=422)
    assert '<div class="summary" role="alert"><h2>Sie haben nichts angekreuzt.' in nothing.text
    unsaid = desk.send(page.form(LIST), posted(tick), status=422)
    assert "Bitte ausfüllen." in unsaid.words()
    told.do(SYNTHESIS, case_id, "sent", sent(told))
    gone = desk.send(page.form(LIST), posted(tick, sent_on="07.09.2026", by="registered"), status=409)
    assert "Inzwischen liegt es nicht mehr bei Ihnen." in gone.words()
    assert "Nichts einzutragen" in gone.words()
    assert desk.send(page.form(LIST), posted("x.1"), status=400)
    assert desk.open("/desk/together/none").status == 404
    assert "Nichts einzutragen" in desk.open("/desk/together/review").words()


def test_the_list_asks_the_same_of_few_and_of_many(app: Flask, told: Story, desk: Browser) -> None:
    asked = []
    for _ in range(2):
        for _ in range(3):
            ordered(told)
        asked.append([statements(app, desk, path) for path in (LIST, "/desk")])
    assert asked[0] == asked[1]
    assert len(desk.open(LIST).form(LIST).fields) > 6


def test_only_those_who_post_it_find_it_there(told: Story) -> None:
    ordered(told)
    for email, count in ((CHECKER, 1), (SYNTHESIS, 1), (HEAD, 0), (LEAD, 0), (SECRETARIAT, 0)):
        found = queries.together(told.db, told.actors[email], "dispatch", now=told.now)
        assert found is not None
        assert len(found.rows) == count, email


def test_who_has_to_declare_first_is_sent_to_the_dossier(app: Flask, told: Story) -> None:
    child = opened(told, CHECKER, refused(told), "appeal", lodged(told))
    told.wait(days=34)
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Gehör verletzt."}})
    told.do(DEPARTMENT, child, "uphold", {"decision": {"reasons": "Gehör verletzt."}})
    made(told)
    tick = f"{child}.{state(told, child).entry}"
    other = signed_in(app, SECRETARIAT_TOO).open(LIST)
    assert "zuerst Ausstand klären" in other.words()
    assert tick not in other.text
    assert tick in signed_in(app, SECRETARIAT).open(LIST).text
