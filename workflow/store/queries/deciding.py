"""What waits for those who decide: a list to decide many from, and what each outcome of one brings about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import Actor, Case, load_case
from workflow.engine.decide import open_outcomes
from workflow.engine.eligible import seat_refusal
from workflow.engine.outlook import Outlook, as_proposed, outlook
from workflow.engine.route import Human, Route
from workflow.funding.forms import Form
from workflow.store import published, reading
from workflow.store.queries.desk import Dossier, statements_of
from workflow.store.queries.money import MoneyRow
from workflow.store.queries.record import ACTOR
from workflow.store.queries.rows import HistoryRow
from workflow.store.queries.standing import Dissent, Standing, dissent, standing
from workflow.store.queries.ties import linked_to

MOST_DECISIONS = 100
"""Rows of a page: so many are decided in one go."""

STEPS = """
SELECT DISTINCT c.route_hash, w.step FROM work_items w JOIN cases c ON c.id = w.case_id
WHERE w.closed_at IS NULL
  AND (w.office, w.role) IN (SELECT * FROM unnest(CAST(:offices AS text[]), CAST(:roles AS text[])))"""
WAITING = """
FROM work_items w JOIN cases c ON c.id = w.case_id JOIN organisations o ON o.id = c.organisation_id
JOIN budget_lines b ON b.id = c.line_id
WHERE w.closed_at IS NULL
  AND (w.office, w.role) IN (SELECT * FROM unnest(CAST(:offices AS text[]), CAST(:roles AS text[])))
  AND (c.route_hash, w.step) IN (SELECT * FROM unnest(CAST(:routes AS text[]), CAST(:steps AS text[])))
  AND (CAST(:ids AS uuid[]) IS NULL OR c.id = ANY(:ids))
  AND NOT c.state->'recused' ? :person AND NOT c.state ? 'suspended_at'"""
EVENTS = f"""
SELECT e.case_id, e.version, e.at, e.name, e.data, coalesce(p.name, '') AS actor_name FROM events e
LEFT JOIN persons p ON p.id = {ACTOR}
WHERE e.case_id = ANY(:ids) AND e.name IN ('Entered', 'Reseated', 'Completed', 'WayTaken', 'ChildAwaited')
ORDER BY e.case_id, e.version"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that waits for the viewer's decision. `line`: the money it takes from, `held` what it has of it.

    `refusal`: why the viewer may not decide it now (a code), declare_first before the gate is open; what was
    proposed is None until then. `tied`: something links the viewer to the applicant. `outcome`: what follows
    the proposal, "" where it has to be decided singly.
    """

    case_id: UUID
    number: str
    organisation: str
    title: str | None
    area: str
    size: str
    step: str
    seat: str
    entry: int
    route_hash: str
    due_at: datetime | None
    late: bool
    requested: int
    held: int
    refusal: str
    tied: bool
    proposal: Standing | None
    dissent: Dissent | None
    outcome: str
    form: Form | None
    line_id: int
    line: MoneyRow

    @property
    def needs(self) -> int:
        """Rappen that its money line has to give beyond what is reserved for it."""
        granted = self.proposal.amount if self.proposal and self.proposal.grants else None
        return max(0, granted - self.held) if granted is not None and self.outcome else 0


@dataclass(frozen=True, slots=True)
class Decisions:
    """`next`: what `after` takes for the page behind this one."""

    rows: list[Waiting]
    total: int
    next: str | None


def decisions(
    db: sa.Engine,
    viewer: Actor,
    *,
    now: datetime,
    after: str | None = None,
    ids: Sequence[UUID] | None = None,
) -> Decisions:
    """Cases at steps at which one of the viewer's roles signs, by due date. `ids`: of these alone."""
    start = int(after) if after and after.isdecimal() and len(after) < 6 else 0
    offices = sorted(viewer.offices)
    said: dict[str, Any] = {
        "offices": [office for office, _ in offices],
        "roles": [role for _, role in offices],
        "person": viewer.person,
        "ids": ids,
    }
    with db.connect() as tx:
        steps = [
            (row.route_hash, row.step)
            for row in tx.execute(sa.text(STEPS), said)
            if _signs(published.route(tx, row.route_hash), row.step)
        ]
        said |= {"routes": [route for route, _ in steps], "steps": [step for _, step in steps]}
        total = tx.execute(sa.text(f"SELECT count(*) {WAITING}"), said).scalar_one()
        rows = tx.execute(
            sa.text(
                "SELECT c.*, w.step AS at_step, w.seat, w.entry, w.due_at AS due, o.name AS organisation,"
                " b.year, b.pot, b.ceiling, b.carried, b.reserved AS line_reserved,"
                " b.committed AS line_committed, b.paid AS line_paid, b.available"
                f" {WAITING} ORDER BY w.due_at NULLS LAST, c.id LIMIT :most OFFSET :start"
            ),
            {**said, "most": MOST_DECISIONS, "start": start},
        ).all()
        opened = {row.id for row in rows if reading.may_open(load_case(row.state), viewer)}
        events, texts = _events(tx, opened), _texts(tx, opened)
        undeclared = {row.id for row in rows if viewer.person not in row.state["declared"]}
        tied = linked_to(tx, undeclared, viewer.person)
        found = [
            _waiting(tx, row, events[row.id], texts[row.id], viewer, now, tied=bool(tied.get(row.id)))
            for row in rows
        ]
    more = start + MOST_DECISIONS < total
    return Decisions(found, total, str(start + MOST_DECISIONS) if more else None)


