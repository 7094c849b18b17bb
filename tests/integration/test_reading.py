"""Who sees what: the gate, one's own vote first, what applicants are told, lists for the overview."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.integration.walks import (
    AUDITOR,
    CHECKER,
    COMPLETE,
    FINANCE,
    GGG,
    HEAD,
    HEKS,
    LEAD,
    OPERATOR,
    QUERY,
    SECOND,
    SYNTHESIS,
    at_check,
    at_confirmation,
    at_review,
    costs,
    deliver,
    language,
    rows,
    state,
)
from web.cli.story import Story, decision, proposal, review
from workflow.engine.case import Actor
from workflow.store import queries
from workflow.store.queries import Dossier

SECRET = "Eine Begründung, die noch niemand liest."


def dossier(told: Story, email: str, case_id: UUID) -> Dossier:
    page = queries.dossier(told.db, told.actors[email], case_id, now=told.now)
    assert page is not None
    return page


def votes(page: Dossier) -> list[str]:
    """Every trace of how somebody voted in the review."""
    found = [one.outcome for one in page.statements if one.step == "review"]
    found += [
        row.data["outcome"]
        for row in page.history
        if row.data.get("step") == "review" and "outcome" in row.data
    ]
    return found + [seat.outcome for seat in page.seats if seat.outcome in ("yes", "no")]


def test_undeclared_only_the_header_is_there(told: Story) -> None:
    case_id = at_review(told)
    page = dossier(told, LEAD, case_id)
    assert (page.opened, page.case.title, page.answers, page.files) == (False, None, {}, {})
    assert (page.statements, page.history, page.letters, page.line) == ([], [], [], None)
    assert [offer.action for offer in page.offers] == ["declare", "recuse", "assign"]
    assert page.case.organisation
    [item] = queries.inbox(told.db, told.actors[LEAD], now=told.now).rows
    assert (item.title, item.declared, item.seat) == (None, False, "lead")


def test_declared_the_dossier_is_open(told: Story) -> None:
    case_id = at_review(told)
    told.declare(LEAD, case_id)
    page = dossier(told, LEAD, case_id)
    assert (page.opened, page.case.title) == (True, "Deutsch im Quartier")
    assert page.answers["project"]["title"] == "Deutsch im Quartier"
    file, *_ = page.files
    assert queries.file(told.db, told.actors[LEAD], file) is not None
    assert queries.file(told.db, told.actors[SECOND], file) is None
    [item] = queries.inbox(told.db, told.actors[LEAD], now=told.now).rows
    assert (item.title, item.declared) == ("Deutsch im Quartier", True)


@pytest.mark.parametrize("declared", [False, True])
def test_ones_own_vote_comes_first(told: Story, declared: bool) -> None:
    case_id = at_review(told)
    if declared:
        told.declare(LEAD, case_id)
    told.do(SECOND, case_id, "no", review(SECRET))
    page = dossier(told, LEAD, case_id)
    assert votes(page) == []
    assert SECRET not in str(page.statements)
    assert SECRET in str(dossier(told, SECOND, case_id).statements)
    assert set(votes(dossier(told, SYNTHESIS, case_id))) == {"no"}
    told.do(LEAD, case_id, "yes", review("Meine eigene."))
    assert SECRET in str(dossier(told, LEAD, case_id).statements)


def test_who_audits_and_could_still_vote_waits_as_well(told: Story) -> None:
    case_id = at_review(told)
    told.do(LEAD, case_id, "no", review(SECRET))
    auditor, second = told.actors[AUDITOR], told.actors[SECOND]
    assert votes(dossier(told, AUDITOR, case_id)) != []
    told.actors[AUDITOR] = replace(auditor, offices=auditor.offices | second.offices)
    assert dossier(told, AUDITOR, case_id).opened
    assert votes(dossier(told, AUDITOR, case_id)) == []


def test_what_somebody_once_did_opens_nothing_to_who_takes_part_no_more(told: Story) -> None:
    case_id = at_review(told)
    told.do(LEAD, case_id, "yes", review(SECRET))
    assert dossier(told, LEAD, case_id).opened
    told.actors[LEAD] = replace(told.actors[LEAD], offices=told.actors[OPERATOR].offices)
    assert not dossier(told, LEAD, case_id).opened


def test_a_vote_that_is_in_can_be_seen_to_be_in(told: Story) -> None:
    case_id = at_review(told)
    told.do(SECOND, case_id, "no", review(SECRET))
    told.declare(LEAD, case_id)
    seats = {seat.code: bool(seat.outcome) for seat in dossier(told, LEAD, case_id).seats}
    assert seats == {"lead": False, "second": True}


def test_for_other_organisations_nothing_is_there(told: Story) -> None:
    draft, case_id = told.draft(HEKS, language()), at_confirmation(told)
    told.do(HEKS, case_id, "accept", costs(30_000))
    deliver(told)
    stranger = told.actors[GGG]
    assert queries.application(told.db, stranger, draft) is None
    assert queries.application(told.db, stranger, case_id) is None
    assert queries.dossier(told.db, stranger, case_id, now=told.now) is None
    assert queries.my_applications(told.db, stranger) == []
    files = rows(told.db, "SELECT id, kind FROM files")
    assert {file.kind for file in files} == {"upload", "letter"}
    for file in files:
        assert queries.file(told.db, stranger, file.id) is None
        assert queries.file(told.db, told.actors[HEKS], file.id) is not None
    assert queries.application(told.db, told.actors[HEKS], uuid4()) is None
    assert queries.file(told.db, told.actors[HEKS], uuid4()) is None


def test_a_draft_is_for_nobody_of_the_staff(told: Story) -> None:
    draft = told.draft(HEKS, language())
    file, *_ = rows(told.db, "SELECT id FROM files")
    for email in (CHECKER, HEAD, AUDITOR, OPERATOR):
        viewer = told.actors[email]
        assert queries.dossier(told.db, viewer, draft, now=told.now) is None
        assert queries.application(told.db, viewer, draft) is None
        assert queries.file(told.db, viewer, file.id) is None


def test_an_applicant_sees_the_status_and_nothing_from_inside(told: Story) -> None:
    case_id = at_check(told)
    told.do(CHECKER, case_id, "complete", COMPLETE)
    told.do(LEAD, case_id, "yes_with_conditions", review(SECRET, conditions="Anmeldung über uns."))
    told.do(SECOND, case_id, "yes", review(SECRET))
    told.do(SYNTHESIS, case_id, "propose", proposal(35_000_00, SECRET, "Intern beantragt."))
    told.do(HEAD, case_id, "grant", decision(30_000_00, SECRET))
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert (page.status, page.granted, page.conditions, page.query_message) == ("decision", None, None, None)
    assert SECRET not in str(page.answers)
    assert [one.status for one in page.timeline] == ["received", "in_review", "decision"]
    assert page.held_by == "presidential"
    told.do("thomas.iselin@pd.bs.example", case_id, "confirm", {"decision": {}})
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert (page.status, page.granted) == ("confirm", 30_000_00)
    assert page.conditions is None  # the decision made none; what reviewers wished stays inside


def test_the_question_of_a_query_is_there_while_it_waits(told: Story) -> None:
    case_id = at_check(told)
    told.do(CHECKER, case_id, "query", QUERY)
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert (set(page.open_sections), page.query_message) == ({"plan"}, QUERY["check"]["question"])
    assert page.due_at is not None
    [row] = queries.my_applications(told.db, told.actors[HEKS])
    assert (row.waiting_for_me, row.status) == (True, "query")
    told.do(HEKS, case_id, "answered")
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert (page.open_sections, page.query_message, page.due_at) == (frozenset(), None, None)


@pytest.mark.parametrize(
    ("email", "overview"),
    [
        (CHECKER, True),
        (HEAD, True),
        (FINANCE, True),
        (AUDITOR, True),
        (LEAD, False),
        (OPERATOR, False),
        (HEKS, False),
    ],
)
def test_the_overview_is_for_those_who_steer(told: Story, email: str, overview: bool) -> None:
    at_review(told)
    viewer, everything = told.actors[email], queries.Filters()
    found: list[Any] = [
        queries.pipeline(told.db, viewer, everything, now=told.now),
        queries.cases(told.db, viewer, everything, now=told.now),
        queries.money(told.db, viewer),
    ]
    assert [one is not None for one in found] == [overview] * 3


def test_titles_are_found_by_those_alone_who_may_read_them(told: Story) -> None:
    case_id = at_review(told)
    by_title, by_name = queries.Filters(text="quartier"), queries.Filters(text="heks")
    for email, hits in ((CHECKER, 1), (AUDITOR, 1), (FINANCE, 0), (HEAD, 0)):
        page = queries.cases(told.db, told.actors[email], by_title, now=told.now)
        named = queries.cases(told.db, told.actors[email], by_name, now=told.now)
        assert page is not None
        assert named is not None
        assert (page.total, named.total) == (hits, 1)
        assert named.rows[0].id == case_id
        assert (named.rows[0].title is not None) == bool(hits)


def test_an_inbox_is_read_page_by_page_and_holds_each_item_once(told: Story) -> None:
    cases = {at_check(told) for _ in range(5)}
    viewer, seen, after = told.actors[CHECKER], [], None
    while True:
        page = queries.inbox(told.db, viewer, now=told.now, limit=2, after=after)
        assert page.total == 5
        seen += [row.case_id for row in page.rows]
        after = page.next
        if after is None:
            break
    assert len(seen) == 5
    assert set(seen) == cases
    assert queries.inbox(told.db, Actor("nobody"), now=told.now).rows == []


def test_late_work_is_marked_and_found(told: Story) -> None:
    case_id = at_check(told)
    viewer, late = told.actors[CHECKER], queries.Filters(late=True)
    assert queries.inbox(told.db, viewer, now=told.now, filters=late).total == 0
    told.wait(days=8)
    [item] = queries.inbox(told.db, viewer, now=told.now, filters=late).rows
    assert (item.case_id, item.late) == (case_id, True)
    page = queries.cases(told.db, viewer, late, now=told.now)
    assert page is not None
    assert [(row.id, row.late) for row in page.rows] == [(case_id, True)]
    assert state(told, case_id).step == "formal_check"
