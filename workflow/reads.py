"""That somebody of the staff has read a dossier, or an organisation's documents, is kept once a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from workflow.connecting import autocommit
from workflow.store import reads
from workflow.texts import ZURICH


def note(db: Engine, person_id: UUID, case_ids: Iterable[UUID], *, now: datetime) -> None:
    """The first time on a day counts; the same again is nothing, nor is one's own organisation's."""
    with autocommit(db) as tx:
        reads.note(tx, person_id, case_ids, now.astimezone(ZURICH).date(), now)


def note_document(db: Engine, person_id: UUID, organisation_id: UUID, *, now: datetime) -> None:
    """The same of an organisation's documents."""
    with autocommit(db) as tx:
        reads.note_document(tx, person_id, organisation_id, now.astimezone(ZURICH).date(), now)
