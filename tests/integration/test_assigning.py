"""Who of an office has a piece of work: in the inbox, in the dossier, in the lists; two at once; absences."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.browsing import signed_in, visitor
from tests.counting import statements
from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    DEPARTMENT,
    DIVISION,
    FINANCE,
    HEAD,
    HEKS,
    LEAD,
    LEAD_TOO,
    SECOND,
    THIRD,
    assert_kept,
    at_check,
    at_decision,
    at_once,
    at_review,
    deliver,
    order,
    state,
)
from web.cli.story import Story
from workflow.absences import Away, enter, take_back
from workflow.engine.commands import Assign
from workflow.errors import Invalid, NotAllowed, NotFound, Refused
from workflow.people import person_id
from workflow.service import Done, handle
from workflow.store import people, queries, sign_in
from workflow.texts import ZURICH

OFFICE_HEAD = "franziska.roth@erwachsenenbildung.bs.example"
COORDINATOR = "mehmet.demir@integration.bs.example"


def assign(told: Story, email: str, case_id: UUID, to: str, held_by: str = "", seat: str = "lead") -> Done:
    target = str(person_id(to)) if to else ""
    holder = str(person_id(held_by)) if held_by else ""
    command = Assign(case_id, seat, state(told, case_id).entry, target, holder)
    return handle(told.db, command, told.actors[email], uuid4(), told.now)


def inbox(told: Story, email: str, tab: str) -> queries.Inbox:
    return queries.inbox(told.db, told.actors[email], now=told.now, tab=tab)


def test_what_somebody_takes_is_theirs_everywhere(told: Story) -> None:
    case_id = at_review(told)
    assert inbox(told, LEAD, "mine").total == 0
    assign(told, LEAD, case_id, LEAD)
    [item] = inbox(told, LEAD, "mine").rows
    assert (item.case_id, item.holder_name, item.may_take) == (case_id, "Barbara Wenger", False)
    [item] = inbox(told, LEAD_TOO, "office").rows
    assert (item.holder_name, item.may_take) == ("Barbara Wenger", True)
    listed = queries.cases(told.db, told.actors[CHECKER], queries.Filters(), now=told.now)
    assert listed is not None
    assert listed.rows[0].holders == ("Barbara Wenger",)
    page = queries.dossier(told.db, told.actors[LEAD_TOO], case_id, now=told.now)
    assert page is not None
    assert page.holders == {"lead": "Barbara Wenger"}
    own = queries.application(told.db, told.actors[HEKS], case_id)
    assert "Wenger" not in repr(own)
    assert_kept(told.db)


def test_two_who_take_it_at_once_and_one_has_it(told: Story) -> None:
    for _ in range(8):
        case_id = at_review(told)
        results = at_once(
            partial(assign, told, LEAD, case_id, LEAD), partial(assign, told, LEAD_TOO, case_id, LEAD_TOO)
        )
        [refused] = [one for one in results if not isinstance(one, Done)]
        assert isinstance(refused, Refused)
        assert refused.code == "taken_already"
        [seat] = [one for one in state(told, case_id).seats if one.code == "lead"]
        assert seat.holder in (str(person_id(LEAD)), str(person_id(LEAD_TOO)))
    assert_kept(told.db)


def test_it_goes_to_a_colleague_of_the_role_and_to_nobody_else(told: Story) -> None:
    case_id = at_review(told)
    with pytest.raises(Refused, match="cannot_have_it"):
        assign(told, LEAD, case_id, SECOND)
    with pytest.raises(Refused, match="cannot_have_it"):
        assign(told, LEAD, case_id, "nobody@nowhere.example")
    assign(told, LEAD, case_id, LEAD_TOO)
    assert inbox(told, LEAD_TOO, "mine").total == 1
    with pytest.raises(NotFound):
        assign(told, "nicole.schaer@fruehfoerderung.bs.example", case_id, LEAD)


def test_a_member_of_the_organisation_is_not_given_its_case(told: Story) -> None:
    case_id = at_review(told)
    _join(told, LEAD_TOO, case_id)
    with pytest.raises(Refused, match="cannot_have_it"):
        assign(told, LEAD, case_id, LEAD_TOO)


def test_the_head_sees_the_office_and_reassigns_without_reading(told: Story) -> None:
    case_id = at_review(told)
    assign(told, LEAD, case_id, LEAD)
    [item] = inbox(told, OFFICE_HEAD, "headed").rows
    assert (item.title, item.holder_name) == (None, "Barbara Wenger")
    page = queries.dossier(told.db, told.actors[OFFICE_HEAD], case_id, now=told.now)
    assert page is not None
    assert (page.opened, page.answers, page.history) == (False, {}, [])
    others = queries.colleagues(told.db, page, now=told.now)
    assert [(one.name, one.refusal) for one in others["lead"]] == [("Philipp Lüdin", "")]
    assign(told, OFFICE_HEAD, case_id, LEAD_TOO, LEAD)
    assert inbox(told, LEAD_TOO, "mine").total == 1
    assert "headed" not in inbox(told, LEAD, "office").counts


def test_what_waits_on_others_is_what_i_had_a_hand_in(told: Story) -> None:
    case_id = at_check(told)
    assert inbox(told, CHECKER, "waiting").total == 0
    told.do(CHECKER, case_id, "complete", COMPLETE)
    assert {row.case_id for row in inbox(told, CHECKER, "waiting").rows} == {case_id}
    assert inbox(told, COORDINATOR, "waiting").total == 0


def test_recusal_gives_it_back_to_the_office(told: Story) -> None:
    case_id = at_review(told)
    assign(told, LEAD, case_id, LEAD)
    told.recuse(LEAD, case_id)
    assert inbox(told, LEAD, "mine").total == 0
    [item] = inbox(told, LEAD_TOO, "office").rows
    assert item.holder == ""
    assert_kept(told.db)


def test_the_pages_of_taking_handing_over_and_giving_back(app: Flask, told: Story) -> None:
    case_id = at_review(told)
    browser = signed_in(app, LEAD)
    page = browser.open("/desk")
    taken = browser.send(page.form("/assign"))
    assert "Sie haben es übernommen." in taken.text
    assert taken.url.endswith("/desk?tab=office")
    assert "<strong>Sie</strong>" in browser.open("/desk?tab=mine").text
    assert "Sie haben es übernommen." in browser.open(f"/desk/cases/{case_id}").text
    stale = signed_in(app, LEAD_TOO)
    dossier = stale.open(f"/desk/cases/{case_id}")
    assert "Barbara Wenger hat es übernommen." in dossier.text
    browser.send(browser.open(f"/desk/cases/{case_id}").form("/assign"), {"way": "give_back"})
    refused = stale.send(dossier.form("/assign"), {"way": "take"}, status=409)
    assert "inzwischen jemand anders" in refused.text
    again = stale.send(stale.open(f"/desk/cases/{case_id}").form("/assign"), {"way": "take"})
    assert "Sie haben es übernommen." in again.text
    dossier = stale.open(f"/desk/cases/{case_id}")
    assert "Barbara Wenger</option>" not in dossier.text  # an office can have hundreds of people
    assert f'href="/desk/cases/{case_id}/steer" data-in-place="#hand-over-lead"' in dossier.text
    handing = stale.open(f"/desk/cases/{case_id}/steer")
    assert "Barbara Wenger</option>" in handing.text
    assert 'id="steer"' not in handing.text  # no heading over what this person has nothing of
    nobody = handing.form("/assign")
    assert (
        "Bitte wählen Sie eine Person."
        in stale.send(nobody, {"way": "hand_over", "person": ""}, status=409).text
    )


def test_every_tab_takes_as_many_queries_for_many_as_for_one(app: Flask, told: Story) -> None:
    for tab in ("mine", "office", "waiting"):
        browser = signed_in(app, LEAD)
        assign(told, LEAD, at_review(told), LEAD)
        browser.open(f"/desk?tab={tab}")
        few = statements(app, browser, f"/desk?tab={tab}")
        for _ in range(3):
            assign(told, LEAD, at_review(told), LEAD)
        assert statements(app, browser, f"/desk?tab={tab}") == few


def test_a_deputy_finds_what_the_absent_person_has(app: Flask, told: Story) -> None:
    case_id = at_review(told)
    assign(told, LEAD, case_id, LEAD)
    browser = signed_in(app, LEAD)
    page = browser.open("/desk/away")
    today = told.now.date()
    sent = {"first_day": f"{today:%d.%m.%Y}", "last_day": f"{today + timedelta(days=5):%d.%m.%Y}"}
    typed = {**sent, "last_day": "5. Mai", "press": "enter"}
    wrong = browser.send(page.form("/away"), typed, status=422)
    assert "Bitte ein Datum angeben" in wrong.text
    assert sent["first_day"] in wrong.text
    done = browser.send(wrong.form("/away"), {**sent, "deputy": str(person_id(LEAD_TOO)), "press": "enter"})
    assert "jetzt abwesend" in done.text
    assert {row.case_id for row in inbox(told, LEAD_TOO, "mine").rows} == {case_id}
    gone = browser.send(done.form("/away"), {"press": "remove"})
    assert "Niemand ist abwesend" in gone.text


def test_who_may_enter_whose_absence(told: Story) -> None:
    day = told.now.date()
    away = Away(person_id(LEAD), day, day, person_id(LEAD_TOO))
    enter(told.db, told.actors[OFFICE_HEAD], away, now=told.now)
    for other in (LEAD_TOO, SECOND, "markus.tschudin@sozialhilfe.bs.example"):
        with pytest.raises(NotAllowed):
            enter(told.db, told.actors[other], away, now=told.now)
        with pytest.raises(NotAllowed):
            take_back(told.db, told.actors[other], person_id(LEAD), day)
    assert take_back(told.db, told.actors[LEAD], person_id(LEAD), day)
    assert not take_back(told.db, told.actors[LEAD], person_id(LEAD), day)


def test_nobody_is_away_twice_on_one_day(told: Story) -> None:
    me, day = told.actors[LEAD], told.now.date()
    days = [day + timedelta(days=number) for number in range(12)]
    enter(told.db, me, Away(person_id(LEAD), days[0], days[9], person_id(LEAD_TOO)), now=told.now)
    with pytest.raises(Invalid) as refused:
        enter(told.db, me, Away(person_id(LEAD), days[3], days[6], None), now=told.now)
    assert [one.code for one in refused.value.fields["first_day"]] == ["away_already"]
    enter(told.db, me, Away(person_id(LEAD), days[0], days[4], None), now=told.now)  # the same, changed
    enter(told.db, me, Away(person_id(LEAD), days[5], days[6], None), now=told.now)


def test_a_head_does_not_take_the_roles_of_a_colleague(told: Story) -> None:
    """Who decides would record the payments as well."""
    day = told.now.date()
    away = Away(person_id(FINANCE), day, day, person_id(DEPARTMENT))
    assert ("presidential", "office_head") in told.actors[DEPARTMENT].offices
    with pytest.raises(Invalid) as refused:
        enter(told.db, told.actors[DEPARTMENT], away, now=told.now)
    assert [one.code for one in refused.value.fields["deputy"]] == ["not_yourself"]
    enter(told.db, told.actors[FINANCE], away, now=told.now)  # whose absence it is names anybody


def test_administrators_do_not_stand_in_by_their_own_hand(told: Story) -> None:
    admin, day = "elias.graber@pd.bs.example", told.now.date()
    away = Away(person_id(DEPARTMENT), day, day, person_id(admin))
    with pytest.raises(NotAllowed, match="own_roles"):
        enter(told.db, told.actors[admin], away, now=told.now)
    enter(told.db, told.actors[DEPARTMENT], away, now=told.now)  # whose absence it is names anybody
    assert take_back(told.db, told.actors[admin], person_id(DEPARTMENT), day)


@pytest.mark.parametrize(
    ("first", "last", "deputy", "problems"),
    [
        (None, None, None, {"first_day", "last_day"}),
        (date(2026, 9, 9), date(2026, 9, 8), None, {"last_day"}),
        (date(2026, 9, 1), date(2026, 9, 2), None, {"last_day"}),
        (date(2026, 9, 8), date(2029, 9, 8), None, {"last_day"}),
        (date(2026, 9, 8), date(2026, 9, 8), LEAD, {"deputy"}),
        (date(2026, 9, 8), date(2026, 9, 8), SECOND, {"deputy"}),
    ],
)
def test_an_absence_that_makes_no_sense(
    told: Story, first: date | None, last: date | None, deputy: str | None, problems: set[str]
) -> None:
    said = Away(person_id(LEAD), first, last, person_id(deputy) if deputy else None)
    with pytest.raises(Invalid) as caught:
        enter(told.db, told.actors[LEAD], said, now=told.now)
    assert set(caught.value.fields) == problems


def _join(told: Story, email: str, case_id: UUID) -> None:
    with told.db.begin() as tx:
        tx.execute(
            sa.text(
                "INSERT INTO memberships"
                " SELECT :person, organisation_id, ARRAY['read'] FROM cases WHERE id = :id"
            ),
            {"person": person_id(email), "id": case_id},
        )


def test_two_absences_entered_at_once_do_not_wait_for_each_other(
    told: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, put = threading.Barrier(2, timeout=5), people.put_absences

    def put_together(tx: sa.Connection, rows: people.Rows) -> None:
        put(tx, rows)
        both.wait()

    monkeypatch.setattr(people, "put_absences", put_together)
    lead, first = told.actors[LEAD], told.now.date()
    days = [first + timedelta(days=number) for number in (10, 20)]
    aways = [Away(person_id(LEAD), day, day, person_id(LEAD_TOO)) for day in days]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda away: enter(told.db, lead, away, now=told.now), aways))
    with told.db.connect() as tx:
        assert len(people.absences_by_key(tx)) == 2


def test_who_only_heads_an_office_is_led_to_its_desk(told: Story, app: Flask) -> None:
    browser = signed_in(app, OFFICE_HEAD)
    assert browser.open("/").text.count('href="/desk"') == 1
    page = visitor(app).sign_in(OFFICE_HEAD, "geheim")
    assert page.url.endswith("/desk")


def test_an_order_says_in_whose_place_it_was_signed(app: Flask, told: Story) -> None:
    case_id = at_decision(told)
    today = told.now.astimezone(ZURICH).date()
    enter(
        told.db,
        told.actors[HEAD],
        Away(person_id(HEAD), today, today, person_id(THIRD)),
        now=told.now,
    )
    with told.db.connect() as tx:
        deputy = sign_in.actor_by_id(tx, str(person_id(THIRD)), told.now)
    assert deputy is not None
    assert deputy.lent["integration", "head"] == (str(person_id(HEAD)),)
    assert ("integration", "coordinator") not in deputy.lent
    told.actors[THIRD] = deputy
    told.do(THIRD, case_id, "reject", {"decision": {"reasons": "Zu teuer."}})
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    said = order(told, case_id)
    assert "i. V. Andrea Bernasconi, Leitung, Fachstelle Integration und Antirassismus" in said
    assert "Thomas Iselin Abteilungsleitung" in said
    assert "Ablehnen (in Stellvertretung)" in signed_in(app, CHECKER).open(f"/desk/cases/{case_id}").words()
