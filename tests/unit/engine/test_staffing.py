"""What these people cannot staff is named: the step, the rule, the missing pair of eyes."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.builders import panel, small_route, task
from workflow.engine.parsing import parse_route
from workflow.engine.staffing import People, gaps

TODAY = date(2026, 9, 7)
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
    "Gina": frozenset({CLERK}),
    "Dan": frozenset({A}),
    "Hugo": frozenset({A}),
    "Eva": frozenset({A, B}),
    "Finn": frozenset({B}),
    "Ida": frozenset({B}),
}
Found = tuple[str, str, str, str | None, str | None]


def found(people: People, **deputies: str) -> set[Found]:
    return {
        (gap.step, gap.rule, gap.who, gap.away, gap.recused)
        for gap in gaps(ROUTE, people, {}, TODAY, deputies)
    }


def but(*gone: str) -> People:
    return {name: roles for name, roles in PLENTY.items() if name not in gone}


def test_with_plenty_of_people_nothing_is_missing() -> None:
    assert found(PLENTY) == set()


def test_three_clerks_are_enough_until_one_is_away_and_one_recused() -> None:
    assert found(but("Gina")) == {("decide", "four_eyes", "desk:clerk", "Anna", "Ben")}
    assert found(but("Gina"), Anna="Finn", Ben="Finn", Cora="Finn") == set()


def test_two_clerks_are_enough_until_one_of_them_is_away() -> None:
    assert ("decide", "four_eyes", "desk:clerk", "Anna", None) in found(but("Cora", "Gina"))


def test_nobody_stands_in_for_who_is_recused() -> None:
    deputies = {"Anna": "Finn", "Ben": "Finn"}
    assert ("decide", "four_eyes", "desk:clerk", None, "Anna") in found(but("Cora", "Gina"), **deputies)


def test_one_clerk_alone_cannot_do_both() -> None:
    assert ("decide", "four_eyes", "desk:clerk", None, None) in found(but("Ben", "Cora", "Gina"))


def test_an_office_with_nobody_is_named() -> None:
    assert ("review", "nobody", "b:reviewer", None, None) in found(but("Eva", "Finn", "Ida"))


def test_one_person_cannot_sit_in_two_offices_at_once() -> None:
    assert ("review", "one_seat_each") in {one[:2] for one in found(but("Dan", "Hugo", "Finn", "Ida"))}


def test_two_seats_of_one_office_take_two_people() -> None:
    route = parse_route(small_route({"review": two_of_a()}))
    missing = {(gap.rule, gap.who, gap.away, gap.recused) for gap in gaps(route, PLENTY, {}, TODAY)}
    assert missing == {("one_seat_each", "a:reviewer", "Dan", "Eva")}


def test_several_earlier_steps_together_use_people_up() -> None:
    """Each alone would leave one of the two for the decision."""
    steps = {
        "check": task({"on": "second"}),
        "second": task({"on": "decide"}, not_by=["check"]),
        "decide": task({"on": "end"}, not_by=["check", "second"]),
    }
    route = parse_route(small_route(steps))
    two = {name: PLENTY[name] for name in ("Anna", "Ben")}
    assert [(gap.step, gap.rule) for gap in gaps(route, two, {}, TODAY) if gap.away == gap.recused] == [
        ("decide", "four_eyes")
    ]


def test_a_way_that_takes_two_persons_needs_two() -> None:
    who = {"office": "desk", "role": "clerk"}
    ways = {"skip": {"from": ["a"], "to": ["end"], "who": who, "second": who, "at_most": 1}}
    route = parse_route(small_route({"a": task({"on": "end"})}, ways=ways))
    alone = {"Anna": frozenset({CLERK})}
    assert ("skip", "four_eyes", None) in {
        (gap.step, gap.rule, gap.away) for gap in gaps(route, alone, {}, TODAY)
    }


def two_of_a() -> dict[str, Any]:
    step = panel({"x": True, "y": True}, dict.fromkeys(TO, "end"))
    for seat in step["seats"].values():
        seat["office"] = "a"
    return step
