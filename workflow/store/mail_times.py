"""Who wants mails when, and the mails that wait until then."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects.postgresql import insert

from workflow.store import outbox
from workflow.store.tables import cases, held_mails, mail_times

Chosen = tuple[int | None, int | None, int | None, bool]
"""digest_hour, quiet_from, quiet_until, quiet_weekend: see workflow.mail_times.MailTimes."""


@dataclass(frozen=True, slots=True)
class Held:
    """One mail that waits for one person. `effect`: its key in the outbox; `path`: where its link leads."""

    person_id: UUID
    effect: str
    at: datetime
    text: str
    path: str
    case_id: UUID | None


def of(tx: Connection, persons: Collection[UUID]) -> dict[UUID, Chosen]:
    """Those of these persons who have chosen."""
    rows = tx.execute(select(mail_times).where(mail_times.c.person_id.in_(persons)))
    return {person_id: (hour, since, until, weekend) for person_id, hour, since, until, weekend in rows}


def choose(tx: Connection, person_id: UUID, chosen: Chosen | None) -> None:
    """None: nothing is chosen any more."""
    tx.execute(delete(mail_times).where(mail_times.c.person_id == person_id))
    if chosen is not None:
        tx.execute(insert(mail_times).values((person_id, *chosen)))


def hold(tx: Connection, mails: Sequence[Held]) -> None:
    """Keep these until their time, and see to one mail with all of a person's; the same twice is once."""
    if not mails:
        return
    tx.execute(insert(held_mails).on_conflict_do_nothing(), [asdict(one) for one in mails])
    for person_id, at in dict.fromkeys((one.person_id, one.at) for one in mails):
        payload = {"person": str(person_id), "at": at.isoformat()}
        key = f"digest:{person_id}:{at.isoformat()}"
        while not outbox.add_open(tx, key, "digest", payload, at):
            key += "+"  # that one went out before this came: whoever stood still writes late


def waiting(tx: Connection, effect: str) -> frozenset[UUID]:
    """For whom this effect waits already."""
    return frozenset(
        tx.execute(select(held_mails.c.person_id).where(held_mails.c.effect == effect)).scalars()
    )


def due(tx: Connection, person_id: UUID, at: datetime) -> list[str]:
    """The effects that wait for this person until then."""
    query = select(held_mails.c.effect).where(held_mails.c.person_id == person_id, held_mails.c.at <= at)
    return list(tx.execute(query).scalars())


def held(tx: Connection, person_id: UUID, effects: Collection[str]) -> list[Row[Any]]:
    """What these say to this person, the oldest case first: text, path, case_id and its number."""
    query = (
        select(held_mails.c.text, held_mails.c.path, held_mails.c.case_id, cases.c.number)
        .outerjoin(cases, cases.c.id == held_mails.c.case_id)
        .where(held_mails.c.person_id == person_id, held_mails.c.effect.in_(effects))
        .distinct()
        .order_by(cases.c.number.nulls_last(), held_mails.c.text, held_mails.c.path)
    )
    return list(tx.execute(query))


def drop(tx: Connection, person_id: UUID, effects: Collection[str]) -> None:
    """They have been told."""
    tx.execute(
        delete(held_mails).where(held_mails.c.person_id == person_id, held_mails.c.effect.in_(effects))
    )
