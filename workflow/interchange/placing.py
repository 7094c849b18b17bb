"""Where everything of a drawing stands: no line runs through a step, and each title has a line of its own.

Between two columns lie, from the left: a gateway for the outcomes of the step before, tracks on which lines
go up and down, and the titles of what leads into the step behind. Under each row are tracks for lines that
go far.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MARGIN, LANE_NAME, GATE, TIMER, TRACK = 24, 36, 32, 24, 10
SIZES = {"wide": (172, 72), "round": (36, 36), "diamond": (44, 44)}
WIDTH, HEIGHT = SIZES["wide"]
SPACE = 30
"""Above and below a step: for the title of a small shape, and a clock at the edge."""
LETTER, LINE, TITLE = 7, 14, 133
"""A letter's width, a line's height, the widest title of a way on."""
NARROW = 110
"""The least width of a column: the title of an ending is wider than its circle."""
START = "start"

Point = tuple[int, int]
Box = tuple[int, int, int, int]
"""x and y of the left upper corner, width, height."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A step, or the start. `kind`: its BPMN element; `form`: wide, round or diamond; rows from the top."""

    code: str
    kind: str
    form: str
    title: str
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Flow:
    """What can follow. `clock`: time alone leads there."""

    code: str
    source: str
    target: str
    title: str
    clock: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A lane: who acts in it, as office:role (empty: nobody), and its rows."""

    code: str
    title: str
    first: int
    rows: int
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """`gate`, `timer`: where the gateway of its outcomes and the clock at its edge stand, if it has them."""

    shape: Shape
    box: Box
    gate: Box | None
    timer: Box | None


@dataclass(frozen=True, slots=True)
class Edge:
    """`title`: where the flow's title stands."""

    flow: Flow
    points: tuple[Point, ...]
    title: Box


@dataclass(frozen=True, slots=True)
class Diagram:
    title: str
    width: int
    height: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    lanes: tuple[tuple[Band, Box], ...]


def place(title: str, shapes: Sequence[Shape], bands: Sequence[Band], flows: Sequence[Flow]) -> Diagram:
    """Give each shape and flow its place."""
    return _Placing(shapes, bands, flows).diagram(title)


