"""What was measured, how it is told, and how rounds are interleaved."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

OUTPUT = Path("var/bench/core.json")
SECONDS, ROUNDS = 3.0, 3


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio`: to what is named, measured in the same rounds; medians of the rounds."""

    what: str
    clients: int
    per_second: float
    ratio: float
    ratio_to: str


def medians(measures: Mapping[str, Callable[[], float]], times: int = ROUNDS) -> dict[str, float]:
    """Interleaved rounds, so that a slow minute of the machine is slow for all. `measures`: each a rate."""
    found: dict[str, list[float]] = {what: [] for what in measures}
    for _ in range(times):
        for what, measure in measures.items():
            found[what].append(measure())
            print(f"  {what}: {found[what][-1]:,.4g}", flush=True)
    return {what: statistics.median(rates) for what, rates in found.items()}


def to(what: str, clients: int, rate: float, other: str, others_rate: float) -> Figure:
    """A rate beside another one."""
    return Figure(what, clients, _short(rate), _short(rate / others_rate), other)


def tell(figures: Sequence[Figure], left_out: Sequence[str]) -> None:
    """Print the table, with the machine's facts and what could not be measured; write it as JSON."""
    print(f"\n{machine()}\n{'':<52}{'clients':>8}{'a second':>11}{'ratio':>9}  to")
    for one in figures:
        print(f"{one.what:<52}{one.clients:>8}{one.per_second:>11,.5g}{one.ratio:>9.4g}  {one.ratio_to}")
    for line in left_out:
        print(f"left out: {line}")
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps([asdict(one) for one in figures], indent=1) + "\n", "utf-8")
    print(f"\nWritten to {OUTPUT}")


def machine() -> str:
    """What the figures were measured on."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {gigabytes:.0f} GB,"
        f" Python {platform.python_version()}, PostgreSQL 18 with fsync; load now {load}"
    )


def _short(number: float) -> float:
    return float(f"{number:.4g}")
