"""A form that would fail in front of whoever fills it in is not published, and the place is named."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.builders import KIP3
from workflow.funding.programme import Bundle, load_folder
from workflow.publishable import problems

BUNDLE = load_folder(KIP3)
Change = Callable[[Bundle], object]


def field(bundle: Bundle, form: str, code: str) -> dict[str, Any]:
    sections = bundle.forms[form]["sections"]
    found: dict[str, Any] = next(one for part in sections for one in part["fields"] if one["code"] == code)
    return found


def rule(bundle: Bundle, form: str, check: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in bundle.forms[form]["rules"] if one["check"] == check)
    return found


MISTAKES: dict[str, tuple[Change, str]] = {
    "a label in no language": (
        lambda it: field(it, "decision", "reasons").update(label="Gründe"),
        "wrong_value at=forms.decision.decision.reasons key=label",
    ),
    "no is a text": (
        lambda it: field(it, "decision", "reasons").update(required="no"),
        "wrong_value at=forms.decision.decision.reasons key=required",
    ),
    "an amount as text": (
        lambda it: field(it, "application", "requested").update(min="100.00"),
        "wrong_value at=forms.application.financing.requested key=min",
    ),
    "a field twice": (
        lambda it: it.forms["dispatch"]["sections"][0]["fields"].append(
            deepcopy(field(it, "dispatch", "number"))
        ),
        "wrong_value at=forms.dispatch.dispatch key=number (2 ×)",
    ),
    "a fact misspelt": (
        lambda it: field(it, "application", "requested").update(fact="reqested"),
        "nobody_says at=forms.application fact=requested",
    ),
    "no area": (
        lambda it: field(it, "application", "area").pop("fact"),
        "nobody_says at=forms.application fact=area",
    ),
    "no title": (
        lambda it: field(it, "application", "title").update(code="name"),
        "nobody_says at=forms.application fact=project.title",
    ),
    "a period that may be left out": (
        lambda it: field(it, "application", "period_to").update(required=False),
        "nobody_says at=forms.application fact=project.period_to",
    ),
    "a period in words": (
        lambda it: field(it, "application", "period_from").update(type="text"),
        "wrong_type at=forms.application fact=project.period_from type=text",
    ),
    "an amount that is counted": (
        lambda it: field(it, "application", "requested").update(type="number"),
        "wrong_type at=forms.application fact=requested type=number",
    ),
    "a limit for each year of no period": (
        lambda it: (
            it.programme["sizes"][0].update(max_a_year=100000),
            field(it, "application", "period_to").pop("fact"),
        ),
        "nobody_says at=forms.application fact=period_to",
    ),
    "goals of an area that is not asked": (
        lambda it: field(it, "application", "goals").update(grouped_by="project.aera"),
        "form_malformed at=forms.application.project.goals key=grouped_by project.aera",
    ),
    "a unit of nothing": (
        lambda it: field(it, "application", "targets")["columns"][2].update(unit_of="goal"),
        "form_malformed at=forms.application.plan.targets key=unit_of goal",
    ),
    "less than nothing": (
        lambda it: field(it, "application", "title").update(max=-1),
        "wrong_value at=forms.application.project.title key=max",
    ),
    "at least more than at most": (
        lambda it: field(it, "application", "requested").update(max=9999),
        "wrong_value at=forms.application.financing.requested key=max",
    ),
    "more rows than there may be": (
        lambda it: field(it, "application", "costs")["rows"].update(min=31),
        "wrong_value at=forms.application.budget.costs key=max",
    ),
    "nothing to choose": (
        lambda it: field(it, "application", "costs")["columns"][0].update(options=[]),
        "wrong_value at=forms.application.budget.costs key=options",
    ),
    "an outcome that no step has": (
        lambda it: field(it, "decision", "amount").update(outcomes=["grnat"]),
        "unknown_outcome at=forms.decision.decision.amount outcome=grnat",
    ),
    "a rule about a fact that there is not": (
        lambda it: rule(it, "report_check", "at_most").update(facts=["grantd"]),
        "undeclared_fact at=forms.report_check.rules fact=grantd",
    ),
    "no table of pots": (
        lambda it: it.programme["tables"].pop("pot"),
        "unknown_table at=tables table=pot",
    ),
    "holidays of nowhere": (
        lambda it: it.programme["holidays"].update(country="Schweiz"),
        "unknown_holidays at=holidays why=Country Schweiz not available",
    ),
    "a pot that there is not": (
        lambda it: it.programme["tables"]["pot"].update({"else": "bund"}),
        "unknown_pot at=tables.pot pot=bund",
    ),
}


@pytest.mark.parametrize(("mistake", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_found_before_anybody_fills_it_in(mistake: Change, said: str) -> None:
    bundle = deepcopy(BUNDLE)
    mistake(bundle)
    assert said in [str(one) for one in problems(bundle)]
