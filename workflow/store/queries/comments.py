"""What was said about a case, for who may read it; and what of it is new to somebody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.connecting import autocommit
from workflow.engine.case import WRITING, Actor, Case, load_case
from workflow.engine.route import Route
from workflow.store import published, reading
from workflow.store.asking import ask
from workflow.store.comments import readers
from workflow.store.queries.away import ME_AND_THOSE_AWAY
from workflow.store.reading import OWN_OFFICE, TO_APPLICANT
from workflow.texts import ZURICH

NEWS_FOR = timedelta(days=90)
MOST_NEWS = 20


@dataclass(frozen=True, slots=True)
class Comment:
    """`text` is None once withdrawn; `by_name` is empty where only the office is to be known.

    `office`: of who wrote it, empty for the applicant; `answers`: the message that an applicant answers;
    `answered`: of a question; `mine`: the viewer wrote it; `new`: the viewer has not marked it as read.
    """

    id: UUID
    audience: str
    office: str
    by_name: str
    at: datetime
    text: str | None
    asks: bool
    answers: UUID | None
    answered: bool
    mentions: Sequence[str]
    mine: bool
    new: bool


@dataclass(frozen=True, slots=True)
class Audience:
    """Who would read what the viewer writes: people of the own office by (id, name), other offices by code.

    `mentionable`: (id, name) of those whom the viewer may call to it.
    """

    people: Sequence[tuple[str, str]]
    offices: Sequence[str]
    mentionable: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said about a case, oldest first. `office`: for which the viewer writes, "" if they do not.

    `audiences`: to which the viewer may write; for members none: they answer, and begin (`may_begin`) where
    somebody keeps the case in view. `veiled`: what others say to all waits for the viewer's own vote.
    `internal`: the case is none of the applicant's.
    """

    comments: Sequence[Comment]
    office: str
    audiences: Sequence[str]
    may_answer: bool
    may_begin: bool
    has_new: bool
    veiled: bool
    internal: bool


@dataclass(frozen=True, slots=True)
class News:
    """Somebody called the viewer, or an applicant answered them. `title` is None where the gate is closed."""

    case_id: UUID
    number: str
    title: str | None
    by_name: str
    office: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the viewer's that the applicant has not answered."""

    case_id: UUID
    number: str
    title: str
    organisation: str
    at: datetime


COMMENTS = """
SELECT m.*, p.name,
  ARRAY(SELECT q.name FROM mentions n JOIN persons q ON q.id = n.person_id
        WHERE n.comment_id = m.id ORDER BY q.name) AS mentioned,
  EXISTS (SELECT FROM comments a WHERE a.answers_id = m.id AND a.withdrawn_at IS NULL) AS answered,
  coalesce(m.at > r.at, true) AS unread
FROM comments m JOIN persons p ON p.id = m.author_id
LEFT JOIN comment_reads r ON r.case_id = m.case_id AND r.person_id = CAST(:person AS uuid)
WHERE m.case_id = (SELECT CAST(:id AS uuid)) ORDER BY m.at, m.id"""


def talk(db: sa.Engine, viewer: Actor, case_id: UUID) -> Talk | None:
    """For staff to whom the dossier is open, and for members of the organisation; None for everyone else."""
    with autocommit(db) as tx:
        found = _read(tx, case_id)
        rows = ask(tx, COMMENTS, {"id": case_id, "person": viewer.person})
        return talk_of(rows, *found, viewer) if found else None


def talk_of(rows: Iterable[Any], case: Case, route: Route, viewer: Actor) -> Talk | None:
    """The same of a case that is read already, and rows of COMMENTS."""
    member = reading.is_member(case, viewer)
    if not member and not (reading.takes_part(case, viewer) and reading.may_open(case, viewer)):
        return None
    found = [_comment(one, route, case, viewer) for one in rows if _is_for(one, route, case, viewer)]
    office = "" if member else reading.speaks_for(case, viewer)
    may_answer = member and case.ending is None and bool(viewer.rights_in(case.applicant) & WRITING)
    return Talk(
        found,
        office,
        reading.audiences_of(case) if office else (),
        may_answer=may_answer,
        may_begin=may_answer and route.extension is not None,
        has_new=any(one.new for one in found),
        veiled=not member and reading.own_first(route, case, viewer),
        internal=bool(case.asked_by),
    )


