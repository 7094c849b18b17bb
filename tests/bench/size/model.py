"""What saturates first beyond one machine: a queueing model (M/M/c) fed with measured costs.

`make size ARGS=model` reads var/bench/load.json. Each kind of process takes so much processor time a request
of the mix; cores are servers, requests come as by chance. A model, not a measurement: it knows nothing of
locks, of caches that grow cold, or of disks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TIMES = (1, 10, 100)
BUSIEST_A_SECOND = 7.0
"""Requests: a hundred times Basel-Stadt's busiest week is 10,000 submissions, 3 % of the mix: 2.3 a second
over forty hours; three times that on its last day."""

FULL = 0.7
"""More busy than this, waiting grows fast: so many cores are planned."""

CORES = 2


@dataclass(frozen=True, slots=True)
class Need:
    """At `times` the load: cores kept busy by each kind of process, and the cores to plan for it.

    `wait`: milliseconds that a request waits for a core if CORES are all there is; None: it never ends.
    """

    times: int
    a_second: float
    busy: dict[str, float]
    planned: dict[str, int]
    first: str
    wait: float | None


def costs(report: Mapping[str, Any]) -> dict[str, float]:
    """Milliseconds of processor time a request, by kind of process, from load.json."""
    requests = next(one["requests"] for one in report["lines"] if one["what"] == "all")
    return {kind: 1000 * seconds / requests for kind, seconds in report["seconds"].items()}


def needs(cost: Mapping[str, float], a_second: float = BUSIEST_A_SECOND) -> list[Need]:
    """For each of TIMES; `first`: the kind that fills its cores first when each kind has CORES of its own."""
    return [_need(cost, times, a_second * times) for times in TIMES]


def _need(cost: Mapping[str, float], times: int, a_second: float) -> Need:
    busy = {kind: a_second * one / 1000 for kind, one in cost.items()}
    planned = {kind: math.ceil(one / FULL) for kind, one in busy.items()}
    wait = waiting(a_second, sum(cost.values()) / 1000, CORES)
    return Need(times, a_second, busy, planned, max(busy, key=lambda kind: busy[kind]), wait)


def waiting(a_second: float, service: float, servers: int) -> float | None:
    """Milliseconds before service in M/M/c (Erlang's C formula); None when more comes than can go."""
    offered = a_second * service
    if offered >= servers:
        return None
    queued = offered**servers / math.factorial(servers) * servers / (servers - offered)
    others = sum(offered**number / math.factorial(number) for number in range(servers))
    return 1000 * queued / (others + queued) * service / (servers - offered)


def tell(cost: Mapping[str, float], found: list[Need]) -> None:
    """The tables."""
    print("\nmilliseconds of processor a request: " + ", ".join(f"{k} {v:.1f}" for k, v in cost.items()))
    for one in found:
        wait = "more comes than can go" if one.wait is None else f"a request waits {one.wait:.1f} ms"
        cores = ", ".join(f"{kind} {count}" for kind, count in one.planned.items() if count)
        print(f"{one.times:>4} x, {one.a_second:.0f} requests a second: on {CORES} cores {wait};")
        print(f"       cores to plan: {cores}; first to fill: {one.first}")
