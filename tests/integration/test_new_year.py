"""A competence of KIP 3 changes on 1 January: the real route, through the one door, over New Year."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from tests.browsing import app_for, signed_in
from tests.builders import KIP3
from tests.integration.test_deciding import pdf_text
from tests.integration.test_large_routes import at_finance
from tests.integration.walks import (
    CHECKER,
    DEPARTMENT,
    DIVISION,
    FINANCE,
    LEAD,
    NOTED,
    REASONS,
    STEERING,
    SYNTHESIS,
    assert_kept,
    at_review,
    at_synthesis,
    happened,
    rows,
    state,
)
from web.cli.story import Story, decision, proposal, review
from workflow import routes
from workflow.engine.commands import Complete
from workflow.errors import Refused
from workflow.funding.programme import load_folder
from workflow.publish import publish_folder, store
from workflow.publishable import checked_bundle
from workflow.service import handle
from workflow.store import queries

SUM = 75_000
DECEMBER = datetime(2026, 12, 21, 9, tzinfo=UTC)
HR = "oliver.meier@hr.bs.example"
JANUARY = datetime(2027, 1, 5, 9, tzinfo=UTC)
TABLE = """  department:
    rows: [{when: {applicant_office: integration}, then: 'government:chancellery'}]
"""
DATED = """  department:
    rows:
      - {when: {applicant_office: integration}, then: 'government:chancellery'}
      - {when: {requested: {max: 10000000}}, then: 'presidential:division_head', valid_from: '2027-01-01'}
"""


@pytest.fixture
def publish(told: Story, tmp_path: Path) -> Callable[[], None]:
    """Publishes KIP 3 as it is, but that the head of division decides on up to CHF 100'000 from 2027 on."""

    def publish() -> None:
        folder = tmp_path / KIP3.name
        shutil.copytree(KIP3, folder)
        programme = (folder / "programme.yaml").read_text("utf-8")
        assert TABLE in programme
        (folder / "programme.yaml").write_text(programme.replace(TABLE, DATED), "utf-8")
        publish_folder(told.db, folder, told.now)

    return publish


def at_decision(told: Story, francs: int = SUM) -> UUID:
    """An application of size L that lies with the Department in December."""
    case_id = at_finance(told, francs)
    told.now = max(told.now, DECEMBER)
    told.do(FINANCE, case_id, "noted", NOTED)
    told.do(STEERING, case_id, "noted", NOTED)
    assert state(told, case_id).step == "decide"
    return case_id


def decides(told: Story, case_id: UUID) -> list[tuple[str, str]]:
    """With whom the decision lies, by its case and by its work items."""
    seats = [(seat.office, seat.role) for seat in state(told, case_id).open_seats]
    items = "SELECT office, role FROM work_items WHERE case_id = :id AND closed_at IS NULL"
    assert [tuple(row) for row in rows(told.db, items, id=case_id)] == seats
    return seats


def test_a_decision_in_december_and_one_in_january_of_cases_submitted_before(
    told: Story, publish: Callable[[], None]
) -> None:
    publish()
    before, over = at_decision(told), at_decision(told)
    larger = at_decision(told, 150_000)
    assert {tuple(decides(told, one)) for one in (before, over, larger)} == {
        (("presidential", "department_head"),)
    }
    told.now = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
    told.route()
    told.do(DEPARTMENT, before, "grant", decision(SUM * 100, REASONS))
    told.now = JANUARY  # no worker has come by yet
    case = state(told, over)
    late = Complete(over, "decide", "", "grant", case.entry)
    told.declare(DEPARTMENT, over)
    with pytest.raises(Refused, match="step_has_passed"):
        handle(
            told.db,
            late,
            told.actors[DEPARTMENT],
            told.next_id(),
            told.now,
            decision(SUM * 100, REASONS),
        )
    told.route()
    assert decides(told, over) == [("presidential", "division_head")]
    assert decides(told, larger) == [("presidential", "department_head")]
    told.do(DIVISION, over, "grant", decision(SUM * 100, REASONS))
    told.do(DEPARTMENT, larger, "grant", decision(150_000 * 100, REASONS))
    acts = {one: state(told, one).acts[-1].by for one in (before, over, larger)}
    people = told.actors
    assert acts == {
        before: people[DEPARTMENT].person,
        over: people[DIVISION].person,
        larger: people[DEPARTMENT].person,
    }
    assert ["Reseated" in happened(told, one) for one in (before, over, larger)] == [False, True, False]
    mails = (
        "SELECT payload->>'role' AS role FROM outbox WHERE case_id = :id AND payload->>'text' = 'office_turn'"
    )
    told_to = [row.role for row in rows(told.db, mails, id=over)]
    assert told_to[-2:] == ["department_head", "division_head"]
    read = queries.explanation(told.db, told.actors[CHECKER], over, now=told.now, lang="de")
    assert read is not None
    assert [(one.row, one.result) for one in read.routings if one.step == "decide"] == [
        (None, "presidential:department_head"),
        (1, "presidential:division_head"),
    ]
    over_new_year = next(one for one in read.deadlines if one.step == "decide")
    named = [read.holidays[day] for day in over_new_year.closed]
    assert named == ["Weihnachten", "Neujahrstag"]
    app = app_for(told, told.settings)
    words = signed_in(app, CHECKER).open(f"/desk/cases/{over}/why").words()
    app.extensions["foerderweg.db"].dispose()
    assert "25.12.2026 Weihnachten" in words
    assert "01.01.2027 Neujahrstag" in words
    assert_kept(told.db)


