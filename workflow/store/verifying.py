"""Does everything stored agree with the events? What does not is named; nothing is changed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from workflow.engine import events as ev
from workflow.engine.advance import next_due
from workflow.engine.canonical import content_hash
from workflow.engine.case import EMPTY, Case, dump_case, evolve, load_case
from workflow.funding.effects import Effect, effects_of
from workflow.store import files, journal, published
from workflow.store.tables import verifications

CHUNK = 1 << 20
FIRST = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """`at`: a case's number, a budget line, a file or a definition; `says`: what is, and what should be."""

    code: str
    at: str
    says: str

    def __str__(self) -> str:
        return f"{self.code:20} {self.at}: {self.says}"


@dataclass(frozen=True, slots=True)
class Picture:
    """What there is at one moment. `name`: with which others see the same; `files`: sha256 → size."""

    name: str
    revision: str
    cases: int
    events: int
    files: Mapping[str, int]


def picture(tx: Connection) -> Picture:
    """The picture that this transaction (REPEATABLE READ) has of the database."""
    counts = "SELECT (SELECT count(*) FROM cases) AS cases, (SELECT count(*) FROM events) AS events"
    row = tx.execute(text(counts)).one()
    return Picture(
        str(tx.execute(text("SELECT pg_export_snapshot()")).scalar_one()),
        str(tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one()),
        row.cases,
        row.events,
        {one.sha256: one.size for one in tx.execute(text("SELECT DISTINCT sha256, size FROM files"))},
    )


def see(tx: Connection, name: str) -> None:
    """From now on this transaction has the picture of that name."""
    tx.execute(text(f"SET TRANSACTION SNAPSHOT '{name}'"))


def case_ids(tx: Connection) -> list[UUID]:
    return list(tx.execute(text("SELECT id FROM cases ORDER BY id")).scalars())


def check_cases(tx: Connection, ids: Sequence[UUID]) -> list[Finding]:
    """Each of these cases against its events: state, chain, columns, work, agenda, commands, effects, money.

    A letter may be filed that the case does not know of yet: its worker died, and another one reports it.
    """
    found: list[Finding] = []
    rows = {name: _by_case(tx, query, ids) for name, query in QUERIES.items()}
    for case in tx.execute(text("SELECT * FROM cases WHERE id = ANY(:ids) ORDER BY id"), {"ids": list(ids)}):
        of = {name: by_case.get(case.id, []) for name, by_case in rows.items()}
        found += [Finding(code, case.number, says) for code, says in _check_case(tx, case, of)]
    return found


QUERIES = {
    "events": "SELECT * FROM events WHERE case_id = ANY(:ids) ORDER BY case_id, version",
    "commands": "SELECT case_id, command_id, actor, version FROM commands WHERE case_id = ANY(:ids)",
    "items": "SELECT * FROM work_items WHERE case_id = ANY(:ids) AND closed_at IS NULL",
    "agenda": "SELECT * FROM agenda WHERE case_id = ANY(:ids)",
    "reports": "SELECT * FROM reports_due WHERE case_id = ANY(:ids)",
    "repayments": "SELECT * FROM repayments_due WHERE case_id = ANY(:ids)",
    "effects": "SELECT case_id, key, kind, payload FROM outbox WHERE case_id = ANY(:ids)",
    "contents": "SELECT * FROM contents WHERE case_id = ANY(:ids)",
    "postings": "SELECT case_id, account, sum(amount) AS amount FROM postings WHERE case_id = ANY(:ids)"
    " GROUP BY case_id, account",
    "letters": "SELECT application_id AS case_id, sha256 FROM files"
    " WHERE kind = 'letter' AND application_id = ANY(:ids)",
}

Found = Iterator[tuple[str, str]]


