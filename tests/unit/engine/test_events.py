"""Events and states survive storage; what was stored once can always be read."""

import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_args

import pytest

from workflow.engine.case import evolve, replay
from workflow.engine.events import Event, dump, load

GOLDEN = Path(__file__).parents[2] / "golden" / "events.json"
SHAPES: list[tuple[str, dict[str, Any]]] = [
    json.loads(line) for line in GOLDEN.with_name("shapes.jsonl").read_text("utf-8").splitlines()
]
STORED: list[tuple[str, dict[str, Any]]] = json.loads(GOLDEN.read_text("utf-8"))


def test_every_kind_of_event_is_in_the_golden_file() -> None:
    assert {name for name, _ in STORED} == {kind.__name__ for kind in get_args(Event)}


def test_every_shape_that_today_stores_is_in_the_golden_file() -> None:
    """A field that is added needs a line of its own; lines are added to that file, and never changed."""
    known = {(name, frozenset(data)) for name, data in SHAPES}
    today = {(kind.__name__, frozenset(item.name for item in fields(kind))) for kind in get_args(Event)}
    assert today <= known


def test_every_kind_of_event_is_there_without_what_may_be_left_out() -> None:
    known = {(name, frozenset(data)) for name, data in SHAPES}
    least = {
        (kind.__name__, frozenset(item.name for item in fields(kind) if item.default is MISSING))
        for kind in get_args(Event)
    }
    assert least <= known


@pytest.mark.parametrize(("name", "data"), STORED + SHAPES, ids=[name for name, _ in STORED + SHAPES])
def test_what_was_stored_loads_and_means_the_same(name: str, data: dict[str, Any]) -> None:
    event = load(name, data)
    again, dumped = dump(event)
    assert again == name
    assert json.loads(json.dumps(dumped)) | data == dumped  # nothing that was stored is lost or changed
    assert load(again, json.loads(json.dumps(dumped))) == event


def test_the_golden_events_fold_to_the_case_that_they_made() -> None:
    case = replay(load(name, data) for name, data in STORED)
    assert (case.version, case.ending, case.committed, case.held) == (len(STORED), "granted", 3000000, 0)
    assert case.letters == ("9f86d081884c7d65",)
    assert case.recused == ("p9",)
    assert case.visits == {"check": 2, "query": 1, "review": 1, "propose": 1, "order": 1}
    assert [act.outcome for act in case.acts] == ["query", "complete", "yes", "propose"]


def test_a_field_of_tomorrow_does_not_keep_yesterdays_program_from_reading() -> None:
    assert load("Declared", {"by": "p1", "since": "tomorrow"}) == load("Declared", {"by": "p1"})


def test_an_event_counts_one_version() -> None:
    event = load("Declared", {"by": "p1"})
    case = replay([event])
    assert evolve(case, event).version == case.version + 1 == 2
