"""That somebody of the staff has read a dossier is kept: once a person, case and day."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from workflow.connecting import autocommit
from workflow.store import reads
from workflow.texts import ZURICH


def note(db: Engine, person_id: UUID, case_id: UUID, *, now: datetime) -> None:
    """The first time on a day counts; the same again is nothing, nor is one's own organisation's."""
    with autocommit(db) as tx:
        reads.note(tx, person_id, case_id, now.astimezone(ZURICH).date(), now)
