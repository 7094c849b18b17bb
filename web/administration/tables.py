"""The tables of the administration as files: what of the programme stands in which column."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from flask import abort
from werkzeug.wrappers import Response

from web.administration.calls import state
from web.administration.carrying import movable
from web.administration.figures import named_route
from web.administration.parts import there
from web.administration.places import years_shown
from web.desk.words import Words
from web.exports import As, Column, export
from web.language import gettext as _
from web.language import lang
from web.part_names import Named
from web.screens import closing
from workflow.funding.programme import Area, Call, Ceiling, Office, Size
from workflow.store.queries import ProgrammeParts
from workflow.texts import label

Table = tuple[str, list[Column[Any]], Iterable[Any]]


def table_file(table: str, kind: str) -> Response:
    """The table of this page as a file; 404 for pages without one."""
    made = TABLES.get(table)
    return export(kind, *made(there())) if made else abort(404)


def _limits(found: ProgrammeParts) -> Table:
    columns: list[Column[Size]] = [
        Column(_("Grösse"), lambda row: row.code),
        Column(_("Gilt ab"), lambda row: row.valid_from, As.DAY),
        Column(_("Höchstens"), lambda row: row.most, As.MONEY),
        Column(_("Höchstens im Jahr"), lambda row: row.most_a_year, As.MONEY),
        Column(_("Verfahren"), lambda row: named_route(found.parts, row.route) if row.route else ""),
    ]
    return _("Limiten"), columns, sorted(found.programme.sizes, key=lambda one: (one.code, one.valid_from))


def _credits(found: ProgrammeParts) -> Table:
    words = Words()
    columns: list[Column[Ceiling]] = [
        Column(_("Jahr"), lambda row: row.year, As.NUMBER),
        Column(_("Förderbereich"), lambda row: words.area(row.area)),
        Column(_("Herkunft"), lambda row: words.pot(row.pot)),
        Column(_("Kredit"), lambda row: row.amount, As.MONEY),
        Column(_("Übertrag"), lambda row: row.carried, As.MONEY),
    ]
    return _("Kredite"), columns, sorted(found.programme.ceilings, key=lambda one: one.year)


def _carried(_found: ProgrammeParts) -> Table:
    words = Words()
    columns: list[Column[Any]] = [
        Column(_("Jahr"), lambda row: row.line.year, As.NUMBER),
        Column(_("Förderbereich"), lambda row: words.area(row.line.area)),
        Column(_("Herkunft"), lambda row: words.pot(row.line.pot)),
        Column(_("frei"), lambda row: row.line.left, As.MONEY),
        Column(_("geht ins nächste Jahr"), lambda row: row.goes_on, As.MONEY),
        Column(_("höchstens"), lambda row: row.most, As.MONEY),
    ]
    return _("Übertrag"), columns, movable()


def _areas(found: ProgrammeParts) -> Table:
    labels = found.programme.labels
    columns: list[Column[Area]] = [
        Column(_("Kürzel"), lambda row: row.code),
        Column(_("Förderbereich"), lambda row: label(row.title, lang())),
        Column(_("Themengebiet"), lambda row: label(labels["themes"][row.theme], lang())),
        Column(_("Förderbereich des Bundes"), lambda row: label(labels["sem_areas"][row.sem], lang())),
        Column(_("Ziele"), lambda row: len(row.goals), As.NUMBER),
    ]
    return _("Förderbereiche"), columns, found.programme.areas.values()


def _offices(found: ProgrammeParts) -> Table:
    departments = found.programme.labels["departments"]
    columns: list[Column[Office]] = [
        Column(_("Kürzel"), lambda row: row.code),
        Column(_("Verwaltungsstelle"), lambda row: label(row.title, lang())),
        Column(_("Departement"), lambda row: label(departments[row.department], lang())),
        Column(_("E-Mail"), lambda row: row.mail),
        Column(_("Eigene Vorhaben"), lambda row: _("ja") if row.own_measures else _("nein")),
    ]
    return _("Verwaltungsstellen"), columns, found.programme.offices.values()


def _holidays(found: ProgrammeParts) -> Table:
    raw = found.parts["programme/holidays"]["extra"]
    extra = {one["day"] if isinstance(one, dict) else one for one in raw}
    columns: list[Column[tuple[date, str]]] = [
        Column(_("Tag"), lambda row: row[0], As.DAY),
        Column(_("Name"), lambda row: row[1]),
        Column(_("Woher"), lambda row: _("eigener Tag") if row[0].isoformat() in extra else _("gesetzlich")),
    ]
    years = years_shown()
    named = found.programme.holiday_names(years, lang())
    return _("Feiertage"), columns, sorted(one for one in named.items() if one[0].year in years)


def _calls(found: ProgrammeParts) -> Table:
    states = {"coming": _("kommt"), "open": _("offen"), "closed": _("geschlossen")}
    columns: list[Column[Call]] = [
        Column(_("Kürzel"), lambda row: row.code),
        Column(_("Ausschreibung"), lambda row: label(row.title, lang())),
        Column(_("Jahr"), lambda row: row.year, As.NUMBER),
        Column(_("Öffnet"), lambda row: row.opens, As.MOMENT),
        Column(_("Schliesst"), lambda row: closing(row.closes)),
        Column(_("Stand"), lambda row: states[state(row)]),
        Column(_("Formular"), lambda row: row.form),
    ]
    calls = sorted(found.programme.calls.values(), key=lambda one: one.opens, reverse=True)
    return _("Ausschreibungen"), columns, calls


def _parts(found: ProgrammeParts) -> Table:
    named = Named()
    columns: list[Column[tuple[str, Any]]] = [
        Column(_("Art"), lambda row: named.kind(row[0].partition("/")[0])),
        Column(_("Kürzel"), lambda row: row[0].partition("/")[2]),
        Column(_("Name"), lambda row: named.part(*row)),
    ]
    return _("Programm"), columns, found.parts.items()


TABLES: dict[str, Callable[[ProgrammeParts], Table]] = {
    "limits": _limits,
    "credits": _credits,
    "carried": _carried,
    "areas": _areas,
    "offices": _offices,
    "holidays": _holidays,
    "calls": _calls,
    "parts": _parts,
}
"""By the page's name."""
