"""Fifty people at work, for locust, in an environment of its own (requirements.txt); started by load.py.

WORK names a JSON file: cookies and tokens by role, a draft for each person, drafts to submit, cases to read.
The mix is product.md's. A save that the server took and that is not there later counts as a failure.
"""

import json
import os
import random
from collections import deque
from pathlib import Path
from uuid import UUID, uuid4

from locust import FastHttpUser, between, task

WORK = json.loads(Path(os.environ["WORK"]).read_text("utf-8"))
DRAFTS = iter(WORK["drafts"])
TO_SUBMIT = deque(WORK["to_submit"])
SUBMITTED: deque[str] = deque()
PDF = Path(__file__).parents[3] / "docs" / "examples" / "statutes.pdf"
WORDS = ("Trommeln", "Kreis000007", "Gundeli Kochen", "Kreis000011")
CHECKED = {"check": {"complete": True, "responsible": True}}


class Person(FastHttpUser):
    """One of fifty: reads, writes, decides, as the mix has it."""

    wait_time = between(WORK["least_pause"], WORK["most_pause"])

    def on_start(self) -> None:
        self.draft = next(DRAFTS)
        found = self.read()
        self.revision, self.plan = found["revision"], found["answers"]["plan"]
        self.file = ""

    @task(30)
    def inbox(self) -> None:
        self.page("/desk", "reviewer", "inbox")

    @task(25)
    def case_page(self) -> None:
        self.page(f"/desk/cases/{random.choice(WORK['cases'])}", "coordinator", "case page")

    @task(15)
    def pipeline(self) -> None:
        self.page("/office", "coordinator", "pipeline")

    @task(8)
    def search(self) -> None:
        self.page(f"/office/cases?text={random.choice(WORDS)}", "coordinator", "search")

    @task(10)
    def save(self) -> None:
        text = f"Bedarf {uuid4()}"
        headers = {**self.api("applicant"), "If-Match": f'"{self.revision}"'}
        url = f"/api/v1/applications/{self.draft}"
        body = {"answers": {"plan": {**self.plan, "need": text}}}
        with self.client.patch(url, json=body, headers=headers, name="save", catch_response=True) as answer:
            if answer.status_code == 200:
                self.revision = answer.json()["revision"]
                found = self.read()["answers"]["plan"]["need"]
                if found != text:
                    answer.failure(f"a lost update: {found}")

    @task(5)
    def complete(self) -> None:
        if not SUBMITTED:
            return
        case = SUBMITTED.popleft()
        headers = self.api("coordinator")
        shown = self.client.get(f"/api/v1/cases/{case}", headers=headers, name="case, API").json()
        offers = [one for one in shown["offers"] if one["action"] == "complete"]
        if not offers:
            SUBMITTED.append(case)
            return
        body = {
            "step": offers[0]["step"],
            "seat": offers[0]["seat"],
            "outcome": "complete",
            "entry": shown["entry"],
            "answers": CHECKED,
        }
        url = f"/api/v1/cases/{case}/completions"
        self.client.post(url, json=body, headers=self.once(headers), name="complete a step")

    @task(4)
    def file_up_or_down(self) -> None:
        headers = self.api("applicant")
        if self.file:
            self.client.get(f"/api/v1/files/{self.file}", headers=headers, name="file down")
            return
        url = f"/api/v1/applications/{self.draft}/files"
        with PDF.open("rb") as file:
            answer = self.client.post(
                url,
                data={"path": "attachments.statutes"},
                files={"file": ("Statuten.pdf", file, "application/pdf")},
                headers=self.once(headers),
                name="file up",
            )
        if answer.status_code == 201:
            self.file = answer.json()["id"]
            self.revision = self.read()["revision"]

    @task(3)
    def submit(self) -> None:
        if TO_SUBMIT:
            draft = TO_SUBMIT.popleft()
            headers = {**self.api("applicant"), "Idempotency-Key": str(UUID(int=UUID(draft).int ^ 1))}
            url = f"/api/v1/applications/{draft}/submission"
            if self.client.post(url, headers=headers, name="submit").ok:
                SUBMITTED.append(draft)

    def page(self, url: str, role: str, name: str) -> None:
        self.client.get(url, headers={"Cookie": WORK["cookies"][role]}, name=name)

    def api(self, role: str) -> dict[str, str]:
        return {"Authorization": WORK["tokens"][role]}

    def once(self, headers: dict[str, str]) -> dict[str, str]:
        return {**headers, "Idempotency-Key": str(uuid4())}

    def read(self) -> dict[str, object]:
        url = f"/api/v1/applications/{self.draft}"
        return self.client.get(url, headers=self.api("applicant"), name="draft, API").json()
