"""A route as it is drawn: columns along the way, lanes by who acts, titles in one language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from workflow.engine.route import Call, Choice, End, Human, Route, Step, Wait
from workflow.interchange.placing import START, Band, Diagram, Flow, Shape, place
from workflow.texts import label


def lay_out(route: Route, data: Mapping[str, Any], lang: str, lane_title: Callable[[str], str]) -> Diagram:
    """The route of this published data, titles in this language; `lane_title` names office:role or nobody."""
    columns = {START: 0, **{code: column + 1 for code, column in _columns(route).items()}}
    bands, rows = _bands(route, columns, lane_title)
    shapes = [
        Shape(code, *_kind(route, code), _title(data, code, lang), rows[code], columns[code])
        for code in sorted(columns, key=lambda one: (columns[one], rows[one]))
    ]
    title = label(data["title"], lang) if data.get("title") else route.code
    return place(title, shapes, bands, list(_flows(route, data, lang, columns)))


def _title(data: Mapping[str, Any], code: str, lang: str) -> str:
    raw = data["steps"].get(code, {})
    return label(raw["title"], lang) if raw.get("title") else "" if code == START else code


def _kind(route: Route, code: str) -> tuple[str, str]:
    """The BPMN element of a step, and its form: wide, round or diamond."""
    match route.steps.get(code):
        case None:
            return "startEvent", "round"
        case Human():
            return "userTask", "wide"
        case Choice():
            return "exclusiveGateway", "diamond"
        case Call():
            return "serviceTask", "wide"
        case Wait(message=None, child=None):
            return "intermediateCatchEvent", "round"
        case Wait():
            return "receiveTask", "wide"
        case End():
            return "endEvent", "round"


def _flows(route: Route, data: Mapping[str, Any], lang: str, columns: Iterable[str]) -> Iterator[Flow]:
    yield Flow(START, START, route.start, "", clock=False)
    for code in columns:
        if code != START:
            for name, to, titles, clock in _together(_outgoing(route.steps[code], data["steps"][code])):
                said = " / ".join(dict.fromkeys(label(one, lang) for one in titles))
                yield Flow(f"{code}.{name}", code, to, said, clock)


On = tuple[str, str, Mapping[str, str] | None, bool]
"""Name, target, titles, by the clock alone."""


def _together(onward: Iterable[On]) -> Iterator[tuple[str, str, list[Mapping[str, str]], bool]]:
    """What leads to the same place in the same manner is one line, with all its titles."""
    found: dict[tuple[str, bool], tuple[str, list[Mapping[str, str]]]] = {}
    for name, to, titles, clock in onward:
        _, said = found.setdefault((to, clock), (name, []))
        said += [titles] if titles else []
    for (to, clock), (name, said) in found.items():
        yield name, to, said, clock


def _outgoing(step: Step, raw: Mapping[str, Any]) -> Iterator[On]:
    """Each way on."""
    match step:
        case Human():
            for outcome in step.outcomes.values():
                if outcome.to:
                    titles = raw["outcomes"][outcome.code].get("title")
                    yield outcome.code, outcome.to, titles, outcome.by_clock
        case Choice():
            for number, row in enumerate(step.table.rows):
                yield f"row_{number + 1}", row.then, None, False
            yield "else", step.table.otherwise, None, False
        case Wait():
            if step.received:
                yield "received", step.received, raw["outcomes"]["received"].get("title"), False
            for ending, to in step.endings.items():
                yield ending, to, raw["outcomes"][ending].get("title"), False
            yield "elapsed", step.elapsed, raw["outcomes"]["elapsed"].get("title"), True
        case Call():
            yield "to", step.to, None, False
        case End():
            return


def _columns(route: Route) -> dict[str, int]:
    """Each step behind the last one that leads to it, loops apart; ways off the route begin new rows."""
    order: list[str] = []
    back: set[tuple[str, str]] = set()

    def visit(code: str, above: tuple[str, ...]) -> None:
        for target in route.follows(code):
            if target in (*above, code):
                back.add((code, target))
            elif target not in order:
                visit(target, (*above, code))
        if code not in order:
            order.append(code)

    aside = [to for way in route.ways.values() for to in way.to]
    for start in (route.start, *aside, *([route.withdraw_to] if route.withdraw_to else [])):
        if start not in order:
            visit(start, ())
    columns = dict.fromkeys(order, 0)
    for code in reversed(order):
        for target in route.follows(code):
            if (code, target) not in back:
                columns[target] = max(columns[target], columns[code] + 1)
    return columns


def _bands(
    route: Route, columns: Mapping[str, int], lane_title: Callable[[str], str]
) -> tuple[list[Band], dict[str, int]]:
    """Lanes with their numbers of rows, and the row of each step."""
    steps: dict[str, list[str]] = {}
    for code in sorted(columns, key=lambda one: (columns[one], one)):
        steps.setdefault(_lane(route.steps[route.start if code == START else code]), []).append(code)
    bands: list[Band] = []
    rows: dict[str, int] = {}
    first = 0
    for lane, inside in sorted(steps.items(), key=lambda one: (one[0] == "", columns[one[1][0]])):
        taken: Counter[int] = Counter()
        for code in inside:
            rows[code] = first + taken[columns[code]]
            taken[columns[code]] += 1
        bands.append(Band(lane, lane_title(lane), first, max(taken.values()), tuple(inside)))
        first += max(taken.values())
    return bands, rows


def _lane(step: Step) -> str:
    """Who acts there, as the route says it without a case: office:role, or the role of a panel."""
    who = step.seats[0].who if isinstance(step, Human) else step.who if isinstance(step, Wait) else None
    if who is None:
        return ""
    if isinstance(step, Human) and step.is_panel:
        return f":{who.role or 'reviewer'}"
    office, role = who.among()[-1]
    return f"{office}:{role}"
