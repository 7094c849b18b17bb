"""Whether a budget makes sense, and what links a reviewer to an applicant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.builders import KIP3
from web.cli.story import application
from workflow.funding.forms import Form
from workflow.funding.plain import load_yaml
from workflow.funding.plausibility import Budget, budget_of, runs_in
from workflow.funding.ties import Tie, ties

WHEN = datetime(2026, 3, 2, tzinfo=UTC)


def budget(**more: Any) -> Budget:
    given = {
        "costs": 100_00,
        "requested": 80_00,
        "sources": 20_00,
        "overhead": 15_00,
        "most_overhead": 15,
        "own": 20_00,
        "canton": 0,
        "people": 8,
    }
    return Budget(**{**given, **more})


def test_figures_of_an_application() -> None:
    raw = load_yaml(KIP3 / "forms" / "application.yaml")
    limits = [one["at_most"] for one in raw["rules"] if one.get("where") == {"kind": ["overhead"]}]
    answers = application("X", title="T", area="language", goals=[], requested=40_000_00)
    found = budget_of(_form(limits[0]), answers)
    assert found is not None
    assert (found.costs, found.requested, found.sources, found.own) == (
        50_000_00,
        40_000_00,
        10_000_00,
        10_000_00,
    )
    assert (found.people, found.per_person, found.most_overhead) == (48, 833_33, 15)
    assert found.meets
    assert budget_of(_form(15), {}) is None


def _form(percent: int) -> Form:
    """A form with the one rule that limits overhead."""
    costs = {
        "code": "costs",
        "type": "table",
        "label": {"de": "Kosten"},
        "columns": [
            {"code": "kind", "type": "text", "label": {"de": "Art"}},
            {"code": "amount", "type": "money", "label": {"de": "Betrag"}},
        ],
    }
    rule = {
        "check": "share",
        "field": "budget.costs",
        "part": "budget.costs.amount",
        "where": {"kind": ["overhead"]},
        "of": "budget.costs.amount",
        "at_most": percent,
    }
    section = {"code": "budget", "title": {"de": "Budget"}, "fields": [costs]}
    return Form.parse({"form": "f", "title": {"de": "F"}, "sections": [section], "rules": [rule]}, {})


@pytest.mark.parametrize(
    ("given", "meets", "fits"),
    [
        ({}, True, True),
        ({"sources": 20_01}, False, True),
        ({"overhead": 15_01}, True, False),
        ({"overhead": 99_00, "most_overhead": None}, True, True),
    ],
)
def test_what_does_not_fit_is_seen(given: dict[str, Any], meets: bool, fits: bool) -> None:
    found = budget(**given)
    assert (found.meets, found.overhead_fits) == (meets, fits)


def test_a_share_is_rounded_up_so_that_it_never_hides_an_excess() -> None:
    assert budget(overhead=15_01).percent(15_01) == 16
    assert budget(costs=0).percent(1) == 0


@pytest.mark.parametrize(("middle", "far"), [(None, False), (6_66, True), (6_67, False), (10_00, False)])
def test_half_as_much_again_as_the_median_is_far_above(middle: int | None, far: bool) -> None:
    assert budget().is_far_above(middle) is far
    assert not budget(people=0).is_far_above(middle)


ANSWERS = {
    "organisation": {
        "contact_name": "Anna Muster",
        "contact_email": "info@verein.example",
        "signatories": "Wenger Barbara, Präsidium",
    }
}


@pytest.mark.parametrize(
    ("name", "email", "domains", "wrote", "found"),
    [
        ("Barbara Wenger", "b@amt.example", [], None, [Tie("named", "organisation.signatories")]),
        ("Barbara Weng", "b@amt.example", [], None, []),
        ("Barbara", "b@amt.example", [], None, []),
        ("Urs Berg", "urs@Verein.example", [], None, [Tie("domain", "verein.example")]),
        ("Urs Berg", "urs@heks.example", ["heks.example"], None, [Tie("domain", "heks.example")]),
        ("Urs Berg", "", [""], None, []),
        ("Urs Berg", "urs@amt.example", [], WHEN, [Tie("wrote", at=WHEN)]),
    ],
)
def test_what_links_a_person_to_an_applicant(
    name: str, email: str, domains: list[str], wrote: datetime | None, found: list[Tie]
) -> None:
    assert list(ties(name, email, ANSWERS, domains, wrote)) == found


@pytest.mark.parametrize(
    ("first", "last", "runs"),
    [
        ("2027-01-11", "2027-12-17", True),
        ("2026-08-01", "2027-01-01", True),
        ("2027-12-31", "2028-07-31", True),
        ("2026-01-01", "2029-12-31", True),
        ("2026-01-11", "2026-12-31", False),
        ("2028-01-01", "2028-06-30", False),
        ("", "", True),
        (None, "2026-12-31", False),
        ("2028-01-01", None, False),
    ],
)
def test_a_project_runs_in_the_year_whose_money_it_asks_for(
    first: str | None, last: str | None, runs: bool
) -> None:
    assert runs_in({"project": {"period_from": first, "period_to": last}}, 2027) is runs
    assert runs_in({}, 2027)
