"""What a form asks beyond plain fields: conditions, computed columns, addresses, indicators, languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.test_forms import (
    ACCOUNTS,
    ANSWERS,
    APPLICATION,
    BUNDLE,
    COST_PLAN,
    OPTIONS,
    STATUTES,
    Posted,
    changed,
    refused,
)
from workflow.errors import RouteError
from workflow.funding.forms import Form

SMALL: dict[str, Any] = {
    "form": "small",
    "title": {"de": "Klein"},
    "sections": [
        {
            "code": "a",
            "title": {"de": "A"},
            "fields": [
                {"code": "kind", "type": "choice", "required": True, "label": {"de": "Art"}, "options": [
                    {"code": "club", "label": {"de": "Verein"}},
                    {"code": "person", "label": {"de": "Person"}},
                ]},
                {"code": "club", "type": "text", "required": True, "label": {"de": "Verein"},
                 "shown_when": {"field": "a.kind", "is": ["club"]}},
                {"code": "big", "type": "boolean", "label": {"de": "Gross"},
                 "shown_when": {"field": "a.kind", "is": ["club"]}},
                {"code": "members", "type": "number", "required": True, "label": {"de": "Mitglieder"},
                 "shown_when": {"field": "a.big", "is": True}},
                {"code": "why", "type": "text", "required": True, "label": {"de": "Weshalb"},
                 "shown_when": {"field": "a.members", "above": 100}},
                {"code": "hours", "type": "table", "total": ["pay", "hours"],
                 "label": {"de": "Stunden"}, "columns": [
                    {"code": "hours", "type": "number", "label": {"de": "Stunden"}},
                    {"code": "rate", "type": "money", "label": {"de": "Ansatz"}},
                    {"code": "pay", "type": "money", "computed": ["hours", "rate"],
                     "label": {"de": "Betrag"}},
                ]},
                {"code": "where", "type": "address", "label": {"de": "Adresse"}},
            ],
        }
    ],
}  # fmt: skip
FORM = Form.parse(SMALL, {})


def load(**answers: Any) -> dict[str, Any]:
    return FORM.load({"a": answers})["a"]


def test_a_question_is_asked_after_a_certain_answer_only() -> None:
    assert load(kind="person") == {"kind": "person"}
    assert refused(FORM, {"a": {"kind": "club"}}) == {"a.club": ["required"]}
    assert refused(FORM, {"a": {"kind": "club", "club": "X", "big": True}}) == {"a.members": ["required"]}
    many = {"kind": "club", "club": "X", "big": True, "members": 101}
    assert refused(FORM, {"a": many}) == {"a.why": ["required"]}
    assert load(**{**many, "members": 100})["members"] == 100


def test_what_is_not_asked_is_kept_while_drafting_and_not_submitted() -> None:
    typed = {"kind": "person", "club": "Alter Verein", "big": True, "members": "viele", "why": "So"}
    kept, problems = FORM.load_partial({"a": typed})
    assert kept == {"a": typed}
    assert problems == {}
    assert FORM.load(kept) == {"a": {"kind": "person"}}
    assert FORM.missing(kept) == []


def test_a_condition_hides_what_depends_on_the_hidden() -> None:
    hidden = FORM.hidden({"a": {"kind": "person", "big": True, "members": 500}})
    assert hidden == {"a.club", "a.big", "a.members", "a.why"}


@pytest.mark.parametrize(
    "when",
    [
        {"field": "a.nothing", "is": True},
        {"field": "a.where", "is": True},
        {"field": "a.kind", "above": 3},
        {"field": "a.kind", "is": ["clubs"]},
        {"field": "a.kind"},
        {"field": "a.hours", "is": True},
    ],
)
def test_a_condition_that_can_never_be_asked_is_refused(when: dict[str, Any]) -> None:
    data = deepcopy(SMALL)
    data["sections"][0]["fields"][1]["shown_when"] = when
    with pytest.raises(RouteError, match="form_malformed"):
        Form.parse(data, {})


def test_columns_are_computed_and_totals_added_up() -> None:
    rows = [{"hours": "10", "rate": "85.50", "pay": 1}, {"hours": 2, "rate": 9_000}, {"pay": "7"}]
    read = load(kind="person", hours=rows)["hours"]
    assert [row["pay"] for row in read] == [85_500, 18_000]
    assert load(kind="person", hours=read)["hours"] == read
    table = FORM.fields()["a.hours"]
    assert (table.sum(rows, "pay"), table.sum(rows, "hours")) == (103_500, 12)
    assert table.sum([{"hours": "etwa 3", "rate": "80"}], "pay") == 0


@pytest.mark.parametrize(("what", "value"), [("computed", ["hours", "nothing"]), ("total", "rates")])
def test_a_computation_of_what_is_not_there_is_refused(what: str, value: Any) -> None:
    data = deepcopy(SMALL)
    table = data["sections"][0]["fields"][5]
    (table if what == "total" else table["columns"][2])[what] = value
    with pytest.raises(RouteError, match="form_malformed"):
        Form.parse(data, {})


def test_an_address_is_one_answer_of_three_parts() -> None:
    where = {"street": " Güterstrasse  1 ", "postcode": "CH-4053", "town": "Basel"}
    read = load(kind="person", where=where)["where"]
    assert read == {"street": "Güterstrasse 1", "postcode": "4053", "town": "Basel"}
    assert FORM.fields()["a.where"].as_text(read, "de") == "Güterstrasse 1, 4053 Basel"
    assert load(kind="person", where={"street": "", "town": " "}) == {"kind": "person"}
    wrong = {"a": {"kind": "person", "where": {"postcode": "04053", "town": "Basel"}}}
    assert refused(FORM, wrong) == {"a.where.street": ["required"], "a.where.postcode": ["not_a_postcode"]}
    assert FORM.load_partial(wrong)[0] == wrong
    posted = Posted(("a.where.street", "Weg 1"), ("a.where.town", "Basel"), ("a.kind", "person"))
    assert FORM.parse_html(posted)["a"]["where"] == {"street": "Weg 1", "town": "Basel"}


def test_an_indicator_is_one_of_the_area() -> None:
    targets = [{"goal": "Gut", "indicator": "participants", "value": 20}]
    assert APPLICATION.load(changed("plan.targets", targets))
    targets.append({"goal": "Gut", "indicator": "assignments", "value": 20})
    assert refused(APPLICATION, changed("plan.targets", targets)) == {
        "plan.targets.1.indicator": ["other_group"]
    }
    column = APPLICATION.fields()["plan.targets"].columns[1]
    assert column.unit("participants", "fr") == "personnes"
    assert [option.code for option in column.options if option.fits("interpreting")][-2:] == [
        "assignments",
        "volunteers",
    ]


def test_a_large_application_brings_audit_report_and_board_list() -> None:
    large = changed("financing.requested", 60_000_00)
    large["budget"]["costs"][0]["amount"] = 62_000_00
    assert refused(APPLICATION, large) == {
        "attachments.audit_report": ["file_required"],
        "attachments.board": ["file_required"],
    }
    large["attachments"] |= {"audit_report": [STATUTES], "board": [STATUTES]}
    assert APPLICATION.load(large)
    small = deepcopy(ANSWERS)
    small["attachments"]["audit_report"] = [STATUTES]
    assert APPLICATION.files(APPLICATION.load(small)) == [STATUTES, ACCOUNTS, COST_PLAN]


def labels(part: Any) -> Iterator[Mapping[str, str]]:
    if isinstance(part, Mapping):
        if "de" in part:
            yield part
        for inner in part.values():
            yield from labels(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from labels(inner)


def test_the_application_form_speaks_four_languages() -> None:
    asked = list(labels(BUNDLE.forms["application"]))
    asked += [
        option.label for kind in ("areas", "goals", "target_groups", "indicators") for option in OPTIONS[kind]
    ]
    assert len(asked) > 120
    for one in asked:
        assert set(one) == {"de", "fr", "it", "en"}, one
        assert all(one.values())


def answer(one: Any) -> st.SearchStrategy[Any]:
    """Something that a person might enter into a field, good or bad."""
    if one.type == "table":
        row = st.fixed_dictionaries({}, optional={column.code: answer(column) for column in one.columns})
        return st.lists(row, max_size=3)
    if one.type == "address":
        return st.fixed_dictionaries({}, optional={part.code: answer(part) for part in one.columns})
    codes = [option.code for option in one.options] or ["x"]
    return {
        "boolean": st.booleans(),
        "choice": st.sampled_from([*codes, "nothing"]),
        "indicator": st.sampled_from([*codes, "nothing"]),
        "choices": st.lists(st.sampled_from(codes), max_size=2),
        "file": st.lists(st.just(STATUTES), max_size=1),
        "postcode": st.sampled_from(["4053", "0", ""]),
    }.get(one.type, st.sampled_from(["", "7", "1'200.50", "2027-03-01", "a@b.example", "bald", 5, 60_000_00]))


@pytest.mark.parametrize("form", [FORM, APPLICATION], ids=["small", "application"])
def test_what_is_shown_as_complete_is_accepted_and_only_that(form: Form) -> None:
    """From complete answers with some of them changed: what is kept is judged as `load` judges it."""
    base = ANSWERS if form is APPLICATION else {"a": {"kind": "club", "club": "X"}}
    changes = st.lists(
        st.sampled_from(sorted(form.fields())).flatmap(
            lambda path: st.tuples(st.just(path), answer(form.fields()[path]))
        ),
        max_size=3,
    )

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(changes)
    def check(changes: list[tuple[str, Any]]) -> None:
        answers = deepcopy(base)
        for path, value in changes:
            section, code = path.split(".")
            answers[section][code] = value
        kept, wrong = form.load_partial(answers)
        values, shown = form.judge(kept)
        assert shown.keys() >= wrong.keys()
        assert form.load_partial(kept)[0] == kept
        if shown:
            assert refused(form, kept) == refused(form, answers)
        else:
            assert form.load(kept) == form.load(answers) == form.load(values) == values

    check()
