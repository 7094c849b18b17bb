"""What organisations have to pay back of settled grants."""

from __future__ import annotations

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from web.desk.words import Words
from web.exports import PAGE_ROWS, As, Column, every, export
from web.language import gettext as _
from web.security import db, now, signed_in
from workflow.store import queries
from workflow.store.queries import Repayment, Repayments
from workflow.texts import ZURICH


def repayments() -> str:
    """The longest owed first."""
    return render_template(
        "office/repayments.html",
        found=_found(request.args.get("after")),
        words=Words(),
        today=now().astimezone(ZURICH).date(),
        finance=signed_in().actor.has_role("finance"),
    )


def repayments_file(kind: str) -> Response:
    """The same as a file."""
    words = Words()
    columns: list[Column[Repayment]] = [
        Column(_("Nummer"), lambda row: row.number),
        Column(_("Trägerschaft"), lambda row: row.organisation),
        Column(_("Förderbereich"), lambda row: words.area(row.area)),
        Column(_("Abgerechnet"), lambda row: row.since, As.MOMENT),
        Column(_("Zurückzuzahlen bis"), lambda row: row.until, As.DAY),
        Column(_("ausbezahlt"), lambda row: row.paid, As.MONEY),
        Column(_("zurückzuzahlen"), lambda row: row.amount, As.MONEY),
    ]
    return export(kind, _("Rückforderungen"), columns, every(lambda after: _found(after, PAGE_ROWS)))


def _found(after: str | None, limit: int = 50) -> Repayments:
    found = queries.repayments(db(), signed_in().actor, after=after, limit=limit)
    return found if found is not None else abort(404)
