"""Cases that belong to another case: amendments and reports."""

from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.browsing import app_for, signed_in
from tests.builders import KIP3
from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    DEPARTMENT,
    DIVISION,
    GGG,
    HEAD,
    HEKS,
    LEAD,
    OPERATOR,
    QUERY,
    REASONS,
    SECOND,
    SYNTHESIS,
    assert_kept,
    at_check,
    at_decision,
    at_once,
    at_review,
    costs,
    deliver,
    order,
    report,
    rows,
    state,
)
from web.cli.story import Story, decision, proposal, review
from workflow import drafts
from workflow.engine.commands import ChildEnded, Extend, OpenChild
from workflow.errors import Invalid, NotAllowed, NotFound, Refused
from workflow.funding.programme import load_folder
from workflow.publish import store
from workflow.publishable import checked_bundle
from workflow.service import Done, handle
from workflow.store import queries
from workflow.store.reading import SYSTEM


def amendment(francs: int = 0) -> dict[str, Any]:
    change = {"kinds": ["budget"], "text": "Ein Raum mehr.", "share": 30, "requested": francs * 100}
    return {"change": change}


def granted(told: Story) -> UUID:
    case_id = at_decision(told)
    told.do(HEAD, case_id, "grant", decision(38_000_00, REASONS))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    assert state(told, case_id).ending == "granted"
    return case_id


def unsettled(told: Story, francs: int = 38_000) -> UUID:
    """The two offices do not agree, nor after the mediation: who decides stands one level up."""
    case_id = at_review(told, francs)
    told.do(LEAD, case_id, "yes", review("Gut begründet."))
    told.do(SECOND, case_id, "no", review("Zu teuer."))
    told.do(SYNTHESIS, case_id, "unsettled", {"mediation": {"summary": "Keine Einigung."}})
    return case_id


def opened(
    told: Story, email: str, case_id: UUID, child: str, answers: dict[str, Any], key: UUID | None = None
) -> UUID:
    command = OpenChild(case_id, child, told.next_id(), state(told, case_id).entry)
    handle(told.db, command, told.actors[email], key or told.next_id(), told.now, answers)
    told.route()
    return command.child_id


def offers(told: Story, email: str, case_id: UUID) -> set[str]:
    found, _ = told._offers(told.actors[email], case_id)
    return {f"{offer.action}:{offer.step}" for offer in found}


def test_an_amendment_with_more_money_is_decided_at_the_same_level_and_committed(told: Story) -> None:
    case_id = granted(told)
    child = opened(told, HEKS, case_id, "amendment", amendment(5_000))
    parent = state(told, case_id)
    assert (parent.ending, parent.children[str(child)]["ending"]) == ("granted", "")
    [row] = rows(told.db, "SELECT number, parent_id, requested FROM cases WHERE id = :id", id=child)
    [first] = rows(told.db, "SELECT number FROM cases WHERE id = :id", id=case_id)
    assert (row.number, row.parent_id, row.requested) == (f"{first.number}.1", case_id, 5_000_00)
    told.do(CHECKER, child, "decide", {"check": {"recommendation": "Begründet."}})
    assert state(told, child).seats[0].role == "head"
    told.do(HEAD, child, "grant", decision(4_000_00, "Der Kurs ist ausgebucht."))
    assert (state(told, child).seats[0].role, state(told, child).held) == (
        "division_head",
        4_000_00,
    )  # four eyes
    told.do(DIVISION, child, "confirm", {"decision": {}})
    deliver(told)
    assert (state(told, child).ending, state(told, child).committed) == ("amended", 4_000_00)
    assert state(told, case_id).children[str(child)]["ending"] == "amended"
    said = order(told, child)
    assert "und einen um CHF 5'000.00 höheren Beitrag" in said
    assert "um höchstens CHF 4'000.00 erhöht." in said
    assert "2. Soweit mehr beantragt ist, wird das Begehren abgewiesen." in said
    assert "Deutsch im Quartier" in said
    assert "Bernasconi" in said
    assert "Iselin" in said
    assert_kept(told.db)


