"""Comments: written once, withdrawn perhaps, called to, read up to a moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from workflow.engine.case import Actor, Case
from workflow.engine.route import Route
from workflow.store import reading, sign_in
from workflow.store.tables import comment_reads, comments, mentions
from workflow.texts import ZURICH


def add(tx: Connection, row: Mapping[str, Any], called: Collection[UUID]) -> bool:
    """A new comment and who is called to it; False when this id is there already."""
    statement = insert(comments).values(row).on_conflict_do_nothing().returning(comments.c.id)
    if tx.execute(statement).one_or_none() is None:
        return False
    if called:
        rows = [{"comment_id": row["id"], "person_id": one, "at": row["at"]} for one in sorted(called)]
        tx.execute(insert(mentions).values(rows))
    return True


def find(tx: Connection, comment_id: UUID) -> Row[Any] | None:
    return tx.execute(select(comments).where(comments.c.id == comment_id)).one_or_none()


def called_to(tx: Connection, comment_id: UUID) -> frozenset[UUID]:
    """The persons whom a comment mentions."""
    return frozenset(
        tx.execute(select(mentions.c.person_id).where(mentions.c.comment_id == comment_id)).scalars()
    )


def is_answered(tx: Connection, comment_id: UUID) -> bool:
    """An applicant has answered it, and has not taken the answer back."""
    query = select(comments.c.id).where(
        comments.c.answers_id == comment_id, comments.c.withdrawn_at.is_(None)
    )
    return tx.execute(query.limit(1)).one_or_none() is not None


def begun_since(tx: Connection, case_id: UUID, since: datetime) -> int:
    """How many messages the applicant has begun in this case, taken back or not."""
    query = select(func.count()).where(
        comments.c.case_id == case_id,
        comments.c.at > since,
        comments.c.office == "",
        comments.c.answers_id.is_(None),
    )
    return int(tx.execute(query).scalar_one())


def is_asked(case_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """The applicant has a question to answer in this case."""
    question, answer = comments.alias(), comments.alias()
    answered = exists().where(answer.c.answers_id == question.c.id, answer.c.withdrawn_at.is_(None))
    return exists().where(
        question.c.case_id == case_id, question.c.asks, question.c.withdrawn_at.is_(None), ~answered
    )


def withdraw(tx: Connection, comment_id: UUID, now: datetime) -> None:
    tx.execute(
        update(comments)
        .where(comments.c.id == comment_id, comments.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )


def read_up_to(tx: Connection, case_id: UUID, person: str, now: datetime) -> None:
    """This person has read what was said about this case until now."""
    row = {"case_id": case_id, "person_id": UUID(person), "at": now}
    statement = insert(comment_reads).values(row)
    tx.execute(statement.on_conflict_do_update(index_elements=["person_id", "case_id"], set_={"at": now}))


def readers(
    tx: Connection, route: Route, case: Case, office: str, writer: Actor, now: datetime
) -> dict[str, list[tuple[str, Actor]]]:
    """By audience: (name, actor) of those, but for the writer, who could read it now, said for this office.

    Onlookers are not named. Before the own vote nobody learns who works on it in other offices; who steers
    all cases is known anyway.
    """
    people = sign_in.persons_with(tx, case.declared, reading.ALL_DOSSIERS, now)
    veiled = reading.own_first(route, case, writer)
    found: dict[str, list[tuple[str, Actor]]] = {audience: [] for audience in reading.AUDIENCES}
    for name, one in people:
        if one.person == writer.person or not reading.offices_of(one) or reading.belongs(case, one):
            continue
        if veiled and office not in reading.offices_of(one) and not one.has_role("coordinator"):
            continue
        for audience, reached in found.items():
            if reading.reads_comment(
                route, case, one, audience=audience, office=office, author=writer.person, at=now
            ):
                reached.append((name, one))
    return found


def steering(tx: Connection, route: Route, case: Case, now: datetime) -> frozenset[UUID]:
    """Those who may give this case more time, so keep it in view: what an applicant writes is for them."""
    if route.extension is None:
        return frozenset()
    who = route.extension.who.meant(case.facts, now.astimezone(ZURICH).date())
    people = sign_in.persons_with(tx, (), [who[1]], now)
    return frozenset(
        UUID(one.person) for _, one in people if who in one.offices and reading.may_open(case, one)
    )
