"""Who of the staff has read which dossier, or documents of which organisation: one row a person and day."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, text

NOTE = """
INSERT INTO dossier_reads (case_id, person_id, day, at)
SELECT c.id, :person, :day, :now FROM cases c
WHERE c.id IN (SELECT CAST(one AS uuid) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) one)
  AND NOT EXISTS (
    SELECT FROM memberships m WHERE m.person_id = :person AND m.organisation_id = c.organisation_id)
ON CONFLICT DO NOTHING"""
NOTE_DOCUMENT = """
INSERT INTO organisation_reads (organisation_id, person_id, day, at)
SELECT o.id, :person, :day, :now FROM organisations o
WHERE o.id = :id AND NOT EXISTS (
  SELECT FROM memberships m WHERE m.person_id = :person
    AND m.organisation_id = coalesce(o.merged_into, o.id))
ON CONFLICT DO NOTHING"""


def note(tx: Connection, person_id: UUID, case_ids: Iterable[UUID], day: date, now: datetime) -> None:
    """The first time on a day counts; the same again is nothing, nor is one's own organisation's."""
    ids = json.dumps([str(one) for one in case_ids])
    tx.execute(text(NOTE), {"ids": ids, "person": person_id, "day": day, "now": now})


def note_document(tx: Connection, person_id: UUID, organisation_id: UUID, day: date, now: datetime) -> None:
    """The same of an organisation's documents."""
    said = {"id": organisation_id, "person": person_id, "day": day, "now": now}
    tx.execute(text(NOTE_DOCUMENT), said)
