"""What differs between two versions of the same answers, and what of last year's goes into this year's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from workflow.funding.budget import amount
from workflow.funding.forms import Form
from workflow.funding.questions import Field, Section

Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One answer that differs; `before` and `after` are answers as stored, None where there is none."""

    section: Section
    field: Field
    before: Any
    after: Any


def differences(form: Form, before: Answers, after: Answers) -> list[Change]:
    """The fields of the form whose answers differ, in its order; unanswered is as good as empty."""
    found = []
    for section in form.sections:
        for one in section.fields:
            old, new = (answers.get(section.code, {}).get(one.code) for answers in (before, after))
            if old != new and not (_blank(old) and _blank(new)):
                found.append(Change(section, one, old, new))
    return found


def _blank(value: Any) -> bool:
    return value is None or value is False or value in ("", [])


def carried_over(form: Form, before: Answers, years: int) -> dict[str, dict[str, Any]]:
    """Answers for a new application from an earlier one: dates so many years later.

    Left out: files, which belong to the earlier one, declarations, which are made anew, and unknown fields.
    """
    found: dict[str, dict[str, Any]] = {}
    for path, one in form.fields().items():
        section, code = path.split(".")
        value = before.get(section, {}).get(code)
        if value is None or one.type == "file" or one.must_be:
            continue
        found.setdefault(section, {})[code] = _later(value, years) if one.type == "date" else value
    return found


def _later(day: Any, years: int) -> Any:
    """What cannot be read as a day stays as it was typed."""
    try:
        return years_later(date.fromisoformat(str(day)), years).isoformat()
    except ValueError:
        return day


def years_later(day: date, years: int) -> date:
    """The same day so many years later, the last of February where there is no 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def with_figures(form: Form, answers: Answers, report: Answers, figures: Mapping[str, str]) -> dict[str, Any]:
    """The answers with figures of a report filled in. `figures`: path in the form → path in the
    report, of a figure or of a table's column, which is added up."""
    found: dict[str, Any] = {section: dict(part) for section, part in answers.items()}
    for path, source in figures.items():
        section, code = path.split(".")
        there, name, *_ = source.split(".")
        if path in form.fields() and report.get(there, {}).get(name) is not None:
            found.setdefault(section, {})[code] = amount(report, source)
    return found
