"""A statement before it is handed in: kept for its author alone, at the seat that is theirs to fill."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from workflow.engine.case import Actor
from workflow.engine.commands import Complete
from workflow.engine.decide import seat_meant
from workflow.engine.route import Human
from workflow.errors import NotFound, Refused
from workflow.funding.forms import Answers, Form
from workflow.store import journal, published, statement_drafts
from workflow.store.reading import takes_part
from workflow.store.room import require_room


def save(
    db: Engine,
    actor: Actor,
    command: Complete,
    answers: Mapping[str, Any],
    *,
    seen: datetime | None,
    now: datetime,
) -> None:
    """Keep what this person has written for the seat that `command` means; nothing has to be complete.

    `seen`: when that was kept which they had before them, None for nothing. Raises what handing it in would
    raise about the seat: NotFound, NotAllowed, Refused (step_has_passed …), and Refused (kept_elsewhere,
    too_much_to_keep).
    """
    with db.begin() as tx:
        stored = journal.read(tx, command.case_id)
        if not takes_part(stored.case, actor):
            raise NotFound("no_such_case")
        route = published.route(tx, stored.route_hash)
        seat_meant(route, stored.case, command, actor)
        step = route.steps[command.step]
        if not isinstance(step, Human) or step.form is None:
            raise Refused("nothing_open")
        area = str(stored.case.facts.get("area", ""))
        form = published.form(tx, stored.programme_hash, step.form, area)
        key = (command.case_id, command.entry, command.seat, actor.person)
        before = statement_drafts.find(tx, *key)
        outcome = command.outcome if command.outcome in (step.votes or step.outcomes) else ""
        kept = _kept(form, answers, before.answers if before else {}, outcome)
        require_room(kept)
        if not statement_drafts.save(tx, *key, outcome, kept, now, seen=seen):
            raise Refused("kept_elsewhere")


def erase_over(db: Engine) -> int:
    """Erase what there is no seat for any more; how many were erased."""
    with db.begin() as tx:
        return statement_drafts.erase_over(tx)


def _kept(form: Form, answers: Mapping[str, Any], before: Answers, outcome: str) -> Answers:
    """What was typed, and from before what the chosen outcome does not ask: a page does not send it."""
    values = form.as_typed(answers)
    for path, field in form.fields().items():
        section, code = path.split(".")
        if outcome and not field.exists_for(outcome) and code in before.get(section, {}):
            values[section].setdefault(code, before[section][code])
    return values
