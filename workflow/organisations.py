"""Who applies: organisations that register, are confirmed, have members and advisers, and are merged.

Every change is written down in organisation_log, with who and when. Its kinds:

registered resubmitted changed attached · confirmed refused merged
invited joined declined taken_back · role left
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row

from workflow import accounts
from workflow.engine.case import SIGNING, Actor
from workflow.errors import Invalid, NotAllowed, NotFound, Problem, Refused
from workflow.funding.forms import Answers, Form
from workflow.funding.organisations import (
    FORM,
    PATHS,
    ROLES,
    Identity,
    answer_at,
    differences,
    may_give,
    role_of,
    twins_of,
)
from workflow.reasons import read_reason
from workflow.store import applications, outbox, published
from workflow.store import organisations as store
from workflow.store import sign_in as persons

RECORD = ("organisation", "account")
TYPED = (*RECORD, "signing")
"""What is registered; documents come after, see workflow.documents."""
INVITED = timedelta(days=7)
COORDINATOR = "coordinator"
MOST_REASON = 2000


def register(
    db: Engine,
    actor: Actor,
    organisation_id: UUID,
    answers: Mapping[str, Any],
    *,
    all_the_same: bool,
    now: datetime,
) -> None:
    """A new organisation that waits for the Fachstelle, once per id; the person is its first member.

    `all_the_same`: although one of the same name, UID or account is there. Raises Invalid, Refused
    (looks_registered), TryLater, NotFound (no_such_form).
    """
    accounts.limit(db, now, f"register:{actor.person}")
    with db.begin() as tx:
        form = _form(tx)
        loaded = form.load(answers, sections=TYPED)
        values = _values(loaded)
        new = Identity(organisation_id, values["name"], values["uid"], values["iban"])
        if not all_the_same and twins_of(new, store.identities(tx)):
            raise Refused("looks_registered")
        kind = _kind(form, loaded)
        if not store.add(tx, {"id": organisation_id, **values, "kind": kind, "state": "waiting"}):
            if not actor.rights_in(str(organisation_id)):
                raise Refused("id_taken")
            return
        alone = loaded["signing"]["signing"] == "single"
        rights = ROLES["signs" if alone else "signs_with"]
        store.put_member(tx, organisation_id, UUID(actor.person), rights, now)
        store.note(tx, organisation_id, actor.person, "registered", now)
        _tell_coordinators(tx, organisation_id, now)


def change(
    db: Engine, actor: Actor, organisation_id: UUID, answers: Mapping[str, Any], *, now: datetime
) -> None:
    """A new record. One that was refused waits again. Raises Invalid, NotAllowed, NotFound."""
    with db.begin() as tx:
        row, _ = _signing(tx, actor, organisation_id)
        form = _form(tx)
        loaded = form.load(answers, sections=RECORD)
        if _kind(form, loaded) != row.kind:
            raise Invalid({"organisation.legal_form": [Problem("kind_is_fixed")]})
        _put(tx, row, _values(loaded), actor, now)


def take_over(
    db: Engine, actor: Actor, application_id: UUID, columns: Collection[str], *, now: datetime
) -> None:
    """Let the record say what the application says, in these columns."""
    with db.begin() as tx:
        draft = applications.find(tx, application_id)
        if draft is None:
            raise NotFound("no_such_application")
        row, _ = _signing(tx, actor, draft.organisation_id)
        form = published.form_of(tx, draft.programme_hash, draft.form_hash, draft.organisation_kind)
        found = differences(form, store.record(tx, row.id)[1], draft.answers)
        _put(tx, row, {one.column: one.answer for one in found if one.column in columns}, actor, now)


def decide(
    db: Engine, actor: Actor, organisation_id: UUID, *, confirm: bool, reason: str = "", now: datetime
) -> None:
    """The Fachstelle confirms an organisation that waits, or refuses it with a reason; its people are told.

    Raises Invalid ("reason"), NotAllowed, Refused (decided_already), NotFound.
    """
    with db.begin() as tx:
        row = _for_coordinator(tx, actor, organisation_id)
        reason = read_reason(reason, MOST_REASON, needed=not confirm)
        if row.state != "waiting":
            raise Refused("decided_already")
        state = "confirmed" if confirm else "refused"
        store.change(tx, row.id, {"state": state, "refusal": "" if confirm else reason})
        store.note(tx, row.id, actor.person, state, now)
        payload = {
            "text": f"organisation_{state}",
            "organisation": str(row.id),
            "path": f"organisations/{row.id}",
        }
        outbox.add(tx, f"{row.id}:{state}:{now.isoformat()}", "notice", payload, now)


def merge(db: Engine, actor: Actor, gone: UUID, stays: UUID, *, now: datetime) -> None:
    """Two that are one: members, drafts and cases of `gone` belong to `stays`; its id goes on meaning that.

    Whoever registers is nobody whom the Fachstelle knows: people of one that was never confirmed are asked by
    those of the other. Who signs for either is told. Raises NotAllowed, NotFound, Refused (same_organisation,
    kinds_differ, unconfirmed_stays).
    """
    with db.begin() as tx:
        rows = {one: _for_coordinator(tx, actor, one) for one in sorted((gone, stays))}
        if rows[gone].id == rows[stays].id:
            raise Refused("same_organisation")
        if rows[gone].kind != rows[stays].kind:
            raise Refused("kinds_differ")
        known = rows[gone].state == "confirmed"
        if known and rows[stays].state != "confirmed":
            raise Refused("unconfirmed_stays")
        left = [] if known else _left_out(tx, rows[gone], rows[stays], actor, now)
        store.merge(tx, rows[gone].id, rows[stays].id, now, members=known)
        _tell_merged(tx, rows[gone].id, rows[stays].id, left, now)
        for one in rows.values():
            store.note(
                tx,
                one.id,
                actor.person,
                "merged",
                now,
                gone=rows[gone].name,
                stays=rows[stays].name,
            )


def invite(
    db: Engine,
    actor: Actor,
    organisation_id: UUID,
    email: str,
    role: str,
    *,
    now: datetime,
    invitation_id: UUID,
) -> None:
    """Ask somebody to join, by mail; asked again before they answer, the newer invitation holds.

    Asking an adviser is the organisation's consent. Raises Invalid ("email", "role"), NotAllowed, Refused
    (is_member_already), TryLater.
    """
    address = accounts.read_address(email)
    rights = _rights(role)
    accounts.limit(db, now, f"invite:{actor.person}")
    with db.begin() as tx:
        row, mine = _signing(tx, actor, organisation_id)
        if not may_give(mine, rights):
            raise NotAllowed("more_than_own")
        language = _language(tx, actor)
        person = persons.newcomer(tx, address, language)
        if person is not None and store.rights_of(tx, row.id, person.id):
            raise Refused("is_member_already")
        given = {"id": invitation_id, "organisation_id": row.id, "email": address, "rights": sorted(rights)}
        by = {"invited_by": UUID(actor.person), "at": now, "until": now + INVITED}
        store.invite(tx, {**given, **by})
        about = person.id if person is not None else None
        store.note(tx, row.id, actor.person, "invited", now, about, role=role)
        if person is not None:
            inviter = persons.person_by_id(tx, UUID(actor.person))
            named = {"by": inviter.name, "organisation": row.name} if inviter else {}
            if row.state != "confirmed" or any("//" in one or "www." in one for one in named.values()):
                named = {}  # strangers send no words of their own, and nobody an address as a name
            accounts.send_link(tx, person.id, "joining", now, **named)


def answer(
    db: Engine, person: accounts.SignedIn, invitation_id: UUID, *, accept: bool, now: datetime
) -> UUID:
    """The invited person joins, or does not want to; returns the organisation's id.

    Raises NotFound (no_such_invitation): too old, for somebody else, answered, or the one who invited may no
    longer give these rights.
    """
    with db.begin() as tx:
        found = store.invitation(tx, invitation_id)
        row = store.lock(tx, found.organisation_id) if found is not None else None
        if found is None or row is None or found.email != person.email:
            raise NotFound("no_such_invitation")
        member = store.rights_of(tx, row.id, person.person_id)
        if found.ended_at is not None and accept and member:
            return UUID(str(row.id))
        inviter = store.rights_of(tx, row.id, found.invited_by)
        rights = frozenset(found.rights)
        if found.ended_at is not None or found.until <= now or not may_give(inviter, rights):
            raise NotFound("no_such_invitation")
        store.end_invitation(tx, invitation_id, now)
        if accept and not member:
            store.put_member(tx, row.id, person.person_id, rights, now)
        kind = "joined" if accept else "declined"
        store.note(tx, row.id, person.actor.person, kind, now, person.person_id, role=role_of(rights))
    return UUID(str(row.id))


def take_back(db: Engine, actor: Actor, invitation_id: UUID, *, now: datetime) -> UUID:
    """An invitation no longer holds; returns its organisation's id. Raises NotAllowed, NotFound."""
    with db.begin() as tx:
        found = store.invitation(tx, invitation_id)
        if found is None:
            raise NotFound("no_such_invitation")
        row, _ = _signing(tx, actor, found.organisation_id)
        if found.ended_at is None:
            store.end_invitation(tx, invitation_id, now)
            store.note(tx, row.id, actor.person, "taken_back", now, email=found.email)
    return UUID(str(row.id))


