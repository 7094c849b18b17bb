"""What the Fachstelle and those who decide see: the pipeline, the lists behind its figures, the money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import Actor, load_case
from workflow.engine.route import Route
from workflow.store import published, reading
from workflow.store.queries.rows import CasePage, CaseRow, Filters, MoneyRow, Pipeline, StageRow
from workflow.texts import ZURICH

SORTS = {
    "newest": "c.submitted_at DESC, c.id",
    "oldest": "c.entered_at, c.id",
    "due": "c.due_at NULLS LAST, c.id",
    "amount": "c.requested DESC, c.id",
}
WHO = """
ARRAY(SELECT w.office FROM work_items w WHERE w.case_id = c.id AND w.closed_at IS NULL
      ORDER BY w.seat) AS offices,
ARRAY(SELECT p.name FROM work_items w JOIN persons p ON p.id = w.holder
      WHERE w.case_id = c.id AND w.closed_at IS NULL ORDER BY w.seat) AS holders
"""
"""Where a case's work is open, and who of these offices has it."""

NARROWED = """
FROM cases c JOIN organisations o ON o.id = c.organisation_id
WHERE (:stage = '' OR c.stage = :stage) AND (:area = '' OR c.area = :area) AND (:size = '' OR c.size = :size)
  AND (:call = '' OR c.call = :call) AND (:status = '' OR c.status = :status)
  AND (:step = '' OR c.step = :step) AND (:route = '' OR c.route_hash = :route)
  AND (NOT :late OR (c.ending IS NULL AND c.due_at < :now))
  AND (:office = '' OR EXISTS (SELECT FROM work_items w WHERE w.case_id = c.id AND w.closed_at IS NULL
                               AND w.office = :office))
  AND (:text = '' OR strpos(lower(c.number || ' ' || o.name
                                   || CASE WHEN :titles THEN ' ' || c.title ELSE '' END), lower(:text)) > 0)
"""


def pipeline(db: sa.Engine, viewer: Actor, filters: Filters, *, now: datetime) -> Pipeline | None:
    """Cases by stage in the programme's order, and the money by area; None for who may not see it."""
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    with db.connect() as tx:
        programme = published.programme(tx, published.current(tx))
        rows = tx.execute(
            sa.text(
                "SELECT c.stage, count(*) AS count, sum(c.requested) AS amount,"
                " min(c.entered_at) FILTER (WHERE c.ending IS NULL) AS oldest,"
                " count(*) FILTER (WHERE c.ending IS NULL AND c.due_at < :now) AS late"
                f" {NARROWED} GROUP BY c.stage"
            ),
            _parameters(filters, viewer, now),
        ).all()
        lines = _lines(tx)
    found = {row.stage: row for row in rows}
    order = [
        *programme.labels["stages"],
        *(stage for stage in found if stage not in programme.labels["stages"]),
    ]
    stages = [_stage_row(stage, found.get(stage), now) for stage in order]
    return Pipeline(stages, by_area(lines))


def _stage_row(stage: str, row: Any, now: datetime) -> StageRow:
    if row is None:
        return StageRow(stage, 0, 0, 0, 0)
    return StageRow(stage, row.count, int(row.amount), (now - row.oldest).days if row.oldest else 0, row.late)


def cases(
    db: sa.Engine,
    viewer: Actor,
    filters: Filters,
    *,
    now: datetime,
    limit: int = 50,
    after: str | None = None,
    sort: str = "newest",
) -> CasePage | None:
    """A page of all cases. `after`: offset as text from the page before; `sort`: a key of SORTS."""
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    start = int(after) if after and after.isdecimal() and len(after) < 9 else 0
    parameters = _parameters(filters, viewer, now)
    with db.connect() as tx:
        total = tx.execute(sa.text(f"SELECT count(*) {NARROWED}"), parameters).scalar_one()
        rows = tx.execute(
            sa.text(
                "SELECT c.*, o.name AS organisation,"
                f" {WHO} {NARROWED} ORDER BY {SORTS.get(sort, SORTS['newest'])} LIMIT :limit OFFSET :start"
            ),
            {**parameters, "limit": limit, "start": start},
        ).all()
        shown = [case_row(row, viewer, now, published.route(tx, row.route_hash)) for row in rows]
    return CasePage(shown, total, str(start + limit) if start + limit < total else None)


def money(db: sa.Engine, viewer: Actor) -> list[MoneyRow] | None:
    """Every budget line of the current programme; None for who may not see it."""
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    with db.connect() as tx:
        return _lines(tx)


def _parameters(filters: Filters, viewer: Actor, now: datetime) -> dict[str, Any]:
    """Titles are searched only for those who may read all of them."""
    return {**asdict(filters), "now": now, "titles": viewer.has_role(*reading.ALL_DOSSIERS)}


def case_row(row: Any, viewer: Actor, now: datetime, route: Route) -> CaseRow:
    """A row of `cases` with organisation and offices, its title only for those who may open it."""
    running, case = row.ending is None, load_case(row.state)
    since = row.entered_at or row.submitted_at
    return CaseRow(
        id=UUID(str(row.id)),
        number=row.number,
        organisation=row.organisation,
        title=row.title if reading.may_open(case, viewer) else None,
        has_page=reading.has_page(case, route, viewer=viewer, on=now.astimezone(ZURICH).date()),
        area=row.area,
        size=row.size,
        call=row.call,
        stage=row.stage,
        step=row.step,
        status=row.status,
        ending=row.ending,
        requested=row.requested,
        held=row.held,
        committed=row.committed,
        submitted_at=row.submitted_at,
        entered_at=row.entered_at,
        due_at=row.due_at,
        late=running and row.due_at is not None and row.due_at < now,
        age_days=(now - since).days,
        offices=tuple(dict.fromkeys(office for office in row.offices if office)),
        holders=tuple(dict.fromkeys(row.holders)),
        route_hash=row.route_hash,
    )


def money_row(row: Any) -> MoneyRow:
    return MoneyRow(row.year, row.area, row.pot, row.ceiling, row.reserved, row.committed, row.available)


def by_area(lines: Sequence[MoneyRow]) -> list[MoneyRow]:
    """The lines of each year and area added up over their pots."""
    sums: dict[tuple[int, str], MoneyRow] = {}
    for line in lines:
        so_far = sums.get((line.year, line.area), MoneyRow(line.year, line.area, "", 0, 0, 0, 0))
        sums[line.year, line.area] = MoneyRow(
            line.year,
            line.area,
            "",
            so_far.ceiling + line.ceiling,
            so_far.reserved + line.reserved,
            so_far.committed + line.committed,
            so_far.left + line.left,
        )
    return list(sums.values())


def _lines(tx: sa.Connection) -> list[MoneyRow]:
    programme = published.programme(tx, published.current(tx))
    rows = tx.execute(
        sa.text("SELECT * FROM budget_lines WHERE programme = :programme ORDER BY year, id"),
        {"programme": programme.code},
    )
    return [money_row(row) for row in rows]
