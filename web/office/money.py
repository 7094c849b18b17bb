"""The money: every budget line by year, area and pot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import Response as Drawing
from flask import abort, render_template
from werkzeug.wrappers import Response

from web.desk.words import Words
from web.exports import export
from web.language import gettext as _
from web.office import columns
from web.screens import programme
from web.security import db, now, signed_in
from workflow.funding.money import format_amount
from workflow.interchange.waterfall import Fall, waterfall
from workflow.store import queries
from workflow.store.queries import MoneyRow


@dataclass(frozen=True, slots=True)
class Year:
    """A year's money by area or pot, and its total (a row of no area)."""

    year: int
    rows: tuple[MoneyRow, ...]
    total: MoneyRow


def money() -> str:
    """Every budget line by year, area and pot."""
    return render_template("office/money.html", years=years_of(_lines()), words=Words())


def money_file(kind: str) -> Response:
    """The same as a file."""
    return export(kind, _("Geld"), columns.of_money(Words()), _lines())


def picture(year: int) -> Drawing:
    """What each area's credit of a year loses until what is left: a picture of the table."""
    words = Words()
    rows = [row for row in queries.by_area(_lines()) if row.year == year]
    if not rows:
        abort(404)
    falls = [Fall(words.area(row.area), row.whole, (row.paid, row.committed, row.reserved)) for row in rows]
    figures = [
        [format_amount(one) for one in (row.whole, row.paid, row.committed, row.reserved, row.left)]
        for row in rows
    ]
    steps = (_("Kredit mit Übertrag"), _("ausbezahlt"), _("zugesichert"), _("reserviert"), _("frei"))
    return Drawing(waterfall(falls, steps, figures), content_type="image/svg+xml; charset=utf-8")


def years_of(lines: Sequence[MoneyRow]) -> list[Year]:
    """Budget lines by year, the newest year first, each with its total."""
    ordered = sorted(lines, key=lambda line: -line.year)
    return [_year(year, tuple(rows)) for year, rows in groupby(ordered, key=lambda line: line.year)]


def running(years: Sequence[Year]) -> list[Year]:
    """The years whose money an open call, or a case on its way, is about; the newest when there is none."""
    open_years = {call.year for call in programme().calls.values() if call.is_open(now())}
    shown = [one for one in years if one.year in open_years or one.total.reserved]
    return shown or list(years[:1])


def _lines() -> list[MoneyRow]:
    lines = queries.money(db(), signed_in().actor)
    return lines if lines is not None else abort(404)


def _year(year: int, rows: tuple[MoneyRow, ...]) -> Year:
    return Year(year, rows, queries.added_up(year, "", rows))
