"""A report beside its plan: the rows of the budget come first, in their order, each with what it became."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflow.errors import Invalid, Problem, RouteError
from workflow.funding.budget import amount
from workflow.funding.forms import Answers, Form
from workflow.funding.questions import Field

Given = Mapping[str, Any]


def planned(form: Form, application: Given) -> Answers:
    """What a report begins with: the rows that the application planned, nothing of what became of them."""

    def rows(table: Field) -> list[dict[str, Any]]:
        section, code = str(table.plan).split(".")
        taken = {one.code: one.plan for one in table.columns if one.plan}
        there: Sequence[Given] = application.get(section, {}).get(code) or ()
        return [{here: row[plan] for here, plan in taken.items() if plan in row} for row in there]

    return _answers((section, one, rows(one)) for section, one in _tables(form))


def planned_in(form: Form, report: Given) -> Answers:
    """The same of a report that was handed in: whatever is planned since, it stays beside its own plan."""

    def rows(section: str, table: Field) -> list[dict[str, Any]]:
        kept = [one.code for one in table.columns if one.plan]
        there: Sequence[Given] = report.get(section, {}).get(table.code) or ()
        return [{code: row[code] for code in kept if code in row} for row in there if table.is_planned(row)]

    return _answers((section, one, rows(section, one)) for section, one in _tables(form))


def beside(form: Form, answers: Given, plan: Answers) -> dict[str, Any]:
    """These answers with the figures of `plan` (see `planned`) in the first rows, whatever was sent there.

    Raises Invalid (plan_row_missing) where a row of the plan is not there, or another in its place.
    """
    found: dict[str, Any] = dict(answers)
    problems: dict[str, list[Problem]] = {}
    for section, one in _tables(form):
        part = found.get(section) or {}
        given = part.get(one.code) or [] if isinstance(part, Mapping) else None
        if not isinstance(given, list | tuple) or not all(isinstance(row, Mapping) for row in given):
            continue  # the form says what is wrong with it
        rows, figures = plan[section][one.code], one.planned_figures
        if not rows and not given:
            continue
        if len(given) < len(rows) or not all(map(_same, rows, given)):
            problems[f"{section}.{one.code}"] = [Problem("plan_row_missing", {"min": len(rows)})]
        rest = [{code: cell for code, cell in row.items() if code not in figures} for row in given]
        whole = [{**row, **there} for row, there in zip(rest, rows, strict=False)]
        found[section] = {**part, one.code: whole + rest[len(rows) :]}
    if problems:
        raise Invalid(problems)
    return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a report says that a project cost, what others gave, and what was granted; all in Rappen."""

    spent: int
    received: int
    granted: int

    @property
    def settles_at(self) -> int:
        """What the grant comes to by these figures: what was not covered, and no more than was granted."""
        return max(0, min(self.granted, self.spent - self.received))


def outcome(report: Given, granted: int) -> Outcome | None:
    """None where it has no accounts."""
    if not report.get("accounts", {}).get("costs"):
        return None
    return Outcome(
        amount(report, "accounts.costs.spent"), amount(report, "accounts.sources.received"), granted
    )


def check_plan(form: Form, application: Form) -> None:
    """Raises RouteError (form_malformed) for a table of this form whose plan is not in the application."""
    for section, one in _tables(form):
        there = application.fields().get(str(one.plan))
        columns = {column.code for column in there.columns} if there else set()
        if {column.plan for column in one.columns if column.plan} - columns or not one.planned_figures:
            raise RouteError("form_malformed", at=f"{form.code}.{section}.{one.code}", key="plan")


def _tables(form: Form) -> Iterator[tuple[str, Field]]:
    """Those that stand beside a plan, each with its section."""
    return ((section.code, one) for section in form.sections for one in section.fields if one.plan)


def _answers(parts: Iterator[tuple[str, Field, list[dict[str, Any]]]]) -> Answers:
    found: Answers = {}
    for section, one, rows in parts:
        found.setdefault(section, {})[one.code] = rows
    return found


def _same(planned: Given, given: Given) -> bool:
    """The row says nothing else where both say what it is; figures are the plan's alone."""
    return all(given.get(code, cell) == cell for code, cell in planned.items() if isinstance(cell, str))
