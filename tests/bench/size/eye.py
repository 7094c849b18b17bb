"""How soon a page that is open knows: from a submission's answer to the coordinator's page that counts it.

Twenty submissions a second. The page is open as in a browser: a stream of hints (SSE), and after each hint
the page's live part is asked for anew. What the browser takes to draw it is not in these figures.
"""

from __future__ import annotations

import re
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue

import httpx

from tests.bench.size.client import answer, connected
from tests.bench.size.house import COORDINATOR, House

A_SECOND, LOST_SECONDS = 20, 40.0
SENDERS = 8
GOAL_MEDIAN, GOAL_P99 = 0.3, 1.0


@dataclass(frozen=True, slots=True)
class Eye:
    """Seconds; `asked`: how often the page asked for its figures."""

    submissions: int
    median: float
    p99: float
    submit_median: float
    asked: int


def eye(house: House, count: int = 400) -> Eye:
    """Raises RuntimeError when a submission is refused, or is never seen."""
    requests = house.submissions(count)
    page = _Page(house)
    page.open()
    answered, took = _submit(house, requests)
    page.until(page.first + count)
    seen = [page.seen_at(page.first + number) - at for number, at in enumerate(answered, 1)]
    return Eye(
        count,
        statistics.median(seen),
        statistics.quantiles(seen, n=100)[98],
        statistics.median(took),
        len(page.totals),
    )


def tell(found: Eye) -> None:
    """The figures in a line each."""
    for what, value, goal in (
        ("median", found.median, GOAL_MEDIAN),
        ("99th percentile", found.p99, GOAL_P99),
    ):
        late = "" if value <= goal else "  more than it may"
        print(
            f"from a submission's answer to the open page, {what:<16}{value:>7.3f} s  (goal {goal} s){late}"
        )
    print(
        f"{found.submissions} submissions, {A_SECOND} a second, each answered in"
        f" {1000 * found.submit_median:.0f} ms (median); the page asked {found.asked} times"
    )


class _Page:
    """The coordinator's page in a thread. `totals`: (moment, how many cases it shows)."""

    def __init__(self, house: House) -> None:
        self.http = httpx.Client(
            base_url=house.system.base_url, headers={"Cookie": house.cookie(COORDINATOR)}, timeout=60
        )
        self.totals: list[tuple[float, int]] = []

    def open(self) -> None:
        shown = self.http.get("/office").raise_for_status().text
        [stream] = re.findall(r'sse-connect="([^"]+)"', shown)
        self.first = self._note(shown)
        threading.Thread(target=self._follow, args=(stream,), daemon=True).start()
        time.sleep(0.5)

    def _follow(self, stream: str) -> None:
        # in the end the server goes before the page does
        with suppress(httpx.RemoteProtocolError), self.http.stream("GET", stream) as lines:
            for line in lines.iter_lines():
                if line.startswith("event: changed"):
                    self._note(
                        self.http.get("/office", headers={"HX-Request": "true"}).raise_for_status().text
                    )

    def _note(self, shown: str) -> int:
        [total] = re.findall(r'<p class="quiet">([\d\'’]+) Gesuche? ·', shown)
        number = int(re.sub(r"\D", "", total))
        self.totals.append((time.monotonic(), number))
        return number

    def until(self, total: int) -> None:
        """Wait until the page shows so many."""
        until = time.monotonic() + LOST_SECONDS
        while self.totals[-1][1] < total:
            if time.monotonic() > until:
                raise RuntimeError(f"the page shows {self.totals[-1][1]} cases, and not {total}")
            time.sleep(0.05)

    def seen_at(self, total: int) -> float:
        return next(at for at, shown in self.totals if shown >= total)


def _submit(house: House, requests: Iterator[bytes]) -> tuple[list[float], list[float]]:
    """The moments of the answers in their order, and how long each took."""
    waiting: SimpleQueue[tuple[float, bytes] | None] = SimpleQueue()
    began = time.monotonic() + 0.1
    for number, one in enumerate(requests):
        waiting.put((began + number / A_SECOND, one))
    answered: list[float] = []
    took: list[float] = []
    refused: list[int] = []

    def send() -> None:
        while (one := waiting.get()) is not None:
            time.sleep(max(0.0, one[0] - time.monotonic()))
            line = connected(house.address, None)  # browsers come and go
            sent = time.monotonic()
            status = answer(line, one[1])
            took.append(time.monotonic() - sent)
            answered.append(time.monotonic())
            line.close()
            if status not in (200, 201):
                refused.append(status)

    senders = [threading.Thread(target=send) for _ in range(SENDERS)]
    for sender in senders:
        waiting.put(None)
        sender.start()
    for sender in senders:
        sender.join()
    if refused:
        raise RuntimeError(f"refused submissions: {refused[:5]}")
    return sorted(answered), took
