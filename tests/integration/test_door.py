"""The one door: once per key, for those who may, all or nothing; and what is stored is what happened."""

from __future__ import annotations

import random
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from tests.builders import commands_of
from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    GGG,
    HEAD,
    HEKS,
    INADMISSIBLE,
    OPERATOR,
    QUERY,
    assert_kept,
    at_check,
    at_once,
    at_review,
    deliver,
    happened,
    language,
    rows,
    state,
)
from web.cli.story import SCORES, Story, dispatch
from workflow import drafts
from workflow.engine.case import Actor
from workflow.engine.commands import Complete, Declare, Offer, Recuse, Report, Submit, Withdraw
from workflow.engine.decide import allowed
from workflow.errors import Invalid, KeyReused, NotAllowed, NotFound, Refused
from workflow.service import Done, handle
from workflow.store import journal, published, queries


def everything(db: sa.Engine) -> dict[str, int]:
    """How much there is of all that a command writes."""
    tables = ("events", "commands", "cases", "work_items", "outbox", "postings", "contents", "agenda")
    return {table: rows(db, f"SELECT count(*) AS n FROM {table}")[0].n for table in tables}


def test_the_same_command_again_is_its_first_result(told: Story) -> None:
    case_id, key, signer = told.draft(HEKS, language()), uuid4(), told.actors[HEKS]
    first = handle(told.db, Submit(case_id), signer, key, told.now)
    told.route()
    told.do(CHECKER, case_id, "complete", COMPLETE)
    before = everything(told.db)
    again = handle(told.db, Submit(case_id), signer, key, told.now)
    assert (first.repeated, again.repeated) == (False, True)
    assert (again.case_id, again.number, again.version) == (first.case_id, first.number, 1)
    assert everything(told.db) == before


def test_a_repeated_step_is_its_first_result_even_when_it_could_be_done_anew(told: Story) -> None:
    case_id, key = at_check(told), uuid4()
    command = Complete(case_id, "formal_check", "", "query", 1)
    done = handle(told.db, command, told.actors[CHECKER], key, told.now, QUERY)
    assert handle(told.db, command, told.actors[CHECKER], key, told.now, QUERY) == Done(
        case_id, done.number, done.version, repeated=True
    )


@pytest.mark.parametrize("what", ["outcome", "answers", "person", "command"])
def test_the_same_key_for_something_else_is_refused(told: Story, what: str) -> None:
    case_id, key, checker = at_check(told), uuid4(), told.actors[CHECKER]
    command = Complete(case_id, "formal_check", "", "query", 1)
    handle(told.db, command, checker, key, told.now, QUERY)
    before = everything(told.db)
    other: dict[str, Any] = {
        "outcome": (Complete(case_id, "formal_check", "", "complete", 1), checker, QUERY),
        "answers": (command, checker, {"check": {**QUERY["check"], "question": "Anders?"}}),
        "person": (command, told.actors[OPERATOR], QUERY),
        "command": (Withdraw(case_id), told.actors[HEKS], None),
    }
    asked, actor, answers = other[what]
    with pytest.raises(KeyReused):
        handle(told.db, asked, actor, key, told.now, answers)
    assert everything(told.db) == before


@pytest.mark.parametrize("same_key", [True, False])
def test_two_submissions_at_once_make_one_case(told: Story, same_key: bool) -> None:
    for _ in range(5):
        case_id, first, second = told.draft(HEKS, language()), uuid4(), uuid4()
        submit = partial(handle, told.db, Submit(case_id), told.actors[HEKS], now=told.now)
        keys = (first, first if same_key else second)
        results = at_once(*(partial(submit, command_id=key) for key in keys))
        done = [one for one in results if isinstance(one, Done)]
        refused = [one for one in results if isinstance(one, Refused)]
        assert happened(told, case_id) == ["Submitted"]
        if same_key:
            assert sorted(one.repeated for one in done) == [False, True]
            assert len({one.number for one in done}) == 1
        else:
            assert len(done) == 1
            assert [one.code for one in refused] == ["submitted_already"]
    assert_kept(told.db)


