"""Whoever checks a report accepts what it accounts for, or proposes less."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.builders import KIP3
from workflow.errors import Invalid
from workflow.funding.forms import Form
from workflow.funding.plain import load_yaml

CHECK = Form.parse(load_yaml(KIP3 / "forms" / "report_check.yaml"), {})
SAYS: Mapping[str, Mapping[str, Any]] = {
    "accept": {"plausible": True},
    "cut": {"why": "Nicht belegt.", "heard": "Nichts."},
}


def codes(outcome: str, settled: int, **facts: int) -> list[str]:
    try:
        CHECK.load({"check": {**SAYS[outcome], "settled": settled}}, outcome=outcome, facts=facts)
    except Invalid as error:
        return [one.code for found in error.fields.values() for one in found]
    return []


@pytest.mark.parametrize(
    ("outcome", "settled", "said"),
    [
        ("accept", 100, []),
        ("accept", 90, []),
        ("accept", 89, ["less_than"]),
        ("accept", 101, ["more_than"]),
        ("cut", 90, ["not_below"]),
        ("cut", 89, []),
        ("cut", 0, []),
    ],
)
def test_less_than_is_accounted_for_has_an_outcome_of_its_own(
    outcome: str, settled: int, said: list[str]
) -> None:
    assert codes(outcome, settled, granted=100, accounted=90) == said


@pytest.mark.parametrize("outcome", ["accept", "cut"])
def test_a_report_that_moved_here_from_a_version_that_did_not_add_it_up_is_bound_by_the_grant_alone(
    outcome: str,
) -> None:
    assert codes(outcome, 89, granted=100) == []
    assert codes(outcome, 101, granted=100) == ["more_than"]
