"""Measures of offices of their own, and institutions of the regular structures."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.integration.test_recusal import refusal
from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    DEPARTMENT,
    DIVISION,
    FINANCE,
    HEAD,
    LEAD,
    LEAD_TOO,
    REASONS,
    SECOND,
    SYNTHESIS,
    assert_kept,
    deliver,
    happened,
    order,
    rows,
    state,
)
from web.cli.story import Story, application, decision, proposal, review
from workflow.errors import Invalid, Refused
from workflow.store import queries

ADULT_EDUCATION = "franziska.roth@erwachsenenbildung.bs.example"
INTEGRATION = "david.suter@integration.bs.example"
SCHOOL = "dominik.sutter@gewerbeschule.example"
SECRETARY, SECRETARY_TOO = "lukas.ammann@pd.bs.example", "beatrice.stocker@pd.bs.example"
REVIEWER = "nadine.oser@integration.bs.example"
GOALS = {"language": "everyday_language", "living_together": "contact"}


def measure(office: str, area: str, francs: int) -> dict[str, Any]:
    """What an office is asked: no legal form, no signatories, no account, no statutes."""
    answers = application(
        office, title="Infotreff Deutsch", area=area, goals=[GOALS[area]], requested=francs * 100
    )
    for asked_of_others in ("legal_form", "signing", "signatories"):
        del answers["organisation"][asked_of_others]
    answers["organisation"]["responsible"] = "Franziska Roth, Leiterin"
    answers["account"] = {"cost_centre": "20 330 11"}
    del answers["declarations"]["non_profit"]
    return answers


def lines(told: Story) -> dict[tuple[str, str], tuple[int, int]]:
    """Reserved and committed by area and pot of 2027, where there is something."""
    query = "SELECT * FROM budget_lines WHERE year = 2027 AND reserved + committed > 0"
    return {(row.area, row.pot): (row.reserved, row.committed) for row in rows(told.db, query)}


def seats(told: Story, case_id: UUID) -> dict[str, str]:
    return {seat.code: seat.office for seat in state(told, case_id).open_seats}


def test_an_offices_measure_goes_its_way_past_that_office(told: Story) -> None:
    case_id = told.submit(ADULT_EDUCATION, measure("Fachstelle Erwachsenenbildung", "language", 38_000))
    told.do(CHECKER, case_id, "complete", COMPLETE)
    assert seats(told, case_id) == {"lead": "integration", "second": "social_welfare"}
    for colleague in (LEAD, LEAD_TOO, ADULT_EDUCATION):
        assert queries.inbox(told.db, told.actors[colleague], now=told.now).total == 0
    told.do(REVIEWER, case_id, "yes", review("Sinnvoll."))
    told.do(SECOND, case_id, "yes", review("Passt."))
    told.do(SYNTHESIS, case_id, "propose", proposal(38_000_00, REASONS))
    assert lines(told) == {("language", "programme"): (38_000_00, 0)}
    told.do(HEAD, case_id, "grant", decision(38_000_00, REASONS))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    assert state(told, case_id).ending == "granted"
    assert lines(told) == {("language", "programme"): (0, 38_000_00)}
    text = order(told, case_id, ADULT_EDUCATION)
    assert "Interner Entscheid" in text
    assert "intern gutgeschrieben" in text
    assert "Rekurs" not in text
    found = queries.payables(told.db, told.actors[FINANCE], [case_id], now=told.now) or {}
    assert found[case_id].in_force is None  # nobody appeals against it: no period to wait for
    assert_kept(told.db)


def test_who_checks_in_place_of_the_fachstelle_declares_and_reads(told: Story) -> None:
    case_id = told.submit(INTEGRATION, measure("Fachstelle", "living_together", 38_000))
    closed = queries.dossier(told.db, told.actors[SECRETARY], case_id, now=told.now)
    assert closed is not None
    offered = {one.action for one in closed.offers}
    assert (closed.opened, "declare" in offered, "complete" in offered) == (False, True, False)
    told.declare(SECRETARY, case_id)
    opened = queries.dossier(told.db, told.actors[SECRETARY], case_id, now=told.now)
    assert opened is not None
    assert opened.opened
    assert "complete" in {one.action for one in opened.offers}


def test_the_fachstelle_neither_checks_nor_decides_its_own_measure(told: Story) -> None:
    case_id = told.submit(INTEGRATION, measure("Fachstelle", "living_together", 38_000))
    assert refusal(told, CHECKER, case_id, "", "complete") == "not_yours"
    told.do(SECRETARY, case_id, "complete", COMPLETE)
    assert seats(told, case_id) == {"lead": "population_services", "second": "social_welfare"}
    told.do("manuela.grieder@bdm.bs.example", case_id, "yes", review("Sinnvoll."))
    told.do(SECOND, case_id, "yes", review("Passt."))
    told.do(SECRETARY_TOO, case_id, "propose", proposal(38_000_00, REASONS))
    told.do(DIVISION, case_id, "grant", decision(38_000_00, REASONS))
    told.do(DEPARTMENT, case_id, "pass_up", {"decision": {"note": "Die Regierung soll entscheiden."}})
    told.do("martin.haefeli@pd.bs.example", case_id, "grant", decision(38_000_00, REASONS))
    deliver(told)
    assert state(told, case_id).ending == "granted"
    assert not [act for act in state(told, case_id).acts if act.by == told.actors[HEAD].person]


def test_colleagues_of_the_applying_office_see_that_it_runs_and_not_what_others_write(told: Story) -> None:
    case_id = told.submit(INTEGRATION, measure("Fachstelle", "living_together", 9_000))
    told.do(SECRETARY, case_id, "complete", COMPLETE)
    for colleague in (CHECKER, HEAD):
        found = queries.dossier(told.db, told.actors[colleague], case_id, now=told.now)
        assert found is not None
        assert (found.opened, found.offers, found.answers, found.statements) == (False, (), {}, [])
    auditor = told.actors["werner.plattner@finanzkontrolle.bs.example"]
    opened = queries.dossier(told.db, auditor, case_id, now=told.now)
    assert opened is not None
    assert opened.answers["organisation"]["responsible"]


def test_somebody_with_a_second_office_stays_out_of_the_first_ones_measure(told: Story) -> None:
    """The rule looks at the person, whatever seat the tables would give."""
    case_id = told.submit(ADULT_EDUCATION, measure("Fachstelle Erwachsenenbildung", "language", 9_000))
    both = told.actors[LEAD]
    told.actors["both"] = type(both)(both.person, both.offices | {("integration", "coordinator")})
    assert refusal(told, "both", case_id, "", "complete") == "own_office"


def test_an_office_that_the_programme_does_not_name_cannot_apply(told: Story) -> None:
    with told.db.begin() as tx:
        tx.exec_driver_sql("UPDATE organisations SET office = 'riehen' WHERE office = 'adult_education'")
    with pytest.raises(Refused) as caught:
        told.submit(ADULT_EDUCATION, measure("Gemeinde", "language", 9_000))
    assert caught.value.code == "no_own_measures"
    assert rows(told.db, "SELECT * FROM cases") == []


def test_an_institution_carries_half_itself(told: Story) -> None:
    answers = application(
        "Gewerbeschule", title="Brücke", area="employability", goals=["training_access"], requested=9_000_00
    )
    del answers["organisation"]["legal_form"]
    answers["organisation"]["institution"] = "vocational_training"
    with pytest.raises(Invalid) as caught:
        told.submit(SCHOOL, answers)
    assert [one.code for one in caught.value.fields["financing.sources"]] == ["own_share_too_low"]
    own = {"source": "own_cash", "label": "Schule", "status": "paid", "amount": 9_000_00}
    answers["financing"]["sources"] = [own]
    answers["budget"]["costs"] = [{"kind": "fees", "label": "Kurs", "amount": 18_000_00}]
    case_id = told.submit(SCHOOL, answers)
    assert happened(told, case_id)[0] == "Submitted"
