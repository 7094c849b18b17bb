"""Who may see what of a case: the one rule for reading, beside `allowed`, the one rule for acting."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from workflow.engine.aside import is_asked
from workflow.engine.assigning import is_head
from workflow.engine.case import Actor, Case, Seat
from workflow.engine.decide import allowed
from workflow.engine.eligible import seat_refusal
from workflow.engine.route import APPLICANT, APPLICANT_OFFICE, Human, Route, Wait

OVERVIEW = ("coordinator", "head", "division_head", "department_head", "finance", "auditor")
"""Roles that see the pipeline and the lists of all cases."""

ALL_DOSSIERS = ("coordinator", "auditor")
"""Roles that may open every dossier from which they have not withdrawn."""

OF_OTHERS = ("auditor",)
"""Those of them that may open one too which is for others to decide than those whose decision it is about."""

SEES_ALL_STATEMENTS = ("coordinator", "head", "division_head", "department_head", "auditor")

ONLOOKERS = ("auditor", "admin", "operator")
"""Roles in which nobody takes part in what is said about a case."""

OWN_OFFICE, REVIEWERS, TO_APPLICANT = AUDIENCES = ("office", "reviewers", "applicant")
"""For whom a comment is: the writer's office, all who may open the dossier, these and the applicant."""

PROGRAMME = ("admin", "coordinator", "head", "auditor")
"""Roles that see what the programme consists of, and every change of it that was proposed."""

PUBLISHERS = ("admin", "coordinator", "head")
"""Roles that publish a change of the programme which somebody else has proposed."""

SYSTEM = Actor("system")