def test_a_second_submission_is_refused_and_changes_nothing(told: Story) -> None:
    case_id = at_check(told)
    before = everything(told.db)
    with pytest.raises(Refused, match="submitted_already"):
        handle(told.db, Submit(case_id), told.actors[HEKS], uuid4(), told.now)
    assert everything(told.db) == before


def test_a_refused_command_changes_nothing_and_its_key_can_be_used(told: Story) -> None:
    case_id, key, checker = at_check(told), uuid4(), told.actors[CHECKER]
    before = everything(told.db)
    command = Complete(case_id, "formal_check", "", "complete", 1)
    with pytest.raises(Invalid) as caught:
        handle(told.db, command, checker, key, told.now, {"check": {"complete": True}})
    assert list(caught.value.fields) == ["check.responsible"]
    assert everything(told.db) == before
    assert not handle(told.db, command, checker, key, told.now, COMPLETE).repeated


def test_an_incomplete_application_is_not_submitted(told: Story) -> None:
    answers = language()
    del answers["project"]["summary"]
    case_id = told.draft(HEKS, answers)
    with pytest.raises(Invalid) as caught:
        handle(told.db, Submit(case_id), told.actors[HEKS], uuid4(), told.now)
    assert list(caught.value.fields) == ["project.summary"]
    assert rows(told.db, "SELECT FROM cases") == []


def test_for_strangers_a_case_is_not_there(told: Story) -> None:
    case_id = at_review(told)
    stranger, nobody = told.actors[GGG], uuid4()
    commands = (
        Submit(case_id),
        Withdraw(case_id),
        Declare(case_id),
        Recuse(case_id),
        Complete(case_id, "review", "lead", "yes", 2),
        Withdraw(nobody),
        Submit(nobody),
    )
    for command in commands:
        with pytest.raises(NotFound):
            handle(told.db, command, stranger, uuid4(), told.now)
    assert queries.application(told.db, stranger, case_id) is None
    assert queries.dossier(told.db, stranger, case_id, now=told.now) is None


def test_who_may_only_draft_neither_submits_nor_withdraws(told: Story) -> None:
    drafter = told.actors["selin.arslan@heks.example"]
    draft, case_id = told.draft(HEKS, language()), at_check(told)
    with pytest.raises(NotAllowed, match="may_not_sign"):
        handle(told.db, Submit(draft), drafter, uuid4(), told.now)
    with pytest.raises(NotAllowed, match="not_yours"):
        handle(told.db, Withdraw(case_id), drafter, uuid4(), told.now)


def test_no_person_reports_what_a_worker_would(told: Story) -> None:
    case_id = told.submit(HEKS, language(9_000))
    told.do(CHECKER, case_id, "inadmissible", INADMISSIBLE)
    told.do(HEAD, case_id, "confirm", {"decision": {"reasons": "So ist es."}})
    assert state(told, case_id).step == "order_inadmissible"
    for email in (HEKS, OPERATOR, CHECKER):
        report = Report(case_id, state(told, case_id).entry, 1, content="forged")
        with pytest.raises(NotAllowed, match="not_yours"):
            handle(told.db, report, told.actors[email], uuid4(), told.now)


ANSWERS: dict[str, dict[str, Any]] = {
    "formal_check": {"complete": COMPLETE, "query": QUERY, "inadmissible": INADMISSIBLE},
    "inadmissible_proposal": {
        "confirm": {"decision": {"reasons": "So ist es."}},
        "admit": {"decision": {"note": "Doch."}},
    },
}


