"""What was paid out is recorded by whom the route names: never more than is open."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import CASE, CLOCK, END, MONDAY, Play, names, play, staff, task
from workflow.engine import events as ev
from workflow.engine.case import Actor, dump_case, load_case
from workflow.engine.commands import Pay
from workflow.engine.decide import Outside, allowed, decide
from workflow.engine.parsing import parse_route
from workflow.engine.references import aside
from workflow.errors import FoerderwegError

CLERK, PAYER = staff("clerk"), staff("payer", "till", "finance")
STEPS = {
    "ask": task({"grant": {"to": "granted", "money": "hold", "amount": "sum"}, "no": "end"}),
    "granted": {**END, "ending": "granted", "money": "commit", "amount": "sum"},
}
PAYMENTS = {"from": ["granted"], "who": {"office": "till", "role": "finance"}}


def granted(sum_: int = 100, **more: Any) -> Play:
    told = play(STEPS, {"sum": 0}, payments=PAYMENTS, **more)
    told.complete(CLERK, "grant", left=sum_, sum=sum_)
    return told


def refused(told: Play, amount: int, actor: Actor = PAYER, seen: int | None = None) -> tuple[str, Any]:
    command = Pay(CASE, amount, told.case.paid if seen is None else seen)
    with pytest.raises(FoerderwegError) as caught:
        decide(told.route, told.case, command, actor, Outside(MONDAY, CLOCK))
    return caught.value.code, caught.value.params


def offered(told: Play, actor: Actor = PAYER) -> list[tuple[str, ...]]:
    return [one.outcomes for one in allowed(told.route, told.case, actor, told.today) if one.action == "pay"]


def test_what_is_committed_is_paid_in_instalments_and_no_more() -> None:
    told = granted()
    assert offered(told) == [("100", "0")]
    assert offered(told, CLERK) == []
    assert names(told.do(Pay(CASE, 80, told.case.paid), PAYER)) == ["Paid"]
    assert (told.case.paid, told.case.committed, offered(told)) == (80, 100, [("20", "80")])
    assert refused(told, 21) == ("amount_over_open", {"amount": 21, "left": 20})
    assert refused(told, 0)[0] == "amount_missing"
    assert refused(told, 20, CLERK)[0] == "not_yours"
    assert refused(told, 20, seen=0) == ("paid_meanwhile", {"amount": 80})
    told.do(Pay(CASE, 20, told.case.paid), PAYER)
    assert (told.case.paid, offered(told)) == (100, [("0", "100")])
    assert load_case(dump_case(told.case)) == told.case


def test_who_signed_the_decision_does_not_pay_it_out_as_a_deputy_either() -> None:
    steps = {**STEPS, "ask": {**STEPS["ask"], "signs": "alone"}}
    told = play(steps, {"sum": 0}, payments=PAYMENTS)
    told.complete(CLERK, "grant", left=100, sum=100)
    deputy = Actor("clerk", CLERK.offices | PAYER.offices)
    assert refused(told, 50, deputy)[0] == "four_eyes"
    assert offered(told, deputy) == []
    assert offered(told) == [("100", "0")]


def test_what_came_back_is_open_again() -> None:
    told = granted()
    told.do(Pay(CASE, 80, told.case.paid), PAYER)
    assert refused(told, -81) == ("amount_over_paid", {"amount": 81, "limit": 80})
    told.do(Pay(CASE, -30, told.case.paid), PAYER)
    assert (told.case.paid, offered(told)) == (50, [("50", "50")])


def test_before_the_grant_and_without_one_there_is_nothing_to_pay() -> None:
    told = play(STEPS, {"sum": 0}, payments=PAYMENTS)
    assert refused(told, 1)[0] == "nothing_to_pay"
    told.complete(CLERK, "no")
    assert (refused(told, 1)[0], offered(told)) == ("nothing_to_pay", [])
    assert "paid" not in dump_case(told.case)


def test_of_what_was_settled_at_nothing_there_is_nothing_to_pay() -> None:
    told = granted()
    told.happened([ev.Settled(0)])
    assert refused(told, 1)[0] == "nothing_to_pay"
    assert offered(told) == []


def test_a_route_pays_only_where_it_commits() -> None:
    route = parse_route(
        {"route": "x", "start": "ask", "facts": {"sum": "money"}, "steps": {**STEPS, "end": END}}
        | {"payments": {**PAYMENTS, "from": ["granted", "end"]}}
    )
    [found] = aside(route, {"till"}, {"finance"})
    assert (found.code, found.params["step"]) == ("nothing_to_pay", "end")


@given(st.lists(st.integers(-150, 150), max_size=20))
def test_whatever_is_tried_what_is_paid_stays_between_nothing_and_the_grant(amounts: list[int]) -> None:
    told = granted()
    accepted = 0
    for amount in amounts:
        try:
            told.do(Pay(CASE, amount, told.case.paid), PAYER)
            accepted += amount
        except FoerderwegError:
            pass
        assert 0 <= told.case.paid == accepted <= told.case.committed == 100
