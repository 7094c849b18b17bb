"""What people say about a case, beside its facts: to their office, to all who review, to the applicant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row

from workflow.engine.case import WRITING, Actor, Case
from workflow.engine.route import Route
from workflow.errors import Invalid, KeyReused, NotAllowed, NotFound, Problem, Refused
from workflow.store import comments, journal, outbox, published, reading
from workflow.store.comments import readers
from workflow.store.reading import AUDIENCES, TO_APPLICANT
from workflow.texts import as_seen

MOST = 4000
"""Characters of a comment."""
MOST_BEGUN, DAY = 5, timedelta(days=1)
"""Messages that an applicant begins in a day: each calls somebody."""


@dataclass(frozen=True, slots=True)
class NewComment:
    """What somebody wants to say. `id` makes it once; `mentions`: ids of persons who are called to it.

    `asks`: the applicant is to answer; `answers`: the office's message that an applicant answers, None for
    one that they begin.
    """

    id: UUID
    case_id: UUID
    audience: str
    text: str
    mentions: frozenset[UUID] = frozenset()
    asks: bool = False
    answers: UUID | None = None


def write(db: Engine, actor: Actor, said: NewComment, *, now: datetime) -> bool:
    """Say it, with the notices that it brings; False when this id was there already, with the same words.

    Raises NotFound (no_such_case, no_such_comment), NotAllowed, Refused (closed, no_such_audience,
    cannot_be_mentioned), Invalid (text), KeyReused.
    """
    text = _checked(said.text)
    with db.begin() as tx:
        case, route = _read(tx, said.case_id, actor)
        if reading.is_member(case, actor):
            office, called = "", _meant_for(tx, route, case, actor, said, now)
        else:
            office, called = _spoken_for(case, actor, said), said.mentions
            reached = readers(tx, route, case, office, actor, now)[said.audience] if called else ()
            if not called <= {UUID(one.person) for _, one in reached}:
                raise Refused("cannot_be_mentioned")
        if said.audience not in reading.audiences_of(case):
            raise Refused("closed" if case.ending else "no_such_audience")
        row: dict[str, Any] = {
            "id": said.id,
            "case_id": said.case_id,
            "audience": said.audience,
            "office": office,
            "author_id": UUID(actor.person),
            "text": text,
            "asks": said.asks and said.audience == TO_APPLICANT and bool(office),
            "answers_id": said.answers if not office else None,
        }
        if not comments.add(tx, {**row, "at": now}, called):
            _same(tx, row, called)
            return False
        comments.read_up_to(tx, said.case_id, actor.person, now)
        _tell(tx, case, row, called, now)
    return True


def withdraw(db: Engine, actor: Actor, case_id: UUID, comment_id: UUID, *, now: datetime) -> None:
    """Its author takes a comment back: it stays, and says no more than that it was there.

    Raises NotFound, NotAllowed (not_your_comment), Refused (answered_already).
    """
    with db.begin() as tx:
        case, route = _read(tx, case_id, actor)
        row = comments.find(tx, comment_id)
        if row is None or row.case_id != case_id or not _is_for(route, case, actor, row):
            raise NotFound("no_such_comment")
        if str(row.author_id) != actor.person:
            raise NotAllowed("not_your_comment")
        if comments.is_answered(tx, comment_id):
            raise Refused("answered_already")
        comments.withdraw(tx, comment_id, now)


def mark_read(db: Engine, actor: Actor, case_id: UUID, *, now: datetime) -> None:
    """This person has read all that was said about a case; raises NotFound, NotAllowed."""
    with db.begin() as tx:
        case, _ = _read(tx, case_id, actor)
        if not reading.is_member(case, actor):
            _refuse_closed(case, actor)
        comments.read_up_to(tx, case_id, actor.person, now)


def _checked(text: str) -> str:
    plain = as_seen(text.replace("\r\n", "\n"))
    if not plain:
        raise Invalid({"text": [Problem("required")]})
    if len(plain) > MOST:
        raise Invalid({"text": [Problem("too_long", {"max": MOST})]})
    if "\x00" in plain:
        raise Invalid({"text": [Problem("bad_character")]})
    return plain


def _read(tx: Connection, case_id: UUID, actor: Actor) -> tuple[Case, Route]:
    stored = journal.read(tx, case_id)
    if not reading.takes_part(stored.case, actor):
        raise NotFound("no_such_case")
    return stored.case, published.route(tx, stored.route_hash)


def _refuse_closed(case: Case, actor: Actor) -> None:
    """Nobody says anything about a dossier that is closed to them."""
    if actor.person in case.recused:
        raise NotAllowed("recused")
    if reading.is_of_own_office(case, actor):
        raise NotAllowed("own_office")
    if not reading.may_open(case, actor):
        raise NotAllowed("declare_first" if reading.has_seat(case, actor) else "not_yours")


def _spoken_for(case: Case, actor: Actor, said: NewComment) -> str:
    """The office for which this person writes."""
    _refuse_closed(case, actor)
    office = reading.speaks_for(case, actor)
    if not office:
        raise NotAllowed("not_yours")
    if said.audience not in AUDIENCES:
        raise Refused("no_such_audience")
    return office


def _meant_for(
    tx: Connection, route: Route, case: Case, actor: Actor, said: NewComment, now: datetime
) -> frozenset[UUID]:
    """Who is called to what an applicant writes: who wrote the message that it answers, else who steers."""
    if not actor.rights_in(case.applicant) & WRITING:
        raise NotAllowed("may_not_draft")
    if said.audience != TO_APPLICANT:
        raise Refused("no_such_audience")
    if said.answers is None:
        if comments.begun_since(tx, said.case_id, now - DAY) >= MOST_BEGUN:
            raise Refused("written_enough", most=MOST_BEGUN)
        called = comments.steering(tx, route, case, now)
        if not called:
            raise Refused("nobody_reads_it")
        return called
    row = comments.find(tx, said.answers)
    if row is None or row.case_id != said.case_id or row.audience != TO_APPLICANT or not row.office:
        raise NotFound("no_such_comment")
    return frozenset({row.author_id})


def _is_for(route: Route, case: Case, actor: Actor, row: Row[Any]) -> bool:
    return reading.reads_comment(
        route,
        case,
        actor,
        audience=row.audience,
        office=row.office,
        author=str(row.author_id),
        at=row.at,
    )


def _same(tx: Connection, row: dict[str, Any], called: frozenset[UUID]) -> None:
    """A repetition gives what it gave; another comment under the same id is refused."""
    found = comments.find(tx, row["id"])
    before = {name: getattr(found, name) for name in row} if found else {}
    if before != row or comments.called_to(tx, row["id"]) != called:
        raise KeyReused("key_reused")


def _tell(tx: Connection, case: Case, row: dict[str, Any], called: frozenset[UUID], now: datetime) -> None:
    """Notices without content: to each who is called, and to the organisation of what it may read."""
    desk = f"desk/cases/{row['case_id']}#talk"
    for person in sorted(called):
        text = "comment_answered" if row["answers_id"] else "comment_begun"
        text = "comment_mention" if row["office"] else text
        payload = {"text": text, "person": str(person), "path": desk}
        outbox.add(tx, f"comment:{row['id']}:{person}", "notice", payload, now)
    if row["audience"] == TO_APPLICANT and row["office"]:
        text = "comment_question" if row["asks"] else "comment_message"
        path = f"applications/{row['case_id']}#messages"
        payload = {"text": text, "organisation": case.applicant, "path": path}
        outbox.add(tx, f"comment:{row['id']}:applicant", "notice", payload, now)
