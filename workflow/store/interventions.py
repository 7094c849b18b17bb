"""What operators do by hand: effects and cases that are parked, and the record of who did what, why."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from workflow.store.tables import interventions

HELPERS = """
SELECT DISTINCT p.id, p.name FROM persons p JOIN staff_roles r ON r.person_id = p.id
WHERE r.role IN ('operator', 'admin', 'coordinator') AND p.left_at IS NULL"""
"""Those who can find out what is wrong with a case."""


def note(
    tx: Connection,
    person: str,
    kind: str,
    reason: str,
    now: datetime,
    *,
    effect: str | None = None,
    case_id: UUID | None = None,
) -> None:
    """Keep what a person did; `kind`: retry | skip | hand_over."""
    row = {"person_id": UUID(person), "at": now, "kind": kind, "reason": reason}
    tx.execute(interventions.insert().values(**row, effect=effect, case_id=case_id))


def parked_effects(tx: Connection, *, key: str | None = None, error: str | None = None) -> list[Row[Any]]:
    """Effects that were given up, locked: key, case_id, `waited_for` by a step of its case."""
    return list(
        tx.execute(
            text("""
SELECT o.key, o.case_id,
       o.payload ? 'entry' AND c.ending IS NULL AND (o.payload->>'entry')::int = (c.state->>'entry')::int
         AND (o.payload->>'attempt')::int = (c.state->>'attempt')::int AS waited_for
FROM outbox o LEFT JOIN cases c ON c.id = o.case_id
WHERE o.parked_at IS NOT NULL AND o.skipped_at IS NULL
  AND (CAST(:key AS text) IS NULL OR o.key = :key) AND (CAST(:error AS text) IS NULL OR o.error = :error)
ORDER BY o.key FOR UPDATE OF o"""),
            {"key": key, "error": error},
        )
    )


def retry_effect(tx: Connection, key: str, now: datetime) -> None:
    """Due now, with all attempts before it again."""
    tx.execute(
        text(
            "UPDATE outbox SET parked_at = NULL, attempts = 0, next_try = :now, leased_until = NULL"
            " WHERE key = :key"
        ),
        {"key": key, "now": now},
    )


def skip_effect(tx: Connection, key: str, now: datetime) -> None:
    """It stays parked for good, and is nobody's trouble any more."""
    tx.execute(text("UPDATE outbox SET skipped_at = :now WHERE key = :key"), {"key": key, "now": now})


def parked_case(tx: Connection, case_id: UUID) -> Row[Any] | None:
    """The agenda row of a parked case, locked."""
    query = "SELECT * FROM agenda WHERE case_id = :id AND parked_at IS NOT NULL FOR UPDATE"
    return tx.execute(text(query), {"id": case_id}).one_or_none()


def retry_case(tx: Connection, case_id: UUID, now: datetime) -> None:
    """A worker looks at it at once; what went wrong stays to be read until it goes on."""
    tx.execute(
        text("UPDATE agenda SET parked_at = NULL, due_at = :now, handed_to = NULL WHERE case_id = :id"),
        {"id": case_id, "now": now},
    )


def helps(tx: Connection, person_id: UUID) -> bool:
    """Whether a parked case can be handed to this person."""
    query = text(f"SELECT EXISTS ({HELPERS} AND p.id = :id)")
    return bool(tx.execute(query, {"id": person_id}).scalar_one())


def hand_over(tx: Connection, case_id: UUID, person_id: UUID) -> None:
    """From now on this person looks after the parked case."""
    tx.execute(
        text("UPDATE agenda SET handed_to = :person WHERE case_id = :id"),
        {"id": case_id, "person": person_id},
    )
