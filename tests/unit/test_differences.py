"""Before and after of answers, and what of last year's application goes into this year's."""

from __future__ import annotations

from typing import Any

from workflow.funding.differences import carried_over, differences, with_figures
from workflow.funding.forms import Form

LABEL = {"de": "x"}
FORM = Form.parse(
    {
        "form": "small",
        "title": LABEL,
        "sections": [
            {
                "code": "a",
                "title": LABEL,
                "fields": [
                    {"code": "name", "type": "text", "label": LABEL},
                    {"code": "on", "type": "date", "label": LABEL},
                    {"code": "paper", "type": "file", "accept": ["pdf"], "label": LABEL},
                    {"code": "true", "type": "boolean", "must_be": True, "label": LABEL},
                    {"code": "extra", "type": "boolean", "label": LABEL},
                    {"code": "reached", "type": "number", "label": LABEL},
                ],
            }
        ],
    },
    {},
)


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    found = differences(FORM, {"a": before}, {"a": after})
    return [(one.field.code, one.before, one.after) for one in found]


def test_only_what_differs_is_named_in_the_order_of_the_form() -> None:
    before = {"name": "Park", "reached": 10, "extra": False}
    assert changed(before, {"reached": 12, "name": "Hof"}) == [("name", "Park", "Hof"), ("reached", 10, 12)]
    assert changed(before, {"name": "Park", "reached": 10}) == []
    assert changed({}, {"reached": 0}) == [("reached", None, 0)]


def test_a_copy_moves_its_dates_and_leaves_out_files_and_declarations() -> None:
    before = {"a": {"name": "Park", "on": "2024-02-29", "paper": ["x"], "true": True, "gone": 1}}
    assert carried_over(FORM, before, 1) == {"a": {"name": "Park", "on": "2025-02-28"}}
    assert carried_over(FORM, {"a": {"on": "bald"}}, 1) == {"a": {"on": "bald"}}


def test_figures_of_a_report_are_filled_in_where_both_sides_have_them() -> None:
    report, answers = {"results": {"people": 7}}, {"a": {"name": "Park"}}
    figures = {"a.reached": "results.people", "a.nothing": "results.people", "a.name": "results.none"}
    assert with_figures(FORM, answers, report, figures) == {"a": {"name": "Park", "reached": 7}}
    assert answers == {"a": {"name": "Park"}}