def said(step: str, outcome: str, dice: random.Random, now: datetime) -> dict[str, Any]:
    """What somebody writes in the form of a step."""
    if outcome == "sent":
        return dispatch(now)
    amount = dice.choice((5_000_00, 8_000_00, 20_000_00))
    match step:
        case "formal_check" | "inadmissible_proposal":
            answers: dict[str, Any] = ANSWERS[step][outcome]
            return answers
        case "review":
            more: dict[str, Any] = {"amount": 5_000_00} if outcome == "reduced" else {}
            more |= {"conditions": "Mit Bericht."} if outcome == "yes_with_conditions" else {}
            return {"criteria": SCORES, "recommendation": {"reasons": "Darum.", **more}}
        case "mediation":
            return {"mediation": {"summary": "Man hat geredet."}}
        case "synthesis" | "rework":
            return {"proposal": {"reasons": "Darum."} | ({"amount": amount} if outcome == "propose" else {})}
        case "confirm_budget":
            return {"budget": {"costs": [{"kind": "fees", "label": "Kurs", "amount": amount}]}}
        case "query":
            return {}
        case "finance_check" | "pre_check" | "consultation":
            return {"statement": {"objections": "Folgekosten."} if outcome == "concerns" else {}}
        case "unsigned":
            return {"unsigned": {"note": "Nichts gekommen."}}
        case "decide_write_off":
            return {
                "decision": {"reasons": "Gegenstandslos."}
                if outcome == "confirm"
                else {"note": "Doch nicht."}
            }
    note = {"note": "Nochmals bitte."} if outcome in ("return", "pass_up") else {}
    grant = {"amount": amount} if outcome == "grant" else {}
    reasons = {"reasons": "Darum."} if outcome in ("grant", "reject") else {}
    return {"decision": note | grant | reasons}


def choices(told: Story, case_id: UUID) -> list[tuple[Actor, Offer, int]]:
    """Everything that anybody may do in this case now, and the visit; who has the work moves nothing."""
    with told.db.connect() as tx:
        stored = journal.read(tx, case_id)
        route = published.route(tx, stored.route_hash)
    people = [told.actors[email] for email in sorted(told.actors)]
    return [
        (one, offer, stored.case.entry)
        for one in people
        for offer in allowed(route, stored.case, one, told.now.date())
        if offer.action != "assign"
    ]


def test_whatever_people_do_the_events_make_the_stored_state(told: Story) -> None:
    dice = random.Random(random.random())  # seeded by pytest-randomly, which prints its seed
    cases = [told.submit(HEKS, language(dice.choice((9_000, 38_000, 150_000)))) for _ in range(6)]
    done = 0
    for _ in range(260):
        case_id = dice.choice(cases)
        found = choices(told, case_id)
        usual = ("complete", "declare", "receive", "resume", "pay")
        found = [one for one in found if one[1].action in usual or dice.random() < 0.03]
        if not found or dice.random() < 0.1:
            told.wait(days=dice.randint(1, 3))
            continue
        actor, offer, entry = dice.choice(found)
        command, key = dice.choice(commands_of(case_id, entry, offer)), uuid4()
        answers = {"reason": "Aus gutem Grund."}
        if isinstance(command, Complete):
            answers = said(offer.step, command.outcome, dice, told.now)
        try:
            first = handle(told.db, command, actor, key, told.now, answers)
            again = handle(told.db, command, actor, key, told.now, answers)  # a double click
            assert (again.repeated, again.version) == (True, first.version)
            done += 1
        except Invalid:
            continue  # an amount of the dice that the form does not take
        except Refused as error:
            if not error.code.startswith(("amount_", "not_enough_money")):
                raise
        if dice.random() < 0.8:
            told.route()
    told.route()
    deliver(told)
    assert done > 20
    assert_kept(told.db)


def test_the_working_copy_of_another_organisation_is_not_there(told: Story) -> None:
    draft = told.draft(HEKS, language())
    with pytest.raises(NotFound):
        drafts.save(told.db, told.actors[GGG], draft, {"plan": {}}, revision=3, now=told.now)
    assert queries.my_applications(told.db, told.actors[GGG]) == []
