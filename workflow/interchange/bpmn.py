"""A route as BPMN 2.0 XML (OMG formal/2011-01-03) with its layout, for any modeller.

An element's id is the step's code. Conventions of eCH-0158: one pool, lanes by who acts, titles as verbs or
objects of the step, decisions at gateways, deadlines as timer events at the edge of the task they belong to.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from workflow.engine.route import Human, Route, Until, Wait
from workflow.interchange.layout import START, Diagram, Edge, Node

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
for prefix, uri in (("bpmn", BPMN), ("bpmndi", DI), ("dc", DC), ("di", DD)):
    ET.register_namespace(prefix, uri)

KINDS = {
    "start": "startEvent",
    "task": "userTask",
    "panel": "userTask",
    "choice": "exclusiveGateway",
    "call": "serviceTask",
    "end": "endEvent",
}
GATE, TIMER = 32, 24


def bpmn(route: Route, diagram: Diagram) -> bytes:
    """The XML document, UTF-8; every element of the process has its shape."""
    root = ET.Element(f"{{{BPMN}}}definitions", id="definitions", targetNamespace="urn:foerderweg:routes")
    pool = ET.SubElement(root, f"{{{BPMN}}}collaboration", id="collaboration")
    ET.SubElement(pool, f"{{{BPMN}}}participant", id="pool", name=diagram.title, processRef=route.code)
    process = ET.SubElement(
        root, f"{{{BPMN}}}process", id=route.code, name=diagram.title, isExecutable="false"
    )
    plane = ET.SubElement(
        ET.SubElement(root, f"{{{DI}}}BPMNDiagram", id="diagram"), f"{{{DI}}}BPMNPlane", id="plane"
    )
    plane.set("bpmnElement", "collaboration")
    _shape(plane, "pool", 0, 0, diagram.width, diagram.height).set("isHorizontal", "true")
    lanes = ET.SubElement(process, f"{{{BPMN}}}laneSet", id="lanes")
    references: dict[str, ET.Element] = {}
    for number, lane in enumerate(diagram.lanes):
        element = ET.SubElement(lanes, f"{{{BPMN}}}lane", id=f"lane_{number}", name=lane.title)
        references |= dict.fromkeys(lane.steps, element)
        _shape(plane, f"lane_{number}", 30, lane.y, diagram.width - 30, lane.height).set(
            "isHorizontal", "true"
        )
    references[START] = references[route.start]
    drawing = _Drawing(route, process, plane, references)
    for node in diagram.nodes:
        drawing.node(node, [edge for edge in diagram.edges if edge.source == node.code])
    for edge in diagram.edges:
        drawing.edge(edge)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


class _Drawing:
    """Elements and shapes as they are added; `leaves`: from which element an edge starts, and where."""

    def __init__(
        self, route: Route, process: ET.Element, plane: ET.Element, lanes: dict[str, ET.Element]
    ) -> None:
        self.route, self.process, self.plane, self.lanes = route, process, plane, lanes
        self.leaves: dict[str, tuple[str, tuple[int, int]]] = {}

    def node(self, node: Node, edges: list[Edge]) -> None:
        step = self.route.steps.get(node.code)
        kind = KINDS.get(node.kind) or ("receiveTask" if _awaits(step) else "intermediateCatchEvent")
        element = self._element(kind, node.code, node.title, node.code)
        if node.kind == "panel":
            ET.SubElement(element, f"{{{BPMN}}}multiInstanceLoopCharacteristics", isSequential="false")
        if kind == "intermediateCatchEvent":
            _timer(element, step)
            size = 36
            x, y = node.x + (node.width - size) // 2, node.y + (node.height - size) // 2
            _shape(self.plane, node.code, x, y, size, size)
        else:
            _shape(self.plane, node.code, node.x, node.y, node.width, node.height)
        by_hand = [edge for edge in edges if not edge.clock]
        right = (node.x + node.width, node.y + node.height // 2)
        source = node.code
        if node.kind != "choice" and len(by_hand) > 1:
            source = f"{node.code}_outcome"
            self._element("exclusiveGateway", source, "", node.code)
            _shape(self.plane, source, right[0] + 4, right[1] - GATE // 2, GATE, GATE)
            flow = f"{node.code}_done"
            ET.SubElement(
                self.process, f"{{{BPMN}}}sequenceFlow", id=flow, sourceRef=node.code, targetRef=source
            )
            _line(self.plane, flow, (right, (right[0] + 4, right[1])))
            right = (right[0] + 4 + GATE, right[1])
        for edge in edges:
            self.leaves[edge.code] = (source, right)
            if edge.clock and kind != "intermediateCatchEvent":
                self._boundary(node, edge, step)

    def _boundary(self, node: Node, edge: Edge, step: object) -> None:
        name = edge.code.replace(".", "_") + "_timer"
        element = self._element("boundaryEvent", name, "", node.code)
        element.set("attachedToRef", node.code)
        _timer(element, step)
        x, y = node.x + node.width - 34, node.y + node.height - TIMER // 2
        _shape(self.plane, name, x, y, TIMER, TIMER)
        self.leaves[edge.code] = (name, (x + TIMER // 2, y + TIMER))

    def edge(self, edge: Edge) -> None:
        source, (x, y) = self.leaves[edge.code]
        name = "flow_" + edge.code.replace(".", "_")
        flow = ET.SubElement(
            self.process, f"{{{BPMN}}}sequenceFlow", id=name, sourceRef=source, targetRef=edge.target
        )
        if edge.title:
            flow.set("name", edge.title)
        rest = edge.points[1:]
        corner = ((x, rest[0][1]),) if edge.clock or rest[0][1] != y else ()
        line = _line(self.plane, name, ((x, y), *corner, *rest))
        if edge.title:
            words = ET.SubElement(line, f"{{{DI}}}BPMNLabel")
            right, bottom = edge.label
            place = {"x": right - 150, "y": bottom - 12, "width": 150, "height": 14}
            ET.SubElement(words, f"{{{DC}}}Bounds", {key: str(value) for key, value in place.items()})

    def _element(self, kind: str, name: str, title: str, lane_of: str) -> ET.Element:
        ET.SubElement(self.lanes[lane_of], f"{{{BPMN}}}flowNodeRef").text = name
        element = ET.SubElement(self.process, f"{{{BPMN}}}{kind}", id=name)
        if title:
            element.set("name", title)
        return element


def _awaits(step: object) -> bool:
    return isinstance(step, Wait) and (step.message or step.child) is not None


def _timer(element: ET.Element, step: object) -> None:
    """The deadline; BPMN knows no working days, so they stand as days."""
    definition = ET.SubElement(element, f"{{{BPMN}}}timerEventDefinition")
    due = step.due if isinstance(step, Human | Wait) else None
    if isinstance(due, Until):
        ET.SubElement(definition, f"{{{BPMN}}}timeDate").text = f"{due.fact} {due.days:+d} days"
    elif due is not None:
        ET.SubElement(definition, f"{{{BPMN}}}timeDuration").text = f"P{due}D"


def _shape(plane: ET.Element, name: str, x: int, y: int, width: int, height: int) -> ET.Element:
    shape = ET.SubElement(plane, f"{{{DI}}}BPMNShape", id=f"{name}_shape", bpmnElement=name)
    bounds = {"x": x, "y": y, "width": width, "height": height}
    ET.SubElement(shape, f"{{{DC}}}Bounds", {key: str(value) for key, value in bounds.items()})
    return shape


def _line(plane: ET.Element, name: str, points: tuple[tuple[int, int], ...]) -> ET.Element:
    line = ET.SubElement(plane, f"{{{DI}}}BPMNEdge", id=f"{name}_edge", bpmnElement=name)
    for x, y in points:
        ET.SubElement(line, f"{{{DD}}}waypoint", x=str(x), y=str(y))
    return line
