"""The inbox: mine, my office's, what I head, what waits on others; tab and filters live in the address."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from web.desk.narrowing import narrowing
from web.desk.words import Words
from web.exports import PAGE_ROWS, As, Column, every, export
from web.language import gettext as _
from web.part_names import Named
from web.screens import last_day
from web.security import db, now, signed_in
from workflow.engine.case import Actor
from workflow.store import queries
from workflow.store.queries import Inbox, ItemRow

FILTERS = ("tab", "stage", "area", "late")


def staff() -> Actor:
    """The signed-in person, who works for an office; for all others there is no desk."""
    actor = signed_in().actor
    if not actor.offices:
        abort(404)
    return actor


def inbox() -> str:
    """What I and my offices have to do, the most urgent first."""
    viewer, narrowed = staff(), narrowing(*FILTERS)
    found = _inbox(request.args.get("after"))
    tab, words = narrowed.given.get("tab", "office"), Words()
    return render_template(
        "desk/inbox.html",
        inbox=found,
        narrowed=narrowed,
        me=viewer.person,
        tab=tab if tab in found.counts else "office",
        words=words,
        together=_together(found.rows, words),
        troubles=queries.troubles(db(), viewer),
        news=queries.news(db(), viewer, now=now()),
        asked=queries.asked(db(), viewer) if tab == "waiting" else [],
        payable=queries.payable(db(), viewer),
        to_publish=queries.to_publish(db(), viewer),
        held_up=queries.held_up(db(), viewer, now=now()),
        named=Named(),
        waiting_organisations=queries.waiting_organisations(db(), viewer),
    )


def _together(rows: Sequence[ItemRow], words: Words) -> dict[str, str]:
    """What of these can be done in one go: by the form's code, what is to do, as the first one says it."""
    found: dict[str, list[ItemRow]] = {}
    for row in rows:
        step = words.step_data(row.route_hash, row.step)
        if step.get("together"):
            found.setdefault(step["form"], []).append(row)
    return {
        form: words.step(some[0].route_hash, some[0].step) for form, some in found.items() if len(some) > 1
    }


def inbox_file(kind: str) -> Response:
    """All of it as a file."""
    staff()
    return export(kind, _("Pendenzen"), _columns(Words()), every(lambda after: _inbox(after, PAGE_ROWS)))


def _inbox(after: str | None, limit: int = 50) -> Inbox:
    narrowed = narrowing(*FILTERS)
    tab = narrowed.given.get("tab", "office")
    return queries.inbox(
        db(), staff(), now=now(), tab=tab, limit=limit, filters=narrowed.filters, after=after
    )


def _columns(words: Words) -> list[Column[ItemRow]]:
    return [
        Column(_("Fällig"), lambda row: last_day(row.due_at) if row.due_at else None, As.DAY),
        Column(_("Überfällig"), lambda row: _("ja") if row.late else _("nein")),
        Column(_("Nummer"), lambda row: row.number),
        Column(_("Trägerschaft"), lambda row: row.organisation),
        Column(_("Titel"), lambda row: row.title),
        Column(_("Zu tun"), lambda row: words.step(row.route_hash, row.step)),
        Column(_("Förderbereich"), lambda row: words.area(row.area)),
        Column(_("Grösse"), lambda row: row.size),
        Column(_("Stelle"), lambda row: words.office(row.office) if row.office else words.role(row.role)),
        Column(_("Wer ist dran?"), lambda row: row.holder_name),
        Column(_("Liegt hier seit"), lambda row: row.opened_at, As.MOMENT),
    ]