def test_who_does_not_agree_about_an_amendment_passes_it_up(told: Story) -> None:
    case_id = granted(told)
    for outcome, ending in (("approve", "amended"), ("reject", "rejected")):
        child = opened(told, HEKS, case_id, "amendment", amendment(5_000))
        told.do(CHECKER, child, "decide", {"check": {"recommendation": "Begründet."}})
        told.do(HEAD, child, outcome, {"decision": {"reasons": "Ohne mehr Geld."}})
        told.do(DIVISION, child, "confirm", {"decision": {}})
        deliver(told)
        assert state(told, child).ending == ending
    child = opened(told, HEKS, case_id, "amendment", amendment(5_000))
    told.do(CHECKER, child, "decide", {"check": {"recommendation": "Begründet."}})
    told.do(HEAD, child, "grant", decision(5_000_00, "Der Kurs ist ausgebucht."))
    told.do(DIVISION, child, "pass_up", {"decision": {"note": "Zu teuer."}})
    told.do(DEPARTMENT, child, "approve", {"decision": {"reasons": "Ohne mehr Geld."}})
    assert state(told, child).held == 0
    deliver(told)
    assert "Der Beitrag bleibt gleich" in order(told, child)  # what the head would have granted is no grant
    child = opened(told, HEKS, case_id, "amendment", amendment(5_000))
    told.do(CHECKER, child, "decide", {"check": {"recommendation": "Begründet."}})
    told.do(HEAD, child, "reject", {"decision": {"reasons": "Zu teuer."}})
    told.do(DIVISION, child, "pass_up", {"decision": {"note": "Es lohnt sich."}})
    told.do(DEPARTMENT, child, "grant", decision(5_000_00, "Es lohnt sich."))
    deliver(told)
    assert (state(told, child).ending, state(told, child).committed) == ("amended", 5_000_00)
    assert "Regierungsrat" in order(told, child)
    assert "abgewiesen" not in order(told, child)
    assert_kept(told.db)


def test_what_was_decided_one_level_up_is_amended_there_too(told: Story) -> None:
    case_id = unsettled(told)
    told.do(DEPARTMENT, case_id, "grant", decision(38_000_00, REASONS))
    deliver(told)
    child = opened(told, HEKS, case_id, "amendment", amendment(1_000))
    told.do(CHECKER, child, "decide", {"check": {"recommendation": "Begründet."}})
    assert state(told, child).seats[0].role == "department_head"
    app = app_for(told, told.settings)
    browser = signed_in(app, CHECKER)
    words = browser.open(f"/desk/cases/{child}/why").words()
    for said in ("Grösse: M", "Insgesamt verlangt: CHF 1'000.00", "Zuletzt entschieden von: Departementsv"):
        assert said in words
    browser.http.close()
    app.extensions["foerderweg.db"].dispose()


def test_a_small_change_is_noted_without_an_order(told: Story) -> None:
    child = opened(told, HEKS, granted(told), "amendment", amendment())
    told.do(CHECKER, child, "note", {"check": {"small": True}})
    assert (state(told, child).ending, state(told, child).letters) == ("noted", ())


def test_one_at_a_time_and_by_the_applicant_alone(told: Story) -> None:
    case_id = granted(told)
    assert {"open_child:amendment", "open_child:report"} <= offers(told, HEKS, case_id)
    with pytest.raises(NotAllowed):
        opened(told, CHECKER, case_id, "amendment", amendment())
    opened(told, HEKS, case_id, "amendment", amendment())
    with pytest.raises(Refused, match="child_is_open"):
        opened(told, HEKS, case_id, "amendment", amendment())
    assert "open_child:amendment" not in offers(told, HEKS, case_id)
    with pytest.raises(Refused, match="not_at_this_step"):
        opened(told, HEKS, at_check(told), "report", {})


def test_what_is_wrong_in_its_form_opens_nothing(told: Story) -> None:
    case_id = granted(told)
    with pytest.raises(Invalid):
        opened(told, HEKS, case_id, "report", {"results": {}})
    assert state(told, case_id).children == {}
    assert rows(told.db, "SELECT FROM cases WHERE parent_id = :id", id=case_id) == []
    assert_kept(told.db)


def test_the_same_command_twice_opens_one(told: Story) -> None:
    case_id, key = granted(told), told.next_id()
    command = OpenChild(case_id, "report", told.next_id(), state(told, case_id).entry)
    answers = report(told, case_id)

    def hand_in() -> Done:
        return handle(told.db, command, told.actors[HEKS], key, told.now, answers)

    done = at_once(hand_in, hand_in, hand_in)
    assert sorted(one.repeated for one in done if isinstance(one, Done)) == [False, True, True]
    assert len(rows(told.db, "SELECT FROM cases WHERE parent_id = :id", id=case_id)) == 1


