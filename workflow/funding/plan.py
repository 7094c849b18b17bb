"""A report beside its plan: the rows of the budget come first, in their order, each with what it became."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from marshmallow import ValidationError

from workflow.errors import Invalid, Problem, RouteError
from workflow.funding.answers import MOST, MOST_MONEY, READERS, Limits
from workflow.funding.budget import amount
from workflow.funding.forms import Answers, Form
from workflow.funding.questions import Field

Given = Mapping[str, Any]


def planned(form: Form, application: Given) -> Answers:
    """What a report begins with: the rows that the application planned, nothing of what became of them.

    Of an application that was written in an earlier version, without the cells that this form does not take:
    whoever reports says those themselves.
    """

    def cells(table: Field, row: Given) -> Iterator[tuple[str, Any]]:
        for column in table.columns:
            cell = _read(column, row.get(column.plan)) if column.plan else None
            if cell is not None:
                yield column.code, cell

    def rows(table: Field) -> list[dict[str, Any]]:
        section, code = str(table.plan).split(".")
        there: Sequence[Given] = application.get(section, {}).get(code) or ()
        return [dict(cells(table, row)) for row in there]

    return _answers((section, one, rows(one)) for section, one in _tables(form))


def planned_in(form: Form, report: Given) -> Answers:
    """The same of a report that was handed in: whatever is planned since, it stays beside its own plan."""

    def rows(section: str, table: Field) -> list[dict[str, Any]]:
        kept = [one.code for one in table.columns if one.plan]
        there: Sequence[Given] = report.get(section, {}).get(table.code) or ()
        return [{code: row[code] for code in kept if code in row} for row in there if table.is_planned(row)]

    return _answers((section, one, rows(section, one)) for section, one in _tables(form))


def beside(form: Form, answers: Given, plan: Given) -> dict[str, Any]:
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
        columns = {column.code: column for column in one.columns}
        if len(given) < len(rows) or not all(map(partial(_same, columns), rows, given)):
            problems[f"{section}.{one.code}"] = [Problem("plan_row_missing", {"min": len(rows)})]
        rest = [{code: cell for code, cell in row.items() if code not in figures} for row in given]
        whole = [{**row, **there} for row, there in zip(rest, rows, strict=False)]
        found[section] = {**part, one.code: whole + rest[len(rows) :]}
    if problems:
        raise Invalid(problems)
    return found


def restored(form: Form, answers: Given, plan: Given) -> dict[str, Any]:
    """The same of a draft, whatever became of its rows or of the plan since: the plan's rows come first, each
    with what was written in it, and the draft's own behind them."""
    found: dict[str, Any] = {section: dict(part) for section, part in answers.items()}
    for section, one in _tables(form):
        figures, columns = one.planned_figures, {column.code: column for column in one.columns}
        left = [dict(row) for row in found.get(section, {}).get(one.code) or () if isinstance(row, Mapping)]
        rows = []
        for there in plan[section][one.code]:
            mine = next((row for row in left if _same(columns, there, row)), None)
            if mine is not None:
                left.remove(mine)
            rows.append({**(mine or {}), **there})
        own = [{code: cell for code, cell in row.items() if code not in figures} for row in left]
        found.setdefault(section, {})[one.code] = rows + own
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
    """Raises RouteError (form_malformed) for a table of this form whose plan is not in the application, or
    that could not take all that may be planned there: nobody could hand in such a report."""
    for path, one in form.fields().items():
        there = application.fields().get(str(one.plan))
        if not one.plan and not any(column.plan for column in one.columns):
            continue
        if (
            there is None
            or not one.planned_figures
            or one.shown_when
            or (one.most or 100) < (there.most or 100)
        ):
            raise RouteError("form_malformed", at=f"{form.code}.{path}", key="plan")
        columns = {column.code: column for column in there.columns}
        for column in one.columns:
            if column.plan and not _takes(column, columns.get(column.plan)):
                raise RouteError("form_malformed", at=f"{form.code}.{path}.{column.code}", key="plan")
            if column.required and column.code in one.planned_figures:  # what was not planned has none
                raise RouteError("form_malformed", at=f"{form.code}.{path}.{column.code}", key="required")


def _takes(column: Field, planned: Field | None) -> bool:
    """Everything that may stand in the planned column may stand in this one."""
    if planned is None or planned.type != column.type:
        return False
    codes = {option.code for option in column.options}
    most = 500 if column.type == "text" else MOST_MONEY if column.type == "money" else MOST
    return (
        codes >= {option.code for option in planned.options}
        and (column.least or 0) <= (planned.least or 0)
        and (most if column.most is None else column.most) >= (most if planned.most is None else planned.most)
    )


def _tables(form: Form) -> Iterator[tuple[str, Field]]:
    """Those that stand beside a plan, each with its section."""
    return ((section.code, one) for section in form.sections for one in section.fields if one.plan)


def _answers(parts: Iterator[tuple[str, Field, list[dict[str, Any]]]]) -> Answers:
    found: Answers = {}
    for section, one, rows in parts:
        found.setdefault(section, {})[one.code] = rows
    return found


def _same(columns: Mapping[str, Field], planned: Given, given: Given) -> bool:
    """The row says nothing else where both say what it is; figures are the plan's alone."""
    return all(
        code not in given or _read(columns[code], given[code]) == cell
        for code, cell in planned.items()
        if isinstance(cell, str)
    )


def _read(column: Field, cell: Any) -> Any:
    """The cell as this column keeps it; None where it does not take it."""
    codes = frozenset(option.code for option in column.options)
    try:
        return READERS[column.type](cell, Limits(least=column.least, most=column.most, choices=codes))
    except ValidationError:
        return None