def audience(db: sa.Engine, viewer: Actor, case_id: UUID, code: str, *, now: datetime) -> Audience | None:
    """Those to whom the viewer may write about a case; None where they may not."""
    with autocommit(db) as tx:
        found = _read(tx, case_id)
        if not found:
            return None
        case, route = found
        opened = reading.takes_part(case, viewer) and reading.may_open(case, viewer)
        office = reading.speaks_for(case, viewer) if opened else ""
        if not office or code not in reading.audiences_of(case):
            return None
        reached = readers(tx, route, case, office, viewer, now)[code]
    own = [(one.person, name) for name, one in reached if office in reading.offices_of(one)]
    others = sorted({at for _, one in reached for at in reading.offices_of(one) - {office}})
    mentionable = [] if code == TO_APPLICANT else [(one.person, name) for name, one in reached]
    return Audience(own, [] if code == OWN_OFFICE else others, mentionable)


def _read(tx: sa.Connection, case_id: UUID) -> tuple[Case, Route] | None:
    rows = ask(tx, "SELECT state, route_hash FROM cases WHERE id = :id", {"id": case_id})
    return (load_case(rows[0].state), published.route(tx, rows[0].route_hash)) if rows else None


def _is_for(row: Any, route: Route, case: Case, viewer: Actor) -> bool:
    said = {"audience": row.audience, "office": row.office, "author": str(row.author_id), "at": row.at}
    return reading.reads_comment(route, case, viewer, **said)


def _comment(row: Any, route: Route, case: Case, viewer: Actor) -> Comment:
    mine = str(row.author_id) == viewer.person
    member = reading.is_member(case, viewer)
    # To applicants an office speaks, not a person; before the own vote colleagues have no names either.
    nameless = bool(row.office) and row.audience == TO_APPLICANT and not mine
    nameless = nameless and (member or reading.own_first(route, case, viewer))
    shown = row.withdrawn_at is None or mine or viewer.has_role("auditor")
    return Comment(
        id=row.id,
        audience=row.audience,
        office=row.office,
        by_name="" if nameless else row.name,
        at=row.at,
        text=row.text if shown and row.withdrawn_at is None else None,
        asks=row.asks,
        answers=row.answers_id,
        answered=row.answered,
        mentions=() if member or nameless or row.withdrawn_at else tuple(row.mentioned),
        mine=mine,
        new=row.unread and not mine and row.withdrawn_at is None,
    )


NEWS = f"""
SELECT m.*, p.name, c.number, c.title, c.state, c.route_hash
FROM mentions n JOIN comments m ON m.id = n.comment_id JOIN persons p ON p.id = m.author_id
JOIN cases c ON c.id = m.case_id
LEFT JOIN comment_reads r ON r.case_id = m.case_id AND r.person_id = n.person_id
WHERE n.at > :since AND m.withdrawn_at IS NULL AND n.at > coalesce(r.at, '-infinity')
  AND n.person_id IN ({ME_AND_THOSE_AWAY})
ORDER BY n.at DESC, m.id LIMIT {MOST_NEWS}"""


def news(db: sa.Engine, viewer: Actor, *, now: datetime) -> list[News]:
    """What calls the viewer, or whom they stand in for, and is not marked as read; the latest first."""
    said = {
        "person_id": viewer.person,
        "since": now - NEWS_FOR,
        "today": now.astimezone(ZURICH).date(),
    }
    with autocommit(db) as tx:
        rows = ask(tx, NEWS, said)
        return [_news(row) for row in rows if _concerns(tx, row, viewer)]


def _concerns(tx: sa.Connection, row: Any, viewer: Actor) -> bool:
    return _is_for(row, published.route(tx, row.route_hash), load_case(row.state), viewer)


def _news(row: Any) -> News:
    return News(row.case_id, row.number, row.title, row.name, row.office, row.at)


ASKED = f"""
SELECT m.case_id, m.at, c.number, c.title, c.state, o.name AS organisation
FROM comments m JOIN cases c ON c.id = m.case_id JOIN organisations o ON o.id = c.organisation_id
WHERE m.author_id = CAST(:person AS uuid) AND m.asks AND m.withdrawn_at IS NULL AND c.ending IS NULL
  AND NOT EXISTS (SELECT FROM comments a WHERE a.answers_id = m.id AND a.withdrawn_at IS NULL)
ORDER BY m.at LIMIT {MOST_NEWS}"""


def asked(db: sa.Engine, viewer: Actor) -> list[Asked]:
    """Questions of the viewer's that no applicant has answered yet, the oldest first."""
    with autocommit(db) as tx:
        rows = ask(tx, ASKED, {"person": viewer.person})
    return [
        Asked(row.case_id, row.number, row.title, row.organisation, row.at)
        for row in rows
        if reading.may_open(load_case(row.state), viewer)
    ]
