"""Reading a case under its lock, and writing a change of one or many cases as one statement.

What must stay together is written together: events, case, work items, agenda, outbox, balances, postings,
command. The UPDATE of `cases` checks the version; where it does not hold, nothing of that case is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from workflow.connecting import plain
from workflow.engine import events as ev
from workflow.engine.canonical import canonical
from workflow.engine.case import Case, Seat, dump_case, load_case, replay
from workflow.errors import Conflict, KeyReused, NotFound
from workflow.funding.effects import Effect
from workflow.store import prepared
from workflow.store.writing import Row, write, write_batch


@dataclass(frozen=True, slots=True)
class Stored:
    """A case as it stands in the database, with the versions it is pinned to.

    `head`: its last hash; `look_at`: when a worker looks at it again; `left`: Rappen free on its budget line.
    """

    id: UUID
    number: str
    case: Case
    head: str
    route_hash: str
    programme_hash: str
    form_hash: str
    line_id: int
    target_group: str
    look_at: datetime | None = None
    left: int = 0


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a case is pinned to and listed by, from its first moment. Amounts in Rappen.

    `number`: of a case that belongs to another one; all others get the next running one behind `prefix`.
    Its year, area and pot name the budget line that it is charged to, unless that is known.
    """

    organisation_id: UUID
    title: str
    prefix: str
    programme: str
    form_hash: str
    call: str
    year: int
    area: str
    pot: str
    size: str
    number: str | None = None
    parent_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """What makes a command the same command: its id, who sent it, the hash of all it said."""

    command_id: UUID
    actor: str
    payload_hash: str


@dataclass(frozen=True, slots=True)
class Change:
    """New events of one case, and everything that belongs to them.

    `look_at`: when to look again; `contents`: rows of what people wrote, by the hashes that the events hold;
    `revision`: of the working copy that this rests on, if it does; `beginning`: of a new case.
    """

    stored: Stored
    after: Case
    events: Sequence[ev.Event]
    actor: str
    at: datetime
    look_at: datetime | None
    effects: Sequence[Effect] = ()
    key: Key | None = None
    contents: Sequence[Row] = ()
    revision: int | None = None
    beginning: Beginning | None = None


COLUMNS = (
    "c.id, c.number, c.state, c.hash, c.route_hash, c.programme_hash, c.form_hash, c.line_id, c.target_group,"
    " CASE WHEN a.parked_at IS NULL THEN a.due_at END"
)
READ_CASE = f"""
SELECT {COLUMNS}, b.available FROM cases c JOIN budget_lines b ON b.id = c.line_id
LEFT JOIN agenda a ON a.case_id = c.id WHERE c.id = $1"""
LOCK_LINES = "SELECT 1 FROM budget_lines WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


def read(tx: Connection, case_id: UUID, *, lock: bool = False) -> Stored:
    """The case as it stands, locked on request until the transaction ends; raises NotFound."""
    query = f"{READ_CASE} FOR NO KEY UPDATE OF c" if lock else READ_CASE
    found = prepared.rows(plain(tx), query.encode(), (case_id,))
    if not found:
        raise NotFound("no_such_case")
    return stored(found[0])


def stored(row: Sequence[Any]) -> Stored:
    """A `Stored` from a row of COLUMNS, and of what is left on its line if that was read too."""
    case_id, number, state, *rest = row
    return Stored(case_id, number, load_case(state), *rest)


def commit(tx: Connection, change: Change) -> str:
    """Write the change of one case; returns its number. Raises Conflict when it is not as it was read."""
    return write(plain(tx), _rows(change))


def commit_batch(tx: Connection, changes: Sequence[Change]) -> None:
    """Write the changes of different cases that this transaction has locked."""
    connection = plain(tx)
    parts = [_rows(change) for change in changes]
    together = {kind: [row for part in parts for row in part[kind]] for kind in parts[0]}
    lines = sorted({change.stored.line_id for change in changes if _moves(change)})
    if lines:  # locked in one order by everyone, so that nobody waits in a circle
        connection.execute(LOCK_LINES, (lines,))
    if write_batch(connection, together) != len(changes):
        raise Conflict("someone_was_faster")


