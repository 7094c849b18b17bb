"""Any programme's own job: the application of its `demo/walk.yaml` goes its whole way over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from web.cli.system import System
from web.cli.telling import PASSWORD, Telling, expect, typed
from workflow.funding.money import format_chf
from workflow.funding.plain import load_yaml
from workflow.people import load_people, read_people


def run(system: System, output: Path, say: Callable[[str], None]) -> None:
    """Play the walk on an empty system and leave its letter under `output`; raises Unexpected."""
    walk = load_yaml(system.settings.programme / "demo" / "walk.yaml")
    people = read_people(system.settings.programme)
    engine = sa.create_engine(system.settings.database_url)
    load_people(engine, people, password=PASSWORD)
    engine.dispose()
    with closing(Telling(system, people, say, watcher=walk["watcher"])) as telling:
        case_id = _apply(telling, walk)
        for step in walk["steps"]:
            telling.reaches(case_id, step["at"])
            _do(telling, case_id, step)
        case = telling.reaches(case_id, walk["ends"])
        expect(case["case"]["committed"] == walk["granted"], f"{format_chf(walk['granted'])} are committed")
        letter = _letter(telling, walk["applicant"], case_id, output)
    say(f"\nAll went as it should. The letter: {letter}")


def _do(telling: Telling, case_id: str, step: Mapping[str, Any]) -> None:
    program = telling.program(step["who"])
    if any(offer["action"] == "declare" for offer in program.get(f"/cases/{case_id}")["offers"]):
        telling.declare(step["who"], case_id)
    program.complete(case_id, step["outcome"], step.get("answers"))
    telling.tell(step["who"], f"{step['at']}: {step['outcome']}")


def _apply(telling: Telling, walk: Mapping[str, Any]) -> str:
    who, answers = walk["applicant"], walk["answers"]
    browser = telling.browser()
    call = browser.open(browser.open("/").link(f"/calls/{walk['call']}"))
    telling.sign_in(browser, who)
    page = browser.send(browser.send(call.form(walk["call"], "get"), walk["eligibility"]).form(walk["call"]))
    application = page.url.rsplit("/", 1)[1]
    for section in answers:
        at = f"/applications/{application}/sections/{section}"
        browser.send(browser.open(at).form(at), {**typed(answers, [section]), "press": "save"})
    check = browser.open(f"/applications/{application}/submit")
    browser.send(check.form("/submit"))
    telling.tell(who, f"applies for «{answers['project']['title']}»")
    return application


def _letter(telling: Telling, who: str, case_id: str, output: Path) -> Path:
    browser = telling.browser()
    telling.sign_in(browser, who)
    content = browser.download(browser.open(f"/applications/{case_id}").link("/files/"))
    expect(content.startswith(b"%PDF") and len(content) > 5_000, "the letter is a PDF")
    number = telling.dossier(case_id)["case"]["number"]
    path = output / f"{number}.pdf"
    path.write_bytes(content)
    return path
