"""What the steering group observes, and what the auditor sees: figures, and who read which dossier."""

from __future__ import annotations

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from web.desk.narrowing import narrowing
from web.desk.words import Words
from web.exports import every, export
from web.language import gettext as _
from web.office import columns
from web.security import db, now, signed_in
from workflow.store import queries
from workflow.texts import ZURICH

QUARTERS = 8
"""So many can be looked back at."""


def steering() -> str:
    """The decisions of a quarter by size, and the figures of every funding area."""
    year, number, size, found = _asked()
    today = now().astimezone(ZURICH).date()
    latest = today.year * 4 + (today.month + 2) // 3 - 1
    back = range(latest, latest - QUARTERS, -1)
    return render_template(
        "office/steering.html",
        found=found,
        chosen=f"{year}-{number}",
        year=year,
        size=size,
        quarters=[(f"{one // 4}-{one % 4 + 1}", f"{one % 4 + 1}/{one // 4}") for one in back],
        sees_year=signed_in().actor.has_role(*queries.OVERVIEW),
        words=Words(),
    )


def steering_file(kind: str) -> Response:
    """The decisions of the quarter as a file."""
    words = Words()
    year, number, size, found = _asked()
    known = [code for code, _title in words.options("sizes") if code == size]
    name = "-".join([_("Quartal"), f"{year}-{number}", *known])
    return export(kind, name, columns.of_decided(words), found.decided)


def areas_file(kind: str) -> Response:
    """The figures of every funding area as a file."""
    year, number, _size, found = _asked()
    name = "-".join([_("Kennzahlen"), f"{year}-{number}"])
    return export(kind, name, columns.of_areas(Words(), year), found.areas)


def reads_file(kind: str) -> Response:
    """The same as a file."""
    return export(kind, _("Einsicht"), columns.of_reads(Words()), every(_reads))


def reads() -> str:
    """Who of the staff has read which dossier."""
    found = _reads(request.args.get("after"))
    return render_template(
        "office/reads.html", found=found, narrowed=narrowing("number", "person"), words=Words()
    )


def _asked() -> tuple[int, int, str, queries.Quarter]:
    """(year, quarter, size, what there is); 404 for who does not observe."""
    today = now().astimezone(ZURICH).date()
    year, number = _quarter(request.args.get("quarter", ""), today.year, (today.month + 2) // 3)
    size = request.args.get("size", "M")
    found = queries.quarter(db(), signed_in().actor, year, number, size=size)
    return (year, number, size, found) if found is not None else abort(404)


def _reads(after: str | None) -> queries.Reads:
    given = narrowing("number", "person").given
    number, person = given.get("number", ""), given.get("person", "")
    found = queries.reads(db(), signed_in().actor, number=number, person=person, after=after)
    return found if found is not None else abort(404)


def _quarter(text: str, year: int, number: int) -> tuple[int, int]:
    """What «2026-3» says; anything else is the present quarter."""
    first, _, second = text.partition("-")
    if len(first) == 4 and first.isdecimal() and first.isascii() and second in ("1", "2", "3", "4"):
        return max(2000, min(2200, int(first))), int(second)
    return year, number
