"""What-if: cut all by so many per cent, or move money, and see who would fit. A link; nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from web.desk.words import Words
from web.exports import As, Column, export
from web.language import gettext as _
from web.security import db, signed_in
from workflow.funding.money import parse_chf
from workflow.funding.what_if import Change, Outcome, Served, what_if
from workflow.store import queries
from workflow.store.queries import MoneyRow, YearOfMoney

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """The question in the address, and its answer; `refusal` says why there is none but today's."""

    year: YearOfMoney
    change: Change
    outcome: Outcome
    refusal: str | None


def page() -> str | tuple[str, int]:
    """The question as a form, the answer below: first those for whom something changes."""
    asked = _ask()
    served = sorted(enumerate(asked.outcome.served, 1), key=lambda one: not one[1].changes)
    shown = render_template(
        "office/what_if.html",
        asked=asked,
        year=asked.year,
        change=asked.change,
        served=served[:SHOWN],
        changed=sum(one.changes for one in asked.outcome.served),
        fits_now=sum(one.fits_now for one in asked.outcome.served),
        fits_then=sum(one.fits_then for one in asked.outcome.served),
        amount=request.args.get("amount", ""),
        words=Words(),
    )
    return (shown, 422) if asked.refusal else shown


def file(kind: str) -> Response:
    """All of them as a file, in the order in which they are served."""
    asked, words = _answered(), Words()
    names, lines = asked.year.names, asked.year.lines
    columns: list[Column[tuple[int, Served]]] = [
        Column(_("Reihenfolge"), lambda row: row[0], As.NUMBER),
        Column(_("Nummer"), lambda row: names[row[1].pending.case_id].number),
        Column(_("Trägerschaft"), lambda row: names[row[1].pending.case_id].organisation),
        Column(_("Förderbereich"), lambda row: words.area(names[row[1].pending.case_id].area)),
        Column(_("Herkunft"), lambda row: words.pot(lines[row[1].pending.line].pot)),
        Column(_("Eingereicht"), lambda row: row[1].pending.submitted_at, As.MOMENT),
        Column(_("Betrag heute"), lambda row: row[1].pending.asks, As.MONEY),
        Column(_("Platz heute"), lambda row: _("ja") if row[1].fits_now else _("nein")),
        Column(_("Betrag dann"), lambda row: row[1].asks_then, As.MONEY),
        Column(_("Platz dann"), lambda row: _("ja") if row[1].fits_then else _("nein")),
    ]
    return export(kind, _named(_("Was wäre wenn"), asked), columns, enumerate(asked.outcome.served, 1))


def left_file(kind: str) -> Response:
    """What is left of each line today, and would be then, as a file."""
    asked, words = _answered(), Words()
    columns: list[Column[tuple[int, MoneyRow]]] = [
        Column(_("Förderbereich"), lambda row: words.area(row[1].area)),
        Column(_("Herkunft"), lambda row: words.pot(row[1].pot)),
        Column(_("heute"), lambda row: asked.outcome.left_now[row[0]], As.MONEY),
        Column(_("dann"), lambda row: asked.outcome.left_then[row[0]], As.MONEY),
    ]
    return export(kind, _named(_("Was übrig bleibt"), asked), columns, asked.year.lines.items())


def _named(title: str, asked: Asked) -> str:
    """A file's name says which question it answers."""
    cut, amount = asked.change.cut, asked.change.amount
    said = [f"{cut}%"] if cut else []
    said += [f"{amount / 100:.2f}CHF"] if amount else []
    return "-".join([title, str(asked.year.year), *said])


def _answered() -> Asked:
    """For a file, which has no room for a refusal: 422 instead of today's figures."""
    asked = _ask()
    return abort(422) if asked.refusal else asked


def _ask() -> Asked:
    given = request.args.get("year", "")
    year = queries.year_of_money(
        db(), signed_in().actor, int(given) if given.isdecimal() and len(given) == 4 else None
    )
    if year is None:
        abort(404)
    left = {line: row.left for line, row in year.lines.items()}
    try:
        change = _change(year)
        return Asked(year, change, what_if(left, year.pending, change), None)
    except ValueError as error:
        refusal = (
            _("So viel ist dort nicht frei. Gezeigt ist, was heute gilt.")
            if str(error) == "more than is left"
            else _("Bitte prüfen Sie die Angaben. Gezeigt ist, was heute gilt.")
        )
        return Asked(year, Change(), what_if(left, year.pending, Change()), refusal)


def _change(year: YearOfMoney) -> Change:
    """What the address asks. Raises ValueError for what is no figure, and no line of this year."""
    cut = int(request.args.get("cut", "") or 0)
    amount = parse_chf(request.args["amount"]) if request.args.get("amount") else 0
    ends = [int(request.args.get(name, "") or 0) or None for name in ("source", "target")]
    if any(end is not None and end not in year.lines for end in ends):
        raise ValueError("no such change")
    if amount and (None in ends or ends[0] == ends[1]):
        raise ValueError("no such change")
    return Change(cut, ends[0], ends[1], amount) if amount else Change(cut)
