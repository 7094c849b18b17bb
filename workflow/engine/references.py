"""Does a route name what there is, and ask of each fact what its kind can answer?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import get_args

from workflow.engine.route import (
    APPLICANT,
    NO_OFFICE,
    OPERATOR,
    Call,
    Child,
    Choice,
    Do,
    End,
    Expected,
    Human,
    Route,
    Step,
    Until,
    Wait,
    Who,
)
from workflow.engine.tables import Fact, Table
from workflow.errors import RouteError

VERDICTS = ("agreed", "rejected", "split")
CALLS = ("letter",)
LONGEST = 3660
"""Days: ten years. A mistyped deadline is not found out by the case that ends first."""


def names(
    route: Route,
    offices: Collection[str],
    roles: Collection[str],
    stages: Collection[str],
    statuses: Collection[str],
    forms: Collection[str],
    letters: Collection[str],
) -> Iterator[RouteError]:
    for code, step in route.steps.items():
        if isinstance(step, Choice):
            continue
        if step.stage not in stages:
            yield RouteError("unknown_stage", at=code, stage=step.stage)
        if step.status not in statuses:
            yield RouteError("unknown_status", at=code, status=step.status)
        if isinstance(step, Call):
            if step.call not in CALLS:
                yield RouteError("unknown_call", at=code, call=step.call)
            if step.template not in letters:
                yield RouteError("unknown_letter", at=code, letter=step.template)
        if isinstance(step, Wait):
            if step.message and step.who is None:
                yield RouteError("nobody_receives", at=code, message=step.message)
            if step.who is not None:
                yield from _who(step.who, code, offices, roles)
        if isinstance(step, Human):
            for form in (step.form, step.edits):
                if form is not None and form not in forms:
                    yield RouteError("unknown_form", at=code, form=form)
            if step.together and not _can_be_together(step):
                yield RouteError("not_together", at=code)
            if step.sends and not _can_send(route, step):
                yield RouteError("not_sending", at=code)
            for role in step.ungated:
                if role not in roles:
                    yield RouteError("unknown_role", at=code, role=role)
            yield from _seats(step, offices, roles)


def _can_send(route: Route, step: Human) -> bool:
    """One person who works here, after a letter, and never the clock: that would hide the letter for good."""
    ours = not step.is_panel and not step.is_applicants
    ours = ours and not any(one.by_clock for one in step.outcomes.values())
    return ours and any(isinstance(one, Call) and one.to == step.code for one in route.steps.values())


def _can_be_together(step: Human) -> bool:
    """Nothing to choose, nor to declare for everybody: what is said of one case can be said of another."""
    chosen = [one for one in step.outcomes.values() if not one.by_clock]
    gated = step.gate and not step.ungated
    return step.form is not None and not gated and not step.is_panel and len(chosen) == 1


def _seats(step: Human, offices: Collection[str], roles: Collection[str]) -> Iterator[RouteError]:
    for seat in step.seats:
        if seat.who.role == APPLICANT:
            continue
        yield from _who(seat.who, step.code, offices, roles, optional=not seat.mandatory)


def _who(
    who: Who, at: str, offices: Collection[str], roles: Collection[str], optional: bool = False
) -> Iterator[RouteError]:
    for office, role in who.among():
        if office == NO_OFFICE and optional:
            continue
        if role not in roles or role in (APPLICANT, OPERATOR):
            yield RouteError("unknown_role", at=at, role=role)
        if office not in offices:
            yield RouteError("unknown_office", at=at, office=office)


def aside(route: Route, offices: Collection[str], roles: Collection[str]) -> Iterator[RouteError]:
    """Ways off the route: who takes them is known, and they leave from where somebody or the clock acts."""
    named = [(code, way.start, way.who) for code, way in route.ways.items()]
    named += [(code, (), way.second) for code, way in route.ways.items() if way.second]
    if route.pause:
        named.append(("suspend", route.pause.start, route.pause.who))
    if route.extension:
        named.append(("extend", route.extension.start, route.extension.who))
    if route.payments:
        named.append(("payments", (), route.payments.who))
        for code in route.payments.start:
            step = route.steps[code]
            if not isinstance(step, End) or step.money != "commit":
                yield RouteError("nothing_to_pay", at="payments", step=code)
    for at, start, who in named:
        yield from _who(who, at, offices, roles)
        for code in start:
            step = route.steps[code]
            asks = at == "extend" and isinstance(step, End) and step.expects is not None
            if not asks and not isinstance(step, Human | Wait):
                yield RouteError("nobody_stands_there", at=at, step=code)
    leaves = [code for code in route.withdraw_from if route.sent_at(code)]
    if leaves and route.withdraw_to and _ends_unsent(route, route.withdraw_to):
        yield RouteError("hides_letter", at="withdraw", step=leaves[0])
    for code, way in route.ways.items():
        sending = [] if way.unsent else [at for at in way.start if route.sent_at(at)]
        if sending and any(_ends_unsent(route, to) for to in way.to):
            yield RouteError("hides_letter", at=code, step=sending[0])
        if way.at_most < 1:
            yield RouteError("loop_without_bound", at=code, way=" → ".join((*way.start[:1], *way.to[:1])))


def _ends_unsent(route: Route, code: str) -> bool:
    """From here on there is an ending before which no letter is sent: the one made before stays hidden."""
    seen, left = set[str](), [code]
    while left:
        code = left.pop()
        if code in seen or code not in route.steps or route.sent_at(code):
            continue
        if isinstance(route.steps[code], End):
            return True
        seen.add(code)
        left += route.follows(code)
    return False


def children(
    route: Route,
    offices: Collection[str],
    roles: Collection[str],
    forms: Collection[str],
    routes: Mapping[str, Route],
) -> Iterator[RouteError]:
    """Cases that can be opened from this one: what they take is there, and fits what the parent knows.

    Who waits for one says what follows from each of its endings.
    """
    for code, child in route.children.items():
        if child.who.role != APPLICANT:
            yield from _who(child.who, code, offices, roles)
        if child.form not in forms:
            yield RouteError("unknown_form", at=code, form=child.form)
        if child.at_most < 1:
            yield RouteError("no_bound", at=code)
        for start in child.start:
            if isinstance(route.steps[start], Choice | Call):
                yield RouteError("nobody_stands_there", at=code, step=start)
        if child.route not in routes:
            yield RouteError("unknown_route", at=code, route=child.route)
            continue
        if child.internal:
            yield from _internal(child, routes[child.route])
        for name, kind in routes[child.route].facts.items():
            if route.facts.get(name, kind) != kind:
                yield RouteError("wrong_type", at=code, fact=name, type=route.facts[name], asked=kind)
    for code, step in route.steps.items():
        if isinstance(step, End) and step.expects is not None:
            yield from _expected(route, step, step.expects, offices, roles)
        if isinstance(step, Wait) and step.child is not None:
            awaited = route.children.get(step.child)
            if awaited is None:
                yield RouteError("unknown_child", at=code, child=step.child)
                continue
            early = [one for one in awaited.start if not _hears_or_ends(route, one, step.child)]
            for start in early:  # it might end before anybody waits for it, and with what ended since
                yield RouteError("child_too_early", at=code, child=step.child, step=start)
            if awaited.route in routes:
                ends = {one.ending for one in routes[awaited.route].steps.values() if isinstance(one, End)}
                for ending in sorted(ends ^ set(step.endings)):
                    yield RouteError("endings_differ", at=code, child=step.child, ending=ending)


def _hears_or_ends(route: Route, code: str, child: str) -> bool:
    step = route.steps[code]
    return isinstance(step, End) or (isinstance(step, Wait) and step.child == child)


def _expected(
    route: Route, step: End, asked: Expected, offices: Collection[str], roles: Collection[str]
) -> Iterator[RouteError]:
    """What an ending asks for can be opened from there by the applicant; reminders come one after another."""
    child = route.children.get(asked.child)
    if child is None or step.code not in child.start or child.who.role != APPLICANT:
        yield RouteError("unknown_child", at=step.code, child=asked.child)
    if not 1 <= asked.days <= LONGEST or not 0 <= asked.extend <= LONGEST:
        yield RouteError("no_due_time", at=step.code)
    rise = all(one < other for one, other in pairwise((-LONGEST, *asked.remind, LONGEST)))
    if not rise or not asked.remind or asked.remind[-1] < 0:
        yield RouteError("reminders_unclear", at=step.code)
    yield from _who(asked.who, step.code, offices, roles)


def _internal(child: Child, route: Route) -> Iterator[RouteError]:
    """What the applicant does not see is not theirs to open, writes them no letter and asks them nothing."""
    at = child.code
    if child.who.role == APPLICANT:
        yield RouteError("internal_speaks_out", at=at, step=at)
    for code, step in route.steps.items():
        asks = isinstance(step, Human) and step.is_applicants
        if asks or isinstance(step, Call):
            yield RouteError("internal_speaks_out", at=at, step=code)


NUMERIC = ("money", "number")
KINDS = (*NUMERIC, "code", "text", "flag", "date")


def types(route: Route) -> Iterator[RouteError]:
    """Facts are of known kinds, and tables ask of each what its kind can answer."""
    for name, kind in route.facts.items():
        if kind not in KINDS:
            yield RouteError("unknown_type", at="facts", fact=name, type=kind)
    for code, step in route.steps.items():
        for table in _tables(step):
            for cell in (cell for row in table.rows for cell in row.when):
                kind = route.facts.get(cell.fact, "")
                numeric = kind in NUMERIC
                compared = cell.below is not None or cell.minimum is not None or cell.maximum is not None
                wrong = [one for one in cell.any_of if not _fits(one, kind)]
                if kind and (wrong or (compared and not numeric)):
                    asked = ", ".join(map(str, wrong)) or "less or more"
                    yield RouteError("wrong_type", at=code, fact=cell.fact, type=kind, asked=asked)
                if cell.below and route.facts.get(cell.below, "money") not in NUMERIC:
                    yield RouteError("wrong_type", at=code, fact=cell.below, type=route.facts[cell.below])
        for name, value in _set(step):
            kind = route.facts.get(name, "")
            if kind and not _fits(value, kind):
                yield RouteError("wrong_type", at=code, fact=name, type=kind, asked=str(value))
        for name in _amounts(step):
            if route.facts.get(name, "money") not in NUMERIC:
                yield RouteError("wrong_type", at=code, fact=name, type=route.facts[name], asked="an amount")
        for fact in _dates(step):
            if fact not in route.facts:
                yield RouteError("undeclared_fact", at=code, fact=fact)
            elif route.facts[fact] != "date":
                yield RouteError("wrong_type", at=code, fact=fact, type=route.facts[fact], asked="a date")
        if isinstance(step, Wait) and isinstance(step.due, int) and step.due < 1:
            yield RouteError("no_due_time", at=code)


def _fits(value: Fact, kind: str) -> bool:
    match kind:
        case "flag":
            return isinstance(value, bool)
        case "money" | "number":
            return isinstance(value, int) and not isinstance(value, bool)
        case "date":
            try:
                return bool(date.fromisoformat(str(value)))
            except ValueError:
                return False
        case _:
            return isinstance(value, str)


def _tables(step: Step) -> Iterator[Table]:
    if isinstance(step, Choice):
        yield step.table
    if isinstance(step, Human):
        yield from (seat.who.table for seat in step.seats if seat.who.table)
    if isinstance(step, End) and step.expects is not None and step.expects.who.table is not None:
        yield step.expects.who.table


def _set(step: Step) -> Iterator[tuple[str, Fact]]:
    for outcome in step.outcomes.values() if isinstance(step, Human) else ():
        yield from outcome.sets.items()


def _dates(step: Step) -> Iterator[str]:
    if isinstance(step, Human | Wait) and isinstance(step.due, Until):
        yield step.due.fact
    if isinstance(step, End) and step.expects is not None:
        yield step.expects.after


def _amounts(step: Step) -> Iterator[str]:
    if isinstance(step, End) and step.amount:
        yield step.amount
    if isinstance(step, Human):
        for outcome in step.outcomes.values():
            yield from (name for name in (outcome.amount, outcome.limit) if name)


def inner(route: Route) -> Iterator[RouteError]:
    """Facts that are read are declared; votes, timers and quorums fit the step they stand in."""
    for code, step in route.steps.items():
        read: set[str] = set()
        if isinstance(step, Choice):
            read |= step.table.reads()
        if isinstance(step, End):
            read |= {step.amount} if step.amount else set()
            read |= step.expects.who.table.reads() if step.expects and step.expects.who.table else set()
            yield from _money(code, step.money, step.amount, ("commit", "release"))
        if isinstance(step, Human):
            for seat in step.seats:
                read |= seat.who.table.reads() if seat.who.table else frozenset()
            for outcome in step.outcomes.values():
                read |= {name for name in (outcome.amount, outcome.limit, *outcome.sets) if name}
            yield from _human(route, step)
        for fact in sorted(read - set(route.facts)):
            yield RouteError("undeclared_fact", at=code, fact=fact)


def _money(at: str, money: str, amount: str | None, known: Collection[str]) -> Iterator[RouteError]:
    if money not in known:
        yield RouteError("unknown_money", at=at, money=money)
    elif money != "release" and amount is None:
        yield RouteError("no_amount", at=at)
    elif money == "release" and amount is not None:  # all that is held is free, or none of it
        yield RouteError("unknown_key", at=at, key="amount")


def _human(route: Route, step: Human) -> Iterator[RouteError]:
    if step.signs not in (None, "together", "alone"):
        yield RouteError("unknown_signature", at=step.code, signs=step.signs)
    if (step.due.least if isinstance(step.due, Until) else step.due) < 1:
        yield RouteError("no_due_time", at=step.code)
    for other in step.not_by:
        if other not in route.steps:
            yield RouteError("unknown_step", at=step.code, step=other)
    for timer in step.timers:
        lapse = step.outcomes.get(timer.outcome or "")
        if timer.do == "lapse" and (lapse is None or not lapse.by_clock):
            yield RouteError("lapse_without_outcome", at=step.code)
        if timer.do not in get_args(Do):
            yield RouteError("unknown_timer", at=step.code, do=timer.do)
    for outcome in step.outcomes.values():
        if outcome.money is not None:
            yield from _money(step.code, outcome.money, outcome.amount, ("hold", "release"))
        if outcome.money is not None and (step.is_panel or (outcome.by_clock and outcome.money == "hold")):
            yield RouteError("money_by_rule", at=step.code, outcome=outcome.code)
        if outcome.sets and (outcome.by_clock or step.is_panel):
            yield RouteError("fact_by_rule", at=step.code, outcome=outcome.code)
    if step.votes is None:
        if not any(not outcome.by_clock for outcome in step.outcomes.values()):
            yield RouteError("no_outcome", at=step.code)
        return
    mandatory = [seat.code for seat in step.seats if seat.mandatory]
    needed = VERDICTS if step.close is None else VERDICTS[:2]
    for verdict in needed:
        if verdict not in step.outcomes:
            yield RouteError("verdict_without_outcome", at=step.code, verdict=verdict)
    for verdict in VERDICTS[len(needed) :]:
        if verdict in step.outcomes:  # with a number there is a majority, or it is out of reach
            yield RouteError("verdict_out_of_reach", at=step.code, verdict=verdict)
    if not mandatory or (step.close or 1) > len(mandatory):
        yield RouteError("quorum_out_of_reach", at=step.code)
    if step.enough_votes > len(mandatory):
        yield RouteError("quorum_out_of_reach", at=step.code)
    if step.close is not None and step.enough_at_deadline:
        yield RouteError("deadline_beside_quorum", at=step.code)
    for vote, side in step.votes.items():
        if side not in ("for", "against"):
            yield RouteError("unknown_vote", at=step.code, vote=vote)
    for code in step.enough_at_deadline:
        if code not in mandatory:
            yield RouteError("unknown_seat", at=step.code, seat=code)
