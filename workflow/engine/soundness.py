"""Is a route safe to publish? Every finding names the step and a shortest way to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping

from workflow.engine import references
from workflow.engine.route import APPLICANT_OFFICE, End, Human, Outcome, Route, Wait
from workflow.engine.walked import walked
from workflow.errors import RouteError


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
    routes: Mapping[str, Route] | None = None,
) -> list[RouteError]:
    """Everything that keeps this route from being published; empty when it is sound.

    `own_measures`: offices that apply with measures of their own, and must get no seat in these.
    `routes`: those that its children can take, by code.
    """
    missing = list(_unknown_steps(route))
    if missing:
        return missing
    ways = _ways(route)
    findings = [
        *_unreachable(route, ways),
        *_dead_ends(route, ways),
        *_loops(route, ways),
        *_unheld(route),
        *references.names(route, offices, roles, stages, statuses, forms, letters),
        *references.inner(route),
        *references.types(route),
        *references.aside(route, offices, roles),
        *references.children(route, offices, roles, forms, routes or {}),
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
    """What can come right after a step; ways off the route and children have bounds of their own."""
    step = route.steps[code]
    if isinstance(step, Wait):
        yield from (to for to in (step.received, step.elapsed) if to)
    else:
        yield from route.follows(code)
    if code in route.withdraw_from and route.withdraw_to:
        yield route.withdraw_to


def _all_edges(route: Route, code: str) -> Iterator[str]:
    yield from _edges(route, code)
    yield from route.follows(code)
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
        others = step.voids + step.not_office_of if isinstance(step, Human) else ()
        for target in (*route.follows(code), *others):
            if target not in route.steps:
                yield RouteError("unknown_step", at=code, step=target)
    starts = {code: (*way.start, *way.to) for code, way in route.ways.items()}
    starts |= {"suspend": route.pause.start} if route.pause else {}
    starts |= {"extend": route.extension.start} if route.extension else {}
    starts |= {"payments": route.payments.start} if route.payments else {}
    starts |= {code: child.start for code, child in route.children.items()}
    for at, named in starts.items():
        for code in named:
            if code not in route.steps:
                yield RouteError("unknown_step", at=at, step=code)


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
    for code in route.steps:
        if _bounded(route, code):
            yield from _entered_by_choice(route, code, ways)
    free = {code for code in ways if not _bounded(route, code)}  # what is unreachable is told as such
    before: set[str] = set()
    while free != before:
        before = set(free)
        free = {code for code in free if free.intersection(_edges(route, code))}
    for code in sorted(free):
        if around := _shortest(route, code, code, free):
            yield RouteError("loop_without_bound", at=code, way=" → ".join((*ways[code], *around)))


def _bounded(route: Route, code: str) -> bool:
    step = route.steps[code]
    return isinstance(step, Human) and step.at_most is not None


def _shortest(route: Route, start: str, to: str, within: Collection[str]) -> tuple[str, ...]:
    """The steps after `start` on a shortest way to `to`; empty where there is none."""
    seen: set[str] = set()
    queue: deque[tuple[str, ...]] = deque([(start,)])
    while queue:
        way = queue.popleft()
        for target in _edges(route, way[-1]):
            if target == to:
                return (*way[1:], to)
            if target in within and target not in seen:
                seen.add(target)
                queue.append((*way, target))
    return ()


def _entered_by_choice(
    route: Route, bounded: str, ways: Mapping[str, tuple[str, ...]]
) -> Iterator[RouteError]:
    for code, step in route.steps.items():
        if code not in ways or bounded not in route.follows(code):
            continue
        if not isinstance(step, Human) or step.is_panel:
            way = _past_bound(route, code, bounded, ways)
            yield RouteError("bounded_step_entered_by_rule", at=code, step=bounded, way=" → ".join(way))
            continue
        people = [out for out in step.outcomes.values() if not out.by_clock]
        others = [out for out in people if out.to and not _bounded(route, out.to)]
        if any(out.by_clock and out.to == bounded for out in step.outcomes.values()):
            way = _past_bound(route, code, bounded, ways)
        elif not others:
            way = _past_bound(route, code, bounded, ways)[:-1]
        else:
            continue
        yield RouteError("no_way_past_bound", at=code, step=bounded, way=" → ".join(way))


def _past_bound(
    route: Route, code: str, bounded: str, ways: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """To `code`, so often by way of the bounded step that this is used up, and into it once more."""
    back = () if code == bounded else _shortest(route, bounded, code, ways)
    left = (route.human(bounded).at_most or 0) - ways[code].count(bounded)
    rounds = left if back or code == bounded else 0
    return (*ways[code], *(bounded, *back) * rounds, bounded)


def _unheld(route: Route) -> Iterator[RouteError]:
    """No more can be committed than is held: without a hold the case would stand still at its end."""
    ways = walked(route, False, _holds)
    for code, step in route.steps.items():
        way = ways.get((code, False))
        if isinstance(step, End) and step.money == "commit" and step.amount and way:
            yield RouteError("commits_unheld", at=code, way=" → ".join(way))


def _holds(_step: Human, outcome: Outcome, before: bool) -> bool:
    return before if outcome.money is None else outcome.money != "release"


def _own_hands(route: Route, own_measures: Collection[str]) -> Iterator[RouteError]:
    """An office never has a seat in its own measure."""
    if own_measures and APPLICANT_OFFICE not in route.facts:
        yield RouteError("undeclared_fact", at="facts", fact=APPLICANT_OFFICE)
    for code, step in route.steps.items():
        for seat in step.seats if isinstance(step, Human) else ():
            for applicant in sorted(own_measures):
                if any(
                    office == applicant
                    for facts in (seat.who.table.situations() if seat.who.table else ({},))
                    for office, _ in seat.who.ever({**facts, APPLICANT_OFFICE: applicant})
                ):
                    yield RouteError("reviews_itself", at=code, seat=seat.code, office=applicant)
