"""Is what a step cannot do without said on every way to it: a day to count from, an amount, who decided?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from workflow.engine.route import Call, End, Human, Outcome, Route, Until, Wait
from workflow.engine.walked import walked
from workflow.errors import RouteError

Said = Mapping[str, Mapping[str, Collection[str]]]
"""Form → outcome → facts that nobody can leave out who completes a step with it that way."""


def unsaid(route: Route, said: Said, opening: Collection[str]) -> Iterator[RouteError]:
    """For each such fact a shortest way that leads past all who would say it.

    `opening`: the facts with which a case can begin. What steps of the route say themselves does not count
    as given before: a child begins without what is decided in it.
    """
    own = {fact for step in route.steps.values() if isinstance(step, Human) for fact in said_by(step, said)}
    for code, fact in _needed(route, said):
        if fact in own:
            if way := _past(route, code, fact, said):
                yield RouteError("not_always_said", at=code, fact=fact, way=" → ".join(way))
        elif fact not in opening:
            yield RouteError("nobody_says", at=code, fact=fact)


def _needed(route: Route, said: Said) -> Iterator[tuple[str, str]]:
    """(step, fact) for all facts without which the step could not begin or an outcome not be chosen."""
    for code, step in route.steps.items():
        if isinstance(step, Human | Wait) and isinstance(step.due, Until):
            yield code, step.due.fact
        if isinstance(step, End):
            yield from ((code, fact) for fact in (step.amount, step.expects and step.expects.after) if fact)
        if isinstance(step, Human):
            needed = {
                fact
                for outcome in step.outcomes.values()
                for fact in (outcome.amount, outcome.limit)
                if fact and fact not in _says(step, outcome, said)
            }
            yield from ((code, fact) for fact in sorted(needed))


def _says(step: Human, outcome: Outcome, said: Said) -> set[str]:
    """The facts that this way of completing the step brings for sure; a panel's votes bring none."""
    if step.is_panel or outcome.by_clock:
        return set()
    return {*outcome.sets, *said.get(step.form or "", {}).get(outcome.code, ())}


def said_by(step: Human, said: Said) -> set[str]:
    """The facts that at least one way of completing the step brings."""
    return set().union(*(_says(step, outcome, said) for outcome in step.outcomes.values()))


def _past(route: Route, to: str, fact: str, said: Said) -> tuple[str, ...]:
    """A shortest way to the step on which nobody says this; empty where there is none."""
    ways = walked(route, False, lambda step, out, before: before or fact in _says(step, out, said))
    return ways.get((to, False), ())


class _Signed(NamedTuple):
    """They who signed last: did one give `reasons`, and would who signs next sign with them?"""

    reasons: bool
    on: bool


def unsigned(
    route: Route, reasons: Collection[tuple[str, str]], reading: Collection[str]
) -> Iterator[RouteError]:
    """For each letter a shortest way to it on which nobody signs, or those who do give it no reasons.

    Every letter names who decided. `reasons`: (form, outcome) for which they cannot be left out; `reading`:
    letters in which they stand.
    """

    def then(step: Human, out: Outcome, before: _Signed | None) -> _Signed | None:
        if out.by_clock or step.is_applicants:
            return before
        if step.signs is None:
            return before and before._replace(on=False)
        given = all((step.form, one) in reasons for one in step.votes or (out.code,))
        if step.signs == "together" and before and before.on:
            given = given or before.reasons
        return _Signed(given, on=True)

    ways = walked(route, None, then)
    for code, step in route.steps.items():
        if not isinstance(step, Call):
            continue
        there = {signed: way for (at, signed), way in ways.items() if at == code}
        silent = [way for signed, way in there.items() if signed and not signed.reasons]
        if way := there.get(None):
            yield RouteError("nobody_signs", at=code, letter=step.template, way=" → ".join(way))
        elif silent and step.template in reading:
            way = min(silent, key=len)
            yield RouteError("no_reasons", at=code, letter=step.template, way=" → ".join(way))