class _Placing:
    def __init__(self, shapes: Sequence[Shape], bands: Sequence[Band], flows: Sequence[Flow]) -> None:
        self.shapes = {shape.code: shape for shape in shapes}
        self.bands, self.flows = bands, flows
        self.taken = {(shape.row, shape.column) for shape in shapes}
        by_hand = Counter(flow.source for flow in flows if not flow.clock)
        self.gated = {code for code, count in by_hand.items() if count > 1} - {
            shape.code for shape in shapes if shape.form == "diamond"
        }
        self.clocked = {
            flow.source for flow in flows if flow.clock and self.shapes[flow.source].form == "wide"
        }
        self.into: dict[str, list[Flow]] = defaultdict(list)
        for flow in sorted(flows, key=lambda one: self.shapes[one.source].row):
            self.into[flow.target].append(flow)
        self.tracks: Counter[int] = Counter()
        self.runs: Counter[int] = Counter()
        self.leaving: dict[str, int] = {}
        self.running: dict[str, int] = {}
        self.arriving: dict[str, int] = {}
        for flow in flows:
            self._reserve(flow)
        self.left = self._columns()
        self.top, self.body = self._rows()

    def _reserve(self, flow: Flow) -> None:
        """Tracks for one line: next to its source, under its row, next to its target; as many as it needs."""
        here, there = self.shapes[flow.source], self.shapes[flow.target]
        near = here.column + 1
        at_edge = flow.clock and flow.source in self.clocked
        if not at_edge:
            self.leaving[flow.code] = self.tracks[near]
            self.tracks[near] += 1
        if at_edge or not self._is_free(here, there):
            self.running[flow.code] = self.runs[here.row]
            self.runs[here.row] += 1
            self.arriving[flow.code] = self.tracks[there.column]
            self.tracks[there.column] += 1

    def _is_free(self, here: Shape, there: Shape) -> bool:
        """Nothing stands in the row of `there` between the two."""
        between = range(here.column + 1, there.column)
        return there.column > here.column and not any((there.row, one) in self.taken for one in between)

    def _columns(self) -> list[int]:
        """Where each column begins; the last is the end of the drawing."""
        count = max(shape.column for shape in self.shapes.values()) + 1
        left, x = [], MARGIN + LANE_NAME
        for column in range(count + 1):
            before = {shape.code for shape in self.shapes.values() if shape.column == column - 1}
            titles = [_size(flow.title)[0] for flow in self.flows if self._column(flow.target) == column]
            x += (GATE + 12 if before & self.gated else 0) + TRACK * (self.tracks[column] + 1)
            x += max(titles, default=0) + 20
            left.append(x)
            x += self._width(column)
        return left

    def _width(self, column: int) -> int:
        forms = [shape.form for shape in self.shapes.values() if shape.column == column]
        return max([NARROW, *(SIZES[form][0] for form in forms)]) if forms else 0

    def _column(self, code: str) -> int:
        return self.shapes[code].column

    def _rows(self) -> tuple[list[int], list[int]]:
        """Where each row begins, and how high it is without the tracks under it."""
        body = [HEIGHT + 2 * SPACE] * sum(band.rows for band in self.bands)
        for code, flows in self.into.items():
            row = self.shapes[code].row
            body[row] = max(body[row], 2 * max(map(abs, self._slots(flows, upper=True)), default=0) + 8)
        for band in self.bands:  # the lane's name stands upright beside it, in two lines
            rows = range(band.first, band.first + band.rows)
            high = sum(body[row] + self._under(row) for row in rows)
            body[band.first] += max(0, math.ceil(len(band.title) / 2) * (LETTER + 2) + 16 - high)
        top, y = [], 0
        for row, high in enumerate(body):
            top.append(y)
            y += high + self._under(row)
        return [*top, y], body

    def _under(self, row: int) -> int:
        return TRACK * (self.runs[row] + 1)

    def _slots(self, flows: Sequence[Flow], *, upper: bool = False) -> list[int]:
        """How far from the middle of a step each line arrives; `upper`: where its title begins."""
        highs = [max(_size(flow.title)[1], TRACK) + 4 for flow in flows]
        lines = [sum(highs[1 : number + 1]) for number in range(len(highs))]
        middle = lines[-1] // 2
        return [line - middle - (high if upper else 0) for line, high in zip(lines, highs, strict=True)]

    def diagram(self, title: str) -> Diagram:
        nodes = {code: self._node(shape) for code, shape in self.shapes.items()}
        edges = tuple(self._edge(flow, nodes) for flow in self.flows)
        width = self.left[-1] + MARGIN
        lanes = tuple(
            (band, (30, top, width - 30, self.top[band.first + band.rows] - top))
            for band in self.bands
            for top in [self.top[band.first]]
        )
        return Diagram(title, width, self.top[-1], tuple(nodes.values()), edges, lanes)

    def _node(self, shape: Shape) -> Node:
        width, height = SIZES[shape.form]
        x = self.left[shape.column] + (self._width(shape.column) - width) // 2
        y = self._middle(shape) - height // 2
        gate = (x + width + 12, self._middle(shape) - GATE // 2, GATE, GATE)
        timer = (x + width - TIMER - 14, y + height - TIMER // 2, TIMER, TIMER)
        return Node(
            shape,
            (x, y, width, height),
            gate if shape.code in self.gated else None,
            timer if shape.code in self.clocked else None,
        )

    def _middle(self, shape: Shape) -> int:
        return self.top[shape.row] + self.body[shape.row] // 2

    def _edge(self, flow: Flow, nodes: Mapping[str, Node]) -> Edge:
        here, there = nodes[flow.source], nodes[flow.target]
        slot = self._slots(self.into[flow.target])[self.into[flow.target].index(flow)]
        y = self._middle(there.shape) + slot
        at_edge = flow.code not in self.leaving
        leaves = here.timer if at_edge else here.gate or here.box
        assert leaves is not None
        left, top, width, height = leaves
        points = [(left + width // 2, top + height)] if at_edge else [(left + width, top + height // 2)]
        if not at_edge:
            points += _upright(self._track(here.shape.column + 1, self.leaving[flow.code]), points[-1], y)
        if flow.code in self.running:
            low = self.top[here.shape.row] + self.body[here.shape.row]
            low += TRACK // 2 + TRACK * self.running[flow.code]
            points[-1] = (points[-1][0], low)
            if at_edge:
                points.insert(0, (left + width // 2, top + height))
            points += _upright(self._track(there.shape.column, self.arriving[flow.code]), points[-1], y)
        points += self._arrival(there, y)
        words, high = _size(flow.title)
        beside = self.left[there.shape.column] - 12 - words
        return Edge(flow, _straight(points), (beside, y - high - 1, words, high))

    def _track(self, column: int, number: int) -> int:
        """The place of a track before this column."""
        before = {shape.code for shape in self.shapes.values() if shape.column == column - 1}
        end = self.left[column - 1] + self._width(column - 1)
        gate = GATE + 12 if before & self.gated else 0
        return end + gate + TRACK * (number + 1)

    def _arrival(self, there: Node, y: int) -> list[Point]:
        """Into the left edge of a wide shape at this height, else into its middle."""
        left, top, _, height = there.box
        if there.shape.form == "wide" and top + 6 <= y <= top + height - 6:
            return [(left, y)]
        middle = self._middle(there.shape)
        close = self.left[there.shape.column] - 8
        return [(close, y), (close, middle), (left, middle)]


def _upright(x: int, start: Point, y: int) -> list[Point]:
    return [(x, start[1]), (x, y)]


def _straight(points: Sequence[Point]) -> tuple[Point, ...]:
    """Without points at which the line does not turn."""
    kept: list[Point] = []
    for number, point in enumerate(points):
        if kept and point == kept[-1]:
            continue
        after = points[number + 1] if number + 1 < len(points) else None
        if kept and after and (kept[-1][0] == point[0] == after[0] or kept[-1][1] == point[1] == after[1]):
            continue
        kept.append(point)
    return tuple(kept)


def _size(title: str) -> tuple[int, int]:
    """Width and height of a title as it is drawn."""
    if not title:
        return 0, 0
    words = len(title) * LETTER
    return min(words + LETTER, TITLE), LINE * math.ceil(words / (TITLE - 2 * LETTER))
