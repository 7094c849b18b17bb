"""Is a route safe to publish? Every finding names the step and a shortest way to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import TypeGuard, get_args

from workflow.engine.route import (
    APPLICANT,
    APPLICANT_OFFICE,
    NO_OFFICE,
    OPERATOR,
    Call,
    Choice,
    Do,
    End,
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


def check(
    route: Route,
    *,
    offices: Collection[str],
    roles: Collection[str],
    stages: Collection[str],
    statuses: Collection[str],
    forms: Collection[str],
    letters: Collection[str],
    own_measures: Collection[str] = (),
) -> list[RouteError]:
    """Everything that keeps this route from being published; empty when it is sound.

    `own_measures`: offices that apply with measures of their own, and must get no seat in these.
    """
    missing = list(_unknown_steps(route))
    if missing:
        return missing
    ways = _ways(route)
    findings = [
        *_unreachable(route, ways),
        *_dead_ends(route, ways),
        *_loops(route, ways),
        *_names(route, offices, roles, stages, statuses, forms, letters),
        *_inner(route),
        *_types(route),
        *_aside(route, offices, roles),
        *_own_hands(route, own_measures),
    ]
    return [_with_way(finding, ways) for finding in findings]


def _with_way(finding: RouteError, ways: Mapping[str, tuple[str, ...]]) -> RouteError:
    """The finding with a shortest way to its step."""
    way = ways.get(str(finding.params.get("at")))
    if way is None or "way" in finding.params:
        return finding
    return RouteError(finding.code, **finding.params, way=" → ".join(way))


def _edges(route: Route, code: str) -> Iterator[str]:
    """What can come right after a step, ways off the route apart: these are bounded by themselves."""
    yield from route.follows(code)
    if code in route.withdraw_from and route.withdraw_to:
        yield route.withdraw_to


def _all_edges(route: Route, code: str) -> Iterator[str]:
    yield from _edges(route, code)
    for way in route.ways.values():
        if code in way.start:
            yield from way.to


def _unknown_steps(route: Route) -> Iterator[RouteError]:
    if route.start not in route.steps:
        yield RouteError("unknown_step", at="start", step=route.start)
    for code in route.withdraw_from:
        if code not in route.steps:
            yield RouteError("unknown_step", at="withdraw", step=code)
    if route.withdraw_from and route.withdraw_to not in route.steps:
        yield RouteError("unknown_step", at="withdraw", step=str(route.withdraw_to))
    for code, step in route.steps.items():
        for target in (*route.follows(code), *(step.voids + step.not_office_of if _is_human(step) else ())):
            if target not in route.steps:
                yield RouteError("unknown_step", at=code, step=target)
    starts = {code: (*way.start, *way.to) for code, way in route.ways.items()}
    starts |= {"suspend": route.pause.start} if route.pause else {}
    starts |= {"extend": route.extension.start} if route.extension else {}
    for at, named in starts.items():
        for code in named:
            if code not in route.steps:
                yield RouteError("unknown_step", at=at, step=code)


def _is_human(step: Step) -> TypeGuard[Human]:
    return isinstance(step, Human)


def _ways(route: Route) -> dict[str, tuple[str, ...]]:
    """A shortest way to every step that can be reached."""
    ways: dict[str, tuple[str, ...]] = {route.start: (route.start,)}
    queue = deque([route.start])
    while queue:
        code = queue.popleft()
        for target in _all_edges(route, code):
            if target not in ways:
                ways[target] = (*ways[code], target)
                queue.append(target)
    return ways


def _unreachable(route: Route, ways: dict[str, tuple[str, ...]]) -> Iterator[RouteError]:
    for code in route.steps:
        if code not in ways:
            yield RouteError("unreachable", at=code)


def _dead_ends(route: Route, ways: dict[str, tuple[str, ...]]) -> Iterator[RouteError]:
    ending = {code for code, step in route.steps.items() if isinstance(step, End)}
    grew = True
    while grew:
        more = {code for code in route.steps if ending.intersection(route.follows(code))} - ending
        ending |= more
        grew = bool(more)
    for code, way in ways.items():
        if code not in ending:
            yield RouteError("no_ending", at=code, way=" → ".join(way))


def _loops(route: Route, ways: dict[str, tuple[str, ...]]) -> Iterator[RouteError]:
    """Without the steps that have a bound no loop may be left: then every loop has a bound.

    A bounded step is entered by a person's choice, who has another one left when it is used up.
    """
    for code, step in route.steps.items():
        if isinstance(step, Human) and step.at_most is not None:
            yield from _entered_by_choice(route, code)
    free = {code for code in route.steps if not _bounded(route, code)}
    before: set[str] = set()
    while free != before:
        before = set(free)
        free = {code for code in free if free.intersection(_edges(route, code))}
    for code in sorted(free):
        if _reaches(route, code, free):
            yield RouteError("loop_without_bound", at=code, way=" → ".join(ways.get(code, (code,))))


def _bounded(route: Route, code: str) -> bool:
    step = route.steps[code]
    return isinstance(step, Human) and step.at_most is not None


def _reaches(route: Route, start: str, within: set[str]) -> bool:
    seen: set[str] = set()
    queue = deque(target for target in _edges(route, start) if target in within)
    while queue:
        code = queue.popleft()
        if code == start:
            return True
        if code not in seen:
            seen.add(code)
            queue.extend(target for target in _edges(route, code) if target in within)
    return False


def _entered_by_choice(route: Route, bounded: str) -> Iterator[RouteError]:
    for code, step in route.steps.items():
        if bounded not in route.follows(code):
            continue
        if not isinstance(step, Human) or step.is_panel:
            yield RouteError("bounded_step_entered_by_rule", at=code, step=bounded)
            continue
        people = [out for out in step.outcomes.values() if not out.by_clock]
        others = [out for out in people if out.to and not _bounded(route, out.to)]
        if any(out.by_clock and out.to == bounded for out in step.outcomes.values()) or not others:
            yield RouteError("no_way_past_bound", at=code, step=bounded)


def _names(
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
            yield from _seats(step, offices, roles)


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


def _aside(route: Route, offices: Collection[str], roles: Collection[str]) -> Iterator[RouteError]:
    """Ways off the route: who takes them is known, and they leave from where somebody or the clock acts."""
    named = [(code, way.start, way.who) for code, way in route.ways.items()]
    named += [(code, (), way.second) for code, way in route.ways.items() if way.second]
    if route.pause:
        named.append(("suspend", route.pause.start, route.pause.who))
    if route.extension:
        named.append(("extend", route.extension.start, route.extension.who))
    for at, start, who in named:
        yield from _who(who, at, offices, roles)
        for code in start:
            if not isinstance(route.steps[code], Human | Wait):
                yield RouteError("nobody_stands_there", at=at, step=code)
    for code, way in route.ways.items():
        if way.at_most < 1:
            yield RouteError("loop_without_bound", at=code, way=" → ".join((*way.start[:1], *way.to[:1])))


NUMERIC = ("money", "number")
KINDS = (*NUMERIC, "code", "text", "flag", "date")


def _types(route: Route) -> Iterator[RouteError]:
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
        for name in _amounts(step):
            if route.facts.get(name, "money") not in NUMERIC:
                yield RouteError("wrong_type", at=code, fact=name, type=route.facts[name], asked="an amount")
        if isinstance(step, Wait) and isinstance(step.due, Until):
            if step.due.fact not in route.facts:
                yield RouteError("undeclared_fact", at=code, fact=step.due.fact)
            elif route.facts[step.due.fact] != "date":
                kind = route.facts[step.due.fact]
                yield RouteError("wrong_type", at=code, fact=step.due.fact, type=kind, asked="a date")
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


def _amounts(step: Step) -> Iterator[str]:
    if isinstance(step, End) and step.amount:
        yield step.amount
    if isinstance(step, Human):
        for outcome in step.outcomes.values():
            yield from (name for name in (outcome.amount, outcome.limit) if name)


def _own_hands(route: Route, own_measures: Collection[str]) -> Iterator[RouteError]:
    """An office never has a seat in its own measure."""
    if own_measures and APPLICANT_OFFICE not in route.facts:
        yield RouteError("undeclared_fact", at="facts", fact=APPLICANT_OFFICE)
    for code, step in route.steps.items():
        for seat in step.seats if isinstance(step, Human) else ():
            for applicant in sorted(own_measures):
                if any(
                    seat.who.meant({**facts, APPLICANT_OFFICE: applicant})[0] == applicant
                    for facts in (seat.who.table.situations() if seat.who.table else ({},))
                ):
                    yield RouteError("reviews_itself", at=code, seat=seat.code, office=applicant)


def _inner(route: Route) -> Iterator[RouteError]:
    """Facts that are read are declared; votes, timers and quorums fit the step they stand in."""
    for code, step in route.steps.items():
        read: set[str] = set()
        if isinstance(step, Choice):
            read |= step.table.reads()
        if isinstance(step, End):
            read |= {step.amount} if step.amount else set()
            yield from _money(code, step.money, step.amount, ("commit", "release"))
        if isinstance(step, Human):
            for seat in step.seats:
                read |= seat.who.table.reads() if seat.who.table else frozenset()
            for outcome in step.outcomes.values():
                read |= {name for name in (outcome.amount, outcome.limit) if name}
            yield from _human(route, step)
        for fact in sorted(read - set(route.facts)):
            yield RouteError("undeclared_fact", at=code, fact=fact)


def _money(at: str, money: str, amount: str | None, known: Collection[str]) -> Iterator[RouteError]:
    if money not in known:
        yield RouteError("unknown_money", at=at, money=money)
    elif money != "release" and amount is None:
        yield RouteError("no_amount", at=at)


def _human(route: Route, step: Human) -> Iterator[RouteError]:
    if step.signs not in (None, "together", "alone"):
        yield RouteError("unknown_signature", at=step.code, signs=step.signs)
    if step.due < 1:
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
        if outcome.money is not None and (outcome.by_clock or step.is_panel):
            yield RouteError("money_by_rule", at=step.code, outcome=outcome.code)
    if step.votes is None:
        if not any(not outcome.by_clock for outcome in step.outcomes.values()):
            yield RouteError("no_outcome", at=step.code)
        return
    mandatory = [seat.code for seat in step.seats if seat.mandatory]
    needed = VERDICTS if step.close is None else VERDICTS[:2]
    for verdict in needed:
        if verdict not in step.outcomes:
            yield RouteError("verdict_without_outcome", at=step.code, verdict=verdict)
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
