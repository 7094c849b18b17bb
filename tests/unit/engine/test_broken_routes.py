"""Each route of golden/routes/broken is refused with the finding that its first line names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workflow.engine.parsing import parse_route
from workflow.engine.soundness import check
from workflow.errors import RouteError
from workflow.funding.plain import load_yaml

FOLDER = Path(__file__).parents[2] / "golden" / "routes"
BROKEN = sorted((FOLDER / "broken").glob("*.yaml"))
KNOWN: dict[str, Any] = {
    "offices": {"desk", "a", "b"},
    "roles": {"clerk", "head", "reviewer"},
    "stages": {"work", "closed"},
    "statuses": {"open", "over"},
    "forms": {"check"},
    "letters": {"order"},
    "routes": {"child": parse_route(load_yaml(FOLDER / "child.yaml"))},
}


def findings(file: Path) -> list[str]:
    try:
        return [str(found) for found in check(parse_route(load_yaml(file)), **KNOWN)]
    except RouteError as error:
        return [str(error)]


def test_the_route_that_the_broken_ones_are_made_of_is_sound() -> None:
    assert findings(FOLDER / "sound.yaml") == []


@pytest.mark.parametrize("file", BROKEN, ids=[file.stem for file in BROKEN])
def test_a_broken_route_is_refused_with_its_finding(file: Path) -> None:
    expected = file.read_text("utf-8").splitlines()[0].removeprefix("# finding: ")
    assert any(found.startswith(expected) for found in findings(file)), findings(file)


def test_there_are_many() -> None:
    assert len(BROKEN) >= 25
