"""Verifies a whole installation against its events, in parallel, on one picture of the database."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from workflow.store import files, stages, verifying
from workflow.store.verifying import Finding, Picture

BATCH = 200


@dataclass(frozen=True, slots=True)
class Report:
    cases: int
    findings: tuple[Finding, ...]


def verify(
    database_url: str,
    data_dir: Path,
    *,
    jobs: int,
    progress: Callable[[int, int], None] = lambda _a, _b: None,
) -> Report:
    """Look at everything; `progress` is told how many cases of how many are done.

    All processes see the database as it was at one moment, so a system that runs meanwhile makes no findings.
    """
    with at_one_moment(database_url) as (tx, there):
        ids = verifying.case_ids(tx)
        found: list[Finding] = []
        batches = [ids[at : at + BATCH] for at in range(0, len(ids), BATCH)]
        done = 0
        with _pool(min(jobs, len(batches))) as each:
            for size, some in each(partial(_check_batch, database_url, there.name), batches):
                done += size
                found += some
                progress(done, len(ids))
        found += verifying.check_money(tx)
        found += verifying.check_ceilings(tx)
        found += [
            Finding("miscounted", where, f"{cases} cases, {requested} Rappen too many")
            for where, cases, requested in stages.miscounted(tx)
        ]
        found += verifying.check_definitions(tx)
        found += verifying.check_files(tx, data_dir)
    return Report(len(ids), tuple(sorted(found, key=lambda one: (one.at, one.code))))


def keep(db: sa.Engine, report: Report, now: datetime) -> None:
    """Write down that it was looked at, and what came of it: auditors read it."""
    with db.begin() as tx:
        verifying.keep(tx, report.cases, report.findings, now)


@contextmanager
def at_one_moment(database_url: str) -> Iterator[tuple[sa.Connection, Picture]]:
    """A transaction that sees the database as it is now for as long as it lasts, and what there is."""
    engine = sa.create_engine(
        database_url, isolation_level="REPEATABLE READ", poolclass=sa.NullPool, hide_parameters=True
    )
    with engine.connect() as tx:
        yield tx, verifying.picture(tx)


def file_place(data_dir: Path, sha256: str) -> Path:
    """Where a file lies in a data folder, and in a backup alike."""
    return files.path_of(data_dir, sha256)


def file_aside(data_dir: Path, sha256: str) -> Path:
    """Where it lies in a data folder once nothing names it any more."""
    return files.aside_of(data_dir, sha256)


def file_hash(path: Path) -> str:
    """The SHA-256 of a file's content."""
    return verifying.sha256_of(path)


@contextmanager
def _pool(jobs: int) -> Iterator[Callable[..., Iterator[tuple[int, list[Finding]]]]]:
    """What maps a function over a list: in this process, or in several."""
    if jobs <= 1:
        yield map
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield pool.imap_unordered


def _check_batch(database_url: str, name: str, ids: list[UUID]) -> tuple[int, list[Finding]]:
    engine = sa.create_engine(
        database_url, isolation_level="REPEATABLE READ", poolclass=sa.NullPool, hide_parameters=True
    )
    with engine.connect() as tx:
        verifying.see(tx, name)
        return len(ids), verifying.check_cases(tx, ids)