def test_a_running_case_that_is_moved_to_the_new_limit_heeds_it_from_its_day_on(
    told: Story, publish: Callable[[], None]
) -> None:
    case_id = at_decision(told)
    publish()
    told.now = JANUARY
    told.route()
    assert decides(told, case_id) == [("presidential", "department_head")]  # it stays on its version
    told.now = DECEMBER
    [move] = routes.migrate(told.db, told.actors[CHECKER], told.now)
    assert move.hindrance is None
    told.now = datetime(2026, 12, 31, 23, tzinfo=UTC)
    told.route()
    assert decides(told, case_id) == [("presidential", "division_head")]
    assert_kept(told.db)


def test_what_comes_in_after_new_year_goes_to_the_new_competence_at_once(
    told: Story, publish: Callable[[], None]
) -> None:
    publish()
    case_id = at_finance(told, SUM)
    told.now = JANUARY
    told.do(FINANCE, case_id, "noted", NOTED)
    told.do(STEERING, case_id, "noted", NOTED)
    assert decides(told, case_id) == [("presidential", "division_head")]
    assert "Reseated" not in happened(told, case_id)


def test_what_is_said_after_a_competence_has_changed_is_of_the_office_that_has_it_then(
    app: Flask, told: Story
) -> None:
    bundle = deepcopy(load_folder(KIP3))
    tables = bundle.programme["tables"]
    since = {"valid_from": "2026-09-14"}
    own = {"when": {"area": "language", "applicant_office": "human_resources"}, "then": "social_welfare"}
    others = {"when": {"area": "language"}, "then": "human_resources"} | since
    tables["second_office"]["rows"][:0] = [own, others]
    tables["head"]["rows"].append(
        {"when": {"area": "language"}, "then": "presidential:department_head"} | since
    )
    with told.db.begin() as tx:
        store(tx, *checked_bundle(bundle), told.now)
    panel, decides = at_review(told), at_synthesis(told)
    told.do(LEAD, panel, "yes", review("Gut."))
    told.do(SYNTHESIS, decides, "propose", proposal(38_000_00, "Beide Stellen empfehlen."))
    told.wait(days=7)
    words = signed_in(app, CHECKER).open(f"/desk/cases/{panel}").words()
    assert "Human Resources Basel-Stadt Zweite Stelle" in words  # what it says is missing
    told.do(HR, panel, "yes", review("Passt."))
    page = queries.dossier(told.db, told.actors[CHECKER], panel, now=told.now)
    assert page is not None
    assert [one.office for one in page.statements][-2:] == ["adult_education", "human_resources"]
    told.do(DEPARTMENT, decides, "grant", decision(38_000_00, REASONS))
    told.declare(DIVISION, decides)
    [waiting] = queries.decisions(told.db, told.actors[DIVISION], now=told.now).rows
    assert waiting.proposal is not None
    assert waiting.proposal.office == "presidential"
    letter = pdf_text(signed_in(app, DIVISION), f"/desk/cases/{decides}/proposal/confirm.pdf")
    assert "Christine Burckhardt Departementsleitung" in letter
