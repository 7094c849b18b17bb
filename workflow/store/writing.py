"""The hot statement: events, case, work, agenda, outbox, money, command and texts, written as one.

The UPDATE of `cases` checks the version; where it does not hold, nothing of that case is written. A person's
action has its few rows as VALUES: the planner knows how many there are, and looks each up by its index. A
worker's batch of many cases has them as JSON: one spelling, prepared once, however many rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

Row = dict[str, Any]

COLUMNS = {
    "cases": "id uuid, was int, version int, hash text, state jsonb, stage text, step text, status text,"
    " ending text, requested bigint, held bigint, committed bigint, entered_at timestamptz,"
    " due_at timestamptz",
    "events": "case_id uuid, version int, name text, data jsonb, actor text, at timestamptz,"
    " command_id uuid, hash text",
    "commands": "command_id uuid, actor text, payload_hash text, case_id uuid, version int, at timestamptz",
    "closed": "case_id uuid, entry int, seat text, at timestamptz, by text",
    "opened": "case_id uuid, entry int, seat text, step text, office text, role text,"
    " holder uuid, at timestamptz, due_at timestamptz",
    "agenda": "case_id uuid, due_at timestamptz",
    "outbox": "key text, kind text, case_id uuid, payload jsonb, at timestamptz",
    "postings": "case_id uuid, version int, account text, amount bigint, target_group text, at timestamptz",
    "contents": "case_id uuid, hash text, kind text, step text, data jsonb, written_by uuid, at timestamptz",
}
"""What each part of the statement reads: the names are the keys of its rows."""

PARTS = {
    "cases": """changed AS (
  UPDATE cases c SET version = n.version, hash = n.hash, state = n.state, stage = n.stage, step = n.step,
         status = n.status, ending = n.ending, requested = n.requested, held = n.held,
         committed = n.committed, entered_at = n.entered_at, due_at = n.due_at
  FROM {rows}
  WHERE c.id = n.id AND c.version = n.was
  RETURNING c.id, c.line_id)""",
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
  UPDATE work_items w SET closed_at = n.at, closed_by = n.by
  FROM {rows} JOIN changed ON changed.id = n.case_id
  WHERE w.case_id = n.case_id AND w.entry = n.entry AND w.seat = n.seat)""",
    "opened": """opened_items AS (
  INSERT INTO work_items (case_id, entry, seat, step, office, role, holder, opened_at, due_at)
  SELECT n.case_id, n.entry, n.seat, n.step, n.office, n.role, n.holder, n.at, n.due_at
  FROM {rows} JOIN changed ON changed.id = n.case_id
  ON CONFLICT (case_id, entry, seat) DO UPDATE
  SET closed_at = NULL, closed_by = NULL, due_at = excluded.due_at, holder = excluded.holder)""",
    "agenda": """next_look AS (
  INSERT INTO agenda (case_id, due_at, attempts)
  SELECT n.case_id, n.due_at, 0
  FROM {rows} JOIN changed ON changed.id = n.case_id
  ON CONFLICT (case_id) DO UPDATE
  SET due_at = excluded.due_at, attempts = 0, error = NULL, parked_at = NULL)""",
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
         committed = b.committed + s.committed
  FROM (SELECT line_id,
               coalesce(sum(amount) FILTER (WHERE account = 'available'), 0) AS available,
               coalesce(sum(amount) FILTER (WHERE account = 'reserved'), 0) AS reserved,
               coalesce(sum(amount) FILTER (WHERE account = 'committed'), 0) AS committed
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


def write(tx: Connection, rows: Mapping[str, Sequence[Row]]) -> int:
    """Write these rows, by part; returns how many cases were as they had been read."""
    if len(rows["cases"]) == 1:
        given = [(kind, rows[kind]) for kind in PARTS if rows[kind]]
        statement = _with_values(tuple((kind, len(some)) for kind, some in given))
        parameters = [_value(name, row[name]) for kind, some in given for row in some for name in NAMES[kind]]
    else:
        statement = _with_json()
        parameters = [json.dumps(rows[kind]) for kind in PARTS]
    return int(tx.exec_driver_sql(statement, tuple(parameters)).scalar_one())


def _value(name: str, value: Any) -> Any:
    return json.dumps(value) if name in JSON_COLUMNS else value


@lru_cache(256)  # few shapes: how many events, seats and effects an action makes
def _with_values(shape: tuple[tuple[str, int], ...]) -> str:
    parts = []
    for kind, count in shape:
        types = [column.split()[1] for column in COLUMNS[kind].split(", ")]
        row = ", ".join(f"%s::{one}" for one in types)
        values = ", ".join([f"({row})"] * count)
        parts.append(PARTS[kind].format(rows=f"(VALUES {values}) AS n({', '.join(NAMES[kind])})"))
    return _whole(parts)


@lru_cache(1)
def _with_json() -> str:
    return _whole(
        [part.format(rows=f"json_to_recordset(%s) AS n({COLUMNS[kind]})") for kind, part in PARTS.items()]
    )


def _whole(parts: Sequence[str]) -> str:
    return f"WITH {', '.join(parts)}\nSELECT count(*) FROM changed"
