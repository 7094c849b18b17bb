"""What a person asks becomes events, or a refusal. One rule offers an action and refuses the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

from workflow.engine import aside, assigning, children, paying
from workflow.engine import commands as cmd
from workflow.engine import events as ev
from workflow.engine.advance import reseated
from workflow.engine.aside import require
from workflow.engine.calendar import Calendar
from workflow.engine.case import Actor, Case, Seat, evolve
from workflow.engine.commands import Offer
from workflow.engine.eligible import eligible_refusal, gated, seat_refusal
from workflow.engine.giving_up import co_signer, gives_up
from workflow.engine.route import APPLICANT, Call, Human, Outcome, Route
from workflow.errors import FoerderwegError, NotAllowed, Refused

RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Outside:
    """What the case itself does not know. `left`: Rappen free on its budget line, read under its lock.

    `settled`: what a child that has ended says that the grant comes to, in Rappen.
    `person`: who is to have the work, with roles as they are now; None: nobody who works here. `people`:
    everybody who has a role that the case waits for. `stopped`: nothing is paid, so late is the report on the
    case that this one belongs to.
    """

    now: datetime
    calendar: Calendar
    left: int | None = None
    settled: int | None = None
    person: Actor | None = None
    people: tuple[Actor, ...] | None = None
    stopped: bool = False

    @property
    def today(self) -> date:
        return self.calendar.day_of(self.now)


def decide(route: Route, case: Case, command: cmd.Command, actor: Actor, outside: Outside) -> list[ev.Event]:
    """The facts that this command makes. Raises Refused or NotAllowed; never changes anything."""
    match command:
        case cmd.Submit():
            return _submit(route, case, command, actor)
        case cmd.Report():
            return _report(route, case, command)
        case cmd.Declare():
            require(_gate_refusal(route, case, actor, outside.today, again=False))
            return [ev.Declared(actor.person)]
        case cmd.Recuse():
            require(_gate_refusal(route, case, actor, outside.today, again=True))
            return stepped_back(route, case, actor, outside.people, command.content)
        case cmd.Withdraw():
            require(_withdraw_refusal(route, case, actor))
            assert route.withdraw_to is not None
            second = co_signer(actor, case.applicant, command.signed_with)
            return [ev.Withdrawn(actor.person, route.withdraw_to, command.content, second)]
        case cmd.Complete():
            return _complete(route, case, command, actor, outside)
        case cmd.Assign():
            return [assigning.assigned(route, case, command, actor, outside.person)]
        case cmd.Receive() | cmd.TakeWay() | cmd.Suspend() | cmd.Resume() | cmd.Extend() | cmd.Nudge():
            return aside.decide(route, case, command, actor, outside.now, outside.calendar)
        case cmd.Pay():
            return [paying.paid(route, case, command, actor, outside.today, stopped=outside.stopped)]
        case cmd.OpenChild():
            return children.opened(route, case, command, actor, outside.now, outside.calendar)
        case cmd.ChildEnded():
            return children.ended(route, case, command, outside.settled, outside.now, outside.calendar)
        case _:
            assert_never(command)


def allowed(route: Route, case: Case, actor: Actor, on: date) -> tuple[Offer, ...]:
    """Everything this person may do on this day: what screens and API show, and nothing else is accepted."""
    offers = [*aside.allowed(route, case, actor, on), *children.allowed(route, case, actor, on)]
    offers += paying.allowed(route, case, actor, on)
    if _gate_refusal(route, case, actor, on, again=False) is None:
        offers.append(Offer("declare"))
    if _gate_refusal(route, case, actor, on, again=True) is None:
        offers.append(Offer("recuse"))
    if case.suspended_at is not None:
        return (*offers, Offer("withdraw")) if _withdraw_refusal(route, case, actor) is None else (*offers,)
    for seat in case.open_seats if _is_current(route, case, on) else ():
        if case.step is not None and seat_refusal(route, case, seat, actor) is None:
            offers.append(Offer("complete", case.step, seat.code, open_outcomes(route, case)))
    offers += assigning.allowed(route, case, actor)
    if _withdraw_refusal(route, case, actor) is None:
        offers.append(Offer("withdraw"))
    return tuple(offers)


def _gate_refusal(route: Route, case: Case, actor: Actor, on: date, *, again: bool) -> FoerderwegError | None:
    """Declaring (or recusing) is for those whose turn it would be at a step with a gate, or who are asked.

    For those who are linked to the applicant it is at every step, and for whatever else they could do there.
    """
    if not actor.linked and (not gated(route, case.step, actor) or case.suspended_at is not None):
        return Refused("nothing_to_declare")
    if actor.person in case.declared and not again:
        return Refused("declared_already")
    if actor.linked and _steers(route, case, actor, on):
        return None
    staff = [seat for seat in case.open_seats if seat.role != APPLICANT]
    refusals = [eligible_refusal(route, case, seat, actor) for seat in staff]
    if None in refusals or aside.is_asked(case, actor):
        return None
    return refusals[0] if refusals else Refused("nothing_open")


def _steers(route: Route, case: Case, actor: Actor, on: date) -> bool:
    """Something off the straight way is this person's to do, once they have declared."""
    free = replace(actor, linked=False)
    if aside.kept_out(case, free):
        return False
    return any(offer for kind in (aside, children, paying) for offer in kind.allowed(route, case, free, on))