def set_role(
    db: Engine, actor: Actor, organisation_id: UUID, person_id: UUID, role: str, *, now: datetime
) -> None:
    """Another role for a member. Raises Invalid ("role"), NotAllowed, NotFound, Refused (last_signer)."""
    rights = _rights(role)
    with db.begin() as tx:
        row, mine = _signing(tx, actor, organisation_id)
        before = _member(tx, row.id, person_id)
        if not may_give(mine, rights) or not may_give(mine, before):
            raise NotAllowed("more_than_own")
        if "advise" in before | rights:
            raise Refused("adviser_stays_adviser")
        if rights == before:
            return
        store.put_member(tx, row.id, person_id, rights, now)
        _somebody_signs(tx, row.id)
        store.note(tx, row.id, actor.person, "role", now, person_id, role=role, was=role_of(before))


def remove(db: Engine, actor: Actor, organisation_id: UUID, person_id: UUID, *, now: datetime) -> None:
    """A member goes; oneself, anybody may. An adviser whose consent ends still reviews nothing of theirs.

    Raises NotAllowed, NotFound, Refused (last_signer).
    """
    with db.begin() as tx:
        if str(person_id) == actor.person:
            row = _there(tx, organisation_id)
        else:
            row, mine = _signing(tx, actor, organisation_id)
            if not may_give(mine, _member(tx, row.id, person_id)):
                raise NotAllowed("more_than_own")
        before = _member(tx, row.id, person_id)
        if "advise" in before:
            store.put_member(tx, row.id, person_id, (), now)
        else:
            store.drop_member(tx, row.id, person_id)
        _somebody_signs(tx, row.id)
        store.note(tx, row.id, actor.person, "left", now, person_id, was=role_of(before))