def done_already(db: sa.Engine, viewer: Actor, keys: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these commands of the viewer's have been done: a page that is sent again says so."""
    query = "SELECT command_id FROM commands WHERE command_id = ANY(:keys) AND actor = :person"
    with db.connect() as tx:
        rows = tx.execute(sa.text(query), {"keys": list(keys), "person": viewer.person})
        return frozenset(rows.scalars())


def outlooks(
    db: sa.Engine, viewer: Actor, found: Dossier, *, now: datetime
) -> tuple[Standing | None, Mapping[str, Outlook], str]:
    """(what is proposed, outcome → what it brings about, the outcome that follows the proposal).

    For a dossier that the viewer has opened; the outcomes are those of the step at which the case stands.
    """
    with db.connect() as tx:
        row: Any = tx.execute(
            sa.text("SELECT state, route_hash, programme_hash FROM cases WHERE id = :id"),
            {"id": found.case.id},
        ).one()
        route, case = published.route(tx, row.route_hash), load_case(row.state)
        today = published.calendar(tx, row.programme_hash).day_of(now)
    if not reading.may_open(case, viewer):
        return None, {}, ""
    proposal = standing(route, found.statements, found.history, found.case.requested)
    step = route.steps.get(case.step or "")
    if not isinstance(step, Human) or step.is_panel or case.to is not None:
        return proposal, {}, ""
    amount = proposal.amount if proposal else None
    ways = {code: outlook(route, case, step, code, amount, today) for code in open_outcomes(route, case)}
    return proposal, ways, _follows(step, proposal)


def _follows(step: Human, proposal: Standing | None) -> str:
    """The outcome that follows what is proposed; "" where nothing is, or somebody did not confirm it."""
    if proposal is None or proposal.doubted_by:
        return ""
    return as_proposed(step, grants=proposal.grants) or ""


def _signs(route: Route, code: str) -> bool:
    step = route.steps.get(code)
    return isinstance(step, Human) and step.signs is not None


def _events(tx: sa.Connection, ids: Iterable[UUID]) -> dict[UUID, list[HistoryRow]]:
    found: dict[UUID, list[HistoryRow]] = defaultdict(list)
    for row in tx.execute(sa.text(EVENTS), {"ids": sorted(ids)}):
        found[row.case_id].append(HistoryRow(row.version, row.at, row.actor_name, row.name, row.data))
    return found


def _texts(tx: sa.Connection, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    query = "SELECT case_id, hash, data FROM contents WHERE case_id = ANY(:ids) AND kind = 'statement'"
    found: dict[UUID, dict[str, Any]] = defaultdict(dict)
    for row in tx.execute(sa.text(query), {"ids": sorted(ids)}):
        found[row.case_id][row.hash] = row.data
    return found


def _waiting(
    tx: sa.Connection,
    row: Any,
    events: Sequence[HistoryRow],
    texts: Mapping[str, Any],
    viewer: Actor,
    now: datetime,
    *,
    tied: bool,
) -> Waiting:
    case, route = load_case(row.state), published.route(tx, row.route_hash)
    step = route.human(row.at_step)
    refusal = _refusal(route, case, row.seat, replace(viewer, linked=tied))
    form = published.form(tx, row.programme_hash, step.form, row.area) if step.form else None
    made = Waiting(
        case_id=row.id,
        number=row.number,
        organisation=row.organisation,
        title=None,
        area=row.area,
        size=row.size,
        step=row.at_step,
        seat=row.seat,
        entry=row.entry,
        route_hash=row.route_hash,
        due_at=row.due,
        late=row.due is not None and row.due < now,
        requested=row.requested,
        held=row.held,
        refusal=refusal,
        tied=tied,
        proposal=None,
        dissent=None,
        outcome="",
        form=form,
        line_id=row.line_id,
        line=MoneyRow(
            year=row.year,
            area=row.area,
            pot=row.pot,
            ceiling=row.ceiling,
            carried=row.carried,
            reserved=row.line_reserved,
            committed=row.line_committed,
            paid=row.line_paid,
            left=row.available,
        ),
    )
    if not reading.may_open(case, viewer):
        return made
    said = statements_of(route, events, texts)
    proposal = standing(route, said, events, row.requested)
    form_of = partial(published.form, tx, row.programme_hash, area=row.area)
    return replace(
        made,
        title=row.title,
        proposal=proposal,
        dissent=dissent(route, said, form_of),
        outcome=_follows(step, proposal),
    )


def _refusal(route: Route, case: Case, seat: str, viewer: Actor) -> str:
    """The code of what keeps the viewer from this seat; "" for nothing."""
    [meant] = [one for one in case.seats if one.code == seat]
    refused = seat_refusal(route, case, meant, viewer)
    return refused.code if refused else ""
