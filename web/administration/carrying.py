"""What is left of a year's credits and goes on to the next year: proposed, with its reason, as any change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from web.administration.figures import Line, asked_year, posted_amounts
from web.administration.offering import offer, send
from web.administration.parts import there
from web.administration.reading import Posted
from web.desk.words import Words
from web.language import gettext as _
from web.office.checking import Finding
from web.security import db, signed_in
from workflow.funding.money import format_chf
from workflow.proposing import may_propose
from workflow.store import queries
from workflow.store.queries import MoneyRow, ProgrammeParts

PART = "programme/carried"


@dataclass(frozen=True, slots=True)
class Movable:
    """A budget line with what of it goes on to the next year, in Rappen."""

    line: MoneyRow
    goes_on: int

    @property
    def most(self) -> int:
        """What could go on: what goes on already, and what is free."""
        return self.goes_on + self.line.left


def carried() -> str:
    """What of a year is left, and what of it goes on."""
    return _page()


def change_carried() -> Response | tuple[str, int]:
    """Propose what of a year goes on to the next."""
    found, read = there(), Posted()
    if not may_propose(signed_in().actor, PART):
        abort(403)
    year = _year(found)
    amounts = posted_amounts(read, found.programme)
    words = Words()
    most = {(one.line.area, one.line.pot): one.most for one in movable() if one.line.year == year}
    for (area, pot), amount in amounts.items():
        if amount > most.get((area, pot), 0):
            says = _("Höchstens %(amount)s sind frei.", amount=format_chf(most.get((area, pot), 0)))
            read.wrong(f"{words.area(area)}, {words.pot(pot)}", says)
    if read.findings:
        return _page(read.findings), 422
    done = send({PART: _with_year(found.parts.get(PART, []), year, amounts)})
    return done if isinstance(done, Response) else (_page(done), 422)


def movable() -> list[Movable]:
    """Every budget line, with what goes on from it."""
    goes_on = {
        (one["year"], one["area"], pot): amount
        for one in there().parts.get(PART, [])
        for pot, amount in one["amounts"].items()
    }
    lines = queries.credits(db(), signed_in().actor) or []
    return [Movable(line, goes_on.get((line.year, line.area, line.pot), 0)) for line in lines]


def _page(findings: list[Finding] | None = None) -> str:
    found = there()
    year = _year(found)
    return render_template(
        "administration/carried.html",
        years=_years(found),
        year=year,
        rows=[one for one in movable() if one.line.year == year],
        offer=offer(found.hash, findings or ()),
        may_propose=may_propose(signed_in().actor, PART),
        typed=request.form,
        words=Words(),
    )


def _with_year(carried: list[dict[str, Any]], year: int, amounts: Mapping[Line, int]) -> list[dict[str, Any]]:
    """What goes on of all years, with these amounts for one of them."""
    areas: dict[str, dict[str, int]] = {}
    for (area, pot), amount in amounts.items():
        if amount:
            areas.setdefault(area, {})[pot] = amount
    kept = [one for one in carried if one["year"] != year]
    return kept + [{"year": year, "area": area, "amounts": pots} for area, pots in areas.items()]


def _years(found: ProgrammeParts) -> list[int]:
    """Those behind which another one of the programme comes."""
    return [year for year in found.programme.years if year + 1 in found.programme.years]


def _year(found: ProgrammeParts) -> int:
    return asked_year(_years(found) or abort(404))
