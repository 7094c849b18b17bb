"""Where the steps of a route stand when it is drawn: columns along the way, lanes by who acts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workflow.engine.route import Call, Choice, End, Human, Route, Step, Wait
from workflow.texts import label

COLUMN, ROW, MARGIN, LANE_NAME = 250, 124, 24, 36
WIDTH, HEIGHT, ROUND, DIAMOND = 130, 64, 36, 44
START = "start"

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Node:
    """A step, or the start. `x`, `y`: its left upper corner; `due`: working days, None where nobody acts."""

    code: str
    kind: str
    title: str
    x: int
    y: int
    width: int
    height: int
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """What can follow. `clock`: time alone leads here; `label`: the end of its title."""

    code: str
    source: str
    target: str
    title: str
    points: tuple[Point, ...]
    label: Point
    clock: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """Who acts in this band, as office:role; empty for what goes on by itself."""

    code: str
    title: str
    y: int
    height: int
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagram:
    title: str
    width: int
    height: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    lanes: tuple[Lane, ...]


def lay_out(route: Route, data: Mapping[str, Any], lang: str, lane_title: Callable[[str], str]) -> Diagram:
    """The route of this published data, titles in this language; `lane_title` names office:role or nobody."""
    columns = _columns(route)
    lanes = _lanes(route, columns, lane_title)
    row_of = {code: lane for lane in lanes for code in lane.steps}
    taken: dict[tuple[int, str], int] = {}
    nodes: dict[str, Node] = {}
    for code in sorted(columns, key=lambda one: (columns[one], one)):
        lane, column = row_of[code], columns[code]
        place = taken.get((column, lane.code), 0)
        taken[column, lane.code] = place + 1
        nodes[code] = _node(route, code, data, lang, column, lane.y + place * ROW)
    first = nodes[route.start]
    nodes[START] = Node(
        START, START, "", MARGIN + LANE_NAME, first.y + (first.height - ROUND) // 2, ROUND, ROUND
    )
    edges = [_edge(nodes, START, route.start, START, "", clock=False)]
    for code, step in route.steps.items():
        if code in nodes:
            for name, to, titles, clock in _together(_outgoing(step, data["steps"][code])):
                said = " / ".join(dict.fromkeys(label(one, lang) for one in titles))
                edges.append(_edge(nodes, code, to, f"{code}.{name}", said, clock=clock))
    edges = _labelled(edges)
    width = max(node.x + node.width for node in nodes.values()) + COLUMN - WIDTH + MARGIN
    height = lanes[-1].y + lanes[-1].height
    title = label(data["title"], lang) if data.get("title") else route.code
    return Diagram(title, width, height, tuple(nodes.values()), tuple(edges), tuple(lanes))


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


def _lanes(route: Route, columns: Mapping[str, int], lane_title: Callable[[str], str]) -> list[Lane]:
    steps: dict[str, list[str]] = {}
    for code in sorted(columns, key=lambda one: (columns[one], one)):
        steps.setdefault(_lane(route.steps[code]), []).append(code)
    lanes, y = [], 0
    for code, inside in sorted(steps.items(), key=lambda one: (one[0] == "", columns[one[1][0]])):
        rows = max(sum(columns[one] == columns[other] for other in inside) for one in inside)
        lanes.append(Lane(code, lane_title(code), y, rows * ROW, tuple(inside)))
        y += rows * ROW
    return lanes


def _lane(step: Step) -> str:
    """Who acts there, as the route says it without a case: office:role, or the role of a panel."""
    who = step.seats[0].who if isinstance(step, Human) else step.who if isinstance(step, Wait) else None
    if who is None:
        return ""
    if isinstance(step, Human) and step.is_panel:
        return f":{who.role or 'reviewer'}"
    office, role = who.among()[-1]
    return f"{office}:{role}"


def _node(route: Route, code: str, data: Mapping[str, Any], lang: str, column: int, y: int) -> Node:
    step = route.steps[code]
    raw = data["steps"][code]
    title = label(raw["title"], lang) if raw.get("title") else code
    kind = "panel" if isinstance(step, Human) and step.is_panel else raw["kind"]
    match step:
        case End():
            width = height = ROUND
        case Choice():
            width = height = DIAMOND
        case _:
            width, height = WIDTH, HEIGHT
    left = MARGIN + LANE_NAME + ROUND + 40 + column * COLUMN
    due = step.due if isinstance(step, Human | Wait) and isinstance(step.due, int) else None
    return Node(
        code, kind, title, left + (WIDTH - width) // 2, y + (ROW - height) // 2 + 4, width, height, due
    )


def _labelled(edges: Sequence[Edge]) -> list[Edge]:
    """Titles that would stand on each other stand above each other."""
    taken: Counter[Point] = Counter()
    placed = []
    for edge in edges:
        x, y = edge.label
        placed.append(replace(edge, label=(x, y - 13 * taken[x, y])))
        taken[x, y] += bool(edge.title)
    return placed


def _edge(nodes: Mapping[str, Node], source: str, target: str, code: str, title: str, *, clock: bool) -> Edge:
    """Forward by right angles; backward along the lower edge."""
    here, there = nodes[source], nodes[target]
    right, left = here.x + here.width, there.x
    y, other = here.y + here.height // 2, there.y + there.height // 2
    if left > right:
        middle = left - 22
        points: tuple[Point, ...] = (
            ((right, y), (left, y))
            if y == other
            else (
                (right, y),
                (middle, y),
                (middle, other),
                (left, other),
            )
        )
    else:
        low = max(here.y + here.height, there.y + there.height) + 12
        x, to = here.x + here.width // 2, there.x + there.width // 2
        points = ((x, here.y + here.height), (x, low), (to, low), (to, there.y + there.height))
    at = points[-1]
    forward = left > right
    return Edge(code, source, target, title, points, (at[0] - 12, at[1] - 7) if forward else points[2], clock)
