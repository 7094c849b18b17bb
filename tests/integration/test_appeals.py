"""Appeals: against which order, to which instance, and what follows from them."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from babel.dates import format_date
from flask import Flask

from tasks.deliver import deliver_due
from tests.browsing import app_for, signed_in
from tests.integration.test_children import amendment, granted, offers, opened, unsettled
from tests.integration.walks import (
    AUDITOR,
    CHANCELLERY,
    CHECKER,
    COMPLETE,
    DEPARTMENT,
    DIVISION,
    FINANCE,
    HEAD,
    HEKS,
    LEAD,
    LEAD_TOO,
    NOTED,
    SECOND,
    STEERING,
    SYNTHESIS,
    THIRD,
    TREASURY,
    assert_kept,
    at_check,
    at_confirmation,
    at_decision,
    at_synthesis_of_three,
    deliver,
    happened,
    order,
    rows,
    state,
)
from web.cli.story import Story, proposal, review
from workflow import comments
from workflow.engine.decide import allowed
from workflow.errors import Invalid, NotAllowed, Refused
from workflow.store import journal, published, queries
from workflow.texts import ZURICH

SECRETARIAT = "lukas.ammann@pd.bs.example"
SECRETARIAT_TOO = "beatrice.stocker@pd.bs.example"


def lodged(told: Story) -> dict[str, Any]:
    """An appeal that was lodged on the day on which the order was delivered: today."""
    today = f"{told.now:%Y-%m-%d}"
    return {"appeal": {"delivered_on": today, "lodged_on": today, "request": "Aufhebung."}}


def refused(told: Story) -> UUID:
    """Rejected, and the period for an appeal runs."""
    case_id = at_decision(told)
    told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Zu teuer."}})
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    assert (state(told, case_id).step, state(told, case_id).held) == ("remedy_period", 0)
    return case_id


def test_the_reasons_are_due_thirty_days_after_the_delivery(told: Story) -> None:
    case_id = refused(told)
    delivered = told.now.date()
    told.wait(days=8)
    said = lodged(told)
    said["appeal"]["delivered_on"] = f"{delivered:%Y-%m-%d}"
    child = opened(told, CHECKER, case_id, "appeal", said)
    due = datetime.fromisoformat(str(state(told, child).due)).astimezone(ZURICH)
    last = (due - timedelta(minutes=1)).date()
    assert last >= delivered + timedelta(days=30)
    assert last - delivered < timedelta(days=34)
    assert last.weekday() < 5
    told.wait(days=(last - told.now.date()).days)
    assert state(told, child).step == "reasons"
    told.wait(days=2)
    assert state(told, child).step == "instruct"


def test_what_is_recorded_late_leaves_time_to_record_the_reasons(told: Story) -> None:
    case_id = refused(told)
    said = lodged(told)
    told.wait(days=26)
    said["appeal"]["lodged_on"] = f"{told.now:%Y-%m-%d}"
    child = opened(told, CHECKER, case_id, "appeal", said)
    told.wait(days=2)
    assert state(told, child).step == "reasons"


@pytest.mark.parametrize(
    ("delivered", "came", "path", "code"),
    [
        (1, 1, "appeal.delivered_on", "day_to_come"),
        (0, 1, "appeal.lodged_on", "day_to_come"),
        (-3, 0, "appeal.delivered_on", "day_too_early"),
        (0, -1, "appeal.lodged_on", "period_reversed"),
    ],
)
def test_an_appeal_comes_after_the_order_and_not_in_a_day_to_come(
    told: Story, delivered: int, came: int, path: str, code: str
) -> None:
    case_id = refused(told)
    said = lodged(told)
    for name, days in (("delivered_on", delivered), ("lodged_on", came)):
        said["appeal"][name] = f"{told.now + timedelta(days=days):%Y-%m-%d}"
    with pytest.raises(Invalid) as found:
        opened(told, CHECKER, case_id, "appeal", said)
    assert code in [one.code for one in found.value.fields[path]]


def test_without_an_appeal_the_rejection_comes_into_force(told: Story) -> None:
    case_id = refused(told)
    told.wait(days=29)
    assert state(told, case_id).ending == "rejected"


def test_what_may_be_appealed_against_is_said_as_long_as_the_period_runs(app: Flask, told: Story) -> None:
    not_agreed = "Sind Sie nicht einverstanden? Innert 10 Tagen"
    rejected, partly = refused(told), granted(told)
    applicant = signed_in(app, HEKS)
    for case_id in (rejected, partly):
        assert not_agreed in applicant.open(f"/applications/{case_id}").words()
    told.wait(days=29)
    applicant = signed_in(app, HEKS)
    for case_id in (rejected, partly):
        assert not_agreed not in applicant.open(f"/applications/{case_id}").words()


def test_an_appeal_freezes_its_parent_and_keeps_the_first_instance_out(told: Story) -> None:
    case_id = refused(told)
    lodgement = lodged(told)  # and it is recorded five days later
    told.wait(days=5)
    child = opened(told, CHECKER, case_id, "appeal", lodgement)
    told.wait(days=60)
    assert (state(told, case_id).step, state(told, case_id).ending) == ("remedy_period", None)
    assert state(told, child).step == "instruct"  # nobody gave reasons
    first = {told.actors[one].person for one in (CHECKER, HEAD, DIVISION, SYNTHESIS)}
    assert first <= set(state(told, child).recused)
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Der Ermessensspielraum ist gewahrt."}})
    told.do(DEPARTMENT, child, "dismiss", {"decision": {"reasons": "Die Erwägungen überzeugen."}})
    deliver(told)
    assert state(told, child).ending == "dismissed"
    assert state(told, case_id).ending == "rejected"
    lodged_on, said = date.fromisoformat(lodgement["appeal"]["lodged_on"]), order(told, child)
    assert format_date(lodged_on, "'Am' d. MMMM y 'wurde'", "de") in said
    assert "pd@kip3.example" in said
    assert "integration@kip3.example" not in said
    assert "wird abgewiesen" in said
    assert "Leitung des Präsidialdepartements" in said.split("Rekurs")[0]  # not the first instance's letter
    assert "Fachstelle Integration" not in said.split("Sachverhalt")[0]
    assert [one for one in happened(told, case_id) if "Child" in one or one == "Resumed"] == [
        "ChildOpened",
        "ChildEnded",
        "Resumed",
        "ChildAwaited",
    ]
    assert_kept(told.db)


def test_an_appeal_that_is_upheld_brings_the_case_back_and_may_follow_again(told: Story) -> None:
    case_id = refused(told)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.wait(days=34)
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Gehör verletzt."}})
    told.do(DEPARTMENT, child, "uphold", {"decision": {"reasons": "Das Gehör wurde verletzt."}})
    deliver(told)
    assert state(told, case_id).step == "synthesis"
    told.do(SYNTHESIS, case_id, "propose_rejection", {"proposal": {"reasons": "Weiterhin zu teuer."}})
    told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Gehört, und doch zu teuer."}})
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    assert state(told, case_id).step == "remedy_period"  # the first appeal counts no second time
    opened(told, CHECKER, case_id, "appeal", lodged(told))
    assert state(told, case_id).suspended_at is not None
    assert_kept(told.db)


def test_who_decides_anew_reads_the_order_of_the_appeal_and_nothing_before_it_is_sent(
    app: Flask, told: Story
) -> None:
    case_id = refused(told)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.wait(days=34)
    told.recuse(SECRETARIAT_TOO, child)
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Die Begründung trägt nicht."}})
    told.do(DEPARTMENT, child, "uphold", {"decision": {"reasons": "Das Ermessen ist überschritten."}})
    while deliver_due(told.db, told.settings, lambda: told.now):
        told.route()
    [made] = rows(told.db, "SELECT id FROM files WHERE application_id = :id", id=child)

    def listed(email: str) -> list[UUID]:
        page = queries.dossier(told.db, told.actors[email], case_id, now=told.now)
        assert page is not None
        [one] = page.children
        found = [letter.id for letter in one.letters]
        assert (queries.file(told.db, told.actors[email], made.id) is not None) == bool(found)
        return found

    assert listed(CHECKER) == []
    deliver(told)
    assert listed(CHECKER) == [made.id]
    assert queries.file(told.db, told.actors[LEAD_TOO], made.id) is None  # has not declared there
    browser = signed_in(app, SYNTHESIS)
    assert (
        browser.http.get(browser.open(f"/desk/cases/{case_id}").link(f"/files/{made.id}")).status_code == 200
    )
    assert browser.open(f"/desk/cases/{case_id}/proposal").link(f"/files/{made.id}")
    closed = browser.open(f"/desk/cases/{child}").words()
    assert "Am Geschäft, zu dem dieses gehört, haben Sie mitgewirkt" in closed
    assert "Sie sind bei diesem Gesuch im Ausstand" not in closed
    own = signed_in(app, SECRETARIAT_TOO).open(f"/desk/cases/{child}").words()
    assert "Sie sind bei diesem Gesuch im Ausstand" in own


def test_who_instructs_an_appeal_records_that_its_reasons_have_come(app: Flask, told: Story) -> None:
    child = opened(told, CHECKER, refused(told), "appeal", lodged(told))
    secretariat = signed_in(app, SECRETARIAT)
    assert str(child) in secretariat.open("/desk").text
    assert secretariat.open(f"/desk/cases/{child}").status == 200
    told.wait(days=2)
    told.do(SECRETARIAT, child, "received")
    assert state(told, child).step == "instruct"


def test_what_follows_from_one_appeal_comes_before_another(told: Story) -> None:
    case_id = refused(told)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.withdraw(HEKS, child)
    while deliver_due(told.db, told.settings, lambda: told.now):
        pass  # the parent hears of it, and no worker has gone on yet
    assert (state(told, case_id).suspended_at, state(told, case_id).step) == (None, "remedy_period")
    with pytest.raises(Refused, match="child_is_open"):
        opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.route()
    assert state(told, case_id).ending == "rejected"


def test_an_appeal_goes_to_the_instance_that_the_order_names(told: Story) -> None:
    case_id = unsettled(told)
    told.do(DEPARTMENT, case_id, "reject", {"decision": {"reasons": "Zu teuer."}})
    deliver(told)
    assert "Rekurs erhoben werden bei: Regierungsrat" in order(told, case_id)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    [seat] = state(told, child).seats
    assert (seat.office, seat.role) == ("government", "chancellery")
    told.do(CHANCELLERY, child, "dismiss", {"decision": {"reasons": "Beschluss P260200."}})
    deliver(told)
    assert (state(told, child).ending, state(told, case_id).ending) == ("dismissed", "rejected")
    assert_kept(told.db)


def test_what_is_not_taken_up_is_taken_up_when_the_appeal_is_upheld(told: Story) -> None:
    case_id = at_check(told, 150_000)
    told.do(CHECKER, case_id, "inadmissible", {"check": {"reasons": "Nicht in Basel."}})
    told.do(HEAD, case_id, "confirm", {"decision": {"reasons": "Das Projekt ist anderswo."}})
    deliver(told)
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert page.timeline[-1].status == "remedy_inadmissible"
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.wait(days=34)
    assert state(told, case_id).step == "remedy_inadmissible"  # it stands still
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Ein Kurs ist in Basel."}})
    told.do(DEPARTMENT, child, "uphold", {"decision": {"reasons": "Ein Kurs ist in Basel."}})  # of size L
    deliver(told)
    assert (state(told, case_id).step, len(state(told, case_id).open_seats)) == ("review", 3)
    assert_kept(told.db)


def test_what_silence_wrote_off_is_proposed_anew_when_the_appeal_is_upheld(told: Story) -> None:
    case_id = at_confirmation(told)
    told.wait(days=34)
    deliver(told)
    assert (state(told, case_id).step, state(told, case_id).held) == ("remedy_written_off", 0)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.wait(days=34)
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Die Mahnung kam nie an."}})
    told.do(DEPARTMENT, child, "uphold", {"decision": {"reasons": "Die Mahnung kam nie an."}})
    deliver(told)
    told.do(SYNTHESIS, case_id, "propose", proposal(30_000_00, "Wie zuvor."))
    assert state(told, case_id).held == 30_000_00
    assert_kept(told.db)


def test_an_appeal_against_a_grant_is_decided_beside_it_and_stops_no_payment(told: Story) -> None:
    case_id = granted(told)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    assert (state(told, case_id).suspended_at, state(told, case_id).ending) == (None, "granted")
    assert "pay:" in "".join(offers(told, FINANCE, case_id))
    told.wait(days=34)
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Die Auflage ist unklar."}})
    told.do(DEPARTMENT, child, "uphold", {"decision": {"reasons": "Die Auflage ist unklar."}})
    deliver(told)
    told_of = rows(told.db, "SELECT payload FROM outbox WHERE payload->>'text' = 'office_appeal_ended'")
    assert [one.payload["role"] for one in told_of] == ["coordinator"]  # nobody's turn comes of it
    assert "Soweit er angefochten ist" in order(told, child).replace("- ", "")
    assert (state(told, case_id).ending, state(told, case_id).committed) == ("granted", 38_000_00)
    assert "open_child:amendment" in offers(told, HEKS, case_id)  # how it is decided anew
    assert_kept(told.db)


def test_an_appeal_against_the_order_about_an_amendment_goes_to_the_instance_that_it_names(
    told: Story,
) -> None:
    amended = opened(told, HEKS, granted(told), "amendment", amendment(5_000))
    told.do(CHECKER, amended, "decide", {"check": {"recommendation": "Begründet."}})
    told.do(HEAD, amended, "reject", {"decision": {"reasons": "Zu teuer."}})
    told.do(DIVISION, amended, "confirm", {"decision": {}})
    deliver(told)
    assert "Rekurs erhoben werden bei: Präsidialdepartement" in order(told, amended)
    child = opened(told, CHECKER, amended, "appeal", lodged(told))
    told.wait(days=34)
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Der Ermessensspielraum ist gewahrt."}})
    told.do(DEPARTMENT, child, "dismiss", {"decision": {"reasons": "Die Erwägungen überzeugen."}})
    deliver(told)
    assert (state(told, child).ending, state(told, amended).ending) == ("dismissed", "rejected")
    said = order(told, child)
    assert "Deutsch im Quartier" in said
    assert "Leitung des Präsidialdepartements" in said.split("Rekurs")[0]
    app = app_for(told, told.settings)
    for reader, at in ((SECRETARIAT, f"/desk/cases/{child}"), (HEKS, f"/applications/{child}")):
        browser = signed_in(app, reader)
        assert "Rekurs" in browser.open(at).words()
        browser.http.close()
    app.extensions["foerderweg.db"].dispose()
    assert_kept(told.db)


def test_an_office_does_not_appeal_against_an_internal_decision(told: Story) -> None:
    case_id = granted(told)
    with told.db.connect() as tx:
        stored = journal.read(tx, case_id)
        route = published.route(tx, stored.route_hash)
    own = stored.case._replace(facts={**stored.case.facts, "applicant_office": "social_welfare"})
    may = {one.step for one in allowed(route, own, told.actors[CHECKER], told.now.date())}
    assert "appeal" not in may


def test_who_recorded_what_the_government_decided_does_not_record_the_courts_answer(told: Story) -> None:
    case_id = at_synthesis_of_three(told, 320_000)
    told.do(SYNTHESIS, case_id, "propose_rejection", {"proposal": {"reasons": "Zu teuer."}})
    told.do(FINANCE, case_id, "noted", NOTED)
    told.do(TREASURY, case_id, "noted", NOTED)
    told.do(STEERING, case_id, "noted", NOTED)
    said = {"number": "P260123", "decided_on": f"{told.now:%Y-%m-%d}", "reasons": "Zu teuer."}
    told.do(CHANCELLERY, case_id, "reject", {"decision": said})
    deliver(told)
    assert "Appellationsgericht" in order(told, case_id)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.do(SECRETARIAT, child, "uphold", {"decision": {"reasons": "Urteil VD.2026.1."}})
    deliver(told)
    assert (state(told, child).ending, state(told, case_id).step) == ("upheld", "synthesis")
    assert_kept(told.db)


def test_who_works_on_an_appeal_reads_what_it_is_about(told: Story) -> None:
    case_id = refused(told)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.wait(days=34)
    secretary = told.actors[SECRETARIAT_TOO]
    told.declare(SECRETARIAT_TOO, child)
    found = queries.dossier(told.db, secretary, child, now=told.now)
    assert found is not None
    assert found.parent_read is not None
    assert found.parent_read.answers["project"]["title"] == "Deutsch im Quartier"
    [letter] = found.parent_read.letters
    assert queries.file(told.db, secretary, letter.id) is not None
    assert queries.file(told.db, told.actors[SECRETARIAT], letter.id) is None  # has not declared
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert [one.status for one in page.children] == ["appeal"]
    assert page.stopped_by == page.children[0]
    theirs = queries.application(told.db, told.actors[HEKS], child)
    assert theirs is not None
    assert theirs.saved_by_name == ""  # an official has no name there
    assert (found.parent is not None, found.parent and found.parent.seen) == (True, False)  # no dead link
    first = queries.dossier(told.db, told.actors[CHECKER], case_id, now=told.now)
    assert first is not None
    assert [one.seen for one in first.children] == [True]
    closed = queries.dossier(told.db, told.actors[CHECKER], child, now=told.now)
    assert closed is not None
    assert not closed.opened  # kept out of the appeal


def test_the_first_instance_does_not_read_how_its_decision_is_judged(app: Flask, told: Story) -> None:
    case_id = refused(told)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.wait(days=34)
    told.do(SECRETARIAT, child, "propose", {"findings": {"findings": "Der Ermessensspielraum ist gewahrt."}})
    [number] = [one.number for one in rows(told.db, "SELECT number FROM cases WHERE id = :id", id=child)]

    def seen(email: str) -> tuple[bool, bool, bool, bool]:
        """(page, link, title, a word of it finds it)"""
        viewer = told.actors[email]
        page = queries.dossier(told.db, viewer, child, now=told.now)
        listed = queries.cases(told.db, viewer, queries.Filters(text=number), now=told.now)
        worded = queries.cases(told.db, viewer, queries.Filters(text="Quartier"), now=told.now)
        assert listed is not None
        assert worded is not None
        [row] = listed.rows
        found = child in [one.id for one in worded.rows]
        return page is not None and page.opened, row.has_page, row.title is not None, found

    with told.db.begin() as tx:  # as its words are once its applicant has answered something
        words = "UPDATE applications SET words = to_tsvector('german', 'Quartier') WHERE id = :id"
        tx.execute(sa.text(words), {"id": child})
    assert seen(THIRD) == (False, False, False, False)
    assert seen(AUDITOR) == (True, True, True, True)
    assert signed_in(app, THIRD).http.get(f"/desk/cases/{child}").status_code == 404
    said = comments.NewComment(told.next_id(), child, "office", "Bitte abweisen.")
    with pytest.raises(NotAllowed):
        comments.write(told.db, told.actors[THIRD], said, now=told.now)
    parent = queries.dossier(told.db, told.actors[THIRD], case_id, now=told.now)
    assert parent is not None
    assert [(one.number, one.seen) for one in parent.children] == [(number, False)]
    told.declare(DEPARTMENT, child)
    page = queries.dossier(told.db, told.actors[DEPARTMENT], child, now=told.now)
    assert page is not None
    assert page.opened
    with told.db.begin() as tx:  # one that began before there was the mark
        tx.execute(sa.text("UPDATE cases SET state = state - 'others' WHERE id = :id"), {"id": child})
    assert seen(THIRD) == (True, True, True, True)


def test_withdrawing_an_appeal_ends_the_matter(told: Story) -> None:
    case_id = refused(told)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.withdraw(HEKS, child)
    deliver(told)
    assert (state(told, child).ending, state(told, case_id).ending) == ("withdrawn", "rejected")


def test_who_has_declared_and_read_does_not_hear_the_appeal_without_having_acted_either(told: Story) -> None:
    case_id = at_check(told)
    told.do(CHECKER, case_id, "complete", COMPLETE)
    told.declare(LEAD_TOO, case_id)
    told.do(LEAD, case_id, "yes", review("Gut begründet."))
    told.do(SECOND, case_id, "yes", review("Passt."))
    told.do(SYNTHESIS, case_id, "propose", proposal(38_000_00, "Beide Stellen empfehlen."))
    told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Zu teuer."}})
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    appeal = opened(told, CHECKER, case_id, "appeal", lodged(told))
    assert told.actors[LEAD_TOO].person in state(told, appeal).recused