def test_a_report_is_asked_about_and_accepted(told: Story) -> None:
    case_id = granted(told)
    child = opened(told, HEKS, case_id, "report", report(told, case_id))
    asked = {"check": {"sections": ["accounts"], "question": "Welche Einnahmen?"}}
    told.do(CHECKER, child, "query", asked)
    page = queries.application(told.db, told.actors[HEKS], child)
    assert page is not None
    assert page.open_sections == {"accounts"}
    assert page.query_message == "Welche Einnahmen?"
    told.do(HEKS, child, "answered")
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 38_000_00}})
    assert state(told, child).ending == "accepted"
    deliver(told)
    assert_kept(told.db)


def test_a_report_stands_beside_the_budget_and_stays_there(told: Story) -> None:
    case_id = granted(told)
    answers = report(told, case_id)
    costs = answers["accounts"]["costs"]
    budgeted = [row["planned"] for row in costs]
    for row in costs:
        row |= {"planned": 1, "spent": row["spent"] - 100_00}
    costs.append({"kind": "material", "label": "Bücher", "spent": 250_00, "planned": 9_999_00})
    short = {**answers, "accounts": {**answers["accounts"], "costs": costs[1:]}}
    with pytest.raises(Invalid) as refused:
        opened(told, HEKS, case_id, "report", short)
    assert [one.code for one in refused.value.fields["accounts.costs"]] == ["plan_row_missing"]
    child = opened(told, HEKS, case_id, "report", answers)
    page = queries.application(told.db, told.actors[HEKS], child)
    assert page is not None
    kept = page.answers["accounts"]["costs"]
    assert [row.get("planned") for row in kept] == [*budgeted, None]
    assert [row["difference"] for row in kept] == [*(-100_00 for _ in budgeted), 250_00]
    told.do(CHECKER, child, "query", {"check": {"sections": ["accounts"], "question": "Welche Bücher?"}})
    changed = deepcopy(page.answers["accounts"])
    changed["costs"][0]["planned"] = 5
    page = queries.application(told.db, told.actors[HEKS], child)
    assert page is not None
    actor = told.actors[HEKS]
    drafts.save(told.db, actor, child, {"accounts": changed}, revision=page.revision, now=told.now)
    told.do(HEKS, child, "answered")
    found = queries.whole(told.db, told.actors[CHECKER], child)
    assert found is not None
    assert [row.get("planned") for row in found.submissions[-1].answers["accounts"]["costs"]] == [
        *budgeted,
        None,
    ]


def test_a_report_says_of_each_measurable_goal_what_was_reached(told: Story) -> None:
    case_id = granted(told)
    answers = report(told, case_id)
    [target] = answers["results"]["targets"]
    target |= {"planned": 1, "reached": 51}
    without = {**answers, "results": {**answers["results"], "targets": []}}
    with pytest.raises(Invalid) as refused:
        opened(told, HEKS, case_id, "report", without)
    assert [one.code for one in refused.value.fields["results.targets"]] == ["plan_row_missing"]
    silent = {**answers, "results": {**answers["results"], "targets": [{**target, "reached": None}]}}
    with pytest.raises(Invalid) as refused:
        opened(told, HEKS, case_id, "report", silent)
    assert [one.code for one in refused.value.fields["results.targets.0.reached"]] == ["required"]
    page = queries.application(told.db, told.actors[HEKS], opened(told, HEKS, case_id, "report", answers))
    assert page is not None
    [kept] = page.answers["results"]["targets"]
    assert (kept["indicator"], kept["planned"], kept["difference"]) == ("participants", 48, 3)


def test_after_a_grant_in_part_a_report_stands_beside_the_revised_budget(told: Story) -> None:
    case_id = small_grant(told)
    accounts = report(told, case_id)["accounts"]
    [row] = accounts["costs"]
    assert (row["label"], row["planned"]) == ("Kursleitung", 8_000_00)
    assert accounts["sources"] == []  # what was to come from elsewhere was struck out
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    form = queries.form(told.db, page.programme_hash, "report")
    assert queries.planned_rows(told.db, told.actors[GGG], case_id, form) == {}  # nobody else's


def test_a_reason_that_an_office_gave_meanwhile_is_no_budget(told: Story) -> None:
    case_id = at_check(told)
    told.do(CHECKER, case_id, "query", QUERY)
    give_more_time(told, case_id)
    told.do(HEKS, case_id, "answered")
    told.do(CHECKER, case_id, "complete", COMPLETE)
    told.do(LEAD, case_id, "yes", review("Gut begründet."))
    told.do(SECOND, case_id, "yes", review("Passt."))
    told.do(SYNTHESIS, case_id, "propose", proposal(30_000_00, "Weniger."))
    told.do(HEAD, case_id, "grant", decision(30_000_00, REASONS))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    give_more_time(told, case_id)
    told.do(HEKS, case_id, "accept", costs(30_000))
    deliver(told)
    accounts = report(told, case_id)["accounts"]
    assert [row["planned"] for row in (*accounts["costs"], *accounts["sources"])] == [30_000_00]


