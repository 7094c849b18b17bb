"""Two people have changed the rows of one table: what each did to it is brought together, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from workflow.engine.canonical import content_hash

Row = Any
MOST_COMPARED = 100


def row_mark(row: Row) -> str:
    """A short name of a row."""
    return content_hash(row)[:12]


def merged_rows(before: Sequence[str], mine: Sequence[Row], theirs: Sequence[Row]) -> list[Row] | None:
    """What both made of a table whose rows had these marks; None where both did something to the same row.

    What only one side added, changed or removed holds; added rows stand where they were added, theirs first.
    None also where there are more rows than people fill in: comparing takes the square of them, or worse.
    """
    if max(len(before), len(mine), len(theirs)) > MOST_COMPARED:
        return None
    one, other = _Done.to(before, mine), _Done.to(before, theirs)
    made: list[Row] = []
    for at in range(len(before) + 1):
        made += _both(one.added[at], other.added[at])
        if at == len(before):
            return made
        my, their = one.rows[at], other.rows[at]
        if my is KEPT or their is KEPT or _same(my, their):
            row = their if my is KEPT else my
        else:
            return None
        if row is KEPT:
            made.append(theirs[other.places[at]])
        elif row is not REMOVED:
            made.append(row)
    return made


KEPT, REMOVED = object(), object()


@dataclass(slots=True)
class _Done:
    """What one side did: per row of before KEPT, REMOVED or what it became, and what was added before it.

    `places`: where a row that was kept stands now.
    """

    rows: list[Row]
    added: list[list[Row]]
    places: dict[int, int] = field(default_factory=dict)

    @classmethod
    def to(cls, before: Sequence[str], after: Sequence[Row]) -> _Done:
        done = cls([REMOVED] * len(before), [[] for _ in range(len(before) + 1)])
        marks = [row_mark(row) for row in after]
        matcher = SequenceMatcher(None, before, marks, autojunk=False)
        for what, start, end, first, last in matcher.get_opcodes():
            pairs = min(end - start, last - first) if what in ("equal", "replace") else 0
            for step in range(pairs):
                done.rows[start + step] = KEPT if what == "equal" else after[first + step]
                done.places[start + step] = first + step
            done.added[end] += after[first + pairs : last]
        return done


def _same(one: Row, other: Row) -> bool:
    if one is REMOVED or other is REMOVED:
        return one is other
    return row_mark(one) == row_mark(other)


def _both(mine: Sequence[Row], theirs: Sequence[Row]) -> Iterator[Row]:
    """Rows that both have added are there once."""
    yield from theirs
    there = Counter(map(row_mark, theirs))
    for row in mine:
        if there[row_mark(row)]:
            there[row_mark(row)] -= 1
        else:
            yield row
