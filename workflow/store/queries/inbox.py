"""The inbox: what I have, what lies with my offices, what the offices I head have, what waits on others."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine import assigning
from workflow.engine.assigning import OFFICE_HEAD
from workflow.engine.case import Actor, load_case
from workflow.engine.route import APPLICANT, OPERATOR, Human
from workflow.store import published
from workflow.store.asking import ask
from workflow.store.queries.rows import Filters, Inbox, ItemRow
from workflow.store.reading import may_open
from workflow.texts import ZURICH

TABS = ("mine", "office", "headed", "waiting")

MOST_COUNTED = 100
"""More are not counted: nobody reads the figure, and the index need not be read to its end."""

ORDER = "coalesce(w.due_at, 'infinity'), w.case_id, w.seat"
PAIRS = {
    "office": "unnest(CAST(:offices AS text[]), CAST(:roles AS text[])) AS of(office, role)",
    "headed": "(SELECT * FROM unnest(CAST(:headed AS text[])) o, unnest(CAST(:every_role AS text[])) r)"
    " AS of(office, role)",
}
"""Which (office, role) a tab is about: each is read from the index by itself, no further than asked."""

OTHERS = {
    # What I have, and what those have who are away and have named me as their deputy.
    "mine": """w.holder IN (SELECT CAST(:person_id AS uuid) UNION ALL SELECT a.person_id FROM absences a
 WHERE a.deputy_id = CAST(:person_id AS uuid) AND :today BETWEEN a.first_day AND a.last_day)""",
    # Cases in which I have done my part, or have asked, and that lie with somebody else now.
    "waiting": """w.case_id IN (SELECT d.case_id FROM work_items d WHERE d.closed_by = :person
 AND d.closed_by <> 'system' UNION ALL SELECT i.id FROM cases i
 WHERE i.asked_by = CAST(:person_id AS uuid)) AND w.role <> 'operator' AND NOT (w.office, w.role) IN
 (SELECT * FROM unnest(CAST(:offices AS text[]), CAST(:roles AS text[])))""",
}
SEEN = """
  AND NOT c.state->'recused' ? :person AND NOT c.state ? 'suspended_at'
  AND NOT CAST(c.organisation_id AS text) = ANY(:organisations)
  AND (:step = '' OR w.step = :step) AND (:area = '' OR c.area = :area) AND (:stage = '' OR c.stage = :stage)
  AND (NOT :late OR w.due_at < :now)
