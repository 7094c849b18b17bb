"""The hot statement: events, case, work, agenda, outbox, money, command and texts, written as one.

`changed` is the case: a new row, or an UPDATE that checks the version and, where the change rests on a
working copy, its revision. Where that does not hold, nothing is written, because every other part joins it.
A person's action has its few rows as VALUES: the planner knows how many there are, and looks each up by its
index. A worker's batch of many cases has them as JSON: one spelling, prepared once, however many rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.errors import CheckViolation, NotNullViolation

from workflow.errors import Conflict, NotFound
from workflow.store import prepared

Row = dict[str, Any]

WORDS = """to_tsvector('german', concat_ws(
    ' ', a.answers #>> '{{project,title}}', a.answers #>> '{{project,summary}}'))"""
"""What a project is about, without the endings of the words: for finding it, and the same project twice."""

COLUMNS = {
    "drafts": "id uuid, revision int",
    "begun": "id uuid, number text, prefix text, organisation_id uuid, title text, programme text,"
    " programme_hash text, route_hash text, form_hash text, call text, year int, area text, pot text,"
    " size text, line_id int, parent_id uuid, asked_by uuid, target_group text, at timestamptz, version int,"
    " hash text, state jsonb, stage text, step text, status text, requested bigint, entered_at timestamptz,"
    " due_at timestamptz",
    "cases": "id uuid, was int, version int, hash text, state jsonb, stage text, step text, status text,"
    " ending text, requested bigint, held bigint, committed bigint, paid bigint,"
    " entered_at timestamptz, due_at timestamptz",
    "handed_in": "id uuid",
    "events": "case_id uuid, version int, name text, data jsonb, actor text, at timestamptz,"
    " command_id uuid, hash text",
    "commands": "command_id uuid, actor text, payload_hash text, case_id uuid, version int, at timestamptz",
    "closed": "case_id uuid, entry int, seat text, at timestamptz, actor text",
    "opened": "case_id uuid, entry int, seat text, step text, office text, role text, holder uuid,"
    " at timestamptz, due_at timestamptz",
    "agenda": "case_id uuid, look_at timestamptz",
    "expected": "case_id uuid, due_at timestamptz, stopped boolean",
    "met": "case_id uuid",
    "owed": "case_id uuid, amount bigint, at timestamptz",
    "repaid": "case_id uuid",
    "outbox": "key text, kind text, case_id uuid, payload jsonb, at timestamptz",
    "postings": "case_id uuid, version int, account text, amount bigint, target_group text, at timestamptz",
    "contents": "case_id uuid, hash text, kind text, step text, data jsonb, written_by uuid, at timestamptz",
}
"""What each part of the statement reads: the names are the keys of its rows."""

PARTS = {
    # Nobody saves the working copy between here and the end of the transaction.
    "drafts": """drafts AS (
  SELECT a.id FROM applications a, {rows} WHERE a.id = n.id AND a.revision = n.revision FOR UPDATE OF a)""",
    "begun": """changed AS (
  INSERT INTO cases (id, number, organisation_id, title, programme, programme_hash, route_hash, form_hash,
         call, area, size, line_id, parent_id, asked_by, target_group, submitted_at, version, hash, state,
         stage, step, status, requested, held, committed, entered_at, due_at)
  SELECT n.id, coalesce(n.number, n.prefix || to_char(nextval('case_number'), 'FM999900000')),
         n.organisation_id, n.title, n.programme, n.programme_hash, n.route_hash, n.form_hash,
         n.call, n.area, n.size, coalesce(n.line_id, b.id), n.parent_id, n.asked_by, n.target_group, n.at,
         n.version, n.hash, n.state, n.stage, n.step, n.status, n.requested, 0, 0, n.entered_at, n.due_at
  FROM {rows} JOIN drafts USING (id) LEFT JOIN budget_lines b
    ON (b.programme, b.year, b.area, b.pot) = (n.programme, n.year, n.area, n.pot)
  ON CONFLICT (id) DO NOTHING
  RETURNING id, number, line_id)""",
    "cases": """changed AS (
  UPDATE cases c SET version = n.version, hash = n.hash, state = n.state, stage = n.stage, step = n.step,
         status = n.status, ending = n.ending, requested = n.requested, held = n.held,
         committed = n.committed, paid = n.paid, entered_at = n.entered_at, due_at = n.due_at
  FROM {rows}{drafts}
  WHERE c.id = n.id AND c.version = n.was
  RETURNING c.id, c.number, c.line_id)""",
    # A search finds what was handed in, never what is only being written.
    "handed_in": f"""handed_in AS (
  UPDATE applications a SET words = {WORDS}
  FROM {{rows}} JOIN changed ON changed.id = n.id
  WHERE a.id = n.id)""",
    "events": """new_events AS (
  INSERT INTO events (case_id, version, name, data, actor, at, command_id, hash)
  SELECT n.case_id, n.version, n.name, n.data, n.actor, n.at, n.command_id, n.hash
  FROM {rows} JOIN changed ON changed.id = n.case_id
  ORDER BY n.case_id, n.version)""",
    "commands": """new_command AS (
  INSERT INTO commands (command_id, actor, payload_hash, case_id, version, at)
  SELECT n.command_id, n.actor, n.payload_hash, n.case_id, n.version, n.at
  FROM {rows} JOIN changed ON changed.id = n.case_id)""",
    "closed": """closed_items AS (
  UPDATE work_items w SET closed_at = n.at, closed_by = n.actor
  FROM {rows} JOIN changed ON changed.id = n.case_id
  WHERE w.case_id = n.case_id AND w.entry = n.entry AND w.seat = n.seat)""",
    "opened": """opened_items AS (
  INSERT INTO work_items (case_id, entry, seat, step, office, role, holder, opened_at, due_at)
  SELECT n.case_id, n.entry, n.seat, n.step, n.office, n.role, n.holder, n.at, n.due_at
  FROM {rows} JOIN changed ON changed.id = n.case_id
  ON CONFLICT (case_id, entry, seat) DO UPDATE
  SET closed_at = NULL, closed_by = NULL, due_at = excluded.due_at, office = excluded.office,
      role = excluded.role, holder = excluded.holder)""",
    "agenda": """next_look AS (
  INSERT INTO agenda (case_id, due_at, attempts)
  SELECT n.case_id, n.look_at, 0
  FROM {rows} JOIN changed ON changed.id = n.case_id
  ON CONFLICT (case_id) DO UPDATE
  SET due_at = excluded.due_at, attempts = 0, error = NULL, parked_at = NULL)""",
    "expected": """expecting AS (
  INSERT INTO reports_due (case_id, due_at, stopped)
  SELECT n.case_id, n.due_at, n.stopped
  FROM {rows} JOIN changed ON changed.id = n.case_id
  ON CONFLICT (case_id) DO UPDATE SET due_at = excluded.due_at, stopped = excluded.stopped)""",
    "met": """no_longer_expecting AS (
  DELETE FROM reports_due r USING {rows} JOIN changed ON changed.id = n.case_id
  WHERE r.case_id = n.case_id)""",
    "owed": """owing AS (
  INSERT INTO repayments_due (case_id, amount, since)
  SELECT n.case_id, n.amount, n.at
  FROM {rows} JOIN changed ON changed.id = n.case_id
  ON CONFLICT (case_id) DO UPDATE SET amount = excluded.amount)""",
    "repaid": """no_longer_owing AS (
  DELETE FROM repayments_due r USING {rows} JOIN changed ON changed.id = n.case_id
  WHERE r.case_id = n.case_id)""",
    "outbox": """new_effects AS (
  INSERT INTO outbox (key, kind, case_id, payload, next_try)
  SELECT n.key, n.kind, n.case_id, n.payload, n.at
  FROM {rows} JOIN changed ON changed.id = n.case_id
  ON CONFLICT (key) DO NOTHING)""",
    "postings": """moved AS (
  INSERT INTO postings (line_id, case_id, version, account, amount, target_group, at)
  SELECT changed.line_id, n.case_id, n.version, n.account, n.amount, n.target_group, n.at
  FROM {rows} JOIN changed ON changed.id = n.case_id
  RETURNING line_id, account, amount
), balances AS (
  UPDATE budget_lines b SET available = b.available + s.available, reserved = b.reserved + s.reserved,
         committed = b.committed + s.committed, paid = b.paid + s.paid
  FROM (SELECT line_id,
               coalesce(sum(amount) FILTER (WHERE account = 'available'), 0) AS available,
               coalesce(sum(amount) FILTER (WHERE account = 'reserved'), 0) AS reserved,
               coalesce(sum(amount) FILTER (WHERE account = 'committed'), 0) AS committed,
               coalesce(sum(amount) FILTER (WHERE account = 'paid'), 0) AS paid
        FROM moved GROUP BY line_id) s
  WHERE b.id = s.line_id)""",
    "contents": """new_contents AS (
  INSERT INTO contents (case_id, hash, kind, step, data, written_by, at)
  SELECT n.case_id, n.hash, n.kind, n.step, n.data, n.written_by, n.at
  FROM {rows} JOIN changed ON changed.id = n.case_id
  ON CONFLICT DO NOTHING)""",
}

NAMES = {
    kind: tuple(column.split()[0] for column in columns.split(", ")) for kind, columns in COLUMNS.items()
}
JSON_COLUMNS = frozenset({"state", "data", "payload"})
SHARED = frozenset({"id", "case_id", "at", "actor", "command_id"})
"""Columns in which all rows of one case's change say the same: sent once."""

ENCODE = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

BY_COMMAND = frozenset({"drafts", "begun", "handed_in", "met", "owed", "repaid", "contents", "commands"})
IN_BATCHES = tuple(kind for kind in PARTS if kind not in BY_COMMAND)
"""What a worker's batch can have: nobody's own words, no command, no beginning, no report, no payment."""


def write(tx: psycopg.Connection[Any], rows: Mapping[str, Sequence[Row]]) -> str:
    """Write the change of one case, given as its rows by part; returns the case's number.

    Raises Conflict when the case, its working copy or its money is no longer as it had been read, and
    NotFound (no_budget_line) when there is no line to charge a new case to.
    """
    statement, places = _with_values(tuple((kind, len(rows[kind])) for kind in PARTS if rows[kind]))
    parameters = [
        ENCODE(rows[kind][number][name]) if name in JSON_COLUMNS else rows[kind][number][name]
        for kind, number, name in places
    ]
    try:
        found = prepared.rows(tx, statement, parameters)
    except CheckViolation as error:
        if error.diag.constraint_name != NO_OVERSPENDING:
            raise
        found = []
    except NotNullViolation as error:
        if error.diag.column_name != "line_id":
            raise
        raise NotFound("no_budget_line") from None
    if not found:
        raise Conflict("someone_was_faster")
    return str(found[0][0])


def write_batch(tx: psycopg.Connection[Any], rows: Mapping[str, Sequence[Row]]) -> int:
    """Write the changes of many cases, given as their rows by part; returns how many were as they had been
    read."""
    found = prepared.rows(tx, _with_json(), [ENCODE(rows[kind]) for kind in IN_BATCHES])
    return int(found[0][0])


NO_OVERSPENDING = "ck_budget_lines_no_overspending"


Place = tuple[str, int, str]
"""Where a parameter of the statement comes from: part, row, column."""


@lru_cache(256)  # few shapes: how many events, seats and effects an action makes
def _with_values(shape: tuple[tuple[str, int], ...]) -> tuple[bytes, list[Place]]:
    """The statement for so many rows of each part, and where its parameters $1, $2 … come from."""
    numbers: dict[Place, int] = {}

    def row(kind: str, number: int) -> str:
        cells = []
        for column in COLUMNS[kind].split(", "):
            name, type_ = column.split()
            place = next((one for one in numbers if name in SHARED and one[2] == name), (kind, number, name))
            cells.append(f"${numbers.setdefault(place, len(numbers) + 1)}::{type_}")
        return f"({', '.join(cells)})"

    parts = []
    for kind, count in shape:
        values = ", ".join(row(kind, number) for number in range(count))
        rows = f"(VALUES {values}) AS n({', '.join(NAMES[kind])})"
        drafts = " JOIN drafts USING (id)" if shape[0][0] == "drafts" else ""
        parts.append(PARTS[kind].format(rows=rows, drafts=drafts))
    return f"WITH {', '.join(parts)}\nSELECT number FROM changed".encode(), list(numbers)


@lru_cache(1)
def _with_json() -> bytes:
    parts = [
        PARTS[kind].format(rows=f"json_to_recordset(${number}) AS n({COLUMNS[kind]})", drafts="")
        for number, kind in enumerate(IN_BATCHES, 1)
    ]
    return f"WITH {', '.join(parts)}\nSELECT count(*) FROM changed".encode()