def stepped_back(
    route: Route, case: Case, actor: Actor, people: tuple[Actor, ...] | None, content: str | None = None
) -> list[ev.Event]:
    """This person keeps out. `people`: all who have a role that the case waits for, None if nobody asked."""
    recused = ev.Recused(actor.person, content)
    return [recused, *_unstaffed(route, evolve(case, recused), actor, people)]


def _unstaffed(route: Route, case: Case, actor: Actor, people: tuple[Actor, ...] | None) -> list[ev.Event]:
    """The open seats of this person's roles for which nobody is left."""
    return [
        ev.Unstaffed(case.step or "", seat.code, case.entry)
        for seat in case.open_seats
        if people is not None
        and (seat.office, seat.role) in actor.offices
        and all(eligible_refusal(route, case, seat, one) for one in people)
    ]


def _is_current(route: Route, case: Case, on: date) -> bool:
    """No table names others since; where one does, a worker seats them in a moment."""
    step = route.steps.get(case.step or "")
    return not isinstance(step, Human) or reseated(step, case, on) is None


def open_outcomes(route: Route, case: Case) -> tuple[str, ...]:
    """The outcomes a person can choose: not the clock's, and no loop beyond its bound."""
    assert case.step is not None
    step = route.steps[case.step]
    if isinstance(step, Call):
        return (RETRY,)
    assert isinstance(step, Human)
    if step.votes is not None:
        return tuple(step.votes)
    return tuple(
        out.code for out in step.outcomes.values() if not out.by_clock and not _worn_out(route, case, out)
    )


def _worn_out(route: Route, case: Case, outcome: Outcome) -> bool:
    target = route.steps[outcome.to] if outcome.to else None
    return (
        isinstance(target, Human)
        and target.at_most is not None
        and case.visits.get(target.code, 0) >= target.at_most
    )


def _withdraw_refusal(route: Route, case: Case, actor: Actor) -> FoerderwegError | None:
    if not actor.signs_for(case.applicant):
        return NotAllowed("not_yours")
    if case.ending is not None or case.step not in route.withdraw_from or case.to is not None:
        return Refused("too_late_to_withdraw")
    return None


def _submit(route: Route, case: Case, command: cmd.Submit, actor: Actor) -> list[ev.Event]:
    if case.version:
        raise Refused("submitted_already")
    if not actor.signs_for(command.applicant):
        raise NotAllowed("not_yours")
    signed_with = co_signer(actor, command.applicant, command.signed_with)
    facts = {name: value for name, value in command.facts.items() if name in route.facts}
    return [
        ev.Submitted(command.applicant, facts, command.content, route.start, signed_with=signed_with),
    ]


