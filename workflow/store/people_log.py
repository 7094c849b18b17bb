"""What administrators did to whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from workflow.store.tables import people_log


def note(tx: Connection, by: str, about: UUID, kind: str, data: Mapping[str, Any], now: datetime) -> None:
    """`kind`: added | changed | ended | reopened | invited; `data`: field → [was, is], or a reason."""
    row = {"by": UUID(by), "about": about, "kind": kind, "data": dict(data), "at": now}
    tx.execute(people_log.insert().values(row))
