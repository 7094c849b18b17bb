"""What a route's page says is read, or refused with the place: nothing in it is silently without effect."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.builders import KIP3
from workflow.funding.programme import Bundle, Programme, load_folder
from workflow.funding.route_page import misread
from workflow.publishable import parsed_routes, problems

BUNDLE = load_folder(KIP3)
PROGRAMMES = [KIP3, KIP3.with_name("demo-canton"), Path(__file__).parents[1] / "bench" / "programme"]
PAGE = BUNDLE.routes["small"]


def step(code: str, **said: Any) -> Callable[[dict[str, Any]], None]:
    return lambda page: page["steps"][code].update(said)


def part(name: str, code: str, **said: Any) -> Callable[[dict[str, Any]], None]:
    return lambda page: page[name][code].update(said)


MISTAKES = {
    "four eyes misspelt": (step("decide", not_bye=["review"]), "unknown_key at=decide key=not_bye"),
    "a gate misspelt": (step("decide", gates=True), "unknown_key at=decide key=gates"),
    "no is a text": (step("decide", gate="no"), "wrong_value at=decide key=gate"),
    "a gate for nobody": (step("decide", gate={"bar": []}), "unknown_key at=decide key=gate.bar"),
    "a timer of text": (
        step("decide", timers=[{"at": "80%", "do": "remind"}]),
        "wrong_value at=decide key=timers.0.at",
    ),
    "a title in no language": (step("decide", title="Entscheid"), "wrong_value at=decide key=title"),
    "a word for a list": (step("decide", not_by="review"), "wrong_value at=decide key=not_by"),
    "a number as text": (step("query", at_most="3"), "wrong_value at=query key=at_most"),
    "a date without days": (
        step("remedy_period", due={"date": "x"}),
        "missing_key at=remedy_period key=due.days",
    ),
    "somebody without a role": (step("decide", who={"office": "x"}), "missing_key at=decide key=who.role"),
    "a seat that is no flag": (
        lambda page: page["steps"]["review"]["seats"]["lead"].update(mandatory="no"),
        "wrong_value at=review key=seats.lead.mandatory",
    ),
    "a limit misspelt": (
        lambda page: page["steps"]["decide"]["outcomes"]["grant"].update(limt="requested"),
        "unknown_key at=decide key=outcomes.grant.limt",
    ),
    "a flag of a child": (
        part("children", "appeal", freezes="no"),
        "wrong_value at=children key=appeal.freezes",
    ),
    "a way misspelt": (part("ways", "override", too=[]), "unknown_key at=ways key=override.too"),
    "a part misspelt": (lambda page: page.update(wayz={}), "unknown_key at=wayz key=wayz"),
}


@pytest.mark.parametrize("code", BUNDLE.routes)
def test_ours_are_read_whole(code: str) -> None:
    assert list(misread(BUNDLE.routes[code])) == []


@pytest.mark.parametrize(("mistake", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_found_where_it_stands(mistake: Callable[[dict[str, Any]], None], said: str) -> None:
    page = deepcopy(PAGE)
    mistake(page)
    assert said in [str(one) for one in misread(page)]


def test_a_programme_with_such_a_route_is_not_published() -> None:
    bundle: Bundle = deepcopy(BUNDLE)
    bundle.routes["small"]["steps"]["decide"]["not_bye"] = ["review"]
    assert [str(one) for one in problems(bundle)] == ["unknown_key at=decide key=not_bye route=small"]


@pytest.mark.parametrize("gate", [None, False, {"but": ["coordinator", "head"]}])
def test_nobody_decides_on_a_dossier_that_stays_closed_to_them(gate: Any) -> None:
    bundle: Bundle = deepcopy(BUNDLE)
    decide = bundle.routes["small"]["steps"]["decide"]
    del decide["gate"]
    if gate is not None:
        decide["gate"] = gate
    assert "reads_nothing at=decide role=head" in [str(one) for one in problems(bundle)]
    assert set(parsed_routes(bundle, Programme.parse(bundle.programme))) == set(BUNDLE.routes)


def test_a_coordinator_does_not_act_unread_in_what_others_decide() -> None:
    bundle: Bundle = deepcopy(BUNDLE)
    step = bundle.routes["appeal"]["steps"]["dispatch_upheld"]
    step["who"] = {"office": "general_secretariat", "role": "coordinator"}
    assert "reads_nothing at=dispatch_upheld role=coordinator" in [str(one) for one in problems(bundle)]


@pytest.mark.parametrize("folder", PROGRAMMES, ids=[folder.name for folder in PROGRAMMES])
def test_every_programme_here_can_be_published(folder: Path) -> None:
    assert [str(one) for one in problems(load_folder(folder))] == []
