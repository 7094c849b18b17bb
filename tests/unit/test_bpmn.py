"""A route as a BPMN 2.0 document: every part of the route is there, has its shape, and says what it is."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import workflow
from workflow.engine.parsing import parse_route
from workflow.engine.route import Call, Choice, End, Human, Route, Step, Wait
from workflow.funding.programme import Programme
from workflow.interchange.bpmn import bpmn
from workflow.interchange.layout import lay_out
from workflow.interchange.placing import Box, Diagram
from workflow.publishable import checked
from workflow.texts import label

_, PROGRAMME, COMPILED = checked(Path(workflow.__file__).parent / "programmes/kip3-basel-stadt")
SPACES = {
    "b": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "di": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "dd": "http://www.omg.org/spec/DD/20100524/DI",
}
KINDS: dict[type[Step], tuple[str, ...]] = {
    Human: ("userTask",),
    Choice: ("exclusiveGateway",),
    Call: ("serviceTask",),
    Wait: ("receiveTask", "intermediateCatchEvent"),
    End: ("endEvent",),
}
every_route = pytest.mark.parametrize("code", COMPILED)


def lane_title(code: str, programme: Programme = PROGRAMME, lang: str = "de") -> str:
    office, _, role = code.partition(":")
    named = [label(programme.offices[office].title, lang)] if office else []
    return ", ".join(named + ([label(programme.labels["roles"][role], lang)] if role else []))


def drawn(code: str, lang: str = "de") -> tuple[Route, Diagram, ET.Element]:
    route = parse_route(COMPILED[code])
    diagram = lay_out(route, COMPILED[code], lang, lane_title)
    return route, diagram, ET.fromstring(bpmn(route, diagram))


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def process(root: ET.Element) -> ET.Element:
    found = root.find("b:process", SPACES)
    assert found is not None
    return found


@every_route
def test_each_step_is_an_element_of_its_kind_whose_id_is_its_code(code: str) -> None:
    route, _, root = drawn(code)
    elements = {one.get("id"): one for one in process(root)}
    for step_code, step in route.steps.items():
        assert local(elements[step_code]) in KINDS[type(step)]
        assert elements[step_code].get("name") == label(COMPILED[code]["steps"][step_code]["title"], "de")
        if isinstance(step, Human) and step.is_panel:
            loop = elements[step_code].find("b:multiInstanceLoopCharacteristics", SPACES)
            assert loop is not None
            assert loop.get("isSequential") == "false"
        if isinstance(step, Wait):
            message = step.message or step.child
            assert local(elements[step_code]) == ("receiveTask" if message else "intermediateCatchEvent")
    starts = process(root).findall("b:startEvent", SPACES)
    assert [one.get("id") for one in starts] == ["start"]


def test_a_task_says_when_it_is_due_and_when_somebody_is_reminded() -> None:
    _, _, root = drawn("medium")
    said = {one.get("id"): one.findtext("b:documentation", "", SPACES) for one in process(root)}
    assert said["formal_check"] == "due: 5 working days; at 80%: remind; at 100%: remind; at 120%: escalate"
    assert said["query"] == "due: 5 working days; at 100%: remind; at 200%: lapse silent"


@every_route
def test_ids_are_unique_and_what_is_referred_to_is_there(code: str) -> None:
    _, _, root = drawn(code)
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    known = {one.get("id"): local(one) for one in process(root)}
    for flow in process(root).findall("b:sequenceFlow", SPACES):
        source, target = known[flow.get("sourceRef")], known[flow.get("targetRef")]
        assert source != "endEvent"
        assert target not in ("startEvent", "boundaryEvent")
    for one in root.iter(f"{{{SPACES['di']}}}BPMNShape"):
        assert one.get("bpmnElement") in ids
    for name in ids:
        assert re.fullmatch(r"[A-Za-z_][\w.-]*", str(name)), name  # xsd:ID


@every_route
def test_every_way_on_is_a_flow(code: str) -> None:
    route, _, root = drawn(code)
    follows: dict[str, set[str]] = {}
    for flow in process(root).findall("b:sequenceFlow", SPACES):
        follows.setdefault(str(flow.get("sourceRef")), set()).add(str(flow.get("targetRef")))
    clocks = {
        str(one.get("id")): one.get("attachedToRef")
        for one in process(root).findall("b:boundaryEvent", SPACES)
    }
    for step in route.steps:
        here = [step, f"{step}_outcome", *(clock for clock, at in clocks.items() if at == step)]
        reached = set().union(*(follows.get(one, set()) for one in here)) - {f"{step}_outcome"}
        assert reached == set(route.follows(step)), step
    assert follows["start"] == {route.start}


@every_route
def test_each_element_has_its_shape_within_its_lane_and_no_two_steps_overlap(code: str) -> None:
    _, _, root = drawn(code)
    boxes = {
        str(shape.get("bpmnElement")): tuple(
            int(str(bounds.get(side))) for side in ("x", "y", "width", "height")
        )
        for shape in root.iter(f"{{{SPACES['di']}}}BPMNShape")
        if (bounds := shape.find("dc:Bounds", SPACES)) is not None
    }
    lines = {str(line.get("bpmnElement")): line for line in root.iter(f"{{{SPACES['di']}}}BPMNEdge")}
    for one in process(root):
        name = str(one.get("id"))
        if local(one) == "sequenceFlow":
            assert len(lines[name].findall("dd:waypoint", SPACES)) >= 2
        elif local(one) != "laneSet":
            assert name in boxes
    lanes = list(process(root).iter(f"{{{SPACES['b']}}}lane"))
    inside = [(str(ref.text), str(lane.get("id"))) for lane in lanes for ref in lane]
    assert len(inside) == len({step for step, _ in inside})
    for name, lane in inside:
        x, y, width, height = boxes[name]
        left, top, broad, high = boxes[lane]
        assert left <= x
        assert x + width <= left + broad
        assert top <= y
        assert y + height <= top + high + 12, name  # a timer sits on the edge of its task
    steps = [boxes[name] for name, _ in inside if not name.endswith(("_timer", "_outcome"))]
    for number, (x, y, width, height) in enumerate(steps):
        for left, top, broad, high in steps[:number]:
            assert x + width <= left or left + broad <= x or y + height <= top or top + high <= y


@every_route
def test_every_line_begins_and_ends_at_the_edge_of_its_elements(code: str) -> None:
    _, _, root = drawn(code)
    boxes = {
        str(shape.get("bpmnElement")): [int(str(bounds.get(side))) for side in ("x", "y", "width", "height")]
        for shape in root.iter(f"{{{SPACES['di']}}}BPMNShape")
        if (bounds := shape.find("dc:Bounds", SPACES)) is not None
    }
    flows = {str(one.get("id")): one for one in process(root).findall("b:sequenceFlow", SPACES)}
    for line in root.iter(f"{{{SPACES['di']}}}BPMNEdge"):
        flow = flows[str(line.get("bpmnElement"))]
        points = [
            (int(str(one.get("x"))), int(str(one.get("y")))) for one in line.findall("dd:waypoint", SPACES)
        ]
        for (x, y), end in ((points[0], "sourceRef"), (points[-1], "targetRef")):
            left, top, width, height = boxes[str(flow.get(end))]
            assert left - 1 <= x <= left + width + 1, flow.get("id")
            assert top - 1 <= y <= top + height + 1, flow.get("id")
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points))


def test_a_clock_carries_the_time_after_which_it_rings() -> None:
    _, _, root = drawn("large")
    rings = {
        str(one.get("attachedToRef")): time.text
        for one in process(root).findall("b:boundaryEvent", SPACES)
        for time in one.findall("b:timerEventDefinition/*", SPACES)
    }
    # 200 % of 10 working days, 150 % of 10, 120 % of 10, and waits that end on their day
    assert rings == {
        "query": "P20D",
        "confirm_budget": "P15D",
        "consultation": "P12D",
        "countersigning": "P30D",
        "remedy_period": "dispatched_on +28 days",
        "remedy_inadmissible": "dispatched_on +28 days",
        "remedy_written_off": "dispatched_on +28 days",
    }


@every_route
def test_what_comes_in_is_a_message(code: str) -> None:
    """The application that starts it; what a step waits for is a message that stands beside the process."""
    route, _, root = drawn(code)
    start = process(root).find("b:startEvent", SPACES)
    assert start is not None
    assert [local(one) for one in start] == ["messageEventDefinition"]
    known = {one.get("id"): one.get("name") for one in root.findall("b:message", SPACES)}
    waiting = {
        f"message_{step.message}": label(COMPILED[code]["steps"][name]["title"], "de")
        for name, step in route.steps.items()
        if isinstance(step, Wait) and step.message
    }
    assert known == waiting
    tasks = process(root).findall("b:receiveTask", SPACES)
    assert {one.get("messageRef") for one in tasks} - {None} == set(waiting)


@every_route
def test_lanes_are_those_who_act(code: str) -> None:
    route, diagram, root = drawn(code)
    lanes = {
        str(lane.get("name")): {str(ref.text) for ref in lane}
        for lane in process(root).iter(f"{{{SPACES['b']}}}lane")
    }
    assert set(lanes) == {band.title for band, _ in diagram.lanes}
    for step_code, step in route.steps.items():
        if isinstance(step, Human) and not step.is_panel and step.seats[0].who.table is None:
            who = step.seats[0].who
            assert step_code in lanes[lane_title(f"{who.office or ''}:{who.role}")]


def test_names_are_in_the_language_asked_for_and_ids_are_not() -> None:
    (_, _, german), (_, _, english) = drawn("large"), drawn("large", "en")

    def named(root: ET.Element) -> dict[str | None, str | None]:
        return {one.get("id"): one.get("name") for one in process(root) if local(one) != "laneSet"}

    assert named(german).keys() == named(english).keys()
    assert (named(german)["synthesis"], named(english)["synthesis"]) == (
        "Synthese und Antrag",
        "Synthesis and proposal",
    )


@every_route
def test_what_ech_0158_asks_for_holds(code: str) -> None:
    """One pool with the process's name, one start, every activity, decision and ending with a name, decisions
    at gateways: no activity has two ways out, and no gateway but a decision's is without a question."""
    _, diagram, root = drawn(code)
    pools = root.findall("b:collaboration/b:participant", SPACES)
    assert [(one.get("name"), one.get("processRef")) for one in pools] == [(diagram.title, code)]
    out: dict[str | None, int] = {}
    for flow in process(root).findall("b:sequenceFlow", SPACES):
        out[flow.get("sourceRef")] = out.get(flow.get("sourceRef"), 0) + 1
    for one in process(root):
        name = str(one.get("id"))
        if local(one) in ("userTask", "serviceTask", "receiveTask", "endEvent"):
            assert one.get("name")
            assert out.get(name, 0) <= 1, name
        if local(one) == "exclusiveGateway" and not name.endswith("_outcome"):
            assert str(one.get("name")).endswith("?"), name


def meet(one: Box, other: Box) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


@every_route
def test_no_line_runs_through_a_step_and_no_title_stands_on_another(code: str) -> None:
    for lang in ("de", "en"):
        _, diagram, _ = drawn(code, lang)
        titles = [edge.title for edge in diagram.edges if edge.flow.title]
        for number, title in enumerate(titles):
            assert not any(meet(title, other) for other in titles[:number]), titles
        for node in diagram.nodes:
            assert not any(meet(title, node.box) for title in titles), node
            for edge in diagram.edges:
                if node.shape.code in (edge.flow.source, edge.flow.target):
                    continue
                for (x, y), (right, low) in pairwise(edge.points):
                    line = (min(x, right), min(y, low), abs(right - x) or 1, abs(low - y) or 1)
                    assert not meet(line, node.box), (edge.flow.code, node.shape.code)