def _form(tx: Connection) -> Form:
    name = published.current(tx)
    if FORM not in published.content(tx, name)["forms"]:
        raise NotFound("no_such_form")
    return published.form(tx, name, FORM)


def _values(loaded: Answers) -> dict[str, str]:
    """What the form says, by the record's columns."""
    left_out = ("organisation.institution", "organisation.signing")
    return {column: answer_at(loaded, path) or "" for path, column in PATHS.items() if path not in left_out}


def _kind(form: Form, loaded: Answers) -> str:
    """Of whoever applies, by the group of its legal form: non_state unless that says otherwise."""
    options = form.fields()["organisation.legal_form"].options
    chosen = next(one for one in options if one.code == loaded["organisation"]["legal_form"])
    return next(iter(chosen.groups), "non_state")


def _put(tx: Connection, row: Row[Any], values: Mapping[str, str], actor: Actor, now: datetime) -> None:
    """The record with these values, and what it said before; one that was refused waits again."""
    changed = {name: [row._mapping[name], new] for name, new in values.items() if row._mapping[name] != new}
    if changed:
        store.change(tx, row.id, {name: new for name, (_, new) in changed.items()})
        store.note(tx, row.id, actor.person, "changed", now, changes=changed)
    if row.state == "refused":
        store.change(tx, row.id, {"state": "waiting", "refusal": ""})
        store.note(tx, row.id, actor.person, "resubmitted", now)
        _tell_coordinators(tx, row.id, now)


