"""Decision tables: rows over named facts, first hit wins, a mandatory `else`. Data, no expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any

from workflow.errors import RouteError

Fact = str | int | bool
Facts = Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Cell:
    """One condition on one fact: one of some values, a range, or less than another fact."""

    fact: str
    any_of: tuple[Fact, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    below: str | None = None

    def holds(self, facts: Facts) -> bool:
        """True when the fact is there and fits; an absent fact never fits."""
        value = facts.get(self.fact)
        if value is None:
            return False
        if self.any_of:
            return any(value == wanted and type(value) is type(wanted) for wanted in self.any_of)
        other = facts.get(self.below) if self.below else None
        number = int(value)
        return (
            (self.minimum is None or number >= self.minimum)
            and (self.maximum is None or number <= self.maximum)
            and (self.below is None or (other is not None and number < int(other)))
        )

    def reads(self) -> frozenset[str]:
        return frozenset({self.fact, self.below} if self.below else {self.fact})


@dataclass(frozen=True, slots=True)
class Row:
    """`since`, `until`: the first and last day on which the row counts; None: no such bound."""

    when: tuple[Cell, ...]
    then: str
    since: date | None = None
    until: date | None = None

    def counts_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows tried from the top; `otherwise` when none holds."""

    rows: tuple[Row, ...]
    otherwise: str

    def reads(self) -> frozenset[str]:
        return frozenset(name for row in self.rows for cell in row.when for name in cell.reads())

    def results(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*(row.then for row in self.rows), self.otherwise]))

    def days(self) -> tuple[date, ...]:
        """One day of each period in which other rows count: the beginning of time, then each change."""
        since = {row.since for row in self.rows if row.since}
        after = {row.until + timedelta(days=1) for row in self.rows if row.until}
        return date.min, *sorted(since | after)

    def situations(self) -> Iterator[dict[str, Fact]]:
        """Facts that between them make every row hit that can: each value and bound, and the fact absent."""
        values: dict[str, set[Fact | None]] = {name: {None} for name in sorted(self.reads())}
        for cell in (cell for row in self.rows for cell in row.when):
            bounds = [bound for bound in (cell.minimum, cell.maximum) if bound is not None]
            values[cell.fact] |= {*cell.any_of, *(bound + step for bound in bounds for step in (-1, 0, 1))}
            if cell.below:
                values[cell.fact] |= {0, 2}
                values[cell.below] |= {1}
        for chosen in product(*values.values()):
            yield {name: value for name, value in zip(values, chosen, strict=True) if value is not None}


def pick(table: Table, facts: Facts, on: date) -> tuple[str, int | None]:
    """The first row that holds on this day: its result and its number from 0, or the `else` and None."""
    for number, row in enumerate(table.rows):
        if row.counts_on(on) and all(cell.holds(facts) for cell in row.when):
            return row.then, number
    return table.otherwise, None


def parse_table(data: Mapping[str, Any], at: str, result: str = "then") -> Table:
    """A table from its YAML shape {rows: [{when: {fact: cell}, then: code}], else: code}.

    A row may say from when until when it counts: `valid_from`, `valid_until`, ISO days, both included.
    """
    if "else" not in data:
        raise RouteError("table_without_else", at=at)
    rows = []
    for raw in data.get("rows", ()):
        cells = tuple(_parse_cell(fact, cell, at) for fact, cell in raw["when"].items())
        if result not in raw:
            raise RouteError("row_without_result", at=at)
        rows.append(Row(cells, str(raw[result]), _day(raw, "valid_from", at), _day(raw, "valid_until", at)))
    return Table(tuple(rows), str(data["else"]))


def _day(raw: Mapping[str, Any], key: str, at: str) -> date | None:
    try:
        return date.fromisoformat(raw[key]) if key in raw else None
    except (TypeError, ValueError):
        raise RouteError("no_date", at=at, key=key, value=str(raw[key])) from None


def _parse_cell(fact: str, cell: Any, at: str) -> Cell:
    if isinstance(cell, Mapping):
        unknown = set(cell) - {"min", "max", "below"}
        if unknown or not cell:
            raise RouteError("unknown_condition", at=at, fact=fact)
        return Cell(fact, minimum=cell.get("min"), maximum=cell.get("max"), below=cell.get("below"))
    values = tuple(cell) if isinstance(cell, list) else (cell,)
    if not values:
        raise RouteError("empty_condition", at=at, fact=fact)
    return Cell(fact, any_of=values)
