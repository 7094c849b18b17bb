"""A question that has to be answered only after a certain answer: attachments above an amount."""

from __future__ import annotations

import copy
from typing import Any
from uuid import uuid4

import pytest

from web.cli.story import application
from workflow.errors import Invalid, RouteError
from workflow.funding.forms import Form
from workflow.funding.programme import Programme, load_folder
from workflow.settings import PROGRAMMES

BUNDLE = load_folder(PROGRAMMES / "kip3-basel-stadt")
OPTIONS = Programme.parse(BUNDLE.programme).options(BUNDLE.forms["application"])
FORM = Form.parse(BUNDLE.forms["application"], OPTIONS).asked_of("non_state")


def answers(francs: int, *attached: str) -> dict[str, Any]:
    said = application(
        "HEKS", title="T", area="language", goals=["everyday_language"], requested=francs * 100
    )
    return {**said, "attachments": {name: [str(uuid4())] for name in attached}}


@pytest.mark.parametrize(
    ("francs", "needed"),
    [
        (10_000, {"statutes"}),
        (10_001, {"statutes", "accounts", "cost_plan"}),
        (50_000, {"statutes", "accounts", "cost_plan"}),
        (50_001, {"statutes", "accounts", "cost_plan", "audit_report", "board"}),
    ],
)
def test_attachments_are_needed_by_size(francs: int, needed: set[str]) -> None:
    paths = {f"attachments.{name}" for name in needed}
    with pytest.raises(Invalid) as refused:
        FORM.load(answers(francs))
    found = {(at, one.code) for at, several in refused.value.fields.items() for one in several}
    assert found == {(path, "file_required") for path in paths}
    assert set(FORM.missing(answers(francs))) == paths
    assert FORM.load_partial(answers(francs))[1] == {}
    assert set(FORM.load(answers(francs, *needed))["attachments"]) == needed


def test_what_is_attached_without_need_stays() -> None:
    said = answers(8_000, "statutes", "cost_plan")
    assert FORM.load(said)["attachments"].keys() == {"statutes", "cost_plan"}


def test_an_office_attaches_a_cost_plan_and_no_accounts() -> None:
    office = Form.parse(BUNDLE.forms["application"], OPTIONS).asked_of("office")
    missing = office.missing(answers(20_000))
    assert "attachments.cost_plan" in missing
    assert "attachments.accounts" not in missing


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "declarations.truthful", "is": True},  # asked later
        {"field": "nothing.there", "is": "x"},
        {"field": "project.area", "is": "no_such_area"},
        {"field": "project.title", "above": 3},
        {"field": "financing.requested"},
    ],
)
def test_a_condition_that_cannot_be_read_is_refused(condition: dict[str, Any]) -> None:
    data = copy.deepcopy(BUNDLE.forms["application"])
    [section] = [one for one in data["sections"] if one["code"] == "attachments"]
    section["fields"][0]["required_when"] = condition
    with pytest.raises(RouteError, match=r"at=application\.attachments\.statutes key=required_when"):
        Form.parse(data, OPTIONS)