def done(tx: Connection, key: Key) -> tuple[UUID, str, int] | None:
    """What a command with this id did before: case, number, version. Raises KeyReused for another payload."""
    row = tx.execute(
        text(
            "SELECT k.actor, k.payload_hash, k.case_id, k.version, c.number"
            " FROM commands k JOIN cases c ON c.id = k.case_id WHERE k.command_id = :id"
        ),
        {"id": key.command_id},
    ).one_or_none()
    if row is None:
        return None
    if (row.actor, row.payload_hash) != (key.actor, key.payload_hash):
        raise KeyReused("key_reused")
    return row.case_id, row.number, row.version


def happened(tx: Connection, case_id: UUID) -> list[tuple[ev.Event, datetime]]:
    """Everything that happened to a case, and when."""
    query = text("SELECT name, data, at FROM events WHERE case_id = :id ORDER BY version")
    return [(ev.load(row.name, row.data), row.at) for row in tx.execute(query, {"id": case_id})]


def chained(head: str, case_id: UUID, version: int, entry: Mapping[str, Any]) -> str:
    """The hash of one event over the hash before it. `entry`: name, data, actor, at, command_id."""
    return hashlib.sha256(head.encode() + canonical([str(case_id), version, entry])).hexdigest()


def replayed(tx: Connection, case_id: UUID) -> tuple[Case, str]:
    """The case folded anew from its events, and the head of the chain recomputed from them."""
    head = ""
    events = []
    found = tx.execute(
        text(
            "SELECT version, name, data, actor, at, command_id FROM events"
            " WHERE case_id = :id ORDER BY version"
        ),
        {"id": case_id},
    )
    for row in found:
        head = chained(head, case_id, row.version, entry_of(row))
        events.append(ev.load(row.name, row.data))
    return replay(events), head


def entry_of(row: Any) -> Row:
    """What the hash of an event covers, of a row that has name, data, actor, at, command_id."""
    return _entry(row.name, row.data, row.actor, row.at, row.command_id)


def _entry(name: str, data: Row, actor: str, at: datetime, command_id: UUID | None) -> Row:
    return {
        "name": name,
        "data": data,
        "actor": actor,
        "at": int(at.timestamp() * 1_000_000),
        "command_id": str(command_id) if command_id else None,
    }


def _moves(change: Change) -> bool:
    before, after = change.stored.case, change.after
    return (before.held, before.committed, before.paid) != (after.held, after.committed, after.paid)


def _rows(change: Change) -> dict[str, list[Row]]:
    """The rows of every table that this change writes, JSON-ready."""
    stored, after, at = change.stored, change.after, change.at.isoformat()
    case_id = str(stored.id)
    events, head = _event_rows(change)
    before_seats = _open_items(stored.case)
    after_seats = _open_items(after)
    return {
        "drafts": [{"id": case_id, "revision": change.revision}] if change.revision is not None else [],
        "begun": [_beginning_row(change, change.beginning, head)] if change.beginning else [],
        "cases": [] if change.beginning else [_case_row(change, head)],
        "handed_in": [{"id": case_id}] if change.revision is not None else [],
        "events": events,
        "commands": [
            {
                "command_id": str(change.key.command_id),
                "actor": change.key.actor,
                "payload_hash": change.key.payload_hash,
                "case_id": case_id,
                "version": after.version,
                "at": at,
            }
        ]
        if change.key
        else [],
        "closed": [
            {"case_id": case_id, "entry": entry, "seat": seat, "at": at, "actor": change.actor}
            for entry, seat in before_seats.keys() - after_seats.keys()
        ],
        "opened": [
            {
                "case_id": case_id,
                "entry": entry,
                "seat": code,
                "step": after.step,
                "office": seat.office,
                "role": seat.role,
                "holder": seat.holder,
                "at": at,
                "due_at": after.due,
            }
            for (entry, code), seat in after_seats.items()
            if stored.case.due != after.due or _with(before_seats.get((entry, code))) != _with(seat)
        ],
        "agenda": [{"case_id": case_id, "look_at": change.look_at.isoformat() if change.look_at else None}]
        if change.look_at is None or change.look_at != stored.look_at
        else [],
        **_expectation(change),
        "owed": [{"case_id": case_id, "amount": after.owed, "at": at}]
        if after.owed and after.owed != stored.case.owed
        else [],
        "repaid": [{"case_id": case_id}] if stored.case.owed and not after.owed else [],
        "outbox": [
            {"key": effect.key, "kind": effect.kind, "case_id": case_id, "payload": effect.payload, "at": at}
            for effect in change.effects
        ],
        "postings": _posting_rows(change),
        "contents": list(change.contents),
    }


