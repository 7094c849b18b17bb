"""Which reports on grants are still to come, and which are late."""

from __future__ import annotations

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from web.desk.words import Words
from web.exports import PAGE_ROWS, As, Column, every, export
from web.language import gettext as _
from web.screens import last_day
from web.security import db, now, signed_in
from workflow.store import queries
from workflow.store.queries import REPORT_SOON, AwaitedReport, AwaitedReports


def reports() -> str:
    """The longest overdue first."""
    found = _found(request.args.get("after"))
    return render_template("office/reports.html", found=found, words=Words(), soon=now() + REPORT_SOON)


def reports_file(kind: str) -> Response:
    """The same as a file."""
    words = Words()
    columns: list[Column[AwaitedReport]] = [
        Column(_("Nummer"), lambda row: row.number),
        Column(_("Trägerschaft"), lambda row: row.organisation),
        Column(_("Förderbereich"), lambda row: words.area(row.area)),
        Column(_("Bericht fällig"), lambda row: last_day(row.due_at), As.DAY),
        Column(_("gesperrt"), lambda row: _("Ja") if row.stopped else _("Nein")),
        Column(_("bewilligt"), lambda row: row.committed, As.MONEY),
        Column(_("ausbezahlt"), lambda row: row.paid, As.MONEY),
    ]
    return export(kind, _("Berichte"), columns, every(lambda after: _found(after, PAGE_ROWS)))


def _found(after: str | None, limit: int = 50) -> AwaitedReports:
    found = queries.awaited_reports(db(), signed_in().actor, after=after, limit=limit)
    return found if found is not None else abort(404)
