"""The demo's people keep working: they apply, and whoever has something to do does it, through the API."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from web.cli.demo_data import PASSWORD
from web.cli.story import ATTACHED, COMPLETE, ELIGIBLE, PDF, application, decision, proposal, review
from web.cli.visitors import Program, Unexpected
from workflow.funding.plain import load_yaml
from workflow.people import read_people

PAUSE_SECONDS = 3.0
NEW_ONES = 0.2
"""The share of all doings that are new applications."""


class Live:
    """The made-up people, each with a program of their own; `pick` decides who does what next."""

    def __init__(self, base_url: str, programme: Path, seed: int) -> None:
        self.base_url = base_url
        self.people = read_people(programme)
        year = load_yaml(programme / "demo" / "year.yaml")
        self.words: Mapping[str, list[str]] = year["words"]
        self.samples = [one for one in year["applications"] if one["francs"] <= 50_000]
        self.pick = random.Random(seed)
        self.programs: dict[str, Program] = {}

    def turn(self) -> str:
        """One person does one thing; returns what was done."""
        if self.pick.random() < NEW_ONES:
            return self.apply()
        staff = [one["email"] for one in self.people["staff"]]
        for email in self.pick.sample(staff, len(staff)):
            items = self.program(email).get("/work-items")["items"]
            if items and (done := self.work(email, self.pick.choice(items[:5]))):
                return done
        return "nobody had anything to do"

    def program(self, email: str) -> Program:
        if email not in self.programs:
            self.programs[email] = Program(self.base_url, email, PASSWORD)
        return self.programs[email]

    def work(self, email: str, item: Mapping[str, Any]) -> str:
        """Declare no conflict where that is asked, and do the step; empty when it offers nothing to do."""
        program, case_id = self.program(email), item["case_id"]
        shown = program.get(f"/cases/{case_id}")
        if any(offer["action"] == "declare" for offer in shown["offers"]):
            program.post(f"/cases/{case_id}/declaration", {"conflict": False})
            shown = program.get(f"/cases/{case_id}")
        for offer in shown["offers"]:
            if offer["action"] == "complete":
                outcome, answers = self.say(offer["step"], offer["outcomes"], shown)
                program.complete(case_id, outcome, answers)
                return f"{email} {item['number']}: {offer['step']} {outcome}"
        return ""

    def say(self, step: str, outcomes: list[str], shown: Mapping[str, Any]) -> tuple[str, Any]:
        """A plausible outcome of this step, and what is written in its form."""
        case = shown["case"]
        amount = case.get("held") or case["requested"]
        match step:
            case "formal_check":
                return "complete", COMPLETE
            case "review":
                if self.pick.random() < 0.15:
                    return "no", review(self.word("no"), area=case["area"])
                return "yes", review(self.word("yes"), area=case["area"])
            case "mediation":
                return "settled", {"mediation": {"summary": self.word("proposal")}}
            case "synthesis" | "rework":
                return "propose", proposal(amount, self.word("proposal"))
            case "inadmissible_proposal":
                return "confirm", {"decision": {"reasons": self.word("inadmissible")}}
            case _ if "grant" in outcomes:
                return "grant", decision(amount, self.word("grant"))
            case _ if "confirm" in outcomes:
                return "confirm", {"decision": {}}
            case _:
                return outcomes[0], None

    def word(self, kind: str) -> str:
        return self.pick.choice(self.words[kind])

    def apply(self) -> str:
        """An organisation hands in something like what it, or another one, has handed in before."""
        sample = self.pick.choice(self.samples)
        bodies = [
            one
            for one in self.people["organisations"]
            if one.get("kind", "non_state") == "non_state" and one.get("state", "confirmed") == "confirmed"
        ]
        body = self.pick.choice(bodies)
        email = next(one["email"] for one in body["members"] if "sign" in one["rights"])
        program = self.program(email)
        organisation = program.get("/me")["organisations"][0]["id"]
        call = next(one["code"] for one in program.get("/calls") if one["open"])
        wanted = {"call": call, "organisation": organisation, "eligibility": ELIGIBLE}
        path = f"/applications/{program.post('/applications', wanted, status=201)['id']}"
        answers = application(
            body["name"],
            title=sample["title"],
            area=sample["area"],
            goals=[sample["goal"]],
            requested=self.pick.randrange(40, 480) * 100_00,
            target_group=sample["target_group"],
            summary=sample["summary"],
        )
        answers["organisation"]["legal_form"] = body["legal_form"]
        program.ask("PATCH", path, 200, json={"answers": answers}, headers={"If-Match": '"1"'})
        for field, name in ATTACHED.items():
            program.upload(path, field, (name, PDF, "application/pdf"))
        done = program.post(f"{path}/submission", status=201, key=uuid4())
        return f"{email} {done['number']}: {sample['title']}"


def main() -> None:
    """Go on until ended; arguments: the address of the demo and the programme's folder."""
    live = Live(sys.argv[1], Path(sys.argv[2]), seed=random.SystemRandom().randrange(2**32))
    while True:
        try:
            print(live.turn(), flush=True)
        except (Unexpected, httpx.HTTPError) as error:  # somebody was faster, or the demo is just starting
            print(f"refused: {error}", flush=True)
            live.programs.clear()
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
