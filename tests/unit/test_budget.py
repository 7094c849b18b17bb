"""Checks over a whole form."""

from typing import Any

import pytest

from workflow.errors import Problem
from workflow.funding.budget import (
    BEGUN,
    TODAY,
    already,
    amount,
    at_most,
    period_order,
    share,
    total_is,
    totals_meet,
)

VALUES: dict[str, dict[str, Any]] = {
    "organisation": {"legal_form": "association"},
    "budget": {"costs": [{"kind": "staff", "amount": 85_00}, {"kind": "overhead", "amount": 15_00}]},
    "financing": {"requested": 60_00, "sources": [{"source": "own_cash", "amount": 40_00}]},
}
MEET = {"left": "budget.costs.amount", "right": ["financing.requested", "financing.sources.amount"]}
OVERHEAD = {"part": "budget.costs.amount", "where": {"kind": ["overhead"]}, "of": "budget.costs.amount"}
OWN = {
    "part": "financing.sources.amount",
    "where": {"source": ["own_cash", "own_in_kind"]},
    "of": "budget.costs.amount",
    "at_least": 50,
}


def test_what_is_not_filled_in_counts_nothing() -> None:
    assert amount({}, "budget.costs.amount") == 0
    assert amount(VALUES, "budget.costs.amount", {"kind": ["overhead"]}) == 15_00


def test_costs_and_financing_meet_to_the_rappen() -> None:
    assert totals_meet(VALUES, MEET, {}) is None
    more = {**VALUES, "financing": {**VALUES["financing"], "requested": 60_01}}
    assert totals_meet(more, MEET, {}) == Problem("totals_differ", {"left": 100_00, "right": 100_01})


def test_overhead_is_capped() -> None:
    assert share(VALUES, {**OVERHEAD, "at_most": 15}, {}) is None
    problem = share(VALUES, {**OVERHEAD, "at_most": 14}, {})
    assert problem == Problem("overhead_too_high", {"percent": 14, "limit": 14_00})


def test_an_own_share_is_at_least_so_much() -> None:
    assert share(VALUES, OWN, {}) == Problem("own_share_too_low", {"percent": 50, "limit": 50_00})
    assert share(VALUES, {**OWN, "at_least": 1}, {}) is None


def test_a_form_published_before_kinds_limits_the_check_to_an_answer() -> None:
    before = {**OWN, "only_for": {"organisation.legal_form": ["regular_structure"]}}
    assert share(VALUES, before, {}) is None
    school = {**VALUES, "organisation": {"legal_form": "regular_structure"}}
    assert share(school, before, {}) == Problem("own_share_too_low", {"percent": 50, "limit": 50_00})


@pytest.mark.parametrize(
    ("until", "code"), [("2027-02-28", "period_reversed"), ("2027-03-01", None), ("2027-03-02", None)]
)
def test_a_period_does_not_run_backwards(until: str, code: str | None) -> None:
    values = {"project": {"since": "2027-03-01", "until": until}}
    found = period_order(values, {"since": "project.since", "until": "project.until"}, {})
    assert (found and found.code) == code


def test_a_revised_budget_needs_exactly_what_is_granted() -> None:
    params = {"left": ["budget.costs.amount"], "less": ["financing.sources.amount"], "fact": "granted"}
    assert total_is(VALUES, params, {"granted": 60_00}) is None
    problem = total_is(VALUES, params, {"granted": 50_00})
    assert problem == Problem("total_is_not", {"total": 60_00, "wanted": 50_00})
    with pytest.raises(KeyError):
        total_is(VALUES, params, {})


def test_nobody_gets_more_than_was_asked_for_or_proposed() -> None:
    params = {"field": "financing.requested", "facts": ["requested", "proposed"]}
    assert at_most(VALUES, params, {"requested": 60_00}) is None
    problem = at_most(VALUES, params, {"requested": 60_00, "proposed": 50_00})
    assert problem == Problem("more_than", {"max": 50_00})


@pytest.mark.parametrize(
    ("day", "problem"),
    [
        (None, None),
        ("2027-03-01", None),
        ("2027-03-04", None),
        ("2027-03-05", Problem("day_to_come")),
        ("2027-02-28", Problem("day_too_early", {"day": "2027-03-01"})),
    ],
)
def test_what_has_happened_happened_within_the_step(day: str | None, problem: Problem | None) -> None:
    values = {"dispatch": {"sent_on": day}}
    days = {BEGUN: "2027-03-01", TODAY: "2027-03-04"}
    assert already(values, {"field": "dispatch.sent_on"}, days) == problem
