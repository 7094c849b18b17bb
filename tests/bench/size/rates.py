"""Requests a second of the production server, beside an empty page of the same server in the same rounds."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import medians
from tests.bench.size.client import at_a_rate, at_full_speed, request
from tests.bench.size.house import AUDITOR, COORDINATOR, REVIEWER, House
from workflow.interchange.chart import Bar, chart

GOALS = {"inbox": 0.35, "case page": 0.35, "pipeline": 0.2, "submit": 0.2, "API, a list of 100": 0.25}
EMPTY, BARE = "an empty page", "a bare answer"
SECONDS, HALF_SECONDS = 3.0, 5.0
SUBMISSIONS = 5_000
"""More than three rounds and the half take; if not, the client says so."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`ratio`: to the empty page; at half that rate: median and 95th percentile in milliseconds."""

    what: str
    per_second: float
    ratio: float
    to_bare: float
    median_ms: float
    p95_ms: float


def rates(house: House, *, submissions: int = SUBMISSIONS) -> list[Rate]:
    """All pages in interleaved rounds, then each at half of what it can do."""
    address = house.address
    asked = _requests(house, house.host, submissions)
    found = medians(
        {what: lambda one=one: at_full_speed(address, one, SECONDS) for what, one in asked.items()}  # type: ignore[misc]
    )
    told = []
    for what, one in asked.items():
        took = at_a_rate(address, one, HALF_SECONDS, found[what] / 2)
        if len(took) < 20:
            raise RuntimeError(f"{what}: too few answers for a percentile")
        told.append(
            Rate(
                what,
                found[what],
                found[what] / found[EMPTY],
                found[what] / found[BARE],
                1000 * statistics.median(took),
                1000 * statistics.quantiles(took, n=20)[18],
            )
        )
    return told


def _requests(house: House, host: str, submissions: int) -> dict[str, Iterator[bytes]]:
    """Endless requests for each page; submissions end."""

    def page(email: str, path: str) -> Iterator[bytes]:
        return itertools.repeat(request("GET", path, host, Cookie=house.cookie(email)))

    return {
        BARE: itertools.repeat(request("GET", "/bench/bare", host)),
        EMPTY: page(COORDINATOR, "/bench/empty"),
        "inbox": page(REVIEWER, "/desk"),
        "case page": page(COORDINATOR, f"/desk/cases/{house.running_case()}"),
        "pipeline": page(COORDINATOR, "/office"),
        "API, a list of 100": itertools.repeat(
            request("GET", "/api/v1/cases?limit=100", host, Authorization=house.bearer(AUDITOR))
        ),
        "submit": house.submissions(submissions),
    }


def tell(found: list[Rate]) -> None:
    """The table."""
    heads = ("a second", "to empty", "goal", "to bare", "median ms", "p95 ms", "p95/median")
    print(f"\n{'':<22}" + "".join(f"{head:>11}" for head in heads))
    for one in found:
        goal = GOALS.get(one.what)
        print(
            f"{one.what:<22}{one.per_second:>11.1f}{one.ratio:>11.3f}{goal or '':>11}{one.to_bare:>11.3f}"
            f"{one.median_ms:>11.1f}{one.p95_ms:>11.1f}{one.p95_ms / one.median_ms:>11.1f}"
            + ("  less than it should" if goal and one.ratio < goal else "")
        )


def draw(found: list[Rate], file: Path) -> None:
    """The picture: what each page can do, dark, of what an empty page can."""
    empty = next(one.per_second for one in found if one.what == EMPTY)
    bars = [Bar(one.what, one.per_second, empty) for one in found if one.what not in (EMPTY, BARE)]
    legend = "Requests a second on two cores: a page dark, the limit (an empty page of the same server) light"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(chart({"": bars}, legend), "utf-8")
