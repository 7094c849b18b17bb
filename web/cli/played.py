"""What a simulation has shown: a table, a line a case, a picture."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from workflow.engine.simulation import Played, bottlenecks, percentile
from workflow.funding.programme import Programme
from workflow.interchange.chart import Bar, chart

COLUMNS = ("size", "area", "requested", "ending", "working_days", "late")
MOST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Told:
    """`on`: the day whose limits say which size a case has."""

    programme: Programme
    on: date
    played: Sequence[Played]

    def size(self, one: Played) -> str:
        return self.programme.size_for(one.facts, self.on).code

    def groups(self) -> Iterator[tuple[str, list[Played]]]:
        """By size, by area, all; none that is empty."""
        sizes = [(one, self.size(one)) for one in self.played]
        found = [
            (code, [one for one, its in sizes if its == code])
            for code in dict.fromkeys(size.code for size in self.programme.sizes)
        ]
        found += [
            (code, [one for one in self.played if one.facts["area"] == code]) for code in self.programme.areas
        ]
        yield from ((code, some) for code, some in [*found, ("all", list(self.played))] if some)


def show(told: Told, usual: Told | None) -> None:
    """Print it. `usual`: the same applications with everybody there, to compare."""
    beside = dict(usual.groups()) if usual else {}
    print(f"\n{'':<22}{'cases':>7}{'median':>9}{'90 %':>7}{'late':>7}   working days")
    for code, some in told.groups():
        line = f"{code:<22}{len(some):>7}{_figures(some)}"
        print(line + (f"   with everybody there:{_figures(beside[code])}" if beside else ""))
    print("\nWho is waited for the longest (days from asking to done):")
    for who, count, median, ninety in list(bottlenecks(told.played))[:MOST_SHOWN]:
        print(f"  {who:<36}{count:>6}{median:>8.1f}{ninety:>8.1f}  {'█' * min(40, round(ninety))}")
    ends = Counter(one.ending or "nobody left who may go on" for one in told.played).most_common()
    print("\nHow they ended: " + ", ".join(f"{end} {count}" for end, count in ends))


def _figures(some: Sequence[Played]) -> str:
    days = [float(one.days) for one in some]
    late = sum(one.late > 0 for one in some)
    return f"{percentile(days, 0.5):>9.0f}{percentile(days, 0.9):>7.0f}{late:>7}"


def write_csv(told: Told, file: Path) -> None:
    """One line a case; amounts in Rappen."""
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for one in told.played:
            facts = (told.size(one), one.facts["area"], one.facts["requested"])
            writer.writerow([*facts, one.ending, one.days, one.late])
    print(file)


def write_chart(told: Told, file: Path) -> None:
    """Two groups of bars: how long it takes, and who is waited for."""
    times = [
        Bar(f"{code} ({len(some)})", percentile(days, 0.5), percentile(days, 0.9))
        for code, some in told.groups()
        for days in [[float(one.days) for one in some]]
    ]
    waits = [
        Bar(f"{who} ({count})", median, ninety) for who, count, median, ninety in bottlenecks(told.played)
    ]
    parts = {
        "Working days from the submission to the end": times,
        "Days waited for, from asking to done": waits[:MOST_SHOWN],
    }
    file.write_text(chart(parts, "Dark: half of them took no longer. Light: nine of ten."), "utf-8")
    print(file)
