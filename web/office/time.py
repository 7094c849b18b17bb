"""Where time goes: by stage and office, by month, and what the queue promises; tables, pictures, files."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flask import Response as Drawing
from flask import abort, render_template
from werkzeug.wrappers import Response

from web.desk.words import Words
from web.exports import As, Column, export
from web.language import gettext as _
from web.security import db, now, signed_in
from workflow.funding.forecast import Forecast
from workflow.interchange.chart import Bar, chart
from workflow.store import queries
from workflow.store.queries import Month, Span, Times
from workflow.texts import ZURICH

MONTHS = 12
SVG = "image/svg+xml; charset=utf-8"


def page() -> str:
    """All three."""
    words = Words()
    found = _times()
    return render_template(
        "office/time.html",
        times=found,
        words=words,
        office=lambda span: _office(words, span),
        span_from=min(month.month for month in found.months),
    )


def spans_file(kind: str) -> Response:
    """How long work took, as a file."""
    words = Words()
    columns: list[Column[Span]] = [
        Column(_("Stufe"), lambda row: words.stage(row.stage)),
        Column(_("Stelle"), lambda row: _office(words, row)),
        Column(_("Erledigt"), lambda row: row.done, As.NUMBER),
        Column(_("Median, Tage"), lambda row: row.median, As.SHARE),
        Column(_("90 % innert Tagen"), lambda row: row.ninth, As.SHARE),
        Column(_("Frist, Tage"), lambda row: row.target, As.SHARE),
        Column(_("Nach der Frist"), lambda row: row.late, As.NUMBER),
    ]
    return export(kind, _("Dauer"), columns, _times().spans)


def months_file(kind: str) -> Response:
    """What came in and what was closed, as a file."""
    columns: list[Column[Month]] = [
        Column(_("Monat"), lambda row: row.month, As.DAY),
        Column(_("Eingegangen"), lambda row: row.came, As.NUMBER),
        Column(_("Abgeschlossen"), lambda row: row.closed, As.NUMBER),
    ]
    return export(kind, _("Monate"), columns, _times().months)


def queue_file(kind: str) -> Response:
    """What the queue promises, as a file."""
    words = Words()
    columns: list[Column[tuple[str, Forecast]]] = [
        Column(_("Stelle"), lambda row: words.office(row[0])),
        Column(_("Offen"), lambda row: row[1].open, As.NUMBER),
        Column(_("Schon überfällig"), lambda row: row[1].late_now, As.NUMBER),
        Column(_("Voraussichtlich überfällig"), lambda row: row[1].late_then, As.NUMBER),
        Column(_("Abgearbeitet in Tagen"), lambda row: row[1].days, As.SHARE),
    ]
    return export(kind, _("Aussicht"), columns, list(_times().queues.items()))


def spans_picture() -> Drawing:
    """Median and 90 % of each office, by stage."""
    words = Words()
    parts: dict[str, list[Bar]] = {}
    for span in _times().spans:
        bar = Bar(_office(words, span), span.median, span.ninth)
        parts.setdefault(words.stage(span.stage), []).append(bar)
    return Drawing(chart(parts, _("Tage: dunkel der Median, hell 90 %")), content_type=SVG)


def months_picture() -> Drawing:
    """Each month's arrivals, and below each month's closings."""
    months = _times().months
    came = [Bar(f"{one.month:%m.%Y}", one.came, one.came) for one in months]
    closed = [Bar(f"{one.month:%m.%Y}", one.closed, one.closed) for one in months]
    parts = {_("Eingegangen"): came, _("Abgeschlossen"): closed}
    return Drawing(chart(parts, _("Geschäfte je Monat")), content_type=SVG)


def _times() -> Times:
    found = queries.times(db(), signed_in().actor, now=now(), months=_months(now()))
    return found if found is not None else abort(404)


def _months(moment: datetime) -> dict[date, tuple[datetime, datetime]]:
    """The last twelve months of Zurich's calendar, this one included, with when each begins and ends, UTC."""
    first = moment.astimezone(ZURICH).date().replace(day=1)
    found = {}
    ends = first + timedelta(days=32)
    for _number in range(MONTHS):
        found[first] = (_midnight(first), _midnight(ends.replace(day=1)))
        first, ends = (first - timedelta(days=1)).replace(day=1), first
    return dict(sorted(found.items()))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZURICH)


def _office(words: Words, span: Span) -> str:
    return words.office(span.office) if span.office else _("wartet auf die Trägerschaft")
