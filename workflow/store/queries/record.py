"""Pieces of a case that several pages show: its events, what was written, its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import Case
from workflow.engine.route import APPLICANT, Human, Route
from workflow.funding.forms import Form
from workflow.store.asking import ask
from workflow.store.queries.rows import Answers, FileRow, HistoryRow

DISPATCHED = "dispatched_on"
"""The fact of a case: the day on which its newest order was posted."""
ACTOR = "CASE WHEN e.actor LIKE '________-____-____-____-____________' THEN CAST(e.actor AS uuid) END"
"""The person who acted, of an event `e`: by its text all persons would be read. A regular expression
took a case page's thirteen events two milliseconds, two thirds of all that the page asks PostgreSQL for."""
HISTORY = f"""
SELECT e.version, e.at, coalesce(p.name, ''), e.name, e.data
FROM events e LEFT JOIN persons p ON p.id = {ACTOR} WHERE e.case_id = :id ORDER BY e.version"""
WRITTEN = "SELECT hash, data FROM contents WHERE case_id = :id"
FILES = """
SELECT id, application_id, name, media_type, size, sha256, kind, at FROM files
WHERE application_id = :id ORDER BY at, id"""

STRAYS = ("WayTaken", "ChildAwaited")
"""Events after which a case goes on as nobody who spoke before them meant: a way off the straight one, what
follows from an appeal."""

HANDED_IN = """
SELECT FROM contents WHERE case_id = :case_id AND kind = 'application'
  AND jsonb_path_exists(data, '$.** ? (@ == $id)', jsonb_build_object('id', CAST(:id AS text))) LIMIT 1"""


APPLIED_FOR = """
SELECT a.id, a.call, a.size, a.requested, a.submitted_at, a.state->>'content' AS content,
  c.parent_id, c.submitted_at AS opened_at, o.name, o.street, o.postcode, o.town
FROM cases c LEFT JOIN cases p ON p.id = c.parent_id JOIN cases a ON a.id = coalesce(p.parent_id, p.id, c.id)
JOIN organisations o ON o.id = c.organisation_id WHERE c.id = :id"""


def applied_for(tx: sa.Connection, case_id: UUID) -> Any:
    """What a case is about: id, call, size, requested, submitted_at and content (its hash) of the application
    that it is or belongs to, as an appeal against an amendment does by way of that; parent_id and opened_at
    of its own; name and address of the applicant."""
    [row] = ask(tx, APPLIED_FOR, {"id": case_id})
    return row


def history(tx: sa.Connection, case_id: UUID) -> list[HistoryRow]:
    """All events of a case with the names of those who acted."""
    return history_of(ask(tx, HISTORY, {"id": case_id}))


def history_of(rows: Iterable[Sequence[Any]]) -> list[HistoryRow]:
    return [HistoryRow(*row) for row in rows]


def written(tx: sa.Connection, case_id: UUID) -> Mapping[str, Answers]:
    """What people wrote, by the hash that the events hold."""
    return dict(ask(tx, WRITTEN, {"id": case_id}))


def files_of(tx: sa.Connection, application_id: UUID) -> list[FileRow]:
    """All files of an application, oldest first."""
    return [FileRow(*row) for row in ask(tx, FILES, {"id": application_id})]


def file_row(row: Any) -> FileRow:
    return FileRow(
        row.id,
        row.application_id,
        row.name,
        row.media_type,
        row.size,
        row.sha256,
        row.kind,
        row.at,
        row.organisation_id,
    )


def letters(files: Sequence[FileRow], filed: Sequence[str]) -> list[FileRow]:
    """The letters that the case knows of, newest first. `filed`: their hashes."""
    return [one for one in reversed(files) if one.kind == "letter" and one.sha256 in filed]


def sent_on(letters: Sequence[FileRow], events: Sequence[HistoryRow]) -> date | None:
    """The day on which the newest letter went out on paper; None: not yet, or nobody records it."""
    newest = letters[0].at if letters else None
    for row in reversed(events):
        day = row.data["facts"].get(DISPATCHED) if row.name == "Completed" else None
        if day and newest and newest <= row.at:
            return date.fromisoformat(str(day))
    return None


def granted(case: Case | None, route: Route | None, events: Sequence[HistoryRow] = ()) -> int | None:
    """What was granted, in Rappen, once the applicant may know: since they were asked to confirm it, or it
    has ended so. None where they did without it.

    A report knows what was granted to its parent; nothing is granted to itself.
    """
    if case is None or route is None or "granted" not in route.decided() or "granted" not in case.facts:
        return None
    asked = any(seat.role == APPLICANT for seat in case.open_seats) or _has_confirmed(route, events)
    return int(case.facts["granted"]) if case.committed or case.settled or (asked and case.held) else None


def _has_confirmed(route: Route, events: Sequence[HistoryRow]) -> bool:
    """The applicant has answered to what was decided last, and nobody has left the straight way since."""
    signed = confirmed = False
    for row in events:
        if row.name in STRAYS:
            signed = confirmed = False
        step = route.steps.get(row.data["step"]) if row.name == "Completed" else None
        if isinstance(step, Human) and step.signs:
            signed, confirmed = True, False
        elif isinstance(step, Human) and step.is_applicants:
            confirmed = signed
    return confirmed


def handed_in(files: Sequence[FileRow], form: Form, submitted: Iterable[Answers]) -> dict[UUID, FileRow]:
    """The uploads that a submission names: not those taken out before, and not those of a working copy."""
    named = {name for answers in submitted for name in form.files(answers)}
    return {one.id: one for one in files if one.kind == "upload" and str(one.id) in named}


def is_handed_in(tx: sa.Connection, row: Any) -> bool:
    """The same of one upload, a row of `files`."""
    return bool(ask(tx, HANDED_IN, {"case_id": row.application_id, "id": str(row.id)}))


def answer_named(data: Answers, field: str) -> Any:
    """The answer to a field of this code, in whichever section it stands."""
    return next((part[field] for part in data.values() if field in part), None)


def decision_text(events: Sequence[HistoryRow], texts: Mapping[str, Answers], field: str) -> str | None:
    """What the latest statement that holds this field says in it."""
    for row in reversed(events):
        if row.name == "Completed" and row.data.get("content") in texts:
            answer = answer_named(texts[row.data["content"]], field)
            if answer:
                return str(answer)
    return None


def seats(events: Iterable[HistoryRow]) -> Mapping[tuple[int, str], tuple[str, str]]:
    """Office and role of every seat there was, by entry and code: those who were competent in the end."""
    last = {row.data["entry"]: row.data["seats"] for row in events if row.name in ("Entered", "Reseated")}
    return {
        (entry, seat["code"]): (seat["office"], seat["role"])
        for entry, there in last.items()
        for seat in there
    }


def acted_as(decided: Sequence[HistoryRow], events: Sequence[HistoryRow]) -> list[tuple[str, str]]:
    """The office and role in which each of these acts was done."""
    there = seats(events)
    return [there[row.data["entry"], row.data["seat"]] for row in decided]


def signing(route: Route, events: Sequence[HistoryRow]) -> list[HistoryRow]:
    """What those who sign did last, in its order: back to the step before at which nobody signs, or to a way
    that was taken."""
    found: list[HistoryRow] = []
    for row in reversed(events):
        if found and row.name in STRAYS:
            break
        step = route.steps[row.data["step"]] if row.name == "Completed" else None
        if not isinstance(step, Human) or step.is_applicants:
            continue
        if step.signs is None:
            if found:
                break
            continue  # what came after the decision, as recording that nobody signed the agreement
        found.insert(0, row)
        if step.signs == "alone":
            break
    return found
