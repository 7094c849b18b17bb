"""Who is alive: workers and clocks say so themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete
from sqlalchemy.dialects.postgresql import insert

from workflow.store.tables import processes

FORGOTTEN_AFTER = timedelta(days=1)


def seen(db: Engine, name: str, kind: str, release: str, started_at: datetime, now: datetime) -> None:
    """This process is alive now; those that have been silent for a day are forgotten."""
    row = {"id": name, "kind": kind, "release": release, "started_at": started_at, "seen_at": now}
    statement = insert(processes).values(row)
    with db.begin() as tx:
        tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"seen_at": now}))
        tx.execute(delete(processes).where(processes.c.seen_at < now - FORGOTTEN_AFTER))


def ended(db: Engine, name: str) -> None:
    """This process ends in order."""
    with db.begin() as tx:
        tx.execute(delete(processes).where(processes.c.id == name))
