"""A report beside its plan: what was planned stays what it was, whatever is sent."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.errors import Invalid, RouteError
from workflow.funding.forms import Form
from workflow.funding.plan import beside, check_plan, planned, planned_in

COLUMNS: list[dict[str, Any]] = [
    {"code": "kind", "type": "choice", "required": True, "label": {"de": "Art"}}
    | {"options": [{"code": code, "label": {"de": code}} for code in ("staff", "rent")]},
    {"code": "label", "type": "text", "required": True, "label": {"de": "Wofür"}},
]
MONEY: dict[str, Any] = {"type": "money", "label": {"de": "CHF"}}
APPLICATION = Form.parse(
    {
        "form": "application",
        "title": {"de": "Gesuch"},
        "sections": [
            {
                "code": "budget",
                "title": {"de": "Budget"},
                "fields": [
                    {"code": "costs", "type": "table", "label": {"de": "Kosten"}}
                    | {"columns": [*COLUMNS, {"code": "amount", "required": True, **MONEY}]}
                ],
            }
        ],
    },
    {},
)
DATA: dict[str, Any] = {
    "form": "report",
    "title": {"de": "Bericht"},
    "sections": [
        {
            "code": "accounts",
            "title": {"de": "Abrechnung"},
            "fields": [
                {
                    "code": "costs",
                    "type": "table",
                    "plan": "budget.costs",
                    "label": {"de": "Ausgaben"},
                    "total": ["planned", "spent", "difference"],
                    "columns": [
                        *({**one, "plan": one["code"]} for one in COLUMNS),
                        {"code": "planned", "plan": "amount", **MONEY},
                        {"code": "spent", "required": True, **MONEY},
                        {"code": "difference", "difference": ["spent", "planned"], **MONEY},
                    ],
                }
            ],
        }
    ],
}
REPORT = Form.parse(DATA, {})
TABLE = REPORT.fields()["accounts.costs"]
KINDS = st.sampled_from(["staff", "rent"])
AMOUNTS = st.integers(1, 10**8)
PLANNED = st.lists(
    st.fixed_dictionaries({"kind": KINDS, "label": st.just("Kurs"), "amount": AMOUNTS}), max_size=4
)


def applied(*amounts: int) -> dict[str, Any]:
    rows = [{"kind": "rent", "label": f"Raum {number}", "amount": one} for number, one in enumerate(amounts)]
    return {"budget": {"costs": rows}}


def accounts(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"accounts": {"costs": list(rows)}}


def test_a_report_begins_with_the_rows_of_the_budget() -> None:
    assert planned(REPORT, applied(100, 200)) == accounts(
        {"kind": "rent", "label": "Raum 0", "planned": 100},
        {"kind": "rent", "label": "Raum 1", "planned": 200},
    )
    assert planned(REPORT, {}) == accounts()
    assert planned(APPLICATION, applied(100)) == {}


def test_what_it_cost_stands_beside_what_was_planned_and_the_difference_is_computed() -> None:
    plan = planned(REPORT, applied(100_00, 200_00))
    extra = {"kind": "staff", "label": "Aushilfe", "spent": "40", "difference": "7"}
    spent = [
        {**row, "spent": amount}
        for row, amount in zip(plan["accounts"]["costs"], ("120", "150.50"), strict=True)
    ]
    read = REPORT.load(beside(REPORT, accounts(*spent, extra), plan))["accounts"]["costs"]
    assert [(row.get("planned"), row["spent"], row["difference"]) for row in read] == [
        (100_00, 120_00, 20_00),
        (200_00, 150_50, -49_50),
        (None, 40_00, 40_00),
    ]
    assert [TABLE.sum(read, code) for code in TABLE.totals] == [300_00, 310_50, 10_50]
    assert [TABLE.is_planned(row) for row in read] == [True, True, False]
    assert planned_in(REPORT, {"accounts": {"costs": read}}) == plan


@given(PLANNED, st.lists(st.integers(-(10**6), 10**9), max_size=8), st.lists(AMOUNTS, max_size=3))
def test_whatever_is_sent_as_planned_the_plan_stands(
    rows: list[dict[str, Any]], lies: list[int], besides: list[int]
) -> None:
    plan = planned(REPORT, {"budget": {"costs": rows}})
    sent = [{**row, "spent": 0} for row in plan["accounts"]["costs"]]
    sent += [{"kind": "rent", "label": "Mehr", "spent": one, "planned": one} for one in besides]
    for row, lie in zip(sent, lies, strict=False):
        row["planned"] = lie
    read = REPORT.load(beside(REPORT, accounts(*sent), plan))
    assert [row.get("planned") for row in read["accounts"].get("costs", ())] == [
        *(row["amount"] for row in rows),
        *(None for _ in besides),
    ]
    assert beside(REPORT, read, planned_in(REPORT, read)) == read  # and stays so when it is changed later


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"kind": "rent", "label": "Raum 0", "spent": 5}],
        [{"kind": "rent", "label": "Raum 1", "spent": 5}, {"kind": "rent", "label": "Raum 0", "spent": 5}],
    ],
)
def test_no_row_of_the_plan_is_left_out_or_put_in_anothers_place(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(Invalid) as refused:
        beside(REPORT, accounts(*rows), planned(REPORT, applied(100, 200)))
    [problem] = refused.value.fields["accounts.costs"]
    assert (problem.code, problem.params) == ("plan_row_missing", {"min": 2})


def test_the_same_row_may_be_written_in_another_way() -> None:
    dated = deepcopy(DATA)
    day = {"code": "day", "type": "date", "label": {"de": "Am"}}
    dated["sections"][0]["fields"][0]["columns"].append({**day, "plan": "day"})
    form = Form.parse(dated, {})
    plan = planned(
        form, {"budget": {"costs": [{"kind": "rent", "label": "Séance", "amount": 5, "day": "2027-02-03"}]}}
    )
    said = {"kind": "rent", "label": "  Se\u0301ance ", "day": "03.02.2027", "spent": 5}  # as a page sends it
    [row] = form.load(beside(form, accounts(said), plan))["accounts"]["costs"]
    assert (row["label"], row["day"], row["planned"]) == ("Séance", "2027-02-03", 5)


def test_what_the_form_does_not_take_any_more_is_said_anew() -> None:
    plan = planned(REPORT, {"budget": {"costs": [{"kind": "gone", "label": "Kurs", "amount": 100}]}})
    assert plan == accounts({"label": "Kurs", "planned": 100})
    answers = REPORT.load(beside(REPORT, accounts({"kind": "rent", "label": "Kurs", "spent": 7}), plan))
    assert answers["accounts"]["costs"] == [
        {"kind": "rent", "label": "Kurs", "planned": 100, "spent": 7, "difference": -93}
    ]


@pytest.mark.parametrize("wrong", ["text", [1], 7])
def test_what_is_no_table_is_the_forms_to_refuse(wrong: Any) -> None:
    plan = planned(REPORT, applied(100))
    for sent in ({"accounts": {"costs": wrong}}, {"accounts": wrong}):
        with pytest.raises(Invalid):
            REPORT.load(beside(REPORT, sent, plan))


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("plan", "budget.nothing"),
        ("plan", "costs"),
        ("column", "nothing"),
        ("figures", None),
        ("rows", {"max": 99}),
        ("no plan", None),
        ("shown_when", {"field": "accounts.other", "is": True}),
        (0, {"options": COLUMNS[0]["options"][:1]}),
        (1, {"max": 499}),
        (1, {"plan": "amount"}),
        (2, {"min": 1}),
        (2, {"max": 10**6}),
        (2, {"required": True}),
    ],
)
def test_a_plan_that_the_application_does_not_have_or_the_report_not_take_is_refused(
    what: str | int, value: Any
) -> None:
    data = deepcopy(DATA)
    table = data["sections"][0]["fields"][0]
    if isinstance(what, int):
        table["columns"][what] |= value
    elif what == "no plan":
        del table["plan"]
    elif what == "shown_when":
        other = {"code": "other", "type": "boolean", "label": {"de": "Anders"}}
        data["sections"][0]["fields"].insert(0, other)
        table[what] = value
    elif what in ("plan", "rows"):
        table[what] = value
    elif what == "column":
        table["columns"][2]["plan"] = value
    else:
        del table["columns"][2]["plan"]
    with pytest.raises(RouteError, match="form_malformed"):
        check_plan(Form.parse(data, {}), APPLICATION)


@pytest.mark.parametrize("value", [["spent"], ["spent", "label"], ["spent", "planned", "spent"]])
def test_a_difference_is_of_two_figures(value: list[str]) -> None:
    data = deepcopy(DATA)
    data["sections"][0]["fields"][0]["columns"][4]["difference"] = value
    with pytest.raises(RouteError, match="form_malformed"):
        Form.parse(data, {})
