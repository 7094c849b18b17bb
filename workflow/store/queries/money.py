"""The money: what each budget line has, and what of it is taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workflow.engine.case import Actor
from workflow.store import reading
from workflow.store.asking import ask

LINES = """
SELECT * FROM budget_lines WHERE programme = (SELECT code FROM programmes ORDER BY since DESC LIMIT 1)
ORDER BY year, id"""
AMOUNTS = ("ceiling", "carried", "reserved", "committed", "paid", "left")
"""Of a budget line, in the order of MoneyRow."""


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """A budget line, or several added up (`pot` is then empty).

    `carried`: from the year before, less what went on to the next; `committed`: and not paid yet.
    """

    year: int
    area: str
    pot: str
    ceiling: int
    carried: int
    reserved: int
    committed: int
    paid: int
    left: int

    @property
    def whole(self) -> int:
        """What there is to spend."""
        return self.ceiling + self.carried


def money(db: sa.Engine, viewer: Actor) -> list[MoneyRow] | None:
    """Every budget line of the current programme; None for who may not see it."""
    if not viewer.has_role(*reading.OVERVIEW):
        return None
    with db.connect() as tx:
        return lines(tx)


def credits(db: sa.Engine, viewer: Actor) -> list[MoneyRow] | None:
    """The same for those who see what the programme consists of, credits among it."""
    if not viewer.has_role(*reading.OVERVIEW, *reading.PROGRAMME):
        return None
    with db.connect() as tx:
        return lines(tx)


def money_row(row: Any) -> MoneyRow:
    """A row of `budget_lines`."""
    return MoneyRow(
        year=row.year,
        area=row.area,
        pot=row.pot,
        ceiling=row.ceiling,
        carried=row.carried,
        reserved=row.reserved,
        committed=row.committed,
        paid=row.paid,
        left=row.available,
    )


def by_area(lines: Sequence[MoneyRow]) -> list[MoneyRow]:
    """The lines of each year and area added up over their pots."""
    grouped: dict[tuple[int, str], list[MoneyRow]] = defaultdict(list)
    for line in lines:
        grouped[line.year, line.area].append(line)
    return [added_up(year, area, rows) for (year, area), rows in grouped.items()]


def added_up(year: int, area: str, lines: Sequence[MoneyRow]) -> MoneyRow:
    """Several lines as one."""
    sums = [sum(getattr(line, name) for line in lines) for name in AMOUNTS]
    return MoneyRow(year, area, "", *sums)


def lines(tx: sa.Connection) -> list[MoneyRow]:
    return [money_row(row) for row in ask(tx, LINES)]
