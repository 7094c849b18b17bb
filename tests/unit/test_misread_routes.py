"""Whatever is missing or mistaken in a route's page, the check answers with findings and never breaks."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.builders import KIP3
from workflow import publishable
from workflow.engine.parsing import parse_route
from workflow.errors import RouteError
from workflow.funding.programme import Programme, load_folder

BUNDLE = load_folder(KIP3)
PROGRAMME = Programme.parse(BUNDLE.programme)
ROUTES = publishable.parsed_routes(BUNDLE, PROGRAMME)
OTHERS: tuple[Any, ...] = (None, 7, "word", [1], {"a": 1})


def places(part: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value, through names and numbers."""
    inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in inside:
        yield (*at, key)
        yield from places(value, (*at, key))


def findings(raw: dict[str, Any]) -> list[RouteError]:
    try:
        route = parse_route(publishable.compiled(raw, PROGRAMME.tables))
        return publishable.findings(BUNDLE, PROGRAMME, route, ROUTES)
    except RouteError as error:
        return [error]


@pytest.mark.parametrize("code", ["appeal", "report"])
def test_a_page_with_one_thing_missing_or_mistaken_is_judged(code: str) -> None:
    whole = BUNDLE.routes[code]
    assert findings(whole) == []
    refused = 0
    for *above, key in places(whole):
        for other in ("gone", *OTHERS):
            raw: Any = copy.deepcopy(whole)
            part = raw
            for name in above:
                part = part[name]
            if other == "gone":
                del part[key]
            else:
                part[key] = other
            refused += bool(findings(raw))
    assert refused > 100
