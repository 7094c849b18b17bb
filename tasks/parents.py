"""Tells a case that one of its children has ended."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.commands import ChildEnded
from workflow.service import handle
from workflow.settings import Settings
from workflow.store.outbox import Due, report_id
from workflow.store.reading import SYSTEM


def tell_parent(db: sa.Engine, _settings: Settings, due: Due, now: datetime) -> None:
    """As often as it is told, the parent hears it once."""
    command = ChildEnded(UUID(due.payload["parent"]), str(due.case), due.payload["ending"])
    handle(db, command, SYSTEM, report_id(due, "told"), now)
