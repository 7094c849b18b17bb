"""Who of the staff has read which dossier: one row a person, case and day."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, text

NOTE = """
INSERT INTO dossier_reads (case_id, person_id, day, at)
SELECT c.id, :person, :day, :now FROM cases c
WHERE c.id = :id AND NOT EXISTS (
  SELECT FROM memberships m WHERE m.person_id = :person AND m.organisation_id = c.organisation_id)
ON CONFLICT DO NOTHING"""


def note(tx: Connection, person_id: UUID, case_id: UUID, day: date, now: datetime) -> None:
    """The first time on a day counts; the same again is nothing, nor is one's own organisation's."""
    tx.execute(text(NOTE), {"id": case_id, "person": person_id, "day": day, "now": now})
