"""First signatures under applications, what advisers have saved; both follow every change of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert

from workflow.store import outbox
from workflow.store.asking import ask
from workflow.store.organisations import may_sign
from workflow.store.tables import applications, memberships, persons, signatures

VOID = sa.text("""
UPDATE signatures s SET void_at = :now, void_by = :by FROM applications a
WHERE a.id = :id AND s.application_id = a.id AND s.void_at IS NULL AND a.answers <> :answers
RETURNING s.id, s.person_id""").bindparams(sa.bindparam("answers", type_=JSONB))

NOTE_ADVICE = sa.text("""
INSERT INTO advice (application_id, section, person_id, at)
SELECT a.id, new.key, m.person_id, :now
FROM applications a CROSS JOIN jsonb_each(:answers) new
JOIN memberships m ON m.organisation_id = a.organisation_id AND m.person_id = :by AND 'advise' = ANY(m.rights)
WHERE a.id = :id AND new.value IS DISTINCT FROM a.answers->new.key
ON CONFLICT (application_id, section, person_id) DO UPDATE SET at = excluded.at""").bindparams(
    sa.bindparam("answers", type_=JSONB)
)

CONSENTS = """
SELECT v.section, p.name, v.at, i.name AS consent_by, coalesce(i.ended_at, m.since, v.at) AS since,
       NOT 'advise' = ANY(coalesce(m.rights, '{}')) AS ended
FROM advice v
JOIN applications a ON a.id = v.application_id
JOIN persons p ON p.id = v.person_id
LEFT JOIN memberships m ON m.organisation_id = a.organisation_id AND m.person_id = v.person_id
LEFT JOIN LATERAL (
  SELECT i.ended_at, by.name FROM invitations i JOIN persons by ON by.id = i.invited_by
  WHERE i.organisation_id = a.organisation_id AND i.email = p.email AND 'advise' = ANY(i.rights)
    AND i.ended_at <= v.at ORDER BY i.ended_at DESC LIMIT 1) i ON true
WHERE v.application_id = :id ORDER BY v.at DESC, v.section"""
"""With the invitation that held when the adviser saved: asking them was the organisation's consent."""


def answers_change(
    tx: sa.Connection, application_id: UUID, answers: Mapping[str, Any], by: str, now: datetime
) -> None:
    """To be told before new answers are kept: signatures under other ones become void, and their people are
    told; an adviser's work is noted by section."""
    given = {"id": application_id, "answers": answers, "by": UUID(by), "now": now}
    for row in tx.execute(VOID, given).all():
        payload = {
            "text": "signature_void",
            "person": str(row.person_id),
            "path": f"applications/{application_id}",
        }
        outbox.add(tx, f"{application_id}:void:{row.id}", "notice", payload, now)
    tx.execute(NOTE_ADVICE, given)


def sign(tx: sa.Connection, application_id: UUID, person: str, name: str, now: datetime) -> int | None:
    """A first signature under the answers of this hash; its id, or None when this person has signed them."""
    row = {"application_id": application_id, "person_id": UUID(person), "hash": name, "at": now}
    statement = insert(signatures).values(row).on_conflict_do_nothing()
    found: int | None = tx.execute(statement.returning(signatures.c.id)).scalar_one_or_none()
    return found


def take_back_others(tx: sa.Connection, application_id: UUID, person: str, name: str, now: datetime) -> None:
    """What else this person has signed of this application counts no more: the last word does."""
    mine = (signatures.c.application_id == application_id) & (signatures.c.person_id == UUID(person))
    earlier = signatures.update().where(mine, signatures.c.void_at.is_(None), signatures.c.hash != name)
    tx.execute(earlier.values(void_at=now, void_by=UUID(person)))


def other(tx: sa.Connection, application_id: UUID, person: str, name: str) -> str:
    """Who else has signed exactly these answers and still signs for the organisation; empty for nobody."""
    query = (
        sa.select(signatures.c.person_id)
        .join(applications, applications.c.id == signatures.c.application_id)
        .where(signatures.c.application_id == application_id, signatures.c.person_id != UUID(person))
        .where(signatures.c.hash == name, counts())
        .order_by(signatures.c.id)
        .limit(1)
    )
    return str(tx.execute(query).scalar_one_or_none() or "")


def counts() -> sa.ColumnElement[bool]:
    """Of signatures beside their applications: not void, and who gave it still signs for the organisation."""
    signs = (
        sa.exists()
        .where(memberships.c.organisation_id == applications.c.organisation_id, may_sign())
        .where(memberships.c.person_id == signatures.c.person_id)
        .where(persons.c.id == memberships.c.person_id, persons.c.left_at.is_(None))
    )
    return sa.and_(signatures.c.void_at.is_(None), signs.correlate(signatures, applications))


def of_application(tx: sa.Connection, application_id: UUID) -> list[sa.Row[Any]]:
    """person_id, name, hash, at, void_at, void_by (a name), counts, oldest first."""
    changer = persons.alias()
    query = (
        sa.select(
            signatures.c.person_id,
            persons.c.name,
            signatures.c.hash,
            signatures.c.at,
            signatures.c.void_at,
            changer.c.name.label("void_by"),
            counts().label("counts"),
        )
        .join(applications, applications.c.id == signatures.c.application_id)
        .join(persons, persons.c.id == signatures.c.person_id)
        .outerjoin(changer, changer.c.id == signatures.c.void_by)
        .where(signatures.c.application_id == application_id)
    )
    return list(tx.execute(query.order_by(signatures.c.id)))


def advised(tx: sa.Connection, application_id: UUID) -> list[Any]:
    """section, name, at of what advisers have saved, the latest first; consent_by, since, ended."""
    return ask(tx, CONSENTS, {"id": application_id})
