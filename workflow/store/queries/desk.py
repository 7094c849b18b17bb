"""What staff see at their desks: the inbox of their offices, and one case's dossier behind its gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import Actor, Case, load_case
from workflow.engine.decide import allowed
from workflow.engine.route import Human, Route
from workflow.funding.forms import Form
from workflow.store import published, reading
from workflow.store.queries.family import family, parent_read
from workflow.store.queries.office import case_row, money_row
from workflow.store.queries.record import files_of, history, letters, written
from workflow.store.queries.rows import (
    HIDDEN,
    Answers,
    Dossier,
    Filters,
    HistoryRow,
    Inbox,
    ItemRow,
    Statement,
)

SEES_ALL_STATEMENTS = ("coordinator", "head", "division_head", "department_head", "auditor")

ITEMS = """
FROM work_items w JOIN cases c ON c.id = w.case_id JOIN organisations o ON o.id = c.organisation_id
WHERE w.closed_at IS NULL
  AND (w.office, w.role) IN (SELECT * FROM unnest(CAST(:offices AS text[]), CAST(:roles AS text[])))
  AND NOT c.state->'recused' ? :person AND NOT c.state ? 'suspended_at'
  AND NOT CAST(c.organisation_id AS text) = ANY(:organisations)
  AND (:step = '' OR w.step = :step) AND (:area = '' OR c.area = :area) AND (:stage = '' OR c.stage = :stage)
  AND (NOT :late OR w.due_at < :now)