def give_more_time(told: Story, case_id: UUID) -> None:
    command = Extend(case_id, 2, state(told, case_id).entry)
    handle(told.db, command, told.actors[CHECKER], told.next_id(), told.now, {"reason": "Ferien."})
    told.route()


def test_only_the_system_tells_of_an_ending_and_hearing_it_again_changes_nothing(told: Story) -> None:
    case_id = granted(told)
    child = opened(told, HEKS, case_id, "report", report(told, case_id))
    command = ChildEnded(case_id, str(child), "accepted")
    with pytest.raises((NotAllowed, NotFound)):
        handle(told.db, command, told.actors[OPERATOR], told.next_id(), told.now)
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 38_000_00}})
    deliver(told)
    before = state(told, case_id)
    handle(told.db, command, SYSTEM, told.next_id(), told.now + timedelta(days=1))
    assert state(told, case_id) == before


def small_grant(told: Story) -> UUID:
    """CHF 8'000 granted, by the head alone."""
    case_id = at_check(told, 9_000)
    told.do(CHECKER, case_id, "complete", COMPLETE)
    told.do("barbara.wenger@erwachsenenbildung.bs.example", case_id, "yes", review("Gut."))
    told.do(HEAD, case_id, "grant", decision(8_000_00, REASONS))
    told.do(HEKS, case_id, "accept", costs(8_000))
    deliver(told)
    return case_id


def test_a_case_of_another_size_takes_its_own_level(told: Story) -> None:
    case_id = small_grant(told)
    for more, office, role in (  # whoever may grant 10'000 francs alone does not add 290'000 to them
        (500, "integration", "head"),
        (10_000, "integration", "head"),
        (10_001, "integration", "head"),  # and the head of division after them
        (290_000, "presidential", "department_head"),
        (300_001, "government", "chancellery"),
    ):
        child = opened(told, HEKS, case_id, "amendment", amendment(more))
        told.do(CHECKER, child, "decide", {"check": {"recommendation": "Gut."}})
        assert (state(told, child).seats[0].office, state(told, child).seats[0].role) == (office, role)
        assert (state(told, child).step == "decide_head") == (more == 10_001)
        told.withdraw(HEKS, child)
        deliver(told)


def test_several_small_amendments_are_decided_as_one_large_one(told: Story) -> None:
    case_id = small_grant(told)

    def decided_by(more: int) -> tuple[UUID, str | None]:
        child = opened(told, HEKS, case_id, "amendment", amendment(more))
        told.do(CHECKER, child, "decide", {"check": {"recommendation": "Gut."}})
        return child, state(told, child).step

    first, step = decided_by(6_000)
    assert step == "decide"  # the head alone
    told.do(HEAD, first, "grant", decision(6_000_00, "Der Kurs ist ausgebucht."))
    deliver(told)
    second, step = decided_by(4_000)  # 10'000 with what was added before
    assert step == "decide"
    told.withdraw(HEKS, second)
    deliver(told)
    assert decided_by(4_001)[1] == "decide_head"  # and the head of division


def test_what_is_asked_for_in_all_follows_the_answer_to_a_query(told: Story) -> None:
    bundle = deepcopy(load_folder(KIP3))
    report, steps = bundle.routes["report"]["steps"], bundle.routes["amendment"]["steps"]
    steps["query"] = report["query"]
    steps["check"]["outcomes"]["query"] = report["check"]["outcomes"]["query"]
    sections, question = bundle.forms["report_check"]["sections"][0]["fields"][-2:]
    sections["options"] = [{"code": "change", "label": bundle.forms["amendment"]["title"]}]
    bundle.forms["amendment_check"]["sections"][0]["fields"] += [sections, question]
    with told.db.begin() as tx:
        store(tx, *checked_bundle(bundle), told.now)
    child = opened(told, HEKS, small_grant(told), "amendment", amendment(1_000))
    told.do(CHECKER, child, "query", {"check": {"sections": ["change"], "question": "Wie viel?"}})
    page = queries.application(told.db, told.actors[HEKS], child)
    assert page is not None
    drafts.save(told.db, told.actors[HEKS], child, amendment(20_000), revision=page.revision, now=told.now)
    told.do(HEKS, child, "answered")
    told.do(CHECKER, child, "decide", {"check": {"recommendation": "Gut."}})
    assert state(told, child).step == "decide_head"
