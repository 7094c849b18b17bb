"""The published routes, and how many cases stand at each of their steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.engine.case import Actor
from workflow.store import published, reading
from workflow.store.queries.ordered import RUNNING


@dataclass(frozen=True, slots=True)
class AtStep:
    """Running cases at one step: how many, how many late, days of the one that is there the longest.

    `listed`: the lists of cases have them, as they have not what offices ask one another.
    """

    count: int
    late: int
    oldest_days: int
    listed: bool

    @property
    def heat(self) -> int:
        """How old the oldest one is, from 0 to 4: up to 7, 14, 30, 60 days, and longer."""
        return sum(self.oldest_days > most for most in (7, 14, 30, 60))


@dataclass(frozen=True, slots=True)
class RouteOverview:
    """`data`: the route as it was published; `elsewhere`: running cases that follow an older version."""

    hash: str
    data: Mapping[str, Any]
    steps: Mapping[str, AtStep]
    elsewhere: int


def routes(db: sa.Engine, viewer: Actor, *, now: datetime) -> Mapping[str, RouteOverview] | None:
    """The routes that new applications take, by code; None for who has no overview."""
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    with db.connect() as tx:
        named: Mapping[str, str] = published.content(tx, published.current(tx))["routes"]
        standing: dict[str, dict[str, AtStep]] = {}
        for row in tx.execute(
            sa.text(
                "SELECT route_hash, step, count(*) AS cases, min(entered_at) AS since,"
                " count(*) FILTER (WHERE due_at < :now) AS late, bool_and(asked_by IS NULL) AS listed"
                f" FROM cases WHERE {RUNNING} GROUP BY route_hash, step"
            ),
            {"now": now},
        ):
            days = (now - row.since).days if row.since else 0
            at = AtStep(row.cases, row.late, days, row.listed)
            standing.setdefault(row.route_hash, {})[row.step] = at
        found = {}
        codes = {name: published.route(tx, name).code for name in standing}
        sizes = [size.route for size in published.programme(tx, published.current(tx)).sizes]
        order = {code: number for number, code in reversed(list(enumerate(sizes)))}
        for code, name in sorted(named.items(), key=lambda item: (order.get(item[0], len(order)), item[0])):
            others = [one for one, of in codes.items() if of == code and one != name]
            elsewhere = sum(at.count for one in others for at in standing[one].values())
            found[code] = RouteOverview(name, published.content(tx, name), standing.get(name, {}), elsewhere)
    return found
