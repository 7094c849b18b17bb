"""Can a running case go on with another version of its route, and if not, why?"""

from __future__ import annotations

from datetime import date

from workflow.engine.case import Case
from workflow.engine.route import NO_OFFICE, Choice, End, Human, Route, Wait


def why_not(before: Route, after: Route, case: Case, on: date) -> str | None:
    """What keeps the case where it is, as a code with its step; None: it can move on this day.

    It stands at the same step afterwards, with the same seats and deadlines; what comes next is new.
    """
    if case.ending is not None:
        return "closed"
    if case.suspended_at is not None:
        return "suspended"
    missing = sorted(set(after.facts) & _read(after) - set(case.facts) - set(before.facts))
    if missing:
        return f"fact_missing:{missing[0]}"
    code = case.to or case.step or ""
    if code not in after.steps:
        return f"step_missing:{code}"
    if case.to is not None or case.step is None:
        return None
    old, new = before.steps[code], after.steps[code]
    if type(old) is not type(new) or (
        isinstance(old, Human) and isinstance(new, Human) and old.is_panel != new.is_panel
    ):
        return f"kind_differs:{code}"
    if isinstance(old, Wait) and isinstance(new, Wait) and old.child != new.child:
        return f"kind_differs:{code}"
    if isinstance(new, Human):
        if not _same_seats(new, case, on):
            return f"seats_differ:{code}"
        done = {seat.outcome for seat in case.seats if seat.outcome is not None}
        if done - set(new.votes or new.outcomes):
            return f"votes_differ:{code}"
        if any(timer.outcome and timer.outcome not in new.outcomes for timer in case.timers):
            return f"outcome_missing:{code}"
    return None


def _same_seats(step: Human, case: Case, on: date) -> bool:
    """Each seat of the case is there; the open ones lie with those whom this step names on this day."""
    here = {seat.code: (seat.office, seat.role, seat.mandatory) for seat in case.seats}
    named = {seat.code: (*seat.who.meant(case.facts, on), seat.mandatory) for seat in step.seats}
    named |= {seat.code: here[seat.code] for seat in case.seats if seat.outcome and seat.code in named}
    return here == {code: seat for code, seat in named.items() if seat[0] != NO_OFFICE}


def _read(route: Route) -> set[str]:
    """The facts that this route's tables and dates read."""
    found: set[str] = set()
    for step in route.steps.values():
        match step:
            case Human():
                found |= {name for seat in step.seats if seat.who.table for name in seat.who.table.reads()}
                found |= set() if isinstance(step.due, int) else {step.due.fact}
            case Choice():
                found |= step.table.reads()
            case Wait() if not isinstance(step.due, int):
                found.add(step.due.fact)
            case End():
                found |= {step.amount} if step.amount else set()
                found |= {step.expects.after} if step.expects else set()
            case _:
                continue
    return found
