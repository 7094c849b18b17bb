"""What the steering group observes, and what the auditor sees: figures, and who read which dossier."""

from __future__ import annotations

from flask import abort, render_template, request

from web.desk.narrowing import narrowing
from web.desk.words import Words
from web.security import db, now, signed_in
from workflow.store import queries
from workflow.texts import ZURICH

QUARTERS = 8
"""So many can be looked back at."""


def steering() -> str:
    """The decisions of a quarter by size, and the figures of every funding area."""
    today = now().astimezone(ZURICH).date()
    year, number = _quarter(request.args.get("quarter", ""), today.year, (today.month + 2) // 3)
    size = request.args.get("size", "M")
    found = queries.quarter(db(), signed_in().actor, year, number, size=size)
    if found is None:
        abort(404)
    latest = today.year * 4 + (today.month + 2) // 3 - 1
    back = range(latest, latest - QUARTERS, -1)
    return render_template(
        "office/steering.html",
        found=found,
        chosen=f"{year}-{number}",
        size=size,
        quarters=[(f"{one // 4}-{one % 4 + 1}", f"{one % 4 + 1}/{one // 4}") for one in back],
        words=Words(),
    )


def reads() -> str:
    """Who of the staff has read which dossier."""
    narrowed = narrowing("number", "person")
    given = narrowed.given
    found = queries.reads(
        db(),
        signed_in().actor,
        number=given.get("number", ""),
        person=given.get("person", ""),
        after=request.args.get("after"),
    )
    if found is None:
        abort(404)
    return render_template("office/reads.html", found=found, narrowed=narrowed, words=Words())


def _quarter(text: str, year: int, number: int) -> tuple[int, int]:
    """What «2026-3» says; anything else is the present quarter."""
    first, _, second = text.partition("-")
    if len(first) == 4 and first.isdecimal() and first.isascii() and second in ("1", "2", "3", "4"):
        return max(2000, min(2200, int(first))), int(second)
    return year, number
