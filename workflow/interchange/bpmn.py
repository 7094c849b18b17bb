"""A route as BPMN 2.0 XML (OMG formal/2011-01-03) with its layout, for any modeller.

An element's id is the step's code. Conventions of eCH-0158: one pool, lanes by who acts, titles as verbs or
objects of the step, decisions at gateways, deadlines as timer events at the edge of the task they belong to,
and in its documentation with all reminders.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from workflow.engine.route import Human, Route, Until, Wait
from workflow.interchange.placing import TIMER, Box, Diagram, Edge, Node, Point

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
for prefix, uri in (("bpmn", BPMN), ("bpmndi", DI), ("dc", DC), ("di", DD)):
    ET.register_namespace(prefix, uri)


def bpmn(route: Route, diagram: Diagram) -> bytes:
    """The XML document, UTF-8; every element of the process has its shape."""
    root = ET.Element(f"{{{BPMN}}}definitions", id="definitions", targetNamespace="urn:foerderweg:routes")
    for code, title in _messages(route, diagram).items():
        ET.SubElement(root, f"{{{BPMN}}}message", id=f"message_{code}", name=title)
    pool = ET.SubElement(root, f"{{{BPMN}}}collaboration", id="collaboration")
    ET.SubElement(pool, f"{{{BPMN}}}participant", id="pool", name=diagram.title, processRef=route.code)
    process = ET.SubElement(
        root, f"{{{BPMN}}}process", id=route.code, name=diagram.title, isExecutable="false"
    )
    plane = ET.SubElement(
        ET.SubElement(root, f"{{{DI}}}BPMNDiagram", id="diagram"), f"{{{DI}}}BPMNPlane", id="plane"
    )
    plane.set("bpmnElement", "collaboration")
    _shape(plane, "pool", (0, 0, diagram.width, diagram.height)).set("isHorizontal", "true")
    lanes = ET.SubElement(process, f"{{{BPMN}}}laneSet", id="lanes")
    references: dict[str, ET.Element] = {}
    for number, (band, box) in enumerate(diagram.lanes):
        element = ET.SubElement(lanes, f"{{{BPMN}}}lane", id=f"lane_{number}", name=band.title)
        references |= dict.fromkeys(band.steps, element)
        _shape(plane, f"lane_{number}", box).set("isHorizontal", "true")
    drawing = _Drawing(route, process, plane, references)
    for node in diagram.nodes:
        drawing.node(node)
    for edge in diagram.edges:
        drawing.edge(edge)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


class _Drawing:
    """Elements and shapes as they are added."""

    def __init__(
        self, route: Route, process: ET.Element, plane: ET.Element, lanes: dict[str, ET.Element]
    ) -> None:
        self.route, self.process, self.plane, self.lanes = route, process, plane, lanes
        self.gated: set[str] = set()

    def node(self, node: Node) -> None:
        shape = node.shape
        step = self.route.steps.get(shape.code)
        element = self._element(shape.kind, shape.code, shape.title, shape.code, node.box)
        if isinstance(step, Human):
            ET.SubElement(element, f"{{{BPMN}}}documentation").text = _times(step)
        if isinstance(step, Human) and step.is_panel:
            ET.SubElement(element, f"{{{BPMN}}}multiInstanceLoopCharacteristics", isSequential="false")
        if shape.kind == "intermediateCatchEvent":
            _timer(element, step, 100)
        if shape.kind == "startEvent":
            ET.SubElement(element, f"{{{BPMN}}}messageEventDefinition")  # somebody sends it in
        if isinstance(step, Wait) and step.message:
            element.set("messageRef", f"message_{step.message}")
        if node.gate:
            self.gated.add(shape.code)
            gate = f"{shape.code}_outcome"
            self._element("exclusiveGateway", gate, "", shape.code, node.gate)
            x, y, width, height = node.box
            points = ((x + width, y + height // 2), (node.gate[0], y + height // 2))
            self._line(f"{shape.code}_done", shape.code, gate, points)

    def edge(self, edge: Edge) -> None:
        flow = edge.flow
        source = f"{flow.source}_outcome" if flow.source in self.gated and not flow.clock else flow.source
        step = self.route.steps.get(flow.source)
        if flow.clock and not _is_timer(step):
            source = flow.code.replace(".", "_") + "_timer"
            (x, y), size = edge.points[0], TIMER
            box = (x - size // 2, y - size, size, size)
            element = self._element("boundaryEvent", source, "", flow.source, box)
            element.set("attachedToRef", flow.source)
            _timer(element, step, _percent(step, edge))
        named, line = self._line("flow_" + flow.code.replace(".", "_"), source, flow.target, edge.points)
        if flow.title:
            named.set("name", flow.title)
            _bounds(ET.SubElement(line, f"{{{DI}}}BPMNLabel"), edge.title)

    def _element(self, kind: str, name: str, title: str, lane_of: str, box: Box) -> ET.Element:
        ET.SubElement(self.lanes[lane_of], f"{{{BPMN}}}flowNodeRef").text = name
        element = ET.SubElement(self.process, f"{{{BPMN}}}{kind}", id=name)
        if title:
            element.set("name", title)
        _shape(self.plane, name, box)
        return element

    def _line(
        self, name: str, source: str, target: str, points: Iterable[Point]
    ) -> tuple[ET.Element, ET.Element]:
        flow = ET.SubElement(
            self.process, f"{{{BPMN}}}sequenceFlow", id=name, sourceRef=source, targetRef=target
        )
        line = ET.SubElement(self.plane, f"{{{DI}}}BPMNEdge", id=f"{name}_edge", bpmnElement=name)
        for x, y in points:
            ET.SubElement(line, f"{{{DD}}}waypoint", x=str(x), y=str(y))
        return flow, line


def _messages(route: Route, diagram: Diagram) -> dict[str, str]:
    """What is waited for, each once, with the title of the step that waits for it."""
    waits = {code: step.message for code, step in route.steps.items() if isinstance(step, Wait)}
    named = ((waits.get(one.shape.code), one.shape.title) for one in diagram.nodes)
    return {message: title for message, title in named if message}


def _is_timer(step: object) -> bool:
    return isinstance(step, Wait) and step.message is None and step.child is None


def _percent(step: object, edge: Edge) -> int:
    """At which share of its time the step is left by this line."""
    if not isinstance(step, Human):
        return 100
    outcome = edge.flow.code.partition(".")[2]
    return next((timer.at for timer in step.timers if timer.outcome == outcome), 100)


def _times(step: Human) -> str:
    """When it is due and what the clock does then, in the words of the route; at its edge stand only the
    moments that lead elsewhere, as nearly every task has the same reminders."""
    timers = (
        f"at {timer.at}%: {timer.do}{f' {timer.outcome}' * bool(timer.outcome)}" for timer in step.timers
    )
    due = step.due
    said = f"{due.fact} {due.days:+d} days" if isinstance(due, Until) else f"{due} working days"
    return "; ".join((f"due: {said}", *timers))


def _timer(element: ET.Element, step: object, percent: int) -> None:
    """The moment; BPMN knows no working days, so they stand as days."""
    definition = ET.SubElement(element, f"{{{BPMN}}}timerEventDefinition")
    due = step.due if isinstance(step, Human | Wait) else None
    if isinstance(due, Until):
        ET.SubElement(definition, f"{{{BPMN}}}timeDate").text = f"{due.fact} {due.days:+d} days"
    elif due is not None:
        ET.SubElement(definition, f"{{{BPMN}}}timeDuration").text = f"P{math.ceil(due * percent / 100)}D"


def _shape(plane: ET.Element, name: str, box: Box) -> ET.Element:
    shape = ET.SubElement(plane, f"{{{DI}}}BPMNShape", id=f"{name}_shape", bpmnElement=name)
    _bounds(shape, box)
    return shape


def _bounds(of: ET.Element, box: Box) -> None:
    sides = zip(("x", "y", "width", "height"), map(str, box), strict=True)
    ET.SubElement(of, f"{{{DC}}}Bounds", dict(sides))
