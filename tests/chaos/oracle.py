"""After the storm: is every case what the pure engine makes of its recorded facts, by people who might?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine import events as ev
from workflow.engine.advance import advance
from workflow.engine.case import EMPTY, Actor, evolve
from workflow.engine.decide import allowed
from workflow.store import journal, published


def wrong_in(db: sa.Engine, people: Mapping[str, Actor]) -> list[str]:
    """Every case's events, replayed one by one: what followed by rule must be what the engine says follows,
    and what a person did must be what that person might do at that moment."""
    found: list[str] = []
    by_id = {actor.person: actor for actor in people.values()}
    with db.connect() as tx:
        ids = tx.execute(sa.text("SELECT id, route_hash, programme_hash FROM cases ORDER BY id")).all()
        for row in ids:
            found += _case(tx, row, by_id)
    return found


def _case(tx: sa.Connection, row: Any, people: Mapping[str, Actor]) -> list[str]:
    route, calendar = published.route(tx, row.route_hash), published.calendar(tx, row.programme_hash)
    case, wrong = EMPTY, []
    for event, at in journal.happened(tx, row.id):
        match event:
            case ev.Submitted():
                pass
            case ev.Declared() | ev.Recused() | ev.Completed() | ev.Withdrawn():
                if not _might(people, route, case, event, calendar.day_of(at)):
                    wrong.append(f"{row.id}: {event.by} might not: {event}")
            case ev.CallReturned() | ev.CallFailed():
                pass
            case _:
                expected = advance(route, case, at, calendar)
                if not expected or expected[0] != event:
                    wrong.append(f"{row.id}: {event}, and by rule: {expected[:1]}")
        case = evolve(case, event)
    return wrong


def _might(people: Mapping[str, Actor], route: Any, case: Any, event: Any, on: date) -> bool:
    actor = people[event.by]
    offers = allowed(route, case, actor, on)
    match event:
        case ev.Completed():
            return any(
                (one.action, one.step, one.seat) == ("complete", event.step, event.seat)
                and event.outcome in one.outcomes
                for one in offers
            )
        case ev.Declared():
            return any(one.action == "declare" for one in offers)
        case ev.Recused():
            return any(one.action == "recuse" for one in offers)
        case _:
            return any(one.action == "withdraw" for one in offers)


STUCK = """
SELECT c.number FROM cases c JOIN agenda a ON a.case_id = c.id
WHERE c.ending IS NULL AND a.due_at IS NULL
  AND NOT EXISTS (SELECT FROM work_items w WHERE w.case_id = c.id AND w.closed_at IS NULL)
  AND NOT EXISTS (SELECT FROM outbox o WHERE o.case_id = c.id AND o.done_at IS NULL)
"""

PARKED = "SELECT c.number FROM agenda a JOIN cases c ON c.id = a.case_id WHERE a.parked_at IS NOT NULL"


def stuck(db: sa.Engine) -> list[str]:
    """Cases without an ending, a due row, open work, or an effect on its way; and those that are parked."""
    with db.connect() as tx:
        return [*tx.execute(sa.text(STUCK)).scalars(), *tx.execute(sa.text(PARKED)).scalars()]


def undone(db: sa.Engine) -> list[str]:
    """Effects that are still to be brought about: how many, tried how often, and why not."""
    query = (
        "SELECT kind, attempts, left(error, 80) AS error, parked_at IS NOT NULL AS parked, count(*) AS number"
        " FROM outbox WHERE done_at IS NULL GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC LIMIT 10"
    )
    with db.connect() as tx:
        return [str(row) for row in tx.execute(sa.text(query))]


def there(db: sa.Engine) -> dict[UUID, str]:
    """Every case: application → number."""
    with db.connect() as tx:
        return {row.id: row.number for row in tx.execute(sa.text("SELECT id, number FROM cases"))}