"""


def _open(tab: str, page: str, most: int) -> str:
    """The open work of a tab that the viewer may know of, at most so much: a query without its end."""
    items = "SELECT w.* FROM work_items w JOIN cases c ON c.id = w.case_id"
    items += f" WHERE w.closed_at IS NULL {SEEN} {page}"
    if tab in OTHERS:
        return f"({items} AND {OTHERS[tab]} ORDER BY {ORDER} LIMIT {most}) w"
    each = f"({items} AND w.office = of.office AND w.role = of.role ORDER BY {ORDER} LIMIT {most}) w"
    return f"{PAIRS[tab]} CROSS JOIN LATERAL {each}"


def inbox(
    db: sa.Engine,
    viewer: Actor,
    *,
    now: datetime,
    tab: str = "office",
    limit: int = 50,
    after: str | None = None,
    filters: Filters | None = None,
) -> Inbox:
    """Open work by due date, and how much there is on each tab (to MOST_COUNTED). Of `filters`: step, area,
    stage, late.

    `headed` is counted only for those who head an office.
    """
    with autocommit(db) as tx:
        parameters = _parameters(tx, viewer, now, filters or Filters())
        tabs = [one for one in TABS if one != "headed" or parameters["headed"]]
        counted = f"(SELECT count(*) FROM (SELECT FROM {{}} LIMIT {MOST_COUNTED}) listed) AS {{}}"
        each = ", ".join(counted.format(_open(one, "", MOST_COUNTED), one) for one in tabs)
        counts = ask(tx, f"SELECT {each}", parameters)[0]._asdict()
        tab = tab if tab in counts else "office"
        page = ""
        if after is not None and (mark := _mark(after)):
            page = f"AND ({ORDER}) > (CAST(:due AS timestamptz), :case_id, :seat)"
            parameters |= mark
        rows = ask(
            tx,
            "SELECT w.*, c.number, c.title, c.area, c.size, c.stage, c.route_hash, c.state,"
            " c.parent_id, (SELECT q.state FROM cases q WHERE q.id = c.parent_id"
            "  AND c.asked_by = CAST(:person_id AS uuid)) AS asked_in,"
            f" p.name AS holds, o.name AS organisation FROM {_open(tab, page, limit + 1)}"
            " JOIN cases c ON c.id = w.case_id JOIN organisations o ON o.id = c.organisation_id"
            f" LEFT JOIN persons p ON p.id = w.holder ORDER BY {ORDER} LIMIT {limit + 1}",
            parameters,
        )
        items = [_item(tx, row, viewer, now) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return Inbox(items, counts[tab], _place(last) if last else None, counts)


def _parameters(tx: sa.Connection, viewer: Actor, now: datetime, wanted: Filters) -> dict[str, Any]:
    offices, operator = sorted(viewer.offices), viewer.has_role(OPERATOR)
    headed = [office for office, role in offices if role == OFFICE_HEAD]
    roles = published.programme(tx, published.current(tx)).labels["roles"] if headed else ()
    return {
        "offices": [office for office, _ in offices] + [""] * operator,
        "roles": [role for _, role in offices] + [OPERATOR] * operator,
        "headed": headed,
        "every_role": [role for role in roles if role not in (APPLICANT, OPERATOR)],
        "person": viewer.person,
        "person_id": _uuid(viewer.person),
        "organisations": sorted(viewer.organisations),
        "step": wanted.step,
        "area": wanted.area,
        "stage": wanted.stage,
        "late": wanted.late,
        "now": now,
        "today": now.astimezone(ZURICH).date(),
    }


def _uuid(text: str) -> UUID | None:
    """None for actors that are no persons of the database."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _place(row: Any) -> str:
    return f"{row.due_at.isoformat() if row.due_at else 'infinity'}|{row.case_id}|{row.seat}"


def _mark(after: str) -> dict[str, Any] | None:
    """Where a page begins; what nobody of us wrote begins at the start."""
    try:
        due, case_id, seat = after.split("|")
        if due != "infinity":
            datetime.fromisoformat(due)
        return {"due": due, "case_id": UUID(case_id), "seat": seat}
    except ValueError:
        return None


def _item(tx: sa.Connection, row: Any, viewer: Actor, now: datetime) -> ItemRow:
    case = load_case(row.state)
    route = published.route(tx, row.route_hash)
    step = route.steps.get(row.step)
    gated = isinstance(step, Human) and step.gate
    seats = {
        offer.seat for offer in assigning.allowed(route, case, viewer) if assigning.TAKE in offer.outcomes
    }
    # Whoever asks reads the answer where they asked.
    reads = may_open(case, viewer) or (row.asked_in and may_open(load_case(row.asked_in), viewer))
    return ItemRow(
        case_id=row.case_id,
        page=row.parent_id if row.asked_in else row.case_id,
        number=row.number,
        organisation=row.organisation,
        title=row.title if reads else None,
        area=row.area,
        size=row.size,
        stage=row.stage,
        step=row.step,
        route_hash=row.route_hash,
        seat=row.seat,
        office=row.office,
        role=row.role,
        entry=row.entry,
        opened_at=row.opened_at,
        due_at=row.due_at,
        late=row.due_at is not None and row.due_at < now,
        declared=not gated or viewer.person in case.declared or not _is_theirs(row, viewer),
        holder=str(row.holder or ""),
        holder_name=row.holds or "",
        may_take=row.seat in seats,
    )


def _is_theirs(row: Any, viewer: Actor) -> bool:
    """It is work for one of this person's roles."""
    return (row.office, row.role) in viewer.offices