"""


def inbox(
    db: sa.Engine,
    viewer: Actor,
    *,
    now: datetime,
    limit: int = 50,
    after: str | None = None,
    filters: Filters | None = None,
) -> Inbox:
    """Open work of the viewer's offices and roles, by due date. Of `filters`: step, area, stage, late."""
    wanted = filters or Filters()
    offices = sorted(viewer.offices)
    parameters: dict[str, Any] = {
        "offices": [office for office, _ in offices] + [""] * viewer.has_role("operator"),
        "roles": [role for _, role in offices] + ["operator"] * viewer.has_role("operator"),
        "person": viewer.person,
        "organisations": sorted(viewer.organisations),
        "step": wanted.step,
        "area": wanted.area,
        "stage": wanted.stage,
        "late": wanted.late,
        "now": now,
    }
    page = ""
    if after is not None and (mark := _mark(after)):
        page = "AND (w.due_at, w.case_id, w.seat) > (:due, :case_id, :seat)"
        parameters |= mark
    with db.connect() as tx:
        total = tx.execute(sa.text(f"SELECT count(*) {ITEMS}"), parameters).scalar_one()
        rows = tx.execute(
            sa.text(
                "SELECT w.*, c.number, c.title, c.area, c.size, c.stage, c.route_hash, c.state,"
                f" o.name AS organisation {ITEMS} {page} ORDER BY w.due_at, w.case_id, w.seat LIMIT :limit"
            ),
            {**parameters, "limit": limit + 1},
        ).all()
        items = [_item(tx, row, viewer, now) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return Inbox(items, total, f"{last.due_at.isoformat()}|{last.case_id}|{last.seat}" if last else None)


def _mark(after: str) -> dict[str, Any] | None:
    """Where a page begins; what nobody of us wrote begins at the start."""
    try:
        due, case_id, seat = after.split("|")
        return {"due": datetime.fromisoformat(due), "case_id": UUID(case_id), "seat": seat}
    except ValueError:
        return None


def _item(tx: sa.Connection, row: Any, viewer: Actor, now: datetime) -> ItemRow:
    case = load_case(row.state)
    step = published.route(tx, row.route_hash).steps.get(row.step)
    gated = isinstance(step, Human) and step.gate
    return ItemRow(
        case_id=row.case_id,
        number=row.number,
        organisation=row.organisation,
        title=row.title if reading.may_open(case, viewer) else None,
        area=row.area,
        size=row.size,
        stage=row.stage,
        step=row.step,
        route_hash=row.route_hash,
        seat=row.seat,
        office=row.office,
        opened_at=row.opened_at,
        due_at=row.due_at,
        late=row.due_at is not None and row.due_at < now,
        declared=not gated or viewer.person in case.declared,
    )


def dossier(db: sa.Engine, viewer: Actor, case_id: UUID, *, now: datetime) -> Dossier | None:
    """A case for staff who have to do with it; its content only behind the gate. None for everyone else."""
    with db.connect() as tx:
        row: Any = tx.execute(
            sa.text(
                "SELECT c.*, o.name AS organisation,"
                " o.kind AS organisation_kind,"
                " ARRAY(SELECT w.office FROM work_items w WHERE w.case_id = c.id AND w.closed_at IS NULL"
                " ORDER BY w.seat) AS offices"
                " FROM cases c JOIN organisations o ON o.id = c.organisation_id WHERE c.id = :id"
            ),
            {"id": case_id},
        ).one_or_none()
        if row is None:
            return None
        case = load_case(row.state)
        route = published.route(tx, row.route_hash)
        if not _has_page(case, route, viewer):
            return None
        opened = reading.may_open(case, viewer)
        offers = allowed(route, case, viewer)
        unseen = None if opened and _sees_votes(case, viewer) else case.entry
        events = [row for row in history(tx, case_id) if not _voted(row, unseen)] if opened else []
        texts = written(tx, case_id) if opened else {}
        files = files_of(tx, case_id) if opened else []
        line: Any = (
            tx.execute(sa.text("SELECT * FROM budget_lines WHERE id = :id"), {"id": row.line_id}).one()
            if opened
            else None
        )
        form = published.form_of(tx, row.programme_hash, row.form_hash, row.organisation_kind)
        route_data = published.content(tx, row.route_hash)
        sees = partial(_has_page, viewer=viewer)
        parent, children = family(tx, case_id, sees) if opened else (None, [])
        parents = parent_read(tx, parent.id) if parent else None
        step_forms = _step_forms(tx, row.programme_hash, route)
    return Dossier(
        case=case_row(row, viewer, now),
        opened=opened,
        own_measure=reading.is_of_own_office(case, viewer),
        form=form,
        answers=texts.get(case.content, {}),
        files={one.id: one for one in files if one.kind == "upload"},
        letters=letters(files, case.letters),
        statements=_statements(route, events, texts),
        history=events,
        reasons={name: str(data["reason"]["reason"]) for name, data in texts.items() if _is_reason(data)},
        suspended=case.suspended_at is not None,
        offers=offers,
        seats=tuple(
            replace(seat, outcome=HIDDEN) if seat.outcome and unseen is not None else seat
            for seat in case.seats
        ),
        due_at=row.due_at,
        entry=case.entry,
        step=case.step or "",
        route_data=route_data,
        step_forms=step_forms,
        programme_hash=row.programme_hash,
        parent=parent,
        children=children,
        parent_read=parents,
        line=money_row(line) if line is not None else None,
        granted=int(case.facts["granted"]) if opened and "granted" in case.facts else None,
    )


def _has_page(case: Case, route: Route, viewer: Actor) -> bool:
    """Whether there is a page of this case for the viewer, who works for an office."""
    if reading.is_member(case, viewer) or not reading.takes_part(case, viewer):
        return False
    involved = reading.had_turn(case, viewer) or reading.is_of_own_office(case, viewer)
    return involved or reading.may_open(case, viewer) or bool(allowed(route, case, viewer))


def _step_forms(tx: sa.Connection, programme_hash: str, route: Route) -> Mapping[str, Form]:
    codes = {step.form for step in route.steps.values() if isinstance(step, Human) and step.form}
    return {code: published.form(tx, programme_hash, code) for code in sorted(codes)}


def _is_reason(data: Answers) -> bool:
    return set(data) == {"reason"} and set(data["reason"]) == {"reason"}


def _sees_votes(case: Case, viewer: Actor) -> bool:
    """Own vote first: those of others at a step that still runs are for who has voted, or steers."""
    voted = any(act.by == viewer.person and act.entry == case.entry for act in case.acts)
    return voted or not case.open_seats or viewer.has_role(*SEES_ALL_STATEMENTS)


def _voted(row: HistoryRow, entry: int | None) -> bool:
    return row.name == "Completed" and row.data["entry"] == entry


def _statements(route: Route, events: Sequence[HistoryRow], texts: Mapping[str, Answers]) -> list[Statement]:
    """What was written at the steps, oldest first."""
    offices: dict[tuple[int, str], str] = {}
    found = []
    for row in events:
        if row.name == "Entered":
            offices |= {(row.data["entry"], seat["code"]): seat["office"] for seat in row.data["seats"]}
        if row.name != "Completed" or row.data["content"] is None:
            continue
        step = route.steps[row.data["step"]]
        found.append(
            Statement(
                step=row.data["step"],
                seat=row.data["seat"],
                outcome=row.data["outcome"],
                office=offices.get((row.data["entry"], row.data["seat"]), ""),
                by_name=row.actor_name,
                at=row.at,
                data=texts.get(row.data["content"], {}),
                form_code=step.form or "" if isinstance(step, Human) else "",
            )
        )
    return found
