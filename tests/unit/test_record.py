"""What is read from a case's events."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.builders import small_route, task
from workflow.engine.parsing import parse_route
from workflow.store.queries.record import STRAYS, acted_as, seats, signing
from workflow.store.queries.rows import HistoryRow

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def event(name: str, **data: Any) -> HistoryRow:
    return HistoryRow(1, NOW, "", name, data)


def test_who_signed_did_so_in_the_role_that_was_competent_on_that_day() -> None:
    before, since = ({"code": "", "office": "desk", "role": role} for role in ("head", "deputy_head"))
    signed = event("Completed", step="decide", entry=3, seat="", outcome="grant")
    entered = event("Entered", step="decide", entry=3, seats=[before])
    reseated = event("Reseated", step="decide", entry=3, seats=[since])
    assert acted_as([signed], [entered, signed]) == [("desk", "head")]
    assert acted_as([signed], [entered, reseated, signed]) == [("desk", "deputy_head")]


def test_a_seat_that_no_office_has_any_more_is_none() -> None:
    lead, court = ({"code": code, "office": code, "role": "reviewer"} for code in ("lead", "court"))
    entered = event("Entered", step="review", entry=1, seats=[lead, court])
    reseated = event("Reseated", step="review", entry=1, seats=[lead])
    assert list(seats([entered, reseated])) == [(1, "lead")]


@pytest.mark.parametrize("strays", STRAYS)
def test_who_signed_before_the_case_went_another_way_does_not_sign_what_is_decided_then(strays: str) -> None:
    both = {name: task({"on": to}, signs="together") for name, to in (("a", "b"), ("b", "end"))}
    route = parse_route(small_route(both))
    first, second = event("Completed", step="a"), event("Completed", step="b")
    assert signing(route, [first, second]) == [first, second]
    assert signing(route, [first, event(strays), second]) == [second]
