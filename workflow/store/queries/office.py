"""The lists of cases that the Fachstelle and those who decide see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.case import Actor, load_case
from workflow.store import published, reading
from workflow.store.asking import ask
from workflow.store.queries import ordered, sums
from workflow.store.queries.narrowed import Ways, each_way
from workflow.store.queries.ordered import AT_OFFICE, SORTS, Order
from workflow.store.queries.rows import Filters
from workflow.texts import ZURICH


@dataclass(frozen=True, slots=True)
class CaseRow:
    """`title` is None while the gate is closed for this viewer; `offices`: where work is open.

    `has_page`: the viewer has to do with it. `holders`: names of those who have it.
    """

    id: UUID
    number: str
    organisation: str
    title: str | None
    has_page: bool
    area: str
    size: str
    call: str
    stage: str
    step: str
    status: str
    ending: str | None
    requested: int
    held: int
    committed: int
    paid: int
    submitted_at: datetime
    entered_at: datetime | None
    due_at: datetime | None
    suspended_at: datetime | None
    late: bool
    age_days: int
    offices: tuple[str, ...]
    holders: tuple[str, ...]
    route_hash: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """`at_least`: there are more than `total`, which nobody has counted to the end."""

    rows: list[CaseRow]
    total: int
    next: str | None
    at_least: bool = False


MOST_COUNTED = 500
ROW = """
c.id, c.number, c.title, c.area, c.size, c.call, c.stage, c.step, c.status, c.ending, c.requested, c.held,
c.committed, c.paid, c.submitted_at, c.entered_at, c.due_at, c.route_hash,
CAST(c.state->>'suspended_at' AS timestamptz) AS suspended_at
"""
"""What `case_row` takes of a case."""
OUTLINE = """jsonb_build_object(
  'recused', c.state->'recused', 'facts', c.state->'facts', 'applicant', c.state->'applicant') AS outline"""
OUTLINE_OR_ALL = (
    f"{OUTLINE}, CASE WHEN c.parent_id IS NOT NULL AND c.state ? 'others' THEN c.state END AS state"
)
"""The outline does not say who may read a case that is for others to decide."""
WHO = """
ARRAY(SELECT w.office FROM work_items w WHERE w.case_id = c.id AND w.closed_at IS NULL
      ORDER BY w.seat) AS offices,
ARRAY(SELECT (SELECT p.name FROM persons p WHERE w.holder IS NOT NULL AND p.id = w.holder) FROM work_items w
      WHERE w.case_id = c.id AND w.closed_at IS NULL ORDER BY w.seat) AS holders
