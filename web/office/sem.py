"""The yearly report to the federal state (SEM): a year in figures, each with the way to its cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from web.desk.words import Words
from web.exports import Column, export
from web.language import gettext as _
from web.office import columns
from web.security import db, now, signed_in
from workflow.store import queries
from workflow.store.queries import MoneyRow, SemReportFigures
from workflow.texts import ZURICH

LAST_MONTH = 4
"""Until its end the report of the year before is due; so it is said, nobody has read the circular yet."""

PARTS = "any(areas, groups, targets, money):part"


def sem() -> str:
    """One year's, at first of the year whose report is due next."""
    found, words = _found(), Words()
    return render_template(
        "office/sem.html",
        found=found,
        years=sorted({*found.years, found.year}, reverse=True),
        areas=[(code, list(rows)) for code, rows in groupby(found.areas, key=lambda row: row.sem)],
        targets=[(code, list(rows)) for code, rows in groupby(found.targets, key=lambda row: row.sem)],
        money=[(pot, _of_pot(found, pot, words)) for pot in dict.fromkeys(row.pot for row in found.money)],
        sums=queries.sem_total,
        added_up=queries.added_up,
        missing=found.total.granted - found.total.reported if words.programme.sem_report else 0,
        words=words,
    )


def sem_file(part: str, kind: str) -> Response:
    """One of its tables as a file."""
    found, words = _found(), Words()
    tables: dict[str, tuple[str, list[Column[Any]], Sequence[Any]]] = {
        "areas": (_("Förderbereiche"), columns.of_sem_areas(words), found.areas),
        "groups": (_("Zielgruppen"), columns.of_sem_groups(words), found.groups),
        "targets": (_("Messbare Ziele"), columns.of_sem_targets(words), found.targets),
        "money": (_("Geld"), columns.of_sem_money(words), found.money),
    }
    name, of_it, rows = tables[part]
    return export(kind, f"SEM-{found.year}-{name}", of_it, rows)


def _found() -> SemReportFigures:
    found = queries.sem_report(db(), signed_in().actor, _year(now().astimezone(ZURICH).date()))
    return found if found is not None else abort(404)


def _year(today: date) -> int:
    """The year that is asked for; any other text is the one whose report is due next."""
    text = request.args.get("year", "")
    if len(text) == 4 and text.isdecimal() and text.isascii():
        return int(text)
    return today.year - (today.month <= LAST_MONTH)


def _of_pot(found: SemReportFigures, pot: str, words: Words) -> list[tuple[str, list[MoneyRow]]]:
    """A pot's lines by federal area."""
    lines = (row for row in found.money if row.pot == pot)
    return [(sem, list(rows)) for sem, rows in groupby(lines, key=lambda row: words.sem_of(row.area))]
