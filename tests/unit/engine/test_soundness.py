"""Routes that must not be published, each with what is found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import END, call, panel, small_route, task
from workflow.engine.parsing import parse_route
from workflow.engine.soundness import check
from workflow.errors import RouteError

KNOWN: dict[str, Any] = {
    "offices": ("desk", "a", "b"),
    "roles": ("clerk", "reviewer"),
    "stages": ("work", "review", "order", "closed"),
    "statuses": ("open", "over"),
    "forms": ("form",),
    "letters": ("order",),
}
TO = {"agreed": "end", "rejected": "end", "split": "end"}
MAJORITY = {"agreed": "end", "rejected": "end"}
SEATS = {"a": True, "b": True}
ON = {"on": "end"}
CHOICE = {"kind": "choice", "rows": [{"when": {"n": {"max": 1}}, "to": "end"}], "else": "end"}
HOLD = {"to": "end", "money": "hold", "amount": "n"}
COMMIT = END | {"money": "commit", "amount": "n"}
LAPSE = {"timers": [{"at": 100, "do": "lapse", "outcome": "silent"}]}


def findings(steps: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    found = check(parse_route(small_route(steps, **{"facts": {"n": "money"}, **more})), **KNOWN)
    return [(error.code, str(error.params["at"])) for error in found]


def with_office(table: str) -> dict[str, Any]:
    step = panel({"a": True, "b": False}, TO)
    step["seats"]["b"]["office"] = {"table": table}
    return step


@pytest.mark.parametrize(
    "steps",
    [
        {"s": task(ON, form="form")},
        {"s": task({"ask": "t", "on": "end"}, form="form"), "t": task({"on": "s"}, at_most=2, edits="form")},
        {"s": panel(SEATS, TO, enough_at_deadline=["a"])},
        {"s": panel(SEATS, MAJORITY, close=2)},
        {"s": CHOICE},
        {"s": call("end")},
        {"s": task({"hold": HOLD}), "end": COMMIT},
        {"s": task({"on": "end", "silent": {"to": "end", "by": "clock"}}, who="applicant", **LAPSE)},
    ],
)
def test_small_routes_that_are_sound(steps: dict[str, Any]) -> None:
    assert findings(steps) == []


SUBSTITUTE = {"rows": [{"when": {"applicant_office": "a"}, "then": "b:clerk"}], "else": "a:clerk"}
BY_AREA = {
    "rows": [
        {"when": {"area": "x", "applicant_office": "a"}, "then": "b:clerk"},
        {"when": {"n": {"max": 5}, "applicant_office": "b"}, "then": "desk:clerk"},
        {"when": {"area": "x"}, "then": "a:clerk"},
    ],
    "else": "b:clerk",
}


@pytest.mark.parametrize(
    ("who", "table", "offices", "wanted"),
    [
        ({"office": "a", "role": "clerk"}, SUBSTITUTE, ("b",), []),
        ({"office": "a", "role": "clerk"}, SUBSTITUTE, ("a", "b"), ["a"]),
        ({"table": "t"}, SUBSTITUTE, ("a", "desk"), []),
        ({"table": "t"}, SUBSTITUTE, ("a", "b"), []),
        ({"table": "t"}, BY_AREA, ("a",), []),
        ({"table": "t"}, BY_AREA, ("a", "b"), ["b"]),  # with n above 5
        ("applicant", SUBSTITUTE, ("a", "b"), []),
    ],
)
def test_no_office_gets_a_seat_in_its_own_measure(
    who: Any, table: dict[str, Any], offices: tuple[str, ...], wanted: list[str]
) -> None:
    facts = {"n": "money", "area": "code", "applicant_office": "code"}
    route = parse_route(small_route({"s": task(ON, who=who)}, facts=facts, tables={"t": table}))
    found = check(route, **KNOWN, own_measures=offices)
    assert [(error.code, error.params["office"]) for error in found] == [
        ("reviews_itself", office) for office in wanted
    ]


def test_a_route_for_offices_must_know_which_one_applies() -> None:
    found = check(parse_route(small_route({"s": task(ON)}, facts={})), **KNOWN, own_measures=("a",))
    assert [error.code for error in found] == ["undeclared_fact"]


BROKEN: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, str]]]] = {
    "start unknown": ({"s": task(ON)}, {"start": "t"}, [("unknown_step", "start")]),
    "leads nowhere": ({"s": task({"on": "t"})}, {}, [("unknown_step", "s")]),
    "else leads nowhere": ({"s": CHOICE | {"else": "t"}}, {}, [("unknown_step", "s")]),
    "withdrawn from nowhere": (
        {"s": task(ON)},
        {"withdraw": {"from": ["t"], "to": "end"}},
        [("unknown_step", "withdraw")],
    ),
    "withdrawn to nowhere": ({"s": task(ON)}, {"withdraw": {"from": ["s"]}}, [("unknown_step", "withdraw")]),
    "unreachable": ({"s": task(ON), "t": task(ON)}, {}, [("unreachable", "t")]),
    "no ending": (
        {"s": task({"on": "end", "off": "t"}), "t": task({"on": "t"}, at_most=1)},
        {},
        [("no_ending", "t"), ("no_way_past_bound", "t")],
    ),
    "loop without bound": ({"s": task({"on": "end", "again": "s"})}, {}, [("loop_without_bound", "s")]),
    "loop of two without bound": (
        {"s": task({"on": "t"}), "t": task({"back": "s", "on": "end"})},
        {},
        [("loop_without_bound", "s"), ("loop_without_bound", "t")],
    ),
    "loop by withdrawing": (
        {"s": task({"on": "t"}), "t": task(ON)},
        {"withdraw": {"from": ["t"], "to": "s"}},
        [("loop_without_bound", "s"), ("loop_without_bound", "t")],
    ),
    "loop by rule": (
        {"s": CHOICE | {"else": "t"}, "t": CHOICE | {"else": "s"}},
        {},
        [("loop_without_bound", "s"), ("loop_without_bound", "t")],
    ),
    "bound entered by a choice": (
        {"s": CHOICE | {"else": "t"}, "t": task(ON, at_most=1)},
        {},
        [("bounded_step_entered_by_rule", "s")],
    ),
    "bound entered by a panel": (
        {"s": panel(SEATS, TO | {"split": "t"}), "t": task(ON, at_most=1)},
        {},
        [("bounded_step_entered_by_rule", "s")],
    ),
    "bound entered by the clock": (
        {"s": task({"on": "end", "silent": {"to": "t", "by": "clock"}}, **LAPSE), "t": task(ON, at_most=1)},
        {},
        [("no_way_past_bound", "s")],
    ),
    "nothing left when the bound is used up": (
        {"s": task({"ask": "t"}), "t": task({"back": "s", "on": "end"}, at_most=1)},
        {},
        [("no_way_past_bound", "s")],
    ),
    "fact of a choice": ({"s": CHOICE}, {"facts": {}}, [("undeclared_fact", "s")]),
    "fact of an amount": ({"s": task({"on": HOLD})}, {"facts": {}}, [("undeclared_fact", "s")]),
    "fact of a limit": (
        {"s": task({"on": HOLD | {"limit": "m"}})},
        {},
        [("undeclared_fact", "s")],
    ),
    "fact of a seat": (
        {"s": with_office("where")},
        {"tables": {"where": {"rows": [{"when": {"area": "x"}, "then": "a"}], "else": "none"}}},
        [("undeclared_fact", "s")],
    ),
    "fact of an ending": (
        {"s": task({"hold": HOLD}), "end": COMMIT | {"amount": "m"}},
        {},
        [("undeclared_fact", "end")],
    ),
    "verdict without outcome": (
        {"s": panel(SEATS, {"agreed": "end", "rejected": "end"})},
        {},
        [("verdict_without_outcome", "s")],
    ),
    "quorum out of reach": ({"s": panel(SEATS, MAJORITY, close=3)}, {}, [("quorum_out_of_reach", "s")]),
    "split beside a majority": ({"s": panel(SEATS, TO, close=2)}, {}, [("verdict_out_of_reach", "s")]),
    "nobody has to vote": ({"s": panel({"a": False}, TO)}, {}, [("quorum_out_of_reach", "s")]),
    "enough without a seat": (
        {"s": panel(SEATS, TO, enough_at_deadline=["c"])},
        {},
        [("unknown_seat", "s")],
    ),
    "enough beside a quorum": (
        {"s": panel(SEATS, MAJORITY, close=2, enough_at_deadline=["a"])},
        {},
        [("deadline_beside_quorum", "s")],
    ),
    "vote of no side": (
        {"s": panel(SEATS, TO, votes={"yes": "for", "maybe": "abstain"})},
        {},
        [("unknown_vote", "s")],
    ),
    "office": ({"s": task(ON, who={"office": "x", "role": "clerk"})}, {}, [("unknown_office", "s")]),
    "office of a table": (
        {"s": with_office("where")},
        {"tables": {"where": {"rows": [], "else": "x"}}},
        [("unknown_office", "s")],
    ),
    "seat that must vote and may be left out": (
        {"s": task(ON, who={"office": {"table": "where"}, "role": "clerk"})},
        {"tables": {"where": {"rows": [], "else": "none"}}},
        [("unknown_office", "s")],
    ),
    "role": ({"s": task(ON, who={"office": "desk", "role": "x"})}, {}, [("unknown_role", "s")]),
    "form": ({"s": task(ON, form="x")}, {}, [("unknown_form", "s")]),
    "form to edit": ({"s": task(ON, edits="x")}, {}, [("unknown_form", "s")]),
    "letter": ({"s": call("end") | {"template": "x"}}, {}, [("unknown_letter", "s")]),
    "call": ({"s": call("end") | {"call": "x"}}, {}, [("unknown_call", "s")]),
    "stage": ({"s": task(ON, stage="x")}, {}, [("unknown_stage", "s")]),
    "stage of an ending": ({"s": task(ON), "end": END | {"stage": "x"}}, {}, [("unknown_stage", "end")]),
    "status": ({"s": task(ON, status="x")}, {}, [("unknown_status", "s")]),
    "signature": ({"s": task(ON, signs="x")}, {}, [("unknown_signature", "s")]),
    "no time": ({"s": task(ON, due=0)}, {}, [("no_due_time", "s")]),
    "four eyes with nobody": ({"s": task(ON, not_by=["x"])}, {}, [("unknown_step", "s")]),
    "lapse without outcome": ({"s": task(ON, **LAPSE)}, {}, [("lapse_without_outcome", "s")]),
    "lapse that a person could choose": (
        {"s": task({"silent": "end"}, **LAPSE)},
        {},
        [("lapse_without_outcome", "s")],
    ),
    "timer that does nothing we know": (
        {"s": task(ON, timers=[{"at": 80, "do": "shout"}])},
        {},
        [("unknown_timer", "s")],
    ),
    "nobody can act": (
        {"s": task({"silent": {"to": "end", "by": "clock"}}, **LAPSE)},
        {},
        [("no_outcome", "s")],
    ),
    "money we do not know": ({"s": task({"on": HOLD | {"money": "keep"}})}, {}, [("unknown_money", "s")]),
    "money of an ending": (
        {"s": task(ON), "end": END | {"money": "hold", "amount": "n"}},
        {},
        [("unknown_money", "end")],
    ),
    "hold of nothing": ({"s": task({"on": {"to": "end", "money": "hold"}})}, {}, [("no_amount", "s")]),
    "release of a part": (
        {"s": task({"on": {"to": "end", "money": "release", "amount": "n"}})},
        {},
        [("unknown_key", "s")],
    ),
    "commit of nothing": (
        {"s": task(ON), "end": END | {"money": "commit"}},
        {},
        [("no_amount", "end")],
    ),
    "commit without a hold": (
        {"s": task({"hold": HOLD, "on": "end"}), "end": COMMIT},
        {},
        [("commits_unheld", "end")],
    ),
    "commit of what was released": (
        {
            "s": task({"hold": HOLD | {"to": "t"}}),
            "t": task({"on": "end", "silent": {"to": "end", "by": "clock", "money": "release"}}, **LAPSE),
            "end": COMMIT,
        },
        {},
        [("commits_unheld", "end")],
    ),
    "commit past the hold": (
        {"s": task({"on": "t"}), "t": task({"hold": HOLD}), "end": COMMIT},
        {"ways": {"skip": {"from": ["s"], "to": ["end"], "who": {"office": "desk", "role": "clerk"}}}},
        [("commits_unheld", "end")],
    ),
    "money that moves by itself": (
        {"s": task({"on": "end", "silent": HOLD | {"by": "clock"}}, **LAPSE)},
        {},
        [("money_by_rule", "s")],
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_found(what: str) -> None:
    steps, more, expected = BROKEN[what]
    assert findings(steps, **more) == expected


def test_a_finding_shows_a_shortest_way_that_breaks() -> None:
    steps = {
        "s": task({"on": "t", "past": "u"}),
        "t": task({"on": "u"}),
        "u": task({"on": "u", "out": "end"}),
    }
    [found] = check(parse_route(small_route(steps)), **KNOWN)
    assert (found.code, found.params["way"]) == ("loop_without_bound", "s → u → u")


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ({"kind": "dance"}, "unknown_kind"),
        ({"kind": "task", "stage": "work"}, "malformed_step"),
        (task(ON, due="soon"), "malformed_step"),
        (task({"on": {"by": "clock"}}), "malformed_step"),
        (task(ON, stage=["work"]), "malformed_step"),
        (task({"on": ["end"]}), "malformed_step"),
        (task(ON, not_by=[["s"]]), "malformed_step"),
        (task(ON, who={"office": {"table": "x"}, "role": "clerk"}), "unknown_table"),
        ({"kind": "choice", "rows": []}, "table_without_else"),
    ],
)
def test_what_is_no_step_is_refused_with_its_name(step: dict[str, Any], code: str) -> None:
    with pytest.raises(RouteError) as caught:
        parse_route(small_route({"s": step}))
    assert (caught.value.code, caught.value.params["at"]) == (code, "s")
