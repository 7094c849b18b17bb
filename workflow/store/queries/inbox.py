"""The inbox: what I have, what lies with my offices, what the offices I head have, what waits on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine import assigning
from workflow.engine.assigning import OFFICE_HEAD
from workflow.engine.case import Actor, load_case
from workflow.engine.eligible import must_declare
from workflow.engine.route import APPLICANT, OPERATOR
from workflow.store import published
from workflow.store.asking import ask
from workflow.store.queries.away import ME_AND_THOSE_AWAY
from workflow.store.queries.rows import Filters
from workflow.store.reading import may_open
from workflow.texts import ZURICH


@dataclass(frozen=True, slots=True)
class ItemRow:
    """Open work. `title` is None while the gate is closed for this viewer; `page`: the case to open.

    `holder`: the id of who has it, `holder_name` the name; `may_take`: this viewer may have it instead.
    """

    case_id: UUID
    page: UUID
    number: str
    organisation: str
    title: str | None
    area: str
    size: str
    stage: str
    step: str
    route_hash: str
    seat: str
    office: str
    role: str
    entry: int
    opened_at: datetime
    due_at: datetime | None
    late: bool
    declared: bool
    holder: str
    holder_name: str
    may_take: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of open work; `next` is what `after` takes for the page behind it; `counts`: by tab."""

    rows: list[ItemRow]
    total: int
    next: str | None
    counts: Mapping[str, int]


TABS = ("mine", "office", "headed", "waiting")

MOST_COUNTED = 100
"""More are not counted: nobody reads the figure, and the index need not be read to its end."""

ORDER = "coalesce(w.due_at, 'infinity'), w.case_id, w.seat"
OTHERS = {
    "mine": f"w.holder IN ({ME_AND_THOSE_AWAY})",
    # Cases in which I have done my part, or have asked, and that lie with somebody else now.
    "waiting": """w.case_id IN (SELECT d.case_id FROM work_items d WHERE d.closed_by = (SELECT :person)
 AND d.closed_by <> 'system' UNION ALL SELECT i.id FROM cases i
 WHERE i.asked_by = CAST(:person_id AS uuid)) AND w.role <> 'operator'
 AND NOT (w.office, w.role) IN {office}""",
}
SEEN = """
  AND NOT c.state->'recused' ? :person AND NOT c.state ? 'suspended_at'
  AND NOT CAST(c.organisation_id AS text) = ANY(:organisations)
"""
NARROWED = {
    "step": "w.step = :step",
    "area": "c.area = :area",
    "stage": "c.stage = :stage",
    "late": "w.due_at < :now",
}

Pair = tuple[str, str]
"""Of an office and a role."""


def _open(tab: str, pairs: Mapping[str, Sequence[Pair]], conditions: Sequence[str], most: int) -> str:
    """The open work of a tab that the viewer may know of, at most so much: a query without its end.

    `pairs`: the (office, role) of a tab; each is read from the index by itself, no further than asked.
    """
    items = "SELECT w.* FROM work_items w JOIN cases c ON c.id = w.case_id"
    items += " AND ".join([f" WHERE w.closed_at IS NULL {SEEN}", *conditions])
    if tab in OTHERS:
        others = OTHERS[tab].format(office=_table("office", pairs["office"]))
        return f"({items} AND {others} ORDER BY {ORDER} LIMIT {most}) w"
    each = f"({items} AND w.office = of.office AND w.role = of.role ORDER BY {ORDER} LIMIT {most}) w"
    return f"{_table(tab, pairs[tab])} AS of(office, role) CROSS JOIN LATERAL {each}"


def _table(name: str, pairs: Sequence[Pair]) -> str:
    """Said one by one: of an array PostgreSQL does not know how many are in it, when it plans for any. By a
    SELECT each, see store/asking.py."""
    each = (
        f"((SELECT CAST(:{name}_office{n} AS text)), (SELECT CAST(:{name}_role{n} AS text)))"
        for n in range(len(pairs))
    )
    return f"(VALUES {', '.join(each)})"


def _said(name: str, pairs: Sequence[Pair]) -> dict[str, str]:
    """The parameters of `_table`."""
    offices = {f"{name}_office{n}": office for n, (office, _) in enumerate(pairs)}
    return offices | {f"{name}_role{n}": role for n, (_, role) in enumerate(pairs)}


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
        filters = filters or Filters()
        pairs = _pairs(tx, viewer)
        parameters = _parameters(viewer, now, filters, pairs)
        narrow = [condition for name, condition in NARROWED.items() if getattr(filters, name)]
        tabs = [one for one in TABS if one != "headed" or pairs["headed"]]
        counted = f"(SELECT count(*) FROM (SELECT FROM {{}} LIMIT {MOST_COUNTED}) listed) AS {{}}"
        each = ", ".join(counted.format(_open(one, pairs, narrow, MOST_COUNTED), one) for one in tabs)
        counts = ask(tx, f"SELECT {each}", parameters)[0]._asdict()
        tab = tab if tab in counts else "office"
        if after is not None and (mark := _mark(after)):
            narrow.append(f"({ORDER}) > (CAST(:due AS timestamptz), :case_id, :seat)")
            parameters |= mark
        rows = ask(
            tx,
            "SELECT w.*, c.number, c.title, c.area, c.size, c.stage, c.route_hash, c.state,"
            " c.parent_id, (SELECT q.state FROM cases q WHERE q.id = c.parent_id"
            "  AND c.asked_by = CAST(:person_id AS uuid)) AS asked_in,"
            f" p.name AS holds, o.name AS organisation FROM {_open(tab, pairs, narrow, limit + 1)}"
            " JOIN cases c ON c.id = w.case_id JOIN organisations o ON o.id = c.organisation_id"
            f" LEFT JOIN persons p ON p.id = w.holder ORDER BY {ORDER} LIMIT {limit + 1}",
            parameters,
        )
        items = [_item(tx, row, viewer, now) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return Inbox(items, counts[tab], _place(last) if last else None, counts)


def _pairs(tx: sa.Connection, viewer: Actor) -> dict[str, list[Pair]]:
    """By tab: the viewer's own, and all roles of the offices that they head."""
    own = sorted(viewer.offices) + [("", OPERATOR)] * viewer.has_role(OPERATOR)
    headed = [office for office, role in own if role == OFFICE_HEAD]
    roles = published.programme(tx, published.current(tx)).labels["roles"] if headed else ()
    every = [role for role in roles if role not in (APPLICANT, OPERATOR)]
    return {"office": own or [("", "")], "headed": [(office, role) for office in headed for role in every]}


def _parameters(
    viewer: Actor, now: datetime, wanted: Filters, pairs: Mapping[str, Sequence[Pair]]
) -> dict[str, Any]:
    return {
        **_said("office", pairs["office"]),
        **_said("headed", pairs["headed"]),
        "person": viewer.person,
        "person_id": _uuid(viewer.person),
        "organisations": sorted(viewer.organisations),
        "step": wanted.step,
        "area": wanted.area,
        "stage": wanted.stage,
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


def is_place_of_work(after: str) -> bool:
    """Whether a page of work items can begin there."""
    return _mark(after) is not None


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
        declared=not must_declare(route, case, viewer) or not _is_theirs(row, viewer),
        holder=str(row.holder or ""),
        holder_name=row.holds or "",
        may_take=row.seat in seats,
    )


def _is_theirs(row: Any, viewer: Actor) -> bool:
    """It is work for one of this person's roles."""
    return (row.office, row.role) in viewer.offices