def _tell_coordinators(tx: Connection, organisation_id: UUID, now: datetime) -> None:
    payload = {
        "text": "organisation_waits",
        "role": COORDINATOR,
        "path": f"office/organisations/{organisation_id}",
    }
    outbox.add(tx, f"{organisation_id}:waits:{now.isoformat()}", "notice", payload, now)


def _left_out(tx: Connection, gone: Row[Any], stays: Row[Any], actor: Actor, now: datetime) -> list[Row[Any]]:
    """The people of `gone` who are none of `stays`, written down: who signs for that sees whom to invite."""
    left = [one for one in store.members(tx, gone.id) if not store.rights_of(tx, stays.id, one.person_id)]
    for one in left:
        was = role_of(frozenset(one.rights))
        store.note(tx, gone.id, actor.person, "left", now, one.person_id, was=was)
    return left


def _tell_merged(tx: Connection, gone: UUID, stays: UUID, left: Iterable[Row[Any]], now: datetime) -> None:
    """Who signs for the one that stays, and who has signed for the other and does not belong to it."""
    path = f"organisations/{stays}"
    payload = {"text": "organisation_merged", "organisation": str(stays), "path": path}
    outbox.add(tx, f"{gone}:merged:{now.isoformat()}", "notice", payload, now)
    for one in left:
        if SIGNING & set(one.rights):
            payload = {"text": "organisation_taken", "person": str(one.person_id), "path": "applications"}
            outbox.add(tx, f"{gone}:merged:{now.isoformat()}:{one.person_id}", "notice", payload, now)


def _there(tx: Connection, organisation_id: UUID) -> Row[Any]:
    row = store.lock(tx, organisation_id)
    if row is None:
        raise NotFound("no_such_organisation")
    return row


def _signing(tx: Connection, actor: Actor, organisation_id: UUID) -> tuple[Row[Any], frozenset[str]]:
    """The organisation under its lock, for a member who signs, and what they may do as of now."""
    row = _there(tx, organisation_id)
    mine = store.rights_of(tx, row.id, UUID(actor.person))
    if not mine:
        raise NotFound("no_such_organisation")
    if not mine & SIGNING:
        raise NotAllowed("signers_only")
    return row, mine


def _for_coordinator(tx: Connection, actor: Actor, organisation_id: UUID) -> Row[Any]:
    """The organisation under its lock; nobody decides about their own."""
    if not actor.has_role(COORDINATOR):
        raise NotFound("no_such_organisation")
    row = _there(tx, organisation_id)
    if str(row.id) in actor.organisations:
        raise NotAllowed("own_organisation")
    return row


def _rights(role: str) -> frozenset[str]:
    if role not in ROLES:
        raise Invalid({"role": [Problem("not_a_choice")]})
    return ROLES[role]


def _member(tx: Connection, organisation_id: UUID, person_id: UUID) -> frozenset[str]:
    rights = store.rights_of(tx, organisation_id, person_id)
    if not rights:
        raise NotFound("no_such_member")
    return rights


def _somebody_signs(tx: Connection, organisation_id: UUID) -> None:
    if not any(SIGNING & set(one.rights) for one in store.members(tx, organisation_id)):
        raise Refused("last_signer")


def _language(tx: Connection, actor: Actor) -> str:
    row = persons.person_by_id(tx, UUID(actor.person))
    return str(row.language) if row is not None else "de"