def _by_case(tx: Connection, query: str, ids: Sequence[UUID]) -> Mapping[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = defaultdict(list)
    for row in tx.execute(text(query), {"ids": list(ids)}):
        grouped[row.case_id].append(row)
    return grouped


def _check_case(tx: Connection, row: Any, of: Mapping[str, list[Any]]) -> Found:
    head, case, effects = "", EMPTY, dict[str, Effect]()
    for one in of["events"]:
        head = journal.chained(head, row.id, one.version, journal.entry_of(one))
        if head != one.hash:
            yield "chain_broken", f"event {one.version} is not what was stored"
            return
        event = ev.load(one.name, one.data)
        before, case = case, evolve(case, event)
        if case.version != one.version:
            yield "chain_broken", f"event {case.version} is missing"
            return
        effects |= {effect.key: effect for effect in effects_of(row.id, event, before, case)}
    if row.hash != head:
        yield "chain_broken", f"its head is {row.hash[:12]}, of its {case.version} events it is {head[:12]}"
    if load_case(row.state) != case:
        stored, wanted = row.state, dump_case(case)
        yield (
            "state_differs",
            f"in {', '.join(sorted(key for key in wanted if stored.get(key) != wanted[key]))}",
        )
    yield from _columns(row, case)
    yield from _work(tx, row, case, of)
    due = {(one.due_at, one.stopped) for one in of["reports"]}
    if due != ({(_moment(case.expected_at), case.stopped)} if case.expected_at else set()):
        yield "report_differs", f"{len(due)} expected, by its events until {case.expected_at or 'never'}"
    owed = sum(one.amount for one in of["repayments"])
    if owed != case.owed:
        yield "repayment_differs", f"{owed} Rappen have to come back, by its events {case.owed}"
    commands = {(one.command_id, one.actor, one.version) for one in of["commands"]}
    last = {one.command_id: one for one in of["events"] if one.command_id}  # some make several events
    wanted_commands = {(one.command_id, one.actor, one.version) for one in last.values()}
    if {one[0] for one in commands} != {one[0] for one in wanted_commands} or not wanted_commands <= commands:
        yield "commands_differ", f"{len(commands)} are kept, {len(wanted_commands)} made its events"
    stored_effects = {one.key: Effect(one.key, one.kind, one.payload) for one in of["effects"]}
    for key in sorted(stored_effects.keys() ^ effects.keys()):
        yield "effects_differ", f"{key} is {'there without an event' if key in stored_effects else 'missing'}"
    for key in sorted(stored_effects.keys() & effects.keys()):
        if stored_effects[key] != effects[key]:
            yield "effects_differ", f"{key} is not what its event asked for"
    for one in of["contents"]:
        if content_hash({"step": one.step, "by": str(one.written_by), "data": one.data}) != one.hash:
            yield (
                "content_altered",
                f"what was written at {one.step or 'the submission'} is not what was kept",
            )
    for missing in sorted(set(case.letters) - {one.sha256 for one in of["letters"]}):
        yield "letter_missing", f"{missing[:12]} was made and is not filed"
    sums = {one.account: int(one.amount) for one in of["postings"]}
    for account, amount in (
        ("reserved", case.held),
        ("committed", case.committed - case.paid),
        ("paid", case.paid),
    ):
        if sums.get(account, 0) != amount:
            yield (
                "postings_differ",
                f"{account} {sums.get(account, 0)} Rappen in the postings, {amount} by its events",
            )


def _columns(row: Any, case: Case) -> Found:
    wanted = {
        "version": case.version,
        "stage": case.stage,
        "step": case.step or "",
        "status": case.status,
        "ending": case.ending,
        "held": case.held,
        "committed": case.committed,
        "paid": case.paid,
        "requested": case.facts.get("requested", 0),
        "entered_at": _moment(case.entered_at),
        "due_at": _moment(case.due),
    }
    for name, value in wanted.items():
        if getattr(row, name) != value:
            yield "column_differs", f"{name} is {getattr(row, name)}, by its events {value}"


def _work(tx: Connection, row: Any, case: Case, of: Mapping[str, list[Any]]) -> Found:
    items = {(one.entry, one.seat, one.office, one.role) for one in of["items"]}
    wanted = {(case.entry, seat.code, seat.office, seat.role) for seat in case.open_seats}
    for item in sorted(items ^ wanted):
        yield "work_differs", f"work item {item} is {'not due' if item in items else 'missing'}"
    if len(of["agenda"]) != 1:
        yield "agenda_differs", "it has no row, so that no worker ever looks at it"
        return
    due = of["agenda"][0].due_at
    route = published.route(tx, row.route_hash)
    ends = datetime(9999, 1, 1, tzinfo=row.submitted_at.tzinfo)
    expected = next_due(route, case, ends, published.calendar(tx, row.programme_hash))
    if (due is None) != (expected is None) or (expected not in (None, ends) and due != expected):
        shown = "at once" if expected == ends else expected
        yield "agenda_differs", f"a worker looks at {due}, by its events {shown}"


def _moment(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None


def check_money(tx: Connection) -> list[Finding]:
    """Double entry: each movement sums to zero, and balances are the sums of postings and of cases."""
    found = [
        Finding(
            "unbalanced", str(row.line_id), f"the postings of {row.case_id or 'its ceiling'} do not sum to 0"
        )
        for row in tx.execute(
            text(
                "SELECT line_id, case_id, version FROM postings GROUP BY line_id, case_id, version"
                " HAVING sum(amount) <> 0"
            )
        )
    ]
    for line in tx.execute(text(BALANCES)):
        at = f"{line.year} {line.area}/{line.pot}"
        for account in ACCOUNTS:
            is_now, posted = getattr(line, account), getattr(line, f"posted_{account}")
            if is_now != posted:
                found.append(
                    Finding("balance_differs", at, f"{account} {is_now} Rappen, by its postings {posted}")
                )
        for account, cases in (
            ("reserved", line.cases_held),
            ("committed", line.cases_committed - line.cases_paid),
            ("paid", line.cases_paid),
        ):
            if getattr(line, account) != cases:
                says = f"{account} {getattr(line, account)} Rappen, by its cases {cases}"
                found.append(Finding("balance_differs", at, says))
        if line.ceiling + line.carried != line.available + line.reserved + line.committed + line.paid:
            says = "ceiling and what is carried are not what is left, reserved, committed and paid"
            found.append(Finding("balance_differs", at, says))
    carried = (
        "SELECT programme, pot, sum(carried) AS amount FROM budget_lines"
        " GROUP BY programme, pot HAVING sum(carried) <> 0"
    )
    for row in tx.execute(text(carried)):
        says = f"{row.amount} Rappen are carried over to one year and from none"
        found.append(Finding("balance_differs", f"{row.programme} {row.pot}", says))
    return found


def check_ceilings(tx: Connection) -> list[Finding]:
    """What a budget line may give is what the published programme says."""
    found = []
    for row in tx.execute(text("SELECT code, hash FROM programmes")).all():
        query = text("SELECT year, area, pot, ceiling, carried FROM budget_lines WHERE programme = :code")
        lines = {one[:3]: one[3:] for one in tx.execute(query, {"code": row.code})}
        for one in published.ceilings(tx, published.programme(tx, row.hash)):
            ceiling, carried = lines.get((one.year, one.area, one.pot), (0, 0))
            if (ceiling, carried) != (one.amount, one.carried):
                says = f"{ceiling} and {carried} Rappen, by the programme {one.amount} and {one.carried}"
                found.append(Finding("ceiling_differs", f"{one.year} {one.area}/{one.pot}", says))
    return found


ACCOUNTS = ("ceiling", "carried", "available", "reserved", "committed", "paid")
SOURCES = ("ceiling", "carried")
"""Accounts that money comes from: what they gave is posted as less than nothing."""

POSTED = ", ".join(
    f"coalesce({'-' if name in SOURCES else ''}sum(amount) FILTER (WHERE account = '{name}'), 0)"
    f" AS posted_{name}"
    for name in ACCOUNTS
)
BALANCES = f"""
SELECT l.*, p.*, coalesce(c.held, 0) AS cases_held, coalesce(c.committed, 0) AS cases_committed,
       coalesce(c.paid, 0) AS cases_paid
FROM budget_lines l
LEFT JOIN LATERAL (SELECT {POSTED} FROM postings WHERE line_id = l.id) p ON true
LEFT JOIN (SELECT line_id, sum(held) AS held, sum(committed) AS committed, sum(paid) AS paid
           FROM cases GROUP BY line_id) c ON c.line_id = l.id
ORDER BY l.id"""


def keep(tx: Connection, cases: int, findings: Sequence[Finding], now: datetime) -> None:
    """That everything was looked at; of what was found the first FIRST."""
    first = [str(one) for one in findings[:FIRST]]
    row = {"at": now, "cases": cases, "findings": len(findings), "first": first}
    tx.execute(verifications.insert().values(row))


def check_definitions(tx: Connection) -> list[Finding]:
    """Every published version is what its hash names."""
    rows = tx.execute(text("SELECT hash, kind, code, content FROM definitions"))
    return [
        Finding(
            "definition_altered", f"{row.kind} {row.code}", f"{row.hash[:12]} is not the hash of its content"
        )
        for row in rows
        if content_hash(row.content) != row.hash
    ]


def check_files(tx: Connection, data_dir: Path) -> list[Finding]:
    """Every file that a row names lies on the disk as it was kept."""
    found = []
    query = "SELECT sha256, min(name) AS name, max(size) AS size FROM files GROUP BY sha256 ORDER BY sha256"
    for row in tx.execute(text(query)):
        path = files.path_of(data_dir, row.sha256)
        if not path.is_file() and files.aside_of(data_dir, row.sha256).is_file():
            path = files.aside_of(data_dir, row.sha256)  # its draft has gone since this moment
        if not path.is_file():
            found.append(Finding("file_missing", row.name, f"{path} is not there"))
        elif path.stat().st_size != row.size or sha256_of(path) != row.sha256:
            found.append(Finding("file_altered", row.name, f"{path} is not what was kept"))
    return found


def sha256_of(path: Path) -> str:
    """The hash of a file's content, read in pieces."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
