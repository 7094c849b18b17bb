"""Cases of a route of their own that belong to another case: opened from it, and heard of when they end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from workflow.engine import commands as cmd
from workflow.engine import events as ev
from workflow.engine.advance import iso
from workflow.engine.aside import kept_out, refusal_of, require, resumed, stands_at
from workflow.engine.calendar import Calendar
from workflow.engine.case import Actor, Case
from workflow.engine.commands import Offer
from workflow.engine.route import APPLICANT, APPLICANT_OFFICE, Child, End, Route, Wait
from workflow.engine.tables import Facts
from workflow.errors import FoerderwegError, NotAllowed, Refused


def opened(
    route: Route, case: Case, command: cmd.OpenChild, actor: Actor, now: datetime, calendar: Calendar
) -> list[ev.Event]:
    """What opening a child means for its parent; raises Refused or NotAllowed."""
    child = route.children.get(command.child)
    if child is None:
        raise Refused("no_such_outcome", outcome=command.child)
    require(_refusal(route, case, child, actor, calendar.day_of(now)))
    if command.entry != case.entry:
        raise Refused("step_has_passed", step=case.step or "")
    freezes = child.freezes and case.ending is None
    step = route.steps.get(case.step or "")
    asked = step.expects if isinstance(step, End) and case.expected_at else None
    return [
        ev.ChildOpened(
            str(command.child_id),
            child.code,
            actor.person,
            iso(now),
            freezes,
            command.content,
            meets=asked is not None and asked.child == child.code,
        )
    ]


def begun(
    route: Route,
    parent: Case,
    child: Child,
    parent_id: str,
    facts: Facts,
    content: str,
    by: str,
    asked: Iterable[Case] = (),
) -> ev.Submitted:
    """A child's first event: its form's `facts` over those of its parent, without what it decides itself.

    `by`: who opens it; `asked`: the parent's internal children, whose people have advised who decided there.
    """
    decided = route.decided()
    taken = {name: value for name, value in parent.facts.items() if name not in decided}
    known = {name: value for name, value in {**taken, **facts}.items() if name in route.facts}
    before = (parent, *asked) if child.others else ()
    involved = {by for one in before for by in (*(act.by for act in one.acts), *one.declared)}
    barred = tuple(sorted(involved | set(parent.recused)))
    asked_by = by if child.internal else ""
    return ev.Submitted(
        parent.applicant,
        known,
        content,
        route.start,
        parent_id,
        barred,
        asked_by=asked_by,
        others=child.others,
    )


def ended(
    route: Route, case: Case, command: cmd.ChildEnded, settled: int | None, now: datetime, calendar: Calendar
) -> list[ev.Event]:
    """A child's ending, told to its parent once; a parent that stood still for it goes on.

    `settled`: the Rappen that the child says the grant comes to. It counts of what the ending has asked for,
    and is never more than the grant is worth already: no second report raises what the first one settled.
    """
    known = case.children.get(command.child)
    if known is None or known["ending"]:
        return []
    step = route.steps.get(case.step or "")
    counts = isinstance(step, End) and step.expects is not None and step.expects.child == known["code"]
    amount = min(settled, case.worth) if counts and settled is not None else None
    child, who = route.children.get(known["code"]), ("", "")
    if case.ending is not None and child is not None and child.others and child.who.role != APPLICANT:
        who = child.who.meant(case.facts, calendar.day_of(now))
    found: list[ev.Event] = [ev.ChildEnded(command.child, known["code"], command.ending, amount, *who)]
    if known["freezes"] and case.suspended_at is not None:
        found.append(resumed(case, "", now, calendar))
    return found


def allowed(route: Route, case: Case, actor: Actor, on: date) -> Iterator[Offer]:
    """The children that this person may open on this day."""
    for child in route.children.values():
        if _refusal(route, case, child, actor, on) is None:
            yield Offer("open_child", child.code)


def _refusal(route: Route, case: Case, child: Child, actor: Actor, on: date) -> FoerderwegError | None:
    if not stands_at(case, child.start):
        return Refused("not_at_this_step")
    if child.others and APPLICANT_OFFICE in case.facts:  # nobody appeals against an internal decision
        return Refused("not_at_this_step")
    if case.suspended_at is not None:
        return Refused("suspended")
    opened_before = [one for one in case.children.values() if one["code"] == child.code]
    if not child.internal and any(not one["ending"] for one in opened_before):
        return Refused("child_is_open")
    step = route.steps.get(case.step or "")
    if isinstance(step, Wait) and any(step.hears(one) for one in opened_before):
        return Refused("child_is_open")  # what follows from the one that has ended comes first
    if len(opened_before) >= child.at_most:
        return Refused("way_used_up", most=child.at_most)
    if child.who.role == APPLICANT:
        return None if actor.signs_for(case.applicant) else NotAllowed("not_yours")
    if child.internal and _works_on(case, actor):
        return kept_out(case, actor)
    return refusal_of(child.who.meant(case.facts, on), case, actor)


def _works_on(case: Case, actor: Actor) -> bool:
    """Has declared that there is no conflict, and has or had a seat."""
    seated = any((seat.office, seat.role) in actor.offices for seat in case.seats)
    acted = any(act.by == actor.person for act in case.acts)
    return actor.person in case.declared and (seated or acted)
