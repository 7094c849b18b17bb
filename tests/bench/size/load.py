"""Fifty people for ten minutes with product.md's mix, while workers route: errors, percentiles, memory, time.

The people are locust's (people.py), in an environment of their own below var/bench.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from mailbox import Maildir
from pathlib import Path
from typing import Any

from tests.bench.libraries import install
from tests.bench.size.house import APPLICANT, COORDINATOR, REVIEWER, House
from tests.bench.size.watching import Memory, Watch
from workflow.verify import verify

PEOPLE, LEAST_PAUSE, MOST_PAUSE = 50, 2.0, 8.0
"""Ten requests a second: 10,000 submissions in a week of forty hours at the mix's 3 % would be 2.3."""

REQUESTS_A_SECOND, SUBMITTED_SHARE = 10, 0.03
ENVIRONMENT = Path("var/bench/locust")
MOST_MEGABYTES = 150
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Line:
    """Milliseconds of the answers to one kind of request."""

    what: str
    requests: int
    failures: int
    a_second: float
    median: float
    p95: float
    p99: float
    most: float


@dataclass(frozen=True, slots=True)
class Report:
    """`seconds`: processor time by kind of process; `unrouted`: cases left due at the end; `wrong`: what
    `foerderweg verify` finds afterwards, and every mail and letter that came twice."""

    minutes: float
    lines: list[Line]
    memory: dict[str, Memory]
    seconds: dict[str, float]
    unrouted: int
    submitted: int
    wrong: list[str]


def load(house: House, minutes: float) -> Report:
    """Raises RuntimeError when locust itself fails; failed requests are told in the report."""
    python = install(ENVIRONMENT, HERE / "requirements.txt")
    before = int(str(house.one("SELECT count(*) FROM events WHERE version = 1")))
    with tempfile.TemporaryDirectory(prefix="locust-") as name:
        folder = Path(name)
        (folder / "work.json").write_text(json.dumps(_work(house, minutes)), "utf-8")
        command = (
            *(str(python), "-m", "locust", "-f", str(HERE / "people.py"), "--headless", "--only-summary"),
            *("-u", str(PEOPLE), "-r", "10", "-t", f"{minutes * 60:.0f}s", "--host", house.system.base_url),
            *("--csv", str(folder / "found"), "--exit-code-on-error", "0"),
        )
        supervisor = house.system.supervisor
        roots = {one: supervisor.pid(one) for one in ("web", "worker", "clock", "postgres", "valkey")}
        with Watch(roots) as watch:
            environment = {**os.environ, "WORK": str(folder / "work.json")}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        print(done.stderr[-4000:] if "rror" in done.stderr else "", end="")
        with (folder / "found_stats.csv").open(encoding="utf-8", newline="") as file:
            lines = [_line(row) for row in csv.DictReader(file)]
    after = int(str(house.one("SELECT count(*) FROM events WHERE version = 1")))
    due = "SELECT count(*) FROM agenda WHERE parked_at IS NULL AND due_at < now() - interval '5 seconds'"
    kinds = ("web", "worker", "clock")
    return Report(
        minutes,
        lines,
        {kind: watch.memory(kind) for kind in kinds},
        watch.seconds,
        int(str(house.one(due))),
        after - before,
        _wrong(house),
    )


def tell(found: Report) -> None:
    """The tables."""
    print(
        f"\n{'':<18}{'requests':>9}{'failed':>8}{'a second':>10}"
        f"{'median':>8}{'p95':>7}{'p99':>7}{'most':>8}  ms"
    )
    for one in found.lines:
        print(
            f"{one.what:<18}{one.requests:>9}{one.failures:>8}{one.a_second:>10.2f}"
            f"{one.median:>8.0f}{one.p95:>7.0f}{one.p99:>7.0f}{one.most:>8.0f}"
        )
    print(f"{found.submitted} submitted; {found.unrouted} cases left due and not routed")
    print("\n".join(found.wrong[:20]) or "verified: nothing lost, nothing half, no mail and no letter twice")
    for kind, memory in found.memory.items():
        late = "" if memory.most < MOST_MEGABYTES else "  more than it may"
        print(
            f"{kind:<8} largest process {memory.most:.0f} MB (resident {memory.resident:.0f}),"
            f" {memory.slope:+.2f} MB a minute, noise {memory.noise:.2f} MB{late}"
        )
    wall = found.minutes * 60
    busy = {kind: took / wall for kind, took in found.seconds.items()}
    print("cores busy: " + ", ".join(f"{kind} {share:.2f}" for kind, share in busy.items()))
    print(f"busiest: {max(busy, key=lambda kind: busy[kind])}, all of ours {sum(busy.values()):.2f} cores")


def _wrong(house: House) -> list[str]:
    settings = house.system.settings
    report = verify(settings.database_url, settings.data_dir, jobs=1)
    # so many grants need credits that no programme has published
    found = [str(one) for one in report.findings if one.code != "ceiling_differs"]
    came = Counter(one["Message-ID"] for one in Maildir(settings.data_dir / "mails", create=False))
    found += [f"a mail came {count} times: {name}" for name, count in came.items() if count > 1]
    letters = (
        "SELECT application_id || ' ' || step FROM files WHERE kind = 'letter'"
        " GROUP BY application_id, step HAVING count(*) > 1"
    )
    return found + [f"a letter twice: {one}" for one in house.all(letters)]


def _work(house: House, minutes: float) -> dict[str, Any]:
    submitted = int(minutes * 60 * REQUESTS_A_SECOND * SUBMITTED_SHARE * 1.3) + 10
    drafts = [str(one) for one in house.drafts(PEOPLE + submitted)]
    rows = house.all("SELECT id FROM cases WHERE ending IS NULL AND asked_by IS NULL ORDER BY id LIMIT 60")
    return {
        "cookies": {"reviewer": house.cookie(REVIEWER), "coordinator": house.cookie(COORDINATOR)},
        "tokens": {"applicant": house.bearer(APPLICANT), "coordinator": house.bearer(COORDINATOR)},
        "drafts": drafts[:PEOPLE],
        "to_submit": drafts[PEOPLE:],
        "cases": [str(one) for one in rows],
        "least_pause": LEAST_PAUSE,
        "most_pause": MOST_PAUSE,
    }


def _line(row: dict[str, str]) -> Line:
    def figure(name: str) -> float:
        return float(row[name]) if row[name] not in ("", "N/A") else 0.0

    return Line(
        "all" if row["Name"] == "Aggregated" else row["Name"],
        int(row["Request Count"]),
        int(row["Failure Count"]),
        figure("Requests/s"),
        figure("50%"),
        figure("95%"),
        figure("99%"),
        figure("Max Response Time"),
    )
