"""That somebody of the staff has read a dossier is kept: once a person, case and day."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, text

from workflow.connecting import autocommit
from workflow.texts import ZURICH

NOTE = """
INSERT INTO dossier_reads (case_id, person_id, day, at)
SELECT c.id, :person, :day, :now FROM cases c
WHERE c.id = :id AND NOT EXISTS (
  SELECT FROM memberships m WHERE m.person_id = :person AND m.organisation_id = c.organisation_id)
ON CONFLICT DO NOTHING"""


def note(db: Engine, person_id: UUID, case_id: UUID, *, now: datetime) -> None:
    """The first time on a day counts; the same again is nothing, nor is one's own organisation's."""
    day = now.astimezone(ZURICH).date()
    with autocommit(db) as tx:
        tx.execute(text(NOTE), {"id": case_id, "person": person_id, "day": day, "now": now})
