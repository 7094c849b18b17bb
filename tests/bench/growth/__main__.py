"""`make growth`: the same pages, calls and actions over more and more cases.

One system in a folder of its own: the demo's year, copied until there are so many cases (loading.py), then
one person after the other opens each page; and again with more. Prints a table, writes var/bench/growth.json,
and leaves nothing else behind.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import sqlalchemy as sa

from tests.bench.figures import machine
from tests.bench.growth.loading import growth
from web.cli import demo_data
from web.cli.embedded import DATABASE
from web.cli.progress import progress
from web.cli.story import Story, application
from web.cli.system import System, running_system
from workflow import log
from workflow.accounts import sign_in
from workflow.interchange.chart import Bar, chart
from workflow.people import organisation_id, read_people

POSTGRES = ("shared_buffers=2GB", "maintenance_work_mem=1GB", "max_wal_size=16GB")
SIZES, TIMES, MOST_GROWTH = (1_000, 100_000), 60, 1.5
COORDINATOR = "regula.keller@integration.bs.example"
REVIEWER = "barbara.wenger@erwachsenenbildung.bs.example"
APPLICANT = "ana.petrovic@sprachbruecke.example"
SUBMITTER = "miriam.aebi@heks.example"
AUDITOR = "werner.plattner@finanzkontrolle.bs.example"
OUTPUT = Path("var/bench/growth.json")
PAGES = {
    "inbox, my offices": (REVIEWER, "/desk"),
    "inbox, mine": (REVIEWER, "/desk?tab=mine"),
    "inbox, waiting on others": (REVIEWER, "/desk?tab=waiting"),
    "dossier": (COORDINATOR, "/desk/cases/{running}"),
    "pipeline": (COORDINATOR, "/office"),
    "pipeline of one call": (COORDINATOR, "/office?call=project-round-2026"),
    "pipeline of a word in every tenth": (COORDINATOR, "/office?text=Trommeln"),
    "list of cases": (COORDINATOR, "/office/cases"),
    "list of one area": (COORDINATOR, "/office/cases?area=language"),
    "list of one office, late": (COORDINATOR, "/office/cases?office=adult_education&late=1"),
    "list of one year, by age": (COORDINATOR, "/office/cases?year=2026&sort=oldest"),
    "list of one pot, by age": (COORDINATOR, "/office/cases?pot=lump_sum&sort=oldest"),
    "list of one status, by age": (COORDINATOR, "/office/cases?status=granted&sort=oldest"),
    "list of one step, newest": (COORDINATOR, "/office/cases?step=review&sort=newest"),
    "list of one size, by amount": (COORDINATOR, "/office/cases?size=S&sort=amount"),
    "list of the closed, by amount": (COORDINATOR, "/office/cases?stage=closed&sort=amount"),
    "list of the closed, by due date": (COORDINATOR, "/office/cases?stage=closed"),
    "search of a rare word": (COORDINATOR, "/office/cases?text=Kreis000007"),
    "search of a word in every tenth": (COORDINATOR, "/office/cases?text=Trommeln"),
    "search of a number": (COORDINATOR, "/office/cases?text={number}"),
    "money": (COORDINATOR, "/office/money"),
    "organisations": (COORDINATOR, "/office/organisations"),
    "operations": (COORDINATOR, "/operations"),
    "my applications": (APPLICANT, "/applications"),
    "my application": (APPLICANT, "/applications/{mine}"),
}
Asking = Iterator[Callable[[], httpx.Response]]
CALLS = {"API, a list of 100": (AUDITOR, "/api/v1/cases?limit=100")}


def main() -> None:
    """Measure each size, print the table, write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--folder", type=Path, help="keep it there; what was grown there is measured again")
    options = parser.parse_args()
    log.configure()
    with (
        tempfile.TemporaryDirectory(prefix="growth-", ignore_cleanup_errors=True) as name,
        grown_system(options.folder or Path(name)) as system,
    ):
        there = _cases(system)
        if there:
            found = {there: {**_measured(system), **_weights(system)}}
        else:
            found = dict(_grown(system, sorted(options.cases)))
    _tell(found)


def grown_system(folder: Path) -> AbstractContextManager[System]:
    """What runs in this folder. Where it was grown before, the programme's own ceilings are too small now."""
    there = (folder / "postgres").exists()
    return running_system(folder, processes=("mail",), postgres_options=POSTGRES, publishing=not there)


def _grown(system: System, sizes: Sequence[int]) -> Iterator[tuple[int, dict[str, float]]]:
    """What is found at each of these sizes, from a demo's year on."""
    demo_data.load(system.settings, lambda _: None, now=datetime.now(UTC))
    grown = growth(partial(system.postgres.connect, DATABASE), fill=min(sizes))
    for cases in sizes:
        began = time.monotonic()
        grown.to(cases, progress(f"{cases} cases"))
        loaded = {"loading, seconds": time.monotonic() - began}
        _nothing_is_due(system)
        yield cases, {**_measured(system), **loaded, **_weights(system)}


def _nothing_is_due(system: System) -> None:
    """As it is where workers run: none does here, and whatever came due would be counted on a page."""
    with system.postgres.connect(DATABASE) as db:
        db.execute("UPDATE agenda SET due_at = now() + (now() - due_at) WHERE due_at <= now()")
        db.execute("UPDATE outbox SET done_at = now() WHERE done_at IS NULL AND next_try <= now()")
        db.execute("VACUUM (ANALYZE) agenda, outbox")


