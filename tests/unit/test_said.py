"""A route whose step needs a day, an amount or a signature is published when it is there on every way."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.builders import KIP3
from workflow import publishable
from workflow.engine.parsing import parse_route
from workflow.funding.programme import Bundle, Programme, load_folder

BUNDLE = load_folder(KIP3)
PROGRAMME = Programme.parse(BUNDLE.programme)


def findings(code: str, bundle: Bundle) -> list[str]:
    routes = publishable.parsed_routes(bundle, PROGRAMME)
    route = parse_route(publishable.compiled(bundle.routes[code], PROGRAMME.tables))
    return [str(one) for one in publishable.findings(bundle, PROGRAMME, route, routes)]


def changed() -> tuple[Bundle, dict[str, Any]]:
    bundle = deepcopy(BUNDLE)
    return bundle, bundle.routes["small"]["steps"]


@pytest.mark.parametrize("code", BUNDLE.routes)
def test_ours_leave_nobody_out(code: str) -> None:
    assert findings(code, BUNDLE) == []


def test_a_step_left_out_leaves_its_day_unsaid_and_the_way_is_named() -> None:
    bundle, steps = changed()
    steps["order_rejected"]["to"] = steps["dispatch_rejected"]["outcomes"]["sent"]["to"]
    del steps["dispatch_rejected"]
    bundle.routes["small"]["ways"]["take_back"]["from"].remove("dispatch_rejected")
    del bundle.routes["small"]["ways"]["send_again"]
    bundle.routes["small"]["ways"]["write_off"]["from"].remove("dispatch_granted")
    [found] = findings("small", bundle)
    assert found.startswith("not_always_said at=remedy_period fact=dispatched_on way=")
    assert found.endswith("order_rejected → may_appeal → remedy_period")


@pytest.mark.parametrize(
    "change",
    [
        {"required": False},
        {"outcomes": ["other"]},
        {"shown_when": {"field": "dispatch.by", "is": "registered"}},
    ],
    ids=["may be left out", "of another outcome", "asked of some only"],
)
def test_a_field_that_may_stay_empty_says_nothing(change: dict[str, Any]) -> None:
    bundle, _ = changed()
    fields = bundle.forms["dispatch"]["sections"][0]["fields"]
    fields.reverse()  # what a condition hangs on stands before it
    next(one for one in fields if "fact" in one).update(change)
    assert "nobody_says at=remedy_period fact=dispatched_on" in findings("small", bundle)


def test_an_amount_that_nobody_says_is_found_before_it_is_asked_for() -> None:
    bundle, steps = changed()
    bundle.routes["small"]["facts"]["asked_elsewhere"] = "money"
    steps["granted"]["amount"] = "asked_elsewhere"
    assert findings("small", bundle) == ["nobody_says at=granted fact=asked_elsewhere"]


def test_a_jump_off_the_route_says_nothing() -> None:
    bundle, _ = changed()
    ways = bundle.routes["small"]["ways"]
    way = ways["override"]
    way["to"] = [*way["to"], "remedy_period"]
    [found] = [one for one in findings("small", bundle) if "remedy_period" in one]
    assert found.startswith("not_always_said at=remedy_period fact=dispatched_on")


def test_a_letter_that_nobody_signs_is_found_with_the_way() -> None:
    bundle, steps = changed()
    steps["query"]["outcomes"]["silent"]["to"] = "order_inadmissible"
    way = "formal_check → query → order_inadmissible"
    assert findings("small", bundle) == [
        f"nobody_signs at=order_inadmissible letter=order_inadmissible way={way}"
    ]


def test_the_clock_signs_nothing() -> None:
    bundle, steps = changed()
    steps["inadmissible_proposal"]["timers"] = [{"at": 100, "do": "lapse", "outcome": "silent"}]
    steps["inadmissible_proposal"]["outcomes"]["silent"] = {"to": "order_inadmissible", "by": "clock"}
    [found] = findings("small", bundle)
    assert found.startswith("nobody_signs at=order_inadmissible")


@pytest.mark.parametrize(
    ("route", "form", "letters"),
    [
        ("small", "decision", ["order_granted", "order_rejected"]),  # that one writes off needs none
        ("medium", "decision", ["order_granted", "order_rejected"]),  # two sign together
        ("report", "decide_settlement", ["order_settled"]),
    ],
)
def test_an_order_without_reasons_is_found(route: str, form: str, letters: list[str]) -> None:
    bundle, _ = changed()
    fields = bundle.forms[form]["sections"][0]["fields"]
    next(one for one in fields if one["code"] == "reasons")["required"] = False
    found = [one.split()[:2] for one in findings(route, bundle)]
    assert found == [["no_reasons", f"at={letter}"] for letter in letters]


def test_a_letter_says_what_the_sheet_says_of_which_it_is_made() -> None:
    demo = load_folder(KIP3.parent / "demo-canton")
    assert publishable.reading(demo, "reasons") == {"frame", "granted", "refused"}
    assert "order_granted" in publishable.reading(BUNDLE, "report")
    assert "order_written_off" not in publishable.reading(BUNDLE, "reasons")
