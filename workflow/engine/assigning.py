"""Who of an office has a piece of work: taken, handed over, given back, reassigned by the office's head.

An assignment says who is handling something; it keeps nobody else of the office from doing it.
"""

from __future__ import annotations

from collections.abc import Iterator

from workflow.engine import commands as cmd
from workflow.engine import events as ev
from workflow.engine.aside import refusal_of, require
from workflow.engine.case import Actor, Case, Seat
from workflow.engine.commands import Offer
from workflow.engine.eligible import eligible_refusal
from workflow.engine.route import Human, Route
from workflow.errors import FoerderwegError, NotAllowed, Refused

OFFICE_HEAD = "office_head"
TAKE, HAND_OVER, GIVE_BACK = "take", "hand_over", "give_back"


def allowed(route: Route, case: Case, actor: Actor) -> Iterator[Offer]:
    """One offer for each open seat of which this person may say who has it. Outcomes: what they may say."""
    if case.suspended_at is not None:
        return
    for seat in case.open_seats:
        if _assignable(route, case, seat):
            ways = tuple(
                way for way in (TAKE, HAND_OVER, GIVE_BACK) if not _refusal(route, case, seat, actor, way)
            )
            if ways:
                yield Offer("assign", case.step or "", seat.code, ways)


def assigned(
    route: Route, case: Case, command: cmd.Assign, actor: Actor, target: Actor | None
) -> ev.Assigned:
    """The fact that this command makes. `target`: who is to have it. Raises Refused or NotAllowed."""
    if case.ending is not None:
        raise Refused("closed")
    if case.suspended_at is not None:
        raise Refused("suspended")
    if command.entry != case.entry or case.to is not None:
        raise Refused("step_has_passed", step=case.step or "")
    seat = next((one for one in case.seats if one.code == command.seat), None)
    if seat is None or not _assignable(route, case, seat):
        raise Refused("no_such_seat", seat=command.seat)
    if seat.outcome is not None:
        raise Refused("seat_is_done")
    way = GIVE_BACK if not command.to else TAKE if command.to == actor.person else HAND_OVER
    require(_refusal(route, case, seat, actor, way))
    # Somebody who saw it with nobody, or with another colleague, would take it out of that person's hands.
    if (seat.holder or "") != command.held_by:
        raise Refused("taken_already")
    if way == HAND_OVER:
        if target is None or eligible_refusal(route, case, seat, target):
            raise Refused("cannot_have_it")
        require(having_refusal(route, case, seat, target))
    return ev.Assigned(case.step or "", seat.code, case.entry, actor.person, command.to)


def having_refusal(route: Route, case: Case, seat: Seat, actor: Actor) -> FoerderwegError | None:
    """Why this person may not have this seat by name. Who is linked to the applicant declares before."""
    refusal = eligible_refusal(route, case, seat, actor)
    if refusal is None and actor.linked and actor.person not in case.declared:
        return Refused("linked")
    return refusal


def is_head(case: Case, actor: Actor) -> bool:
    """This person heads an office at which the case lies."""
    return any((seat.office, OFFICE_HEAD) in actor.offices for seat in case.open_seats if seat.office)


def _refusal(route: Route, case: Case, seat: Seat, actor: Actor, way: str) -> FoerderwegError | None:
    """Why this person may not do this with the seat."""
    mine = seat.holder == actor.person
    if way == TAKE:
        return Refused("yours_already") if mine else having_refusal(route, case, seat, actor)
    if way == GIVE_BACK and seat.holder is None:
        return Refused("nothing_open")
    if mine or (way == HAND_OVER and seat.holder is None and not eligible_refusal(route, case, seat, actor)):
        return None
    return refusal_of((seat.office, OFFICE_HEAD), case, actor) and NotAllowed("not_yours")


def _assignable(route: Route, case: Case, seat: Seat) -> bool:
    """It is a person's work of an office: not the applicant's, and no call's."""
    return bool(seat.office) and isinstance(route.steps[case.step or ""], Human)
