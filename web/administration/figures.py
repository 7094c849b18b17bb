"""Sizes with their limits and the day from which they count; the credits of each year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from web.administration.offering import offer, send
from web.administration.parts import there
from web.administration.reading import Posted, next_new_year
from web.desk.words import Words
from web.language import gettext
from web.office.checking import Finding
from web.part_names import Named
from web.security import db, now, signed_in
from workflow.funding.programme import Size
from workflow.proposing import may_propose
from workflow.store import queries
from workflow.texts import ZURICH

Line = tuple[str, str]
"""Area and pot."""


@dataclass(frozen=True, slots=True)
class SizeRow:
    """`until`: the first day on which another row counts, None: none is foreseen; `counts`: today."""

    size: Size
    until: date | None
    counts: bool
    coming: bool


def limits() -> str:
    """Which limits count from when on."""
    return _limits()


def change_limit() -> Response | tuple[str, int]:
    """Propose another limit for a size, from a day on; the row that counts before stays."""
    found, read = there(), Posted()
    _require("programme/sizes")
    code = read.choice("size", gettext("Grösse"), {size.code for size in found.programme.sizes})
    since = read.day("since", gettext("Gilt ab"))
    before: dict[str, Any] = next(
        (row for row in reversed(found.parts["programme/sizes"]) if row["code"] == code), {}
    )
    endless = before.get("max", 0) is None
    most = read.money("most", gettext("Höchstens"), blank=endless)
    a_year = read.money("most_a_year", gettext("Höchstens im Jahr"), blank=True)
    if since and since <= _today():
        read.wrong(gettext("Gilt ab"), gettext("Der Tag muss in der Zukunft liegen."))
    if read.findings or since is None:
        return _limits(read.findings), 422
    row = {**before, "max": most, "valid_from": since.isoformat()}
    row.pop("max_a_year", None)
    if a_year is not None:
        row["max_a_year"] = a_year
    kept = [
        one
        for one in found.parts["programme/sizes"]
        if (one["code"], one["valid_from"]) != (code, row["valid_from"])
    ]
    done = send({"programme/sizes": [*kept, row]})
    return done if isinstance(done, Response) else (_limits(done), 422)


def _limits(findings: list[Finding] | None = None) -> str:
    found, today = there(), _today()
    sizes = found.programme.sizes
    rows = []
    for size in sorted(sizes, key=lambda one: (_place(sizes, one.code), one.valid_from)):
        later = [
            one.valid_from for one in sizes if one.code == size.code and one.valid_from > size.valid_from
        ]
        until = min(later, default=None)
        counts = size.valid_from <= today and (until is None or today < until)
        rows.append(SizeRow(size, until, counts, size.valid_from > today))
    return render_template(
        "administration/limits.html",
        rows=rows,
        codes=list(dict.fromkeys(row.size.code for row in rows)),
        offer=offer(found.hash, findings or ()),
        since=next_new_year(today),
        may_propose=may_propose(signed_in().actor, "programme/sizes"),
        typed=request.form,
        routes={code: named_route(found.parts, code) for code in {size.route for size in sizes} if code},
    )


def named_route(parts: Mapping[str, Any], code: str) -> str:
    """What a route calls itself."""
    return Named().title(code, parts.get(f"routes/{code}"))


def _place(sizes: tuple[Size, ...], code: str) -> int:
    return next(number for number, size in enumerate(sizes) if size.code == code)


def credits() -> str:
    """The credits of a year, area by area."""
    return _credits()


def change_credits() -> Response | tuple[str, int]:
    """Propose other credits for a year."""
    found, read = there(), Posted()
    _require("programme/ceilings")
    year = asked_year(found.programme.years)
    amounts = posted_amounts(read, found.programme)
    if read.findings:
        return _credits(read.findings), 422
    changed = with_year(found.parts["programme/ceilings"], year, amounts)
    done = send({"programme/ceilings": changed})
    return done if isinstance(done, Response) else (_credits(done), 422)


def _credits(findings: list[Finding] | None = None) -> str:
    found = there()
    year = asked_year(found.programme.years)
    used = {
        (row.area, row.pot): row.reserved + row.committed + row.paid
        for row in queries.credits(db(), signed_in().actor) or ()
        if row.year == year
    }
    return render_template(
        "administration/credits.html",
        programme_now=found.programme,
        year=year,
        amounts=amounts_of(found.programme, year),
        used=used,
        offer=offer(found.hash, findings or ()),
        may_propose=may_propose(signed_in().actor, "programme/ceilings"),
        typed=request.form,
        words=Words(),
    )


def amounts_of(programme: Any, year: int) -> dict[Line, int]:
    """The credits of a year, in Rappen."""
    return {(one.area, one.pot): one.amount for one in programme.ceilings if one.year == year}


def posted_amounts(read: Posted, programme: Any) -> dict[Line, int]:
    """What was typed for each area and pot of the programme, in Rappen."""
    words, typed = Words(), {}
    for area in programme.areas:
        for pot in programme.labels["pots"]:
            amount = read.money(f"{area}.{pot}", f"{words.area(area)}, {words.pot(pot)}")
            typed[area, pot] = amount or 0
    return typed


def with_year(ceilings: list[dict[str, Any]], year: int, amounts: Mapping[Line, int]) -> list[dict[str, Any]]:
    """The programme's credits with these for one year."""
    kept = []
    for row in deepcopy(ceilings):
        row["years"] = [one for one in row["years"] if one != year]
        kept += [row] if row["years"] else []
    areas: dict[str, dict[str, int]] = {}
    for (area, pot), amount in amounts.items():
        areas.setdefault(area, {})[pot] = amount
    return kept + [{"years": [year], "area": area, "amounts": pots} for area, pots in areas.items()]


def asked_year(years: Sequence[int]) -> int:
    """The one of these years that is asked for; without a wish the present one, or the nearest; else 404."""
    wanted = request.values.get("year", str(min(max(this_year(), years[0]), years[-1])))
    return int(wanted) if wanted in map(str, years) else abort(404)


def _require(name: str) -> None:
    if not may_propose(signed_in().actor, name):
        abort(403)


def this_year() -> int:
    """By the clock in Zurich."""
    return _today().year


def _today() -> date:
    return now().astimezone(ZURICH).date()
