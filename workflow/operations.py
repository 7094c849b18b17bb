"""The operators' door: what has been given up is tried again, left, or handed to a person; never silently."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from workflow.engine.case import Actor
from workflow.errors import NotAllowed, NotFound, Refused
from workflow.reasons import read_reason
from workflow.store import interventions

OPERATORS = ("operator", "admin")
MOST_REASON = 2000


def retry_effects(
    db: Engine, actor: Actor, *, key: str | None = None, error: str | None = None, reason: str, now: datetime
) -> int:
    """Try one parked effect again, or all that were parked by the same error; returns how many."""
    _require_operator(actor)
    reason = read_reason(reason, MOST_REASON, needed=False)
    with db.begin() as tx:
        found = interventions.parked_effects(tx, key=key, error=error)
        for row in found:
            interventions.retry_effect(tx, row.key, now)
            interventions.note(tx, actor.person, "retry", reason, now, effect=row.key, case_id=row.case_id)
    if not found:
        raise NotFound("nothing_parked")
    return len(found)


def skip_effect(db: Engine, actor: Actor, key: str, *, reason: str, now: datetime) -> None:
    """Leave a parked effect for good. Raises Refused (step_waits) where a step of its case waits for it."""
    _require_operator(actor)
    reason = read_reason(reason, MOST_REASON)
    with db.begin() as tx:
        found = interventions.parked_effects(tx, key=key)
        if not found:
            raise NotFound("nothing_parked")
        if found[0].waited_for:
            raise Refused("step_waits")
        interventions.skip_effect(tx, key, now)
        interventions.note(tx, actor.person, "skip", reason, now, effect=key, case_id=found[0].case_id)


def retry_case(db: Engine, actor: Actor, case_id: UUID, *, reason: str, now: datetime) -> None:
    """Let workers try a parked case again: an operator, or the person whom it was handed to."""
    with db.begin() as tx:
        parked = interventions.parked_case(tx, case_id)
        if parked is None or str(parked.handed_to) != actor.person:
            _require_operator(actor)
        if parked is None:
            raise NotFound("nothing_parked")
        reason = read_reason(reason, MOST_REASON, needed=False)
        interventions.retry_case(tx, case_id, now)
        interventions.note(tx, actor.person, "retry", reason, now, case_id=case_id)


def hand_over(
    db: Engine, actor: Actor, case_id: UUID, person_id: UUID, *, reason: str, now: datetime
) -> None:
    """Give a parked case to a person who can find out what is wrong with it."""
    _require_operator(actor)
    reason = read_reason(reason, MOST_REASON)
    with db.begin() as tx:
        if interventions.parked_case(tx, case_id) is None or not interventions.helps(tx, person_id):
            raise NotFound("nothing_parked")
        interventions.hand_over(tx, case_id, person_id)
        interventions.note(tx, actor.person, "hand_over", reason, now, case_id=case_id)


def _require_operator(actor: Actor) -> None:
    if not actor.has_role(*OPERATORS):
        raise NotAllowed("not_yours")
