"""What these people cannot staff is named: the step, the rule, the missing pair of eyes."""

from __future__ import annotations

from typing import Any

from tests.builders import panel, small_route, task
from workflow.engine.parsing import parse_route
from workflow.engine.staffing import People, gaps

TO = {"agreed": "decide", "rejected": "decide", "split": "decide"}
ROUTE = parse_route(
    small_route(
        {
            "check": task({"on": "review"}),
            "review": panel({"a": True, "b": True}, TO),
            "decide": task({"on": "end"}, not_by=["check"]),
        }
    )
)
CLERK, A, B = ("desk", "clerk"), ("a", "reviewer"), ("b", "reviewer")
PLENTY = {
    "Anna": frozenset({CLERK}),
    "Ben": frozenset({CLERK}),
    "Cora": frozenset({CLERK}),
    "Dan": frozenset({A}),
    "Eva": frozenset({A, B}),
    "Finn": frozenset({B}),
}


def found(people: People, **deputies: str) -> set[tuple[str, str, str, str | None]]:
    return {(gap.step, gap.rule, gap.who, gap.away) for gap in gaps(ROUTE, people, {}, deputies)}


def test_with_plenty_of_people_nothing_is_missing() -> None:
    assert found(PLENTY) == set()


def test_two_clerks_are_enough_until_one_of_them_is_away() -> None:
    people = {name: roles for name, roles in PLENTY.items() if name != "Cora"}
    assert found(people) == {("decide", "four_eyes", "desk:clerk", "Anna")}
    assert found(people, Anna="Finn", Ben="Finn") == set()


def test_one_clerk_alone_cannot_do_both() -> None:
    people = {name: roles for name, roles in PLENTY.items() if name not in ("Ben", "Cora")}
    assert ("decide", "four_eyes", "desk:clerk", None) in found(people)


def test_an_office_with_nobody_is_named() -> None:
    people = {name: roles for name, roles in PLENTY.items() if name not in ("Eva", "Finn")}
    assert ("review", "nobody", "b:reviewer", None) in found(people)


def test_two_seats_of_one_office_take_two_people() -> None:
    route = parse_route(small_route({"review": two_of_a()}))
    missing = {(gap.rule, gap.who, gap.away) for gap in gaps(route, PLENTY, {})}
    assert missing == {("one_seat_each", "a:reviewer", "Dan")}


def two_of_a() -> dict[str, Any]:
    step = panel({"x": True, "y": True}, dict.fromkeys(TO, "end"))
    for seat in step["seats"].values():
        seat["office"] = "a"
    return step
