"""The administrator's door to people: who there is, with which roles. Changes are kept; none is one's own.

What rows and files do by command (workflow.people), with a person who does it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from workflow import accounts
from workflow.engine.case import Actor
from workflow.errors import Conflict, NotAllowed, NotFound, Refused
from workflow.people import Person, put_people_in
from workflow.reasons import read_reason
from workflow.store import people, people_log

ADMINISTRATOR = "admin"
MOST_REASON = 500


def add(db: Engine, actor: Actor, person: Person, *, now: datetime) -> UUID:
    """A new person, invited by mail. Raises Invalid ("0.email" …), Refused (is_there_already), NotAllowed."""
    _require(actor)
    with db.begin() as tx:
        people.lock(tx)
        if people.id_of(tx, person.email) is not None:
            raise Refused("is_there_already")
        put_people_in(tx, [person], now, invite=True)
        made = _id(tx, person.email)
        people_log.note(tx, actor.person, made, "added", {"roles": [[], list(person.roles)]}, now)
    return made


def change(
    db: Engine,
    actor: Actor,
    person_id: UUID,
    *,
    name: str,
    roles: tuple[str, ...],
    seen: Collection[str],
    now: datetime,
) -> bool:
    """Another name, other roles (office:role, all of them). False: nothing differs. `seen`: roles there were.

    Raises Invalid, NotFound, NotAllowed (not_yours; own_roles), Conflict: a role that somebody else has taken
    away meanwhile does not come back.
    """
    _require(actor)
    with db.begin() as tx:
        people.lock(tx)
        known = _known(tx, person_id)
        if str(person_id) == actor.person and set(roles) != set(known["roles"]):
            raise NotAllowed("own_roles")
        if set(seen) != set(known["roles"]):
            raise Conflict("someone_was_faster")
        row = Person(known["email"], name, known["language"], tuple(sorted(roles)))
        differs = dict(put_people_in(tx, [row], now, invite=False).changed).get(row.email, {})
        if differs:
            data = {key: [_plain(was), _plain(is_now)] for key, (was, is_now) in differs.items()}
            people_log.note(tx, actor.person, person_id, "changed", data, now)
    return bool(differs)


def end(db: Engine, actor: Actor, person_id: UUID, *, reason: str, now: datetime) -> None:
    """No way in any more. Raises Invalid ("reason"), NotFound, NotAllowed (not_yours; own_roles)."""
    _require(actor)
    if str(person_id) == actor.person:
        raise NotAllowed("own_roles")
    reason = read_reason(reason, MOST_REASON)
    with db.begin() as tx:
        known = _known(tx, person_id)
        people.leave(tx, known["email"], now)
        people_log.note(tx, actor.person, person_id, "ended", {"reason": reason}, now)


def reopen(db: Engine, actor: Actor, person_id: UUID, *, now: datetime) -> None:
    """Somebody whose access has ended gets it again, with the same roles and a link for a new password."""
    _require(actor)
    with db.begin() as tx:
        if not people.come_back(tx, person_id):
            raise NotFound("no_such_person")
        accounts.send_link(tx, person_id, "invitation", now)
        people_log.note(tx, actor.person, person_id, "reopened", {}, now)


def invite(db: Engine, actor: Actor, person_id: UUID, *, now: datetime) -> None:
    """A link once more."""
    _require(actor)
    with db.begin() as tx:
        _known(tx, person_id)
        accounts.send_link(tx, person_id, "invitation", now)
        people_log.note(tx, actor.person, person_id, "invited", {}, now)


def _require(actor: Actor) -> None:
    if not actor.has_role(ADMINISTRATOR):
        raise NotAllowed("not_yours")


def _id(tx: Connection, email: str) -> UUID:
    found = people.id_of(tx, email)
    assert found is not None
    return found


def _known(tx: Connection, person_id: UUID) -> Mapping[str, Any]:
    """email, name, language, roles of somebody who has not left."""
    found = people.person_with_roles(tx, person_id)
    if found is None:
        raise NotFound("no_such_person")
    return found


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
