"""The door for changes of the programme: proposed by one person, checked as a whole, published by another.

All that is programme data goes this way: sections of programme.yaml, routes, forms, letters. Cases that run
keep the versions that they are pinned to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row

from workflow import publish, publishable
from workflow.engine.case import Actor
from workflow.errors import Conflict, NotAllowed, NotFound, Refused, RouteError
from workflow.funding.letters import Order, render
from workflow.funding.parts import Parts, parts_of, with_parts
from workflow.funding.programme import Bundle, Programme
from workflow.funding.specimen import specimen, specimens
from workflow.reasons import read_reason
from workflow.store import outbox, proposals, published
from workflow.store.reading import PUBLISHERS

OF_COORDINATORS = (
    "programme/calls",
    "programme/carried",
    "programme/ceilings",
    "programme/contacts",
    "programme/mails",
    "programme/needs",
    "programme/years",
    "letters/",
)
"""What coordinators may propose: calls, their money, what applicants read. Administrators: anything."""

IN_LETTERS = ("canton", "offices", "remedy", "sender", "terms", "title")
"""Sections of the programme that letters say, or on which it hangs of which orders they are tried."""

MOST_REASON = 2000


def may_propose(actor: Actor, name: str) -> bool:
    """Whether this person may propose changes of a part of this name."""
    return actor.has_role("admin") or (actor.has_role("coordinator") and name.startswith(OF_COORDINATORS))


def check(db: Engine, parts: Parts, *, base: str, now: datetime) -> list[RouteError | Refused]:
    """What keeps the programme with these parts from being published; nothing is kept.

    Raises Conflict (part_changed) when one of them has changed since `base`, the version that was seen.
    """
    return _examined(db, parts, base, now)[1]


def propose(
    db: Engine, actor: Actor, parts: Parts, *, base: str, reason: str, proposal_id: UUID, now: datetime
) -> None:
    """Keep a proposal, once per id. `base`: the version that the person saw.

    Raises NotAllowed, Invalid ("reason"), Refused (nothing_changed), Conflict (part_changed), and the first
    of what `check` finds.
    """
    for name in parts:
        if not may_propose(actor, name):
            raise NotAllowed("not_yours")
    reason = read_reason(reason, MOST_REASON)
    name, problems, there = _examined(db, parts, base, now)
    if all(there.get(code) == part for code, part in parts.items()):
        raise Refused("nothing_changed")
    for problem in problems:
        raise problem
    row = {"id": proposal_id, "base": name, "parts": dict(parts), "reason": reason}
    told = {"text": "proposal_waits", "roles": list(PUBLISHERS), "but": actor.person}
    path = f"administration/proposals/{proposal_id}"
    with db.begin() as tx:
        proposals.add(tx, {**row, "proposed_by": UUID(actor.person), "proposed_at": now})
        outbox.add(tx, f"proposal:{proposal_id}", "notice", {**told, "path": path}, now)


def accept(db: Engine, actor: Actor, proposal_id: UUID, *, now: datetime) -> str:
    """Publish it for new applications; returns the new version's hash.

    Raises NotAllowed (not_yours; second_person), Refused (decided_already; ceiling_in_use), Conflict
    (programme_changed): check it anew first; RouteError.
    """
    with db.connect() as tx:
        row = _acceptable(tx, actor, proposal_id)
        before = published.bundle(tx, row.base)
    # takes its time: with no transaction open
    changed = publishable.checked_bundle(with_parts(before, row.parts), before)
    with db.begin() as tx:
        published.lock(tx)
        if _acceptable(tx, actor, proposal_id).base != row.base:
            raise Conflict("programme_changed")
        name = publish.store(tx, *changed, now)
        proposals.decide(tx, proposal_id, "published", actor.person, now, published=name)
    return name


def undo(db: Engine, actor: Actor, proposal_id: UUID, *, reason: str, undo_id: UUID, now: datetime) -> None:
    """Propose what stood there before this one was published, once per `undo_id`.

    Raises NotFound, Refused (nothing_changed) and what `propose` raises: Conflict (part_changed) where the
    same part has been changed again since.
    """
    with db.connect() as tx:
        row = proposals.find(tx, proposal_id)
        if row is None:
            raise NotFound("no_such_proposal")
        if row.published is None:
            raise Refused("nothing_changed")
        before = parts_of(published.bundle(tx, row.base))
    parts = {name: before.get(name) for name in row.parts}
    propose(db, actor, parts, base=row.published, reason=reason, proposal_id=undo_id, now=now)


def recheck(db: Engine, actor: Actor, proposal_id: UUID, *, now: datetime) -> None:
    """The programme has changed meanwhile: mean the proposal as a change to what it is now.

    Raises Conflict (part_changed) when one of its own parts has changed, else what `accept` raises.
    """
    with db.connect() as tx:
        row = _open(tx, actor, proposal_id)
    name, problems, _ = _examined(db, row.parts, row.base, now)
    for problem in problems:
        raise problem
    with db.begin() as tx:
        _open(tx, actor, proposal_id)
        proposals.rebase(tx, proposal_id, name)


def refuse(db: Engine, actor: Actor, proposal_id: UUID, *, reason: str, now: datetime) -> None:
    """Another person says no, or whoever proposed it takes it back; with a reason, and for good."""
    with db.begin() as tx:
        row = _open(tx, actor, proposal_id)
        reason = read_reason(reason, MOST_REASON)
        state = "withdrawn" if str(row.proposed_by) == actor.person else "refused"
        proposals.decide(tx, proposal_id, state, actor.person, now, decision=reason)


def from_screens(db: Engine) -> bool:
    """Whether the published version came of a proposal, and no longer of a folder."""
    with db.connect() as tx:
        try:
            return proposals.has_published(tx, published.current(tx))
        except NotFound:
            return False


def try_letters(bundle: Bundle, *, now: datetime, codes: Iterable[str] | None = None) -> None:
    """Make each of these letters, or all of them, of every specimen; RouteError (letter_fails) for the first
    that fails."""
    orders = list(specimens(Programme.parse(bundle.programme)))
    for code in bundle.letters if codes is None else codes:
        if not _is_imported(bundle, code):
            for order in orders:
                preview(bundle, code, now=now, order=order)


def preview(bundle: Bundle, code: str, *, now: datetime, order: Order | None = None) -> bytes:
    """A letter of this programme as PDF, of this order or with made-up data; RouteError (letter_fails)."""
    import typst

    if '"@' in bundle.letters[code]:
        raise RouteError("letter_fails", at=f"letters/{code}", why="packages (@) are not fetched")
    data = order or specimen(Programme.parse(bundle.programme))
    try:
        return render(bundle.letters, code, data, now=now)
    except typst.TypstError as error:
        raise RouteError("letter_fails", at=f"letters/{code}", why=str(error)) from error


def _open(tx: Connection, actor: Actor, proposal_id: UUID) -> Row[Any]:
    if not actor.has_role(*PUBLISHERS):
        raise NotAllowed("not_yours")
    row = proposals.find(tx, proposal_id, lock=True)
    if row is None:
        raise NotFound("no_such_proposal")
    if row.state != "open":
        raise Refused("decided_already")
    return row


def _acceptable(tx: Connection, actor: Actor, proposal_id: UUID) -> Row[Any]:
    row = _open(tx, actor, proposal_id)
    if str(row.proposed_by) == actor.person:
        raise NotAllowed("second_person")
    if row.base != published.current(tx):
        raise Conflict("programme_changed")
    return row


def _examined(
    db: Engine, parts: Parts, base: str, now: datetime
) -> tuple[str, list[RouteError | Refused], Parts]:
    """The current version, what keeps these parts from being published in it, and its parts as they are.

    Checking takes its time, and is done with no transaction open.
    """
    with db.connect() as tx:
        name = published.current(tx)
        current = published.bundle(tx, name)
        there = parts_of(current)
        then = there if name == base else parts_of(published.bundle(tx, base))
    for code in parts:
        if then.get(code) != there.get(code):
            raise Conflict("part_changed", part=code)
    bundle = with_parts(current, parts)
    found: list[RouteError | Refused] = list(publishable.problems(bundle, current))
    if found:
        return name, found, there
    with db.connect() as tx:
        found += published.ceilings_in_use(tx, Programme.parse(bundle.programme))
    try:
        try_letters(bundle, now=now, codes=_letters_to_try(bundle, parts))
    except RouteError as error:
        found.append(error)
    return name, found, there


def _letters_to_try(bundle: Bundle, parts: Parts) -> Sequence[str]:
    """Those that changed; all of them where something changed that others are made of."""
    changed = [name.partition("/")[2] for name, part in parts.items() if name.startswith("letters/") and part]
    said = any(f"programme/{section}" in parts for section in IN_LETTERS)
    return list(bundle.letters) if said or any(_is_imported(bundle, code) for code in changed) else changed


def _is_imported(bundle: Bundle, code: str) -> bool:
    return any(f"{code}.typ" in text for text in bundle.letters.values())