def _expectation(change: Change) -> dict[str, list[Row]]:
    """What is expected of an ended case, where that has changed."""
    before, after, case_id = change.stored.case, change.after, str(change.stored.id)
    if (before.expected_at, before.stopped) == (after.expected_at, after.stopped):
        return {"expected": [], "met": []}
    if after.expected_at is None:
        return {"expected": [], "met": [{"case_id": case_id}]}
    return {
        "expected": [{"case_id": case_id, "due_at": after.expected_at, "stopped": after.stopped}],
        "met": [],
    }


def _event_rows(change: Change) -> tuple[list[Row], str]:
    head = change.stored.head
    rows = []
    command_id = change.key.command_id if change.key else None
    for version, event in enumerate(change.events, change.stored.case.version + 1):
        name, data = ev.dump(event)
        entry = _entry(name, data, change.actor, change.at, command_id)
        head = chained(head, change.stored.id, version, entry)
        rows.append(
            {
                **entry,
                "case_id": str(change.stored.id),
                "version": version,
                "at": change.at.isoformat(),
                "hash": head,
            }
        )
    return rows, head


def _case_row(change: Change, head: str) -> Row:
    after = change.after
    return {
        "id": str(change.stored.id),
        "was": change.stored.case.version,
        "version": after.version,
        "hash": head,
        "state": dump_case(after),
        "stage": after.stage,
        "step": after.step or "",
        "status": after.status,
        "ending": after.ending,
        "requested": after.facts.get("requested", 0),
        "held": after.held,
        "committed": after.committed,
        "paid": after.paid,
        "entered_at": after.entered_at,
        "due_at": after.due,
    }


def _beginning_row(change: Change, beginning: Beginning, head: str) -> Row:
    stored = change.stored
    pinned = {
        "programme_hash": stored.programme_hash,
        "route_hash": stored.route_hash,
        "line_id": stored.line_id or None,
        "target_group": stored.target_group,
        "at": change.at.isoformat(),
    }
    listed = {name: getattr(beginning, name) for name in Beginning.__slots__}
    listed["asked_by"] = change.after.asked_by or None
    return {**_case_row(change, head), **pinned, **listed}


def _with(seat: Seat | None) -> tuple[str | None, ...]:
    """Whose work it is."""
    return (seat.office, seat.role, seat.holder) if seat else ()


def _open_items(case: Case) -> dict[tuple[int, str], Seat]:
    return {(case.entry, seat.code): seat for seat in case.open_seats}


def _posting_rows(change: Change) -> list[Row]:
    """What moved between the accounts of the case's line: amounts that sum to zero."""
    before, after = change.stored.case, change.after
    held, committed = after.held - before.held, after.committed - before.committed
    paid = after.paid - before.paid
    amounts = {
        "available": -held - committed,
        "reserved": held,
        "committed": committed - paid,
        "paid": paid,
    }
    return [
        {
            "case_id": str(change.stored.id),
            "version": change.after.version,
            "account": account,
            "amount": amount,
            "target_group": change.stored.target_group,
            "at": change.at.isoformat(),
        }
        for account, amount in amounts.items()
        if amount
    ]
