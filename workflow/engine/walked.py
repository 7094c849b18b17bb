"""All ways through a route, with what has been done on each: whether money is held, who has signed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from workflow.engine.route import Human, Outcome, Route

Done = TypeVar("Done", bound=Hashable)


def walked(
    route: Route, done: Done, then: Callable[[Human, Outcome, Done], Done]
) -> dict[tuple[str, Done], tuple[str, ...]]:
    """For every step, and all that can have been done before it, a shortest way there.

    `then` says what has been done after this outcome. Ways off the route, and taking back, add nothing.
    """
    ways: dict[tuple[str, Done], tuple[str, ...]] = {(route.start, done): (route.start,)}
    queue = deque(ways)
    while queue:
        code, done = queue.popleft()
        for target in _onward(route, code, done, then):
            if target not in ways:
                ways[target] = (*ways[code, done], target[0])
                queue.append(target)
    return ways


def _onward(
    route: Route, code: str, done: Done, then: Callable[[Human, Outcome, Done], Done]
) -> Iterator[tuple[str, Done]]:
    step = route.steps[code]
    if isinstance(step, Human):
        yield from ((out.to, then(step, out, done)) for out in step.outcomes.values() if out.to)
    else:
        yield from ((to, done) for to in route.follows(code))
    if code in route.withdraw_from and route.withdraw_to:
        yield route.withdraw_to, done
    for way in route.ways.values():
        if code in way.start:
            yield from ((to, done) for to in way.to)
