"""Who may do the work of a seat: the rules that hold for every route."""

from __future__ import annotations

from workflow.engine.case import Actor, Case, Seat
from workflow.engine.route import APPLICANT, APPLICANT_OFFICE, OPERATOR, Human, Route
from workflow.errors import FoerderwegError, NotAllowed


def seat_refusal(route: Route, case: Case, seat: Seat, actor: Actor) -> FoerderwegError | None:
    """Why this person may not do the work of this open seat; None when they may."""
    refusal = eligible_refusal(route, case, seat, actor)
    if refusal is None and seat.role != APPLICANT and must_declare(route, case, actor):
        return NotAllowed("declare_first")
    return refusal


def gated(route: Route, code: str | None, actor: Actor) -> bool:
    """Whether this person may not act at this step before declaring that there is no conflict of interest."""
    step = route.steps.get(code or "")
    return isinstance(step, Human) and step.gate and not actor.has_role(*step.ungated)


def must_declare(route: Route, case: Case, actor: Actor) -> bool:
    """At a step with a gate everybody, at all others whoever is linked to the applicant, and has not yet."""
    return (actor.linked or gated(route, case.step, actor)) and actor.person not in case.declared


def eligible_refusal(route: Route, case: Case, seat: Seat, actor: Actor) -> FoerderwegError | None:
    """The rules that hold for every route, the declaration apart."""
    assert case.step is not None
    if seat.role == APPLICANT:
        return None if actor.signs_for(case.applicant) else NotAllowed("not_yours")
    mine = actor.has_role(OPERATOR) if seat.role == OPERATOR else (seat.office, seat.role) in actor.offices
    if not mine:
        return NotAllowed("not_yours")
    if refusal := own_refusal(case, actor):
        return refusal
    step = route.steps[case.step]
    not_by = step.not_by if isinstance(step, Human) else ()
    if not_by and any(act.by == actor.person and act.step in not_by for act in case.acts):
        return NotAllowed("four_eyes")
    if isinstance(step, Human) and step.not_office_of and _offices_at(route, case, step) & {seat.office}:
        return NotAllowed("own_review")
    if len(case.seats) > 1 and any(other.by == actor.person for other in case.seats):
        return NotAllowed("one_seat_each")
    return None


def own_refusal(case: Case, actor: Actor) -> FoerderwegError | None:
    """Belonging to the applicant, or having stepped back, keeps somebody from the case in every role."""
    if case.applicant in actor.organisations:
        return NotAllowed("own_organisation")
    own = case.facts.get(APPLICANT_OFFICE)
    if own is not None and any(office == own for office, _ in actor.offices):
        return NotAllowed("own_office")
    return NotAllowed("recused") if actor.person in case.recused else None


def _offices_at(route: Route, case: Case, step: Human) -> set[str]:
    """The offices that can have had a seat in this case at the steps whose offices may not act here."""
    others = [route.human(code) for code in step.not_office_of]
    seats = (seat for other in others for seat in other.seats)
    return {office for seat in seats for office, _ in seat.who.ever(case.facts)}