"""
"""Where a case's work is open, and who of these offices has it, None for nobody by name: a join would be read
from all work that somebody has. For nobody no person is looked for."""


def cases(
    db: sa.Engine,
    viewer: Actor,
    filters: Filters,
    *,
    now: datetime,
    limit: int = 50,
    after: str | None = None,
    sort: str = "newest",
    running: bool = False,
) -> CasePage | None:
    """A page of all cases. `after`: from the page before; `sort`: a key of SORTS.

    `running`: without those that have ended, and not counted.
    """
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    order = SORTS.get(sort, SORTS["newest"])
    outlined = viewer.has_role(*reading.ALL_DOSSIERS)
    state = OUTLINE_OR_ALL if outlined else "c.state"
    with autocommit(db) as tx:
        programme = published.programme(tx, published.current(tx)) if filters.text else None
        at_office = ordered.at_office(filters, order)
        others = replace(filters, office="") if at_office else filters
        ways = each_way(tx, others, viewer, programme, now)
        ways.parameters["office"] = filters.office
        looked_up = ordered.looked_up(filters, ways)
        hits, around = (0, None) if running or looked_up else sums.found(tx, filters, ways.parameters)
        plain = filters == Filters()
        mark = _mark(after, order)
        walk = AT_OFFICE if at_office else order
        late = ["w.due < :now"] if at_office and filters.late else []
        more = "".join(f" AND {one}" for one in late + [ordered.RUNNING] * running)
        source = ordered.source(filters, order, ways, limit + 1, around)
        behind = f" AND {walk.behind}" if mark else ""
        shows = f"{ROW}, {state}, o.name AS organisation, {walk.mark} AS mark, {WHO}"
        rows: list[Any] = []
        for part in ordered.in_turn(filters, order, ways, around):
            if len(rows) > limit:
                break
            found = _found(ways, source, f"{more}{part}{behind}")
            rows += ask(
                tx,
                f"SELECT {shows} FROM ({found}) f"
                " JOIN cases c ON c.id = f.id JOIN organisations o ON o.id = c.organisation_id"
                f" ORDER BY {order.sql} LIMIT {limit + 1}",
                {**ways.parameters, **mark},
                keep=plain,
            )
        shown = [case_row(row, now, *_seen(tx, now, viewer, row)) for row in rows[:limit]]
        following = f"{rows[limit - 1].mark}|{rows[limit - 1].id}" if len(rows) > limit else None
        if running:
            total, at_least = 0, False
        elif sums.is_counted(replace(filters, late=False)):
            total, at_least = hits, False
        elif ways.few:
            source = ordered.unordered(filters, order, MOST_COUNTED + 1)
            count = f"SELECT count(*) FROM ({_found(ways, source, more)}) f"
            [[total]] = ask(tx, count, ways.parameters, keep=False)
            total, at_least = min(total, MOST_COUNTED), total > MOST_COUNTED
        else:  # nobody counts them: there is more than this page, unless it is the only one
            at_least = bool(mark or following)
            total = limit if at_least else len(shown)
    return CasePage(shown, total, following, at_least)


def _seen(tx: sa.Connection, now: datetime, viewer: Actor, row: Any) -> tuple[bool, bool]:
    """Whether the viewer may open the case of this row, and has a page of it."""
    if row.state is None:
        return reading.in_a_list(reading.Outline(**row.outline), viewer)
    case, route = load_case(row.state), published.route(tx, row.route_hash)
    on = now.astimezone(ZURICH).date()
    return reading.may_open(case, viewer), reading.has_page(case, route, viewer=viewer, on=on)


def _found(ways: Ways, source: str, more: str) -> str:
    """The ids of what is found in these ways, each once. `more`: conditions, for each way."""
    return " UNION ".join(source.format(way=way, more=more) for way in ways.each)


def is_place(after: str, sort: str) -> bool:
    """Whether a page of cases in this order can begin there."""
    return bool(_mark(after, SORTS.get(sort, SORTS["newest"])))


def _mark(after: str | None, order: Order) -> dict[str, Any]:
    """Where a page begins; what nobody of us wrote begins at the start."""
    try:
        key, case_id = (after or "").split("|")
        if order.type == "bigint":
            int(key)
        elif key != "infinity":
            datetime.fromisoformat(key)
        return {"mark": key, "mark_id": UUID(case_id)}
    except ValueError:
        return {}


def case_row(row: Any, now: datetime, opens: bool, has_page: bool) -> CaseRow:
    """A row of `cases` with organisation and offices, its title only for those who may open it."""
    running = row.ending is None
    since = row.entered_at or row.submitted_at
    return CaseRow(
        id=UUID(str(row.id)),
        number=row.number,
        organisation=row.organisation,
        title=row.title if opens else None,
        has_page=has_page,
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
        paid=row.paid,
        submitted_at=row.submitted_at,
        entered_at=row.entered_at,
        due_at=row.due_at,
        suspended_at=row.suspended_at,
        late=running and row.due_at is not None and row.due_at < now,
        age_days=(now - since).days,
        offices=tuple(dict.fromkeys(office for office in row.offices if office)),
        holders=tuple(dict.fromkeys(name for name in row.holders if name)),
        route_hash=row.route_hash,
    )