class Kept(Protocol):
    """What of a case says whether somebody has to keep out of it."""

    @property
    def recused(self) -> Collection[str]: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...
    @property
    def applicant(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Outline:
    """No more than that of a case: a list of a hundred cases need not read all that they hold."""

    recused: Collection[str]
    facts: Mapping[str, Any]
    applicant: str


def belongs(case: Kept, viewer: Actor) -> bool:
    """Is a member of the applying organisation."""
    return bool(viewer.rights_in(case.applicant))


def is_member(case: Case, viewer: Actor) -> bool:
    """Belongs to the organisation whose case it is; an internal case is no organisation's."""
    return not case.asked_by and belongs(case, viewer)


def is_of_own_office(case: Kept, viewer: Actor) -> bool:
    """The case is a measure of the office that this person works for."""
    own = case.facts.get(APPLICANT_OFFICE)
    return any(office == own for office, _ in viewer.offices)


def has_seat(case: Case, viewer: Actor) -> bool:
    """It is, or was, this person's turn at a step of the case."""
    mine = any((seat.office, seat.role) in viewer.offices for seat in case.seats if seat.role != APPLICANT)
    return mine or any(act.by == viewer.person for act in case.acts)


def had_turn(case: Case, viewer: Actor) -> bool:
    """Declared a conflict, or none: still knows of the case after a colleague was faster."""
    return viewer.person in case.recused or viewer.person in case.declared


def takes_part(case: Case, viewer: Actor) -> bool:
    """May know that the case exists; for everyone else it is as if it did not."""
    return (
        viewer is SYSTEM
        or is_member(case, viewer)
        or has_seat(case, viewer)
        or had_turn(case, viewer)
        or is_asked(case, viewer)
        or is_head(case, viewer)
        or viewer.has_role("operator", *OVERVIEW)
    )


def receives(route: Route, case: Case, viewer: Actor, on: date) -> bool:
    """The case waits for a message, and it is this person's to record that it has come."""
    step = route.steps.get(case.step or "")
    return (
        isinstance(step, Wait) and step.who is not None and step.who.meant(case.facts, on) in viewer.offices
    )


def may_open(case: Case, viewer: Actor) -> bool:
    """May read the dossier: coordinators and auditors, others of the staff after declaring no conflict.

    Nobody reads what others write about the measure of their own office, or of their organisation; and the
    first instance does not read how an appeal against it is decided.
    """
    if keeps_out(case, viewer):
        return False
    if viewer.has_role(*(OF_OTHERS if case.others else ALL_DOSSIERS)):
        return True
    if not offices_of(viewer):  # what somebody once did opens nothing to who takes part in nothing any more
        return False
    return viewer.person in case.declared and (has_seat(case, viewer) or is_asked(case, viewer))


def keeps_out(case: Kept, viewer: Actor) -> bool:
    """Has stepped back, or it is a measure of their own office or organisation."""
    return viewer.person in case.recused or is_of_own_office(case, viewer) or belongs(case, viewer)


def in_a_list(case: Outline, viewer: Actor) -> tuple[bool, bool]:
    """(may_open, has_page) for a viewer with a role of ALL_DOSSIERS, of whom the outline says all; not of a
    case that is for others to decide."""
    opens = not keeps_out(case, viewer)
    return opens, opens or not belongs(case, viewer)


def has_page(case: Case, route: Route, *, viewer: Actor, on: date) -> bool:
    """Whether there is a dossier on this day, open or behind its gate, for the viewer; for staff alone."""
    if may_open(case, viewer):
        return True
    if not viewer.offices or belongs(case, viewer):
        return False
    if not takes_part(case, viewer) and not receives(route, case, viewer, on):
        return False
    involved = had_turn(case, viewer) or is_of_own_office(case, viewer)
    return involved or bool(allowed(route, case, viewer, on))


def own_first(route: Route, case: Case, viewer: Actor) -> bool:
    """At a panel that still runs, what others say is for those who have had their say, or who steer.

    Whoever could still take a seat there waits as well, whatever else they are.
    """
    step = route.steps.get(case.step or "")
    if not isinstance(step, Human) or not step.is_panel or not case.open_seats:
        return False
    if any(act.by == viewer.person and act.entry == case.entry for act in case.acts):
        return False
    return not viewer.has_role(*SEES_ALL_STATEMENTS) or any(
        _could_take(route, case, seat, viewer) for seat in case.open_seats
    )


def _could_take(route: Route, case: Case, seat: Seat, viewer: Actor) -> bool:
    refusal = seat_refusal(route, case, seat, viewer)
    return refusal is None or refusal.code == "declare_first"


def reads_comment(
    route: Route, case: Case, viewer: Actor, *, audience: str, office: str, author: str, at: datetime
) -> bool:
    """Whether a comment that a person of this office wrote at this moment is for the viewer.

    Own first: what others said since the running panel began waits for the own vote; within an office too,
    where it has more than one seat there. What the applicant reads, all read who may open the dossier.
    """
    if is_member(case, viewer):
        return audience == TO_APPLICANT
    if not may_open(case, viewer):
        return False
    if audience == TO_APPLICANT or author == viewer.person:
        return True
    if audience == OWN_OFFICE and not (viewer.has_role("auditor") or office in offices_of(viewer)):
        return False
    if not case.entered_at or at < datetime.fromisoformat(case.entered_at):
        return True
    alone = sum(seat.office == office for seat in case.seats) < 2
    return (audience == OWN_OFFICE and alone) or not own_first(route, case, viewer)


def audiences_of(case: Case) -> tuple[str, ...]:
    """To whom something can be said about this case."""
    if case.asked_by:
        return (OWN_OFFICE,)
    return AUDIENCES if case.ending is None else (OWN_OFFICE, REVIEWERS)


def offices_of(viewer: Actor) -> frozenset[str]:
    """The offices for which somebody takes part in what is said."""
    return frozenset(office for office, role in viewer.offices if role not in ONLOOKERS)


def speaks_for(case: Case, viewer: Actor) -> str:
    """The office for which this person writes about a case: one with a seat before others; "" for none."""
    mine = offices_of(viewer)
    seated = [seat.office for seat in case.seats if seat.office in mine]
    return next(iter([*seated, *sorted(mine)]), "")
