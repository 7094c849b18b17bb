"""The commands around routes: check, diagram, replay, migrate, simulate, explain, export."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa

from tests.builders import KIP3
from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    HEKS,
    QUERY,
    assert_kept,
    at_check,
    at_decision,
    at_review,
    deliver,
    happened,
    language,
    state,
)
from web.cli.main import main
from web.cli.story import Story
from workflow.publish import publish_folder
from workflow.store import queries

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
Out = pytest.CaptureFixture[str]


def run(told: Story, *arguments: object) -> int:
    return main([str(one) for one in arguments], told.settings.as_env())


def another_version(tmp_path: Path, file: str, old: str, new: str) -> Path:
    folder = tmp_path / "kip3"
    shutil.copytree(KIP3, folder)
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), "utf-8")
    return folder


def test_check_says_sound_or_what_is_wrong_and_the_way_there(tmp_path: Path, capsys: Out) -> None:
    assert main(["routes", "check"], {}) == 0
    assert capsys.readouterr().out.count(": sound, ") == 7
    folder = another_version(tmp_path, "routes/small.yaml", "to: review, title", "to: reveiw, title")
    assert main(["routes", "check", "--programme", str(folder)], {}) == 1
    assert "small: unknown_step at=formal_check step=reveiw" in capsys.readouterr().out
    broken = Path("tests/golden/routes/broken/unknown_seat.yaml")
    assert main(["routes", "check", str(broken)], {}) == 1
    assert "unknown_seat at=review seat=advice way=check → review" in capsys.readouterr().out


def test_check_names_what_cannot_be_staffed(capsys: Out) -> None:
    people = KIP3 / "demo" / "people.yaml"
    assert main(["routes", "check", str(KIP3 / "routes" / "small.yaml"), "--staff", str(people)], {}) == 1
    assert "not_staffed at=decide rule=nobody who=integration:head while Andrea" in capsys.readouterr().out


def test_a_diagram_has_a_shape_for_everything_and_ids_that_are_steps(tmp_path: Path) -> None:
    assert main(["routes", "diagram", "--out", str(tmp_path), "--lang", "en"], {}) == 0
    for code in ("small", "medium", "large", "xlarge"):
        root = ET.parse(tmp_path / f"{code}.bpmn").getroot()
        process = root.find(f"{BPMN}process")
        assert process is not None
        ids = [one.get("id") for one in root.iter() if one.get("id")]
        assert len(ids) == len(set(ids))
        shapes = (f"{DI}BPMNShape", f"{DI}BPMNEdge")
        drawn = {one.get("bpmnElement") for one in root.iter() if one.tag in shapes}
        there = {one.get("id") for one in process if one.tag != f"{BPMN}laneSet"}
        assert there <= drawn
        for flow in process.iter(f"{BPMN}sequenceFlow"):
            assert {flow.get("sourceRef"), flow.get("targetRef")} <= there
        assert "formal_check" in there
        assert process.get("name", "").startswith("Procedure")


def test_replay_tells_what_would_have_gone_otherwise(told: Story, tmp_path: Path, capsys: Out) -> None:
    at_decision(told)
    assert run(told, "routes", "replay", "--since", "2026-01-01") == 0
    assert "1 would have gone the same way in the same time, 0 otherwise." in capsys.readouterr().out
    propose = "propose: {to: decide_"
    folder = another_version(tmp_path, "routes/medium.yaml", f"{propose}head", f"{propose}department")
    assert run(told, "routes", "replay", "--since", "2026-01-01", "--programme", folder) == 0
    out = capsys.readouterr().out
    assert "0 would have gone the same way" in out
    assert "open at decide_department" in out
    assert run(told, "routes", "replay", "--since", "2027-01-01") == 0
    assert "0 would" in capsys.readouterr().out


def test_running_cases_follow_a_new_version_or_say_why_not(told: Story, tmp_path: Path, capsys: Out) -> None:
    waits, reviewed = at_check(told), at_review(told)
    ended = told.submit(HEKS, language(20_000))
    told.withdraw(HEKS, ended)
    folder = another_version(
        tmp_path,
        "routes/medium.yaml",
        "second: {office: {table: second_office}, role: reviewer, mandatory: true",
        "second: {office: {table: third_office}, role: reviewer, mandatory: true",
    )
    publish_folder(told.db, folder, told.now)
    assert run(told, "routes", "migrate", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "seats_differ:review" in out
    assert "1 of 2 running cases on older versions can follow." in out
    before = hashes(told)
    assert run(told, "routes", "migrate") == 0
    after = hashes(told)
    assert before[str(waits)] != after[str(waits)]
    assert before[str(reviewed)] == after[str(reviewed)]
    assert "Migrated" in happened(told, waits)
    told.do(CHECKER, waits, "complete", COMPLETE)
    assert {seat.office for seat in state(told, waits).seats if seat.code == "second"} == {"integration"}
    assert_kept(told.db)
    capsys.readouterr()
    assert run(told, "routes", "migrate") == 0
    assert "0 of 1 running cases" in capsys.readouterr().out


def test_a_case_that_moved_keeps_the_form_that_its_answers_fit(told: Story, tmp_path: Path) -> None:
    case_id = at_check(told)
    folder = another_version(
        tmp_path, "forms/application.yaml", "de: Budget, en: Budget", "de: Geld, en: Money"
    )
    route = folder / "routes" / "medium.yaml"
    route.write_text(route.read_text("utf-8").replace("at_most: 3", "at_most: 4"), "utf-8")
    publish_folder(told.db, folder, told.now)
    assert run(told, "routes", "migrate") == 0
    assert "Migrated" in happened(told, case_id)
    page = queries.dossier(told.db, told.actors[CHECKER], case_id, now=told.now)
    assert page is not None
    assert "Budget" in {section.title["de"] for section in page.form.sections}
    told.do(CHECKER, case_id, "query", QUERY)
    told.do(HEKS, case_id, "answered")
    assert state(told, case_id).step == "formal_check"


def hashes(told: Story) -> dict[str, str]:
    with told.db.connect() as tx:
        found = tx.execute(sa.text("SELECT id, route_hash FROM cases"))
        return {str(row.id): row.route_hash for row in found}


def test_a_case_explains_itself(told: Story, capsys: Out) -> None:
    case_id = at_review(told)
    with told.db.connect() as tx:
        number = tx.execute(sa.text("SELECT number FROM cases WHERE id = :id"), {"id": case_id}).scalar_one()
    assert run(told, "explain", number) == 0
    out = capsys.readouterr().out
    assert "stands at review" in out
    assert "Barbara Wenger: declare_first" in out
    assert re.search(r"review/lead: row \d+ \(area=language\) → adult_education:reviewer", out)
    assert run(told, "explain", "KIP3-1999-00001") == 1


def test_the_log_for_process_mining_names_nobody(told: Story, tmp_path: Path) -> None:
    at_decision(told)
    deliver(told)
    assert run(told, "export", "xes", tmp_path / "log.xes") == 0
    text = (tmp_path / "log.xes").read_text("utf-8")
    root = ET.fromstring(text)
    space = "{http://www.xes-standard.org/}"
    [trace] = root.findall(f"{space}trace")
    events = trace.findall(f"{space}event")
    assert len(events) == state(told, at_only(told)).version
    for event in events:
        keys = {child.get("key") for child in event}
        assert {"concept:name", "lifecycle:transition", "time:timestamp", "org:resource"} <= keys
    assert "KIP3-2027" not in text
    for actor in told.actors.values():
        assert actor.person not in text
    assert run(told, "export", "xes", tmp_path / "named.xes", "--names") == 0
    assert "KIP3-2027-00001" in (tmp_path / "named.xes").read_text("utf-8")


def at_only(told: Story) -> UUID:
    with told.db.connect() as tx:
        found: UUID = tx.execute(sa.text("SELECT id FROM cases")).scalar_one()
    return found


def test_a_simulation_tells_times_and_bottlenecks(tmp_path: Path, capsys: Out) -> None:
    file = tmp_path / "cases.csv"
    asked = ["simulate", "--cases", "60", "--seed", "3", "--csv", str(file)]
    assert main(asked, {}) == 0
    first = capsys.readouterr().out
    assert "Who is waited for the longest" in first
    assert len(file.read_text("utf-8").splitlines()) == 61
    assert main(asked, {}) == 0
    assert capsys.readouterr().out == first
    away = ["--without", "Andrea Bernasconi:2024-01-01:2026-12-31"]
    assert main([*asked, *away], {}) == 0
    assert "nobody left who may go on" in capsys.readouterr().out
    assert main([*asked, "--without", "Niemand"], {}) == 1
    assert main([*asked, "--route", "none"], {}) == 1
