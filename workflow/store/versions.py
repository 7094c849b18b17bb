"""Cases by the version of the route that they follow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

RUNNING = text("""
SELECT c.id FROM cases c WHERE c.ending IS NULL AND (NOT c.route_hash = ANY(:routes)
  OR c.programme_hash <> :programme AND EXISTS (
    SELECT FROM outbox o WHERE o.case_id = c.id AND o.kind = 'letter' AND o.done_at IS NULL))
ORDER BY c.number""")


def running_on_others(tx: Connection, routes: Collection[str], programme: str) -> list[UUID]:
    """Running cases that follow none of these versions, by number; of another version of the programme also
    those that wait for a letter: it may be the template that was mended."""
    return list(tx.execute(RUNNING, {"routes": list(routes), "programme": programme}).scalars())


def submitted_since(tx: Connection, since: datetime) -> list[Row[Any]]:
    """id, number, route_hash, programme_hash of all cases from then on, by number."""
    query = text(
        "SELECT id, number, route_hash, programme_hash FROM cases"
        " WHERE submitted_at >= :since ORDER BY number"
    )
    return list(tx.execute(query, {"since": since}))


def pin(tx: Connection, case_id: UUID, programme: str, route: str) -> None:
    """From now on the case follows these versions."""
    query = text("UPDATE cases SET route_hash = :route, programme_hash = :programme WHERE id = :id")
    tx.execute(query, {"id": case_id, "programme": programme, "route": route})


Logged = tuple[str, Mapping[str, Any], str, datetime]


def logs(tx: Connection) -> Iterator[tuple[str, Mapping[str, Any], list[Logged]]]:
    """(number, facts, events with their actors) of every case, one at a time."""
    events = text("SELECT name, data, actor, at FROM events WHERE case_id = :id ORDER BY version")
    for case_id in tx.execute(text("SELECT id FROM cases ORDER BY number")).scalars().all():
        row = tx.execute(
            text("SELECT number, state->'facts' AS facts FROM cases WHERE id = :id"), {"id": case_id}
        ).one()
        found = tx.execute(events, {"id": case_id})
        yield row.number, row.facts, [(one.name, one.data, one.actor, one.at) for one in found]