def _report(route: Route, case: Case, command: cmd.Report) -> list[ev.Event]:
    """A late or doubled report of an earlier attempt finds nothing to do and changes nothing."""
    step = route.steps.get(case.step or "")
    expected = (case.entry, case.attempt) == (command.entry, command.attempt)
    if not isinstance(step, Call) or not expected or case.to is not None or case.ending is not None:
        return []
    if command.content is not None:
        return [ev.CallReturned(step.code, command.content, step.to, unsent=route.sent_at(step.to))]
    return [] if case.open_seats else [ev.CallFailed(step.code, command.error or "unknown")]


def _complete(
    route: Route, case: Case, command: cmd.Complete, actor: Actor, outside: Outside
) -> list[ev.Event]:
    seat = seat_meant(route, case, command, actor)
    if not _is_current(route, case, outside.today):
        raise Refused("step_has_passed", step=command.step)
    if command.outcome not in open_outcomes(route, case):
        raise Refused("no_such_outcome", outcome=command.outcome)
    step = route.steps[command.step]
    if isinstance(step, Call):
        return [ev.Called(step.code, case.entry, step.call, step.template, case.attempt + 1)]
    assert isinstance(step, Human)
    outcome = None if step.is_panel else step.outcomes[command.outcome]
    facts = {} if step.is_panel else {k: v for k, v in command.facts.items() if k in route.facts}
    facts |= outcome.sets if outcome else {}
    given_up = gives_up(route, case, command)
    return [
        ev.Completed(
            step=command.step,
            seat=command.seat,
            outcome=command.outcome,
            entry=case.entry,
            by=actor.person,
            to=outcome.to if outcome else None,
            facts=facts,
            content=command.content,
            application=command.application,
            reopens=command.reopens if outcome and outcome.reopens else (),
            holds=_holds(case, outcome, {**case.facts, **facts}, outside) if outcome else None,
            sends=step.sends,
            signed_with=co_signer(actor, case.applicant, command.signed_with) if given_up else "",
            stands_in_for=_absentee(seat, actor),
        )
    ]


def _absentee(seat: Seat, actor: Actor) -> str:
    """In whose place this is done: of several who have lent the role, whose work it is by name."""
    lenders = actor.lent.get((seat.office, seat.role), ())
    return seat.holder if seat.holder in lenders else next(iter(lenders), "")


def seat_meant(route: Route, case: Case, command: cmd.Complete, actor: Actor) -> Seat:
    """The open seat that the command speaks of; raises what keeps this person from completing it."""
    if case.ending is not None:
        raise Refused("closed")
    if case.suspended_at is not None:
        raise Refused("suspended")
    if case.step != command.step or case.entry != command.entry or case.to is not None:
        raise Refused("step_has_passed", step=command.step)
    for seat in case.seats:
        if seat.code == command.seat:
            if seat.outcome is not None:
                raise Refused("seat_is_done")
            require(seat_refusal(route, case, seat, actor))
            return seat
    raise Refused("no_such_seat", seat=command.seat)


def _holds(case: Case, outcome: Outcome, facts: dict[str, str | int | bool], outside: Outside) -> int | None:
    """What the case has reserved after this outcome; refused with the figure when it is more than is left."""
    if outcome.amount is None:
        return 0 if outcome.money == "release" else None
    amount = int(facts[outcome.amount])
    limit = int(facts[outcome.limit]) if outcome.limit else None
    if amount <= 0:
        raise Refused("amount_missing")
    if limit is not None and amount > limit:
        raise Refused("amount_over_limit", amount=amount, limit=limit)
    if outcome.money != "hold":
        if amount > case.held:
            raise Refused("amount_over_reserved", amount=amount, limit=case.held)
        return None
    assert outside.left is not None, "the door reads what is left before it asks for money"
    if amount - case.held > outside.left:
        raise Refused("not_enough_money", amount=amount, left=outside.left + case.held)
    return amount
