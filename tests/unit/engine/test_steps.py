"""Task, choice, call and end: given a case, when somebody acts, then these events."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import CASE, CLOCK, END, MONDAY, SIGNER, Play, call, names, play, small_route, staff, task
from workflow.engine.advance import LONGEST_CHAIN, iso, next_due
from workflow.engine.case import EMPTY, Actor
from workflow.engine.commands import Complete, Declare, Offer, Recuse, Report, Submit, TakeWay, Withdraw
from workflow.engine.decide import Outside, allowed, decide
from workflow.engine.events import (
    Called,
    CallFailed,
    CallReturned,
    Chosen,
    Completed,
    Ended,
    Entered,
    Submitted,
    Withdrawn,
)
from workflow.engine.parsing import parse_route
from workflow.errors import FoerderwegError, NotAllowed, Refused, RouteError

CLERK, OTHER = staff("clerk"), staff("other")
OPERATOR = staff("operator", "", "operator")


def refused(told: Play, actor: Actor, outcome: str = "done", seat: str = "", **more: Any) -> FoerderwegError:
    """What this person is told who tries all the same."""
    before = told.case
    with pytest.raises(FoerderwegError) as caught:
        told.complete(actor, outcome, seat, **more)
    assert told.case == before
    return caught.value


def test_a_submission_enters_the_first_step() -> None:
    told = play({"check": task({"done": "end"})}, facts={"area": "language"})
    entered = told.events[1]
    assert names(told.events) == ["Submitted", "Entered"]
    assert told.events[0] == Submitted("org", {"area": "language"}, "hash", "check")
    assert isinstance(entered, Entered)
    assert entered.seats == ({"code": "", "office": "desk", "role": "clerk", "mandatory": True},)
    assert (entered.step, entered.entry, entered.at) == ("check", 1, iso(told.now))


def test_only_who_signs_for_the_organisation_submits_and_only_once() -> None:
    told = play({"check": task({"done": "end"})})
    drafter = Actor("drafter", organisations={"org": frozenset({"read", "draft"})})
    command = Submit(CASE, "org", {"unknown": 1}, "hash")
    for stranger in (drafter, CLERK, Actor("x", organisations={"other": frozenset({"sign"})})):
        with pytest.raises(NotAllowed, match="not_yours"):
            decide(told.route, EMPTY, command, stranger, Outside(MONDAY, CLOCK))
    [event] = decide(told.route, EMPTY, command, SIGNER, Outside(MONDAY, CLOCK))
    assert event == Submitted("org", {}, "hash", "check")  # a fact that the route does not know is dropped
    with pytest.raises(Refused, match="submitted_already"):
        told.do(command, SIGNER)


def test_a_task_done_leads_on() -> None:
    told = play({"check": task({"done": "file"}), "file": task({"done": "end"})})
    events = told.complete(CLERK, "done")
    assert names(events) == ["Completed", "Entered"]
    assert events[0] == Completed("check", "", "done", 1, "clerk", "file", {})
    assert (told.case.step, told.case.entry, told.case.visits) == ("file", 2, {"check": 1, "file": 1})
    assert told.complete(CLERK, "done")[-1] == Ended("end", "over", "closed", "over", iso(told.now), 0, 0)
    assert next_due(told.route, told.case, told.now, CLOCK) is None


def test_a_task_is_for_its_office_and_role_alone() -> None:
    told = play({"check": task({"done": "end"})})
    for stranger in (staff("x", "desk", "head"), staff("x", "other", "clerk"), SIGNER, OPERATOR):
        assert refused(told, stranger).code == "not_yours"
    assert refused(told, CLERK, "elsewhere").code == "no_such_outcome"
    assert refused(told, CLERK, seat="side").code == "no_such_seat"


def test_nobody_works_on_their_own_organisations_case() -> None:
    inside = Actor("inside", CLERK.offices, {"org": frozenset({"read"})})
    told = play({"check": task({"done": "end"}, gate=True)})
    assert refused(told, inside).code == "own_organisation"
    with pytest.raises(NotAllowed, match="own_organisation"):
        told.do(Declare(CASE), inside)
    assert allowed(told.route, told.case, inside, told.today) == ()


def test_a_late_click_hits_nothing_newer() -> None:
    told = play({"check": task({"again": "check", "done": "end"}, at_most=3)})
    first = Complete(CASE, "check", "", "again", 1)
    told.do(first, CLERK)
    with pytest.raises(Refused, match="step_has_passed"):
        told.do(first, CLERK)  # its consequences have not been drawn yet
    told.rules()
    with pytest.raises(Refused, match="step_has_passed"):
        told.do(first, CLERK)
    told.complete(CLERK, "done")
    with pytest.raises(Refused, match="closed"):
        told.do(first, CLERK)


def test_four_eyes_hold_across_steps_and_visits() -> None:
    told = play(
        {
            "check": task({"done": "decide"}),
            "decide": task({"back": "check", "done": "end"}, not_by=["check"], at_most=9),
        }
    )
    told.complete(CLERK, "done")
    assert refused(told, CLERK).code == "four_eyes"
    told.complete(OTHER, "back")
    told.complete(OTHER, "done")
    assert refused(told, CLERK).code == "four_eyes"  # of the first visit still
    assert refused(told, OTHER).code == "four_eyes"
    assert names(told.complete(staff("third"), "done")) == ["Completed", "Ended"]


def but_assigning(told: Play, actor: Actor) -> tuple[Offer, ...]:
    """What may be done, apart from saying who has the work."""
    return tuple(one for one in allowed(told.route, told.case, actor, told.today) if one.action != "assign")


def test_a_gate_asks_for_a_declaration_first() -> None:
    told = play({"check": task({"done": "end"}, gate=True)})
    assert refused(told, CLERK).code == "declare_first"
    assert but_assigning(told, CLERK) == (Offer("declare"), Offer("recuse"))
    told.do(Declare(CASE), CLERK)
    with pytest.raises(Refused, match="declared_already"):
        told.do(Declare(CASE), CLERK)
    assert but_assigning(told, CLERK) == (
        Offer("recuse"),
        Offer("complete", "check", "", ("done",)),
    )
    told.complete(CLERK, "done")
    assert allowed(told.route, told.case, CLERK, told.today) == ()


def test_a_recusal_holds_for_the_whole_case() -> None:
    told = play({"check": task({"done": "file"}, gate=True), "file": task({"done": "end"})})
    told.do(Declare(CASE), CLERK)
    told.do(Recuse(CASE), CLERK)
    assert (told.case.declared, told.case.recused) == ((), ("clerk",))
    for command in (Declare(CASE), Recuse(CASE)):
        with pytest.raises(NotAllowed, match="recused"):
            told.do(command, CLERK)
    told.do(Declare(CASE), OTHER)
    told.complete(OTHER, "done")
    assert refused(told, CLERK).code == "recused"
    with pytest.raises(Refused, match="nothing_to_declare"):
        told.do(Declare(CASE), OTHER)


def test_the_applicant_does_the_applicants_step_without_declaring() -> None:
    told = play({"answer": task({"done": "end"}, who="applicant", gate=True)})
    assert allowed(told.route, told.case, SIGNER, told.today) == (Offer("complete", "answer", "", ("done",)),)
    reader = Actor("reader", organisations={"org": frozenset({"read", "draft"})})
    assert refused(told, reader).code == "not_yours"
    assert names(told.complete(SIGNER, "done")) == ["Completed", "Ended"]


def test_facts_of_a_form_join_those_of_the_case() -> None:
    told = play(
        {"check": task({"done": "file"}), "file": task({"done": "end"})}, facts={"area": "a", "sum": 1}
    )
    told.complete(CLERK, "done", sum=2, other=3)
    assert told.case.facts == {"area": "a", "sum": 2}


def test_reopened_sections_last_until_the_next_answer() -> None:
    ask = {"to": "answer", "reopens": "check.sections"}
    told = play({"check": task({"ask": ask, "done": "end"}), "answer": task({"done": "check"}, at_most=2)})
    command = Complete(CASE, "check", "", "ask", 1, reopens=("budget",))
    told.do(command, CLERK)
    assert told.case.reopened == ("budget",)
    told.rules()
    told.complete(CLERK, "done")
    assert not told.case.reopened


def test_a_choice_is_made_by_rule_and_says_what_it_read() -> None:
    choice = {"kind": "choice", "rows": [{"when": {"sum": {"below": "asked"}}, "to": "part"}], "else": "end"}
    part = {**END, "ending": "part"}
    told = play({"pick": choice, "part": part}, facts={"sum": 1, "asked": 2, "area": "a"})
    assert told.events[1] == Chosen("pick", 0, "part", {"sum": 1, "asked": 2})
    assert told.case.ending == "part"
    other = play({"pick": choice, "part": part}, facts={"sum": 2, "asked": 2})
    assert other.events[1] == Chosen("pick", None, "end", {"sum": 2, "asked": 2})


def test_a_call_goes_out_once_and_its_result_leads_on() -> None:
    told = play({"order": call("end")})
    assert told.events[-1] == Called("order", 1, "letter", "order", 1)
    assert told.rules(days=400) == []
    assert next_due(told.route, told.case, told.now, CLOCK) is None
    late = [Report(CASE, 1, 2, content="x"), Report(CASE, 2, 1, content="x"), Report(CASE, 1, 0, error="x")]
    assert [told.do(report, OPERATOR) for report in late] == [[], [], []]
    assert told.do(Report(CASE, 1, 1, content="pdf"), OPERATOR) == [CallReturned("order", "pdf", "end")]
    assert told.do(Report(CASE, 1, 1, content="pdf"), OPERATOR) == []
    told.rules()
    assert (told.case.ending, told.case.letters) == ("over", ("pdf",))
    assert told.do(Report(CASE, 1, 1, error="late"), OPERATOR) == []


def test_a_letter_is_the_applicants_once_somebody_has_sent_it() -> None:
    ways = {"again": {"from": ["post"], "to": ["first"], "who": {"office": "desk", "role": "clerk"}}}
    steps = {
        "first": call("post"),
        "post": task({"done": "file", "back": "second"}, sends=True),
        "second": call("post"),
        "file": task({"done": "post"}, at_most=3),
    }
    told = play(steps, ways=ways)
    told.do(Report(CASE, 1, 1, content="one"), OPERATOR)
    told.rules()
    assert (told.case.letters, told.case.sent) == (("one",), ())
    told.do(TakeWay(CASE, "again", "first", told.case.entry), CLERK)
    told.rules()
    told.do(Report(CASE, told.case.entry, 1, content="two"), OPERATOR)
    told.rules()
    assert (told.case.unsent, told.case.sent) == (("one", "two"), ())
    told.complete(CLERK, "done")
    assert (told.case.unsent, told.case.sent) == (("one",), ("two",))
    told.complete(CLERK, "done")  # at `file`, back to the post: what was taken back stays so
    told.complete(CLERK, "done")
    assert (told.case.unsent, told.case.sent) == (("one",), ("two",))


def test_a_call_that_failed_for_good_is_tried_again_by_an_operator() -> None:
    told = play({"order": call("end")})
    failed = Report(CASE, 1, 1, error="no_template")
    assert told.do(failed, OPERATOR) == [CallFailed("order", "no_template")]
    assert told.do(failed, OPERATOR) == []
    assert refused(told, CLERK, "retry", "operator").code == "not_yours"
    assert allowed(told.route, told.case, OPERATOR, told.today) == (
        Offer("complete", "order", "operator", ("retry",)),
    )
    assert told.complete(OPERATOR, "retry", "operator") == [Called("order", 1, "letter", "order", 2)]
    assert allowed(told.route, told.case, OPERATOR, told.today) == ()
    assert told.do(failed, OPERATOR) == []
    assert names(told.do(Report(CASE, 1, 2, content="pdf"), OPERATOR)) == ["CallReturned"]


def test_a_letter_that_came_after_all_closes_the_operators_work() -> None:
    told = play({"order": call("end")})
    told.do(Report(CASE, 1, 1, error="slow"), OPERATOR)
    told.do(Report(CASE, 1, 1, content="pdf"), OPERATOR)
    assert told.case.open_seats == ()
    assert names(told.rules()) == ["Ended"]


def test_an_operator_of_the_applying_organisation_leaves_it_to_another() -> None:
    told = play({"order": call("end")})
    told.do(Report(CASE, 1, 1, error="slow"), OPERATOR)
    inside = Actor("inside", OPERATOR.offices, {"org": frozenset({"read"})})
    assert refused(told, inside, "retry", "operator").code == "own_organisation"


HOLD = {"to": "pay", "money": "hold", "amount": "sum", "limit": "asked"}
PAID = {**END, "ending": "paid", "money": "commit", "amount": "sum"}
MONEY = {
    "ask": task({"hold": HOLD, "no": {"to": "end", "money": "release"}}),
    "pay": task(
        {
            "pay": {"to": "paid", "amount": "sum"},
            "drop": {"to": "end", "money": "release"},
            "more": HOLD | {"to": "ask"},
        },
        at_most=3,
    ),
    "paid": PAID,
}
ASKED = {"asked": 100, "sum": 0}


def test_money_is_held_and_committed_at_the_end() -> None:
    told = play(MONEY, ASKED)
    [asked, _] = told.complete(CLERK, "hold", left=80, sum=80)
    assert isinstance(asked, Completed)
    assert (asked.holds, told.case.held) == (80, 80)
    ended = told.complete(CLERK, "pay", sum=70)[-1]
    assert isinstance(ended, Ended)
    assert (ended.holds, ended.commits) == (0, 70)
    assert (told.case.held, told.case.committed) == (0, 70)


def test_money_let_go_is_free_again() -> None:
    told = play(MONEY, ASKED)
    told.complete(CLERK, "hold", left=80, sum=80)
    [dropped, ended] = told.complete(CLERK, "drop")
    assert isinstance(dropped, Completed)
    assert isinstance(ended, Ended)
    assert (dropped.holds, ended.commits, told.case.held, told.case.committed) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("left", "amount", "code", "params"),
    [
        (79, 80, "not_enough_money", {"amount": 80, "left": 79}),
        (500, 101, "amount_over_limit", {"amount": 101, "limit": 100}),
        (500, 0, "amount_missing", {}),
    ],
)
def test_money_that_is_not_there_is_refused_with_the_figure(
    left: int, amount: int, code: str, params: dict[str, int]
) -> None:
    error = refused(play(MONEY, ASKED), CLERK, "hold", left=left, sum=amount)
    assert (error.code, error.params) == (code, params)


def test_what_the_case_holds_already_counts_as_left() -> None:
    told = play(MONEY, ASKED)
    told.complete(CLERK, "hold", left=60, sum=60)
    assert refused(told, CLERK, "more", left=10, sum=71).params == {"amount": 71, "left": 70}
    assert refused(told, CLERK, "pay", sum=61).params == {"amount": 61, "limit": 60}
    told.complete(CLERK, "more", left=10, sum=70)
    assert told.case.held == 70


def test_an_end_never_commits_more_than_is_held() -> None:
    told = play({"check": task({"done": "paid"}), "paid": PAID}, {"sum": 5})
    told.do(Complete(CASE, "check", "", "done", 1), CLERK)
    with pytest.raises(RouteError, match="commits_more_than_held"):
        told.rules()


def test_withdrawing_ends_the_case_and_lets_its_money_go() -> None:
    told = play(MONEY, ASKED, withdraw={"from": ["pay"], "to": "end"})
    with pytest.raises(Refused, match="too_late_to_withdraw"):
        told.do(Withdraw(CASE), SIGNER)
    told.complete(CLERK, "hold", left=80, sum=80)
    assert Offer("withdraw") in allowed(told.route, told.case, SIGNER, told.today)
    for stranger in (CLERK, Actor("x", organisations={"org": frozenset({"draft"})})):
        with pytest.raises(NotAllowed, match="not_yours"):
            told.do(Withdraw(CASE), stranger)
    assert told.do(Withdraw(CASE), SIGNER) == [Withdrawn("signer", "end")]
    assert allowed(told.route, told.case, CLERK, told.today) == ()
    assert names(told.rules()) == ["Ended"]
    assert (told.case.held, told.case.committed, told.case.ending) == (0, 0, "over")
    with pytest.raises(Refused, match="too_late_to_withdraw"):
        told.do(Withdraw(CASE), SIGNER)


def test_a_step_with_a_bound_is_not_offered_beyond_it() -> None:
    told = play(
        {"check": task({"ask": "answer", "done": "end"}), "answer": task({"done": "check"}, at_most=2)}
    )
    for _ in range(2):
        told.complete(CLERK, "ask")
        told.complete(CLERK, "done")
    assert but_assigning(told, CLERK) == (Offer("complete", "check", "", ("done",)),)
    assert refused(told, CLERK, "ask").code == "no_such_outcome"


def test_a_loop_without_a_person_in_it_is_stopped() -> None:
    choice = {"kind": "choice", "rows": [], "else": "pick"}
    route = parse_route(small_route({"pick": choice}))
    with pytest.raises(RouteError, match="endless_route"):
        Play(route)
    assert LONGEST_CHAIN < 1000
