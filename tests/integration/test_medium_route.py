"""The M route through the one door: from submission to the order, with all that belongs to it."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from tasks.deliver import deliver_due
from tests.builders import story
from web.cli.story import Story, application, decision, proposal, review
from workflow.engine.case import Case
from workflow.settings import Settings
from workflow.store import files, journal, queries

HEKS = "miriam.aebi@heks.example"
CHECKER = "regula.keller@integration.bs.example"
SYNTHESIS = "mehmet.demir@integration.bs.example"
LEAD = "barbara.wenger@erwachsenenbildung.bs.example"
SECOND = "esther.kunz@sozialhilfe.bs.example"
HEAD = "andrea.bernasconi@integration.bs.example"
DIVISION = "thomas.iselin@pd.bs.example"
ANSWERS = application(
    "HEKS",
    title="Deutsch im Quartier",
    area="language",
    goals=["everyday_language"],
    requested=38_000_00,
    target_group="recognised_refugees",
)


@pytest.fixture
def told(db: sa.Engine, settings: Settings) -> Story:
    return story(db, settings)


def test_a_grant_in_part_ends_with_an_order(told: Story) -> None:
    case_id = told.submit(HEKS, ANSWERS)
    told.do(CHECKER, case_id, "complete", {"check": {"complete": True, "responsible": True}})
    told.do(LEAD, case_id, "yes", review("Gut begründet."))
    told.do(SECOND, case_id, "yes_with_conditions", review("Passt.", conditions="Anmeldung über uns."))
    told.do(SYNTHESIS, case_id, "propose", proposal(35_000_00, "Beide Stellen empfehlen."))
    told.do(HEAD, case_id, "grant", decision(30_000_00, "Im Rahmen des Kredits.", "Zwischenbericht im Juni."))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    assert state(told, case_id).step == "confirm_budget"
    costs = [{"kind": "fees", "label": "Kursleitung", "amount": 30_000_00}]
    told.do(HEKS, case_id, "accept", {"budget": {"costs": costs}})
    deliver_letters(told)
    case = state(told, case_id)
    assert (case.ending, case.committed, case.held, case.status) == ("granted", 30_000_00, 0, "granted")
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    assert [letter.name for letter in page.letters] == [f"Verfuegung-{page.number}.pdf"]
    path = files.path_of(told.settings.data_dir, page.letters[0].sha256)
    assert path.read_bytes().startswith(b"%PDF")
    assert page.granted == 30_000_00
    assert page.conditions == "Zwischenbericht im Juni."


def state(told: Story, case_id: UUID) -> Case:
    with told.db.connect() as tx:
        return journal.read(tx, case_id).case


def deliver_letters(told: Story) -> None:
    while deliver_due(told.db, told.settings, lambda: told.now):
        told.route()
