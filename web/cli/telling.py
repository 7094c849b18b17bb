"""The people of the job, what is said about what they do, and what moves because of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Barrier
from typing import Any, TypeVar

from web.cli.system import System
from web.cli.visitors import Browser, Program, Unexpected
from workflow.funding.money import format_chf
from workflow.funding.plain import load_yaml
from workflow.texts import ZURICH

PASSWORD = "für den Probelauf"
PATIENCE_SECONDS = 60.0
INDENT = " " * 10

T = TypeVar("T")


@dataclass(slots=True)
class Telling:
    """Everybody's programs, and each case as it stood when it was last told. `watcher` is an auditor."""

    system: System
    people: Mapping[str, Any]
    say: Callable[[str], None]
    watcher: str
    programs: dict[str, Program] = field(default_factory=dict)
    browsers: list[Browser] = field(default_factory=list)
    shown: dict[str, dict[str, str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        programme = load_yaml(self.system.settings.programme / "programme.yaml")
        own = programme["languages"][0]
        for kind in ("offices", "roles", "stages", "statuses"):
            self.titles |= {f"{kind}.{one['code']}": one["title"][own] for one in programme[kind]}
        for body in self.people["organisations"]:
            self.names |= {one["email"]: f"{one['name']} ({body['name']})" for one in body["members"]}
        for one in self.people["staff"]:
            office = self.titles[f"offices.{one['roles'][0][0]}"]
            self.names[one["email"]] = f"{one['name']} ({office})"

    def program(self, email: str) -> Program:
        """This person's program, signed in."""
        if email not in self.programs:
            self.programs[email] = Program(self.system.base_url, email, PASSWORD)
        return self.programs[email]

    def browser(self) -> Browser:
        """A browser of nobody in particular."""
        self.browsers.append(Browser(self.system.base_url))
        return self.browsers[-1]

    def close(self) -> None:
        """Everybody closes their programs and browsers."""
        for client in [one.http for one in self.programs.values()] + [one.http for one in self.browsers]:
            client.close()

    def sign_in(self, browser: Browser, email: str) -> None:
        """Let this person sign in with a browser."""
        page = browser.sign_in(email, PASSWORD)
        expect(page.status == 200 and "/sign-in" not in page.url, f"{email} is signed in")

    def declare(self, email: str, case_id: str) -> None:
        """This person has no conflict of interest."""
        self.program(email).post(f"/cases/{case_id}/declaration", {"conflict": False})

    def tell(self, email: str, did: str) -> None:
        """Say what a person has done."""
        self.say(f"{datetime.now(ZURICH):%H:%M:%S}  {self.names[email]}: {did}")

    def note(self, text: str) -> None:
        """Say what was seen or checked."""
        self.say(f"{INDENT}{text}")

    def dossier(self, case_id: str) -> Any:
        """The case as the auditor sees it."""
        return self.program(self.watcher).get(f"/cases/{case_id}")

    def reaches(self, case_id: str, step: str) -> Any:
        """Wait until the workers have brought a case to this step, and say what moved."""
        found = self.until(
            f"case {case_id} is at {step}",
            lambda: self.dossier(case_id),
            lambda case: case["step"] == step and bool(case["case"]["ending"] or _open(case)),
        )
        before, now = self.shown.get(case_id, {}), self._standing(found)
        moved = [
            f"{name} {before.get(name, '–')} → {now[name]}" for name in now if before.get(name) != now[name]
        ]
        self.note(f"{found['case']['number']}: {'; '.join(moved)}")
        self.shown[case_id] = now
        return found

    def until(self, what: str, look: Callable[[], T], there: Callable[[T], bool]) -> T:
        """Look again and again until it is there; raises Unexpected after a minute."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not there(seen := look()):
            if time.monotonic() > end:
                raise Unexpected(f"waited {PATIENCE_SECONDS:.0f} seconds in vain until {what}: {seen}")
            time.sleep(0.1)
        return seen

    def pipeline(self, email: str) -> None:
        """Say what the pipeline shows."""
        stages = self.program(email).get("/pipeline")["stages"]
        told = [
            f"{self.titles['stages.' + row['stage']]} {row['count']} ({format_chf(row['amount'])})"
            for row in stages
            if row["count"]
        ]
        self.note(f"Pipeline: {' · '.join(told)}")

    def _standing(self, case: Any) -> dict[str, str]:
        row = case["case"]
        status = self.titles[f"statuses.{row['status']}"]
        return {
            "stage": self.titles[f"stages.{row['stage']}"],
            "status": f"«{status}»",
            "work": ", ".join(self.titles.get(f"offices.{one}", "applicant") for one in _open(case)) or "–",
            "reserved": format_chf(row["held"]),
            "committed": format_chf(row["committed"]),
        }


def expect(holds: object, what: str) -> None:
    """Raises Unexpected when something that must hold does not."""
    if not holds:
        raise Unexpected(f"This should hold, and does not: {what}")


def together(*calls: Callable[[], T]) -> list[T]:
    """What these calls return when they are made in the same instant."""
    barrier = Barrier(len(calls))

    def start(call: Callable[[], T]) -> T:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [one.result() for one in [pool.submit(start, call) for call in calls]]


def typed(answers: Mapping[str, Any], sections: Iterable[str]) -> dict[str, str | list[str]]:
    """Answers as a person types them into the fields of these sections of the form."""
    found: dict[str, str | list[str]] = {}
    for section in sections:
        for name, value in answers[section].items():
            if isinstance(value, list) and value and isinstance(value[0], Mapping):
                cells = [(number, cell) for number, row in enumerate(value) for cell in row.items()]
                found |= {
                    f"{section}.{name}.{number}.{column}": _text(column, part)
                    for number, (column, part) in cells
                }
            elif isinstance(value, Mapping):
                found |= {f"{section}.{name}.{part}": str(text) for part, text in value.items()}
            elif value is not False:
                found[f"{section}.{name}"] = value if isinstance(value, list) else _text(name, value)
    return found


def _text(name: str, value: object) -> str:
    if value is True:
        return "true"
    if name in ("amount", "requested") and isinstance(value, int):
        return format_chf(value).removeprefix("CHF ")
    return str(value)


def _open(case: Any) -> list[str]:
    return [seat["office"] for seat in case["seats"] if seat["outcome"] is None]