def _cases(system: System) -> int:
    with system.postgres.connect(DATABASE) as db:
        [(count,)] = db.execute("SELECT count(*) FROM cases").fetchall()
    return int(count)


def _measured(system: System) -> dict[str, float]:
    """What each page takes: the median of the answers, in milliseconds."""
    system.start("web")
    db = sa.create_engine(system.settings.database_url)
    with httpx.Client(base_url=system.base_url, timeout=120) as http:
        names = _names(system)
        found = {}
        for what, (email, path) in {**PAGES, **CALLS}.items():
            found[what], found[f"KB of {what}"] = _median(_asking(http, db, email, path.format_map(names)))
        found["submit"], _ = _median(_submitting(http, db, system))
    db.dispose()
    system.stop("web")
    return found


def _names(system: System) -> Mapping[str, str]:
    with system.postgres.connect(DATABASE) as tx:

        def one(query: str) -> str:
            row = tx.execute(query.encode()).fetchone()
            assert row is not None, query
            return str(row[0])

        return {
            "running": one("SELECT id FROM cases WHERE step = 'synthesis' ORDER BY number LIMIT 1"),
            "number": one("SELECT number FROM cases ORDER BY id LIMIT 1"),
            "mine": one(
                f"SELECT id FROM cases WHERE organisation_id = '{organisation_id('sprachbruecke')}'"
                " ORDER BY submitted_at DESC LIMIT 1"
            ),
        }


def _asking(
    http: httpx.Client, db: sa.Engine, email: str, path: str
) -> Iterator[Callable[[], httpx.Response]]:
    kind = "api" if path.startswith("/api") else "browser"
    made = sign_in(db, email, demo_data.PASSWORD, source="127.0.0.1", kind=kind, now=datetime.now(UTC))
    headers = (
        {"Authorization": f"Bearer {made.token}"} if kind == "api" else {"Cookie": f"foerderweg={made.token}"}
    )
    return (lambda: http.get(path, headers=headers) for _ in range(TIMES))


def _submitting(http: httpx.Client, db: sa.Engine, system: System) -> Iterator[Callable[[], httpx.Response]]:
    told = Story(
        db, system.settings, read_people(system.settings.programme), datetime.now(UTC), seed=str(uuid4())
    )
    made = sign_in(db, SUBMITTER, demo_data.PASSWORD, source="127.0.0.1", kind="api", now=told.now)
    headers = {"Authorization": f"Bearer {made.token}"}
    answers = application(
        "HEKS", title="Wachstum", area="language", goals=["everyday_language"], requested=8_000_00
    )
    for draft in [told.draft(SUBMITTER, answers) for _ in range(TIMES)]:
        yield lambda draft=draft: http.post(  # type: ignore[misc]
            f"/api/v1/applications/{draft}/submission",
            headers={**headers, "Idempotency-Key": str(UUID(int=draft.int ^ 1))},
        )


def _median(asking: Asking) -> tuple[float, float]:
    """Milliseconds, of which the first three are for getting warm; kilobytes of the last answer."""
    took = []
    for ask in asking:
        began = time.monotonic()
        answer = ask()
        took.append((time.monotonic() - began) * 1000)
        if not answer.is_success:
            raise RuntimeError(f"{answer.request.url}: {answer.status_code} {answer.text[:300]}")
    return statistics.median(took[3:]), len(answer.content) / 1000


def _weights(system: System) -> dict[str, float]:
    with system.postgres.connect(DATABASE) as db:
        row: psycopg.rows.TupleRow | None = db.execute(
            "SELECT pg_database_size(current_database()), pg_total_relation_size('events'),"
            " (SELECT count(*) FROM events), pg_total_relation_size('cases'), (SELECT count(*) FROM cases)"
        ).fetchone()
    assert row is not None
    whole, events, count, rows, cases = row
    return {
        "bytes a case, whole": whole / cases,
        "bytes a case, its row": rows / cases,
        "events a case": count / cases,
        "bytes an event": events / count,
    }


def _tell(found: Mapping[int, Mapping[str, float]]) -> None:
    sizes = list(found)
    print(
        f"\n{machine()}\n{'milliseconds (median), cases:':<30}"
        + "".join(f"{one:>12,}" for one in sizes)
        + "  slower by; page bigger by"
    )
    lines, bars = [], []
    for what in found[sizes[0]]:
        values = [found[size][what] for size in sizes]
        growth = values[-1] / values[0]
        lines.append({"what": what, "by_cases": dict(zip(sizes, values, strict=True)), "growth": growth})
        if what.startswith("KB of"):
            continue
        told = what not in {**PAGES, **CALLS} and what != "submit"
        late = "" if told or growth <= MOST_GROWTH else "  more than it may"
        if not told:
            bars.append(Bar(what, min(values[0], values[-1]), max(values[0], values[-1])))
        pages = [found[size].get(f"KB of {what}", 0.0) for size in sizes]
        page = f"{pages[-1] / pages[0]:>8.2f} x" if pages[0] else ""
        values_told = "".join(f"{one:>12,.1f}" for one in values)
        print(f"{what:<30}{values_told}{growth:>8.2f} x{page}{late}")
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(lines, indent=1) + "\n", "utf-8")
    legend = f"Milliseconds over {sizes[0]:,} and over {sizes[-1]:,} cases: the faster dark, the slower light"
    OUTPUT.with_suffix(".svg").write_text(chart({"": bars}, legend), "utf-8")
    print(f"\nWritten to {OUTPUT}, and as a picture beside it")


if __name__ == "__main__":
    main()
