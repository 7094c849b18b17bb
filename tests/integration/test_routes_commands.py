"""The commands around routes: check, diagram, replay, migrate, simulate, explain, export."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa

from tests.builders import KIP3
from tests.integration.test_proposing import accept, propose, with_extra_day
from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    DIVISION,
    HEAD,
    HEKS,
    QUERY,
    assert_kept,
    at_check,
    at_decision,
    at_review,
    deliver,
    happened,
    language,
    rows,
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
    said = capsys.readouterr().out
    assert said.count(": sound, ") == 9
    assert "the programme can be published: 29 forms, 12 letters" in said
    folder = another_version(tmp_path, "routes/small.yaml", "to: review, title", "to: reveiw, title")
    assert main(["routes", "check", "--programme", str(folder)], {}) == 1
    said = capsys.readouterr().out
    assert "small: unknown_step at=formal_check step=reveiw" in said
    assert "can be published" not in said
    broken = Path("tests/golden/routes/broken/unknown_seat.yaml")
    assert main(["routes", "check", str(broken)], {}) == 1
    assert "unknown_seat at=review seat=advice way=check → review" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        ("programme.yaml", "  mail: integration@", "  mial: integration@", "missing_key at=sender.mail"),
        ("forms/review.yaml", "required: true", "required: 'no'", "wrong_value at=forms.review"),
        ("letters/order_rejected.typ", "#order(", "#ordre(", "letter_fails at=letters/order_rejected"),
    ],
)
def test_the_whole_folder_is_checked_and_nothing_wrong_in_it_is_published(
    told: Story, tmp_path: Path, capsys: Out, file: str, old: str, new: str, finding: str
) -> None:
    folder = another_version(tmp_path, file, old, new)
    assert main(["routes", "check", "--programme", str(folder)], {}) == 1
    said = capsys.readouterr()
    assert finding in said.out + said.err
    assert run(told, "routes", "publish", "--programme", folder) == 1
    assert finding in capsys.readouterr().err
    alone = str(folder / "routes" / "small.yaml")
    alone_is_sound = main(["routes", "check", "--programme", str(folder), alone], {}) == 0
    assert alone_is_sound == (file != "programme.yaml")


@pytest.mark.parametrize(
    ("page", "finding"),
    [
        ("route: x", "missing_key at=steps"),
        ("route: x\nstart: s\nsteps:", "wrong_value at=steps"),
        ("route: x\nstart: s\ntables: none\nsteps: {}", "wrong_value at=tables"),
        ("route: x\nstart: s\nsteps: {s: {kind: end, stage: [a], status: b, ending: c}}", "at=s"),
        ("[1, 2]", "unreadable"),
    ],
)
def test_half_a_page_is_refused_and_breaks_nothing(
    tmp_path: Path, capsys: Out, page: str, finding: str
) -> None:
    file = tmp_path / "begun.yaml"
    file.write_text(page, "utf-8")
    assert main(["routes", "check", str(file)], {}) == 1
    said = capsys.readouterr()
    assert finding in said.out + said.err


def test_a_file_of_people_without_people_is_told(tmp_path: Path, capsys: Out) -> None:
    nobody = tmp_path / "people.yaml"
    nobody.write_text("organisations: []", "utf-8")
    small = str(KIP3 / "routes" / "small.yaml")
    assert main(["routes", "check", small, "--staff", str(nobody)], {}) == 1
    assert "no people under `staff`" in capsys.readouterr().err


def test_check_names_what_cannot_be_staffed(capsys: Out) -> None:
    people = KIP3 / "demo" / "people.yaml"
    assert main(["routes", "check", str(KIP3 / "routes" / "small.yaml"), "--staff", str(people)], {}) == 1
    told = capsys.readouterr().out
    assert "not_staffed at=decide rule=nobody who=integration:head while Andrea Bernasconi is away" in told
    assert re.search(
        r"at=review rule=\w+ who=adult_education:reviewer while .* is away and .* is recused", told
    )


def test_a_diagram_has_a_shape_for_everything_and_ids_that_are_steps(tmp_path: Path) -> None:
    out = tmp_path / "not" / "there yet"
    assert main(["routes", "diagram", "--out", str(out), "--lang", "en"], {}) == 0
    for code in ("small", "medium", "large", "xlarge"):
        root = ET.parse(out / f"{code}.bpmn").getroot()
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
    assert run(told, "routes", "replay", "kip3-basel-stadt", "--since", "2026-01-01") == 0
    assert "1 would have gone the same way in the same time, 0 otherwise." in capsys.readouterr().out
    propose = "propose: {to: decide_"
    folder = another_version(tmp_path, "routes/medium.yaml", f"{propose}head", f"{propose}department")
    assert run(told, "routes", "replay", folder, "--since", "2026-01-01") == 0
    out = capsys.readouterr().out
    assert "0 would have gone the same way" in out
    assert "open at decide_department" in out
    assert run(told, "routes", "replay", "kip3-basel-stadt", "--since", "2027-01-01") == 0
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
    folder = another_version(tmp_path, "forms/application.yaml", "title: {de: Budget, ", "title: {de: Geld, ")
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


def test_a_letter_that_cannot_be_made_is_not_published_and_a_mended_one_is_followed(
    told: Story, tmp_path: Path, capsys: Out
) -> None:
    frame = '#import "frame.typ": *'
    folder = another_version(tmp_path, "letters/order_rejected.typ", frame, f"{frame}\n#decison")
    assert run(told, "routes", "publish", "--programme", folder) == 1
    assert "letter_fails at=letters/order_rejected" in capsys.readouterr().err
    publish_folder(told.db, folder, told.now)  # as one that fails for this case alone
    case_id = at_decision(told)
    told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Zu teuer."}})
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    assert state(told, case_id).step == "order_rejected"
    assert run(told, "routes", "publish") == 0
    assert run(told, "routes", "migrate") == 0
    assert "1 of 1 running cases" in capsys.readouterr().out
    told.wait(days=1)
    deliver(told)
    assert state(told, case_id).step == "remedy_period"
    assert_kept(told.db)


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
    assert re.search(
        r"formal_check: due .*, 5 working days from .*\n  not counted: 2 weekend days; holidays: none", out
    )
    assert re.search(r"left .* after 0 working days, 0 of them with the applicant\nreview: due", out)
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


PM4PY = """
import sys
from pm4py import discover_dfg, get_event_attribute_values, read_xes
log = read_xes(sys.argv[1])
print(log["case:concept:name"].nunique(), len(log), sorted(set(log["lifecycle:transition"])))
print(str(log["time:timestamp"].dtype), log["case:requested"].dtype, log["case:area"].iloc[0])
print(get_event_attribute_values(log, "concept:name")["formal_check"])
print(("review", "synthesis") in {(a, b) for a, b in discover_dfg(log)[0]})
"""


def test_pm4py_reads_the_log_back(told: Story, tmp_path: Path) -> None:
    """In a process of its own: it brings half of scientific Python, and warns of what it could bring more."""
    cases = [at_decision(told), at_check(told)]
    file = tmp_path / "log.xes"
    assert run(told, "export", "xes", file) == 0
    done = subprocess.run(
        [sys.executable, "-c", PM4PY, str(file)], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    versions = sum(state(told, case_id).version for case_id in cases)
    lines = done.stdout.splitlines()
    assert f"2 {versions} ['complete', 'start']" in lines
    assert any(re.fullmatch(r"datetime64\[.*UTC\] int64 language", line) for line in lines), lines
    assert "3" in lines  # begun twice, done once
    assert "True" in lines


def at_only(told: Story) -> UUID:
    with told.db.connect() as tx:
        found: UUID = tx.execute(sa.text("SELECT id FROM cases")).scalar_one()
    return found


SIMULATE = ("--cases", "60", "--seed", "3", "--staff", str(KIP3 / "demo" / "people.yaml"))


def test_a_simulation_tells_times_and_bottlenecks(tmp_path: Path, capsys: Out) -> None:
    table, picture = tmp_path / "cases.csv", tmp_path / "cases.svg"
    asked = ["simulate", *SIMULATE, "--csv", str(table), "--chart", str(picture)]
    assert main(asked, {}) == 0
    first = capsys.readouterr()
    assert "Who is waited for the longest" in first.out
    assert "cases: 60 of 60" in first.err
    assert len(table.read_text("utf-8").splitlines()) == 61
    bars = ET.parse(picture).getroot().findall("{http://www.w3.org/2000/svg}rect")
    assert len(bars) == 1 + 2 * (4 + 8 + 1 + 8)  # sizes, areas, all, who is waited for; and the ground
    assert main(asked, {}) == 0
    assert capsys.readouterr().out == first.out


def test_one_route_is_simulated_by_its_code_or_its_file(capsys: Out) -> None:
    assert main(["simulate", "large", *SIMULATE], {}) == 0
    told = capsys.readouterr().out
    assert re.search(r"^L +60 ", told, re.MULTILINE)
    assert main(["simulate", str(KIP3 / "routes" / "large.yaml"), *SIMULATE], {}) == 0
    assert capsys.readouterr().out == told
    assert main(["simulate", "none", *SIMULATE], {}) == 1


def test_what_if_somebody_is_away(capsys: Out) -> None:
    head = "Andrea Bernasconi:2024-01-01:2026-12-31"
    assert main(["simulate", *SIMULATE, "--without", head], {}) == 0
    told = capsys.readouterr().out
    assert "nobody left who may go on" in told
    assert "with everybody there:" in told
    assert main(["simulate", "large", *SIMULATE, "--loses", "language:10"], {}) == 0
    lost = capsys.readouterr().out
    assert main(["simulate", "large", *SIMULATE, "--loses", "adult_education:10"], {}) == 0
    assert capsys.readouterr().out == lost  # the area's lead office
    for wrong in (("--without", "Niemand"), ("--without", "A:x:y"), ("--loses", "language:13")):
        assert main(["simulate", *SIMULATE, *wrong], {}) == 1


def test_what_cannot_be_is_said_in_a_line(tmp_path: Path, capsys: Out) -> None:
    missing = tmp_path / "none" / "cases.csv"
    assert main(["simulate", *SIMULATE, "--csv", str(missing)], {}) == 1
    assert f"foerderweg: {missing}: No such file" in capsys.readouterr().err
    assert main(["routes", "diagram", "--lang", "xx", "--out", str(tmp_path)], {}) == 1
    assert "speaks de, fr, en, it, not xx" in capsys.readouterr().err
    for none in ("--cases", "--days"):
        with pytest.raises(SystemExit, match="2"):
            main(["simulate", none, "0"], {})
        assert "0 is less than 1" in capsys.readouterr().err


def test_what_people_have_published_in_the_screens_is_not_undone_unasked(told: Story, capsys: Out) -> None:
    theirs = accept(told, propose(told, with_extra_day(told, "2027-12-24")))
    assert run(told, "routes", "publish") == 0
    assert "--replace" in capsys.readouterr().err
    assert rows(told.db, "SELECT hash FROM programmes") == [(theirs,)]
    assert run(told, "routes", "publish", "--replace") == 0
    assert rows(told.db, "SELECT hash FROM programmes") != [(theirs,)]


def test_publishing_a_folder_is_for_new_applications(told: Story, tmp_path: Path, capsys: Out) -> None:
    running = at_check(told)
    before = hashes(told)[str(running)]
    folder = another_version(tmp_path, "routes/medium.yaml", "at_most: 3", "at_most: 4")
    assert run(told, "routes", "publish", "--programme", folder) == 0
    assert "what new applications follow" in capsys.readouterr().out
    assert hashes(told) == {str(running): before}
    later = at_check(told)
    assert hashes(told)[str(later)] != before
    broken = folder / "routes" / "small.yaml"
    broken.write_text(broken.read_text("utf-8").replace("to: review, title", "to: reveiw, title"), "utf-8")
    assert run(told, "routes", "publish", "--programme", folder) == 1
    assert "unknown_step" in capsys.readouterr().err
