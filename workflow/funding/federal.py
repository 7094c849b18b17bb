"""What the yearly report to the federal state adds up of what people wrote: a programme says it as paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflow.errors import RouteError
from workflow.funding.forms import Form


@dataclass(frozen=True, slots=True)
class Summed:
    """Figures that are added up: `planned` of the application, `reached` of the report.

    Paths: section.field, or section.table.column; `by`: the column of both tables that says what is counted.
    """

    planned: str
    reached: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class SemReport:
    """`child`: what a report is called in the routes; it counts once it has ended with `ending`."""

    child: str
    ending: str
    people: Summed
    targets: Summed


def parse_sem_report(raw: Mapping[str, Any] | None) -> SemReport | None:
    """None where a programme adds nothing up."""
    if not raw:
        return None
    return SemReport(raw["child"], raw["ending"], Summed(**raw["people"]), Summed(**raw["targets"]))


def check_sem_report(wanted: SemReport, application: Form, reports: Mapping[str, Form]) -> None:
    """Raises RouteError (form_malformed) for a figure that the application, or one of the forms of such
    reports, does not have. `reports`: by the code of the form."""
    for name, one in (("people", wanted.people), ("targets", wanted.targets)):
        for form, path in ((application, one.planned), *((form, one.reached) for form in reports.values())):
            section, code, *column = f"{path}..".split(".")[:3]
            field = form.fields().get(f"{section}.{code}")
            columns = {part.code: part.type for part in field.columns} if field else {}
            kind = columns.get(column[0]) if field and column[0] else field and field.type
            if kind != "number" or (one.by and columns.get(one.by) != "indicator"):
                raise RouteError("form_malformed", at=f"{form.code}.{path}", key=f"sem_report.{name}")
