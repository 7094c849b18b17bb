"""Made-up people who work over HTTP and never give up: each of their requests has a key, and is repeated."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID, uuid5

import httpx

from web.cli.story import ELIGIBLE, PDF, application, dispatch, review

NAMESPACE = UUID("6e1f0c1e-0d6c-4f3e-9a55-1c4a2f1e7d10")
PAUSE = 0.3
AREAS = (
    ("language", "everyday_language"),
    ("interpreting", "interpreting_access"),
    ("counselling", "advice"),
)


@dataclass
class Log:
    """What the people heard. `submitted`: application → number, of what was answered with success."""

    submitted: dict[str, str] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    done: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    broken_off: int = 0
    unavailable: int = 0
    wrong: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


class Somebody:
    """One person with a token, who signs in again whenever the server has forgotten it."""

    def __init__(self, base_url: str, email: str, log: Log, seed: int) -> None:
        self.http = httpx.Client(base_url=f"{base_url}/api/v1", timeout=httpx.Timeout(40, connect=5))
        self.email, self.log, self.seed = email, log, seed
        self.token = ""

    def ask(self, method: str, path: str, *ids: object, **more: Any) -> httpx.Response | None:
        """The first answer that is neither «later» nor «who are you»; None once all is over.

        `ids`: what makes the same request the same, for its key.
        """
        key = uuid5(NAMESPACE, ":".join(map(str, (self.seed, self.email, method, path, *ids))))
        while not self.log.over.is_set():
            headers = {"Idempotency-Key": str(key), **more.get("headers", {})}
            if self.token:
                headers["Authorization"] = f"Bearer {self.token}"
            try:
                answer = self.http.request(method, path, **{**more, "headers": headers})
            except httpx.TransportError as error:
                self.log.broken_off += not isinstance(error, httpx.ConnectError)
                time.sleep(PAUSE)
                continue
            if answer.status_code == 401 and path != "/sessions":
                self.sign_in()
                continue
            if answer.status_code in (429, 503):
                self.log.unavailable += 1
                time.sleep(PAUSE)
                continue
            if answer.status_code >= 500:
                self.log.wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
                time.sleep(PAUSE)
                continue
            if answer.is_success and method == "POST" and "case_id" in answer.text:
                self.log.done.setdefault(key, answer.json())
            return answer
        return None

    def sign_in(self) -> None:
        body = {"email": self.email, "password": "geheim"}
        answer = self.ask("POST", "/sessions", time.monotonic(), json=body)
        if answer is not None and answer.is_success:
            self.token = answer.json()["token"]


class Applicant(Somebody):
    """Writes applications, submits them, answers, and sometimes takes one back."""

    def __init__(self, base_url: str, email: str, log: Log, seed: int, organisation: str) -> None:
        super().__init__(base_url, email, log, seed)
        self.organisation = organisation

    def work(self, numbers: itertools.count[int], most: int) -> None:
        while not self.log.over.is_set() and (number := next(numbers)) < most:
            self.one(number)

    def one(self, number: int) -> None:
        random = Random(f"{self.seed}-{number}")
        area, goal = random.choice(AREAS)
        answers = application(
            "HEKS",
            title=f"Vorhaben {number}",
            area=area,
            goals=[goal],
            requested=random.randint(20, 60) * 100_00 // 10,
        )
        begin = {"call": "project-round-2027", "organisation": self.organisation, "eligibility": ELIGIBLE}
        made = self.ask("POST", "/applications", number, json=begin)
        if made is None or not made.is_success:
            return self.complain(made)
        name = made.json()["id"]
        self.log.begun.add(name)
        saved = self.save(name, answers)
        if saved is None:
            return None
        for _ in range(50):
            file = {"file": ("Statuten.pdf", PDF, "application/pdf")}
            data = {"path": "attachments.statutes"}
            added = self.ask("POST", f"/applications/{name}/files", number, files=file, data=data)
            if added is None:
                return None
            if added.is_success or added.status_code == 409:
                break
            self.complain(added)
        sent = self.ask("POST", f"/applications/{name}/submission", number)
        if sent is None or not sent.is_success:
            return self.complain(sent)
        self.log.submitted[name] = sent.json()["number"]
        if random.random() < 0.04:
            self.ask("POST", f"/cases/{name}/withdrawal", number)
        return None

    def save(self, name: str, answers: dict[str, Any]) -> httpx.Response | None:
        while True:
            shown = self.ask("GET", f"/applications/{name}")
            if shown is None:
                return None
            tag = {"If-Match": shown.headers.get("ETag", '"1"')}
            saved = self.ask("PATCH", f"/applications/{name}", json={"answers": answers}, headers=tag)
            if saved is None or saved.is_success:
                return saved
            if saved.status_code != 412:
                self.complain(saved)
                return None

    def complain(self, answer: httpx.Response | None) -> None:
        if answer is not None:
            self.log.wrong.append(f"{answer.request.method} {answer.request.url.path}: {answer.text[:300]}")


class Official(Somebody):
    """Works through the inbox: declares, and completes with what the dice say."""

    def work(self) -> None:
        random = Random(f"{self.seed}-{self.email}")
        while not self.log.over.is_set():
            found = self.ask("GET", "/work-items?limit=20")
            items = found.json()["items"] if found is not None and found.is_success else []
            random.shuffle(items)
            for item in items:
                self.one(item["case_id"], random)
            if not items:
                self.log.over.wait(PAUSE)

    def one(self, case_id: str, random: Random) -> None:
        shown = self.ask("GET", f"/cases/{case_id}")
        if shown is None or not shown.is_success:
            return
        offers = {offer["action"]: offer for offer in shown.json()["offers"]}
        if "declare" in offers:
            self.ask("POST", f"/cases/{case_id}/declaration", json={"conflict": False})
            shown = self.ask("GET", f"/cases/{case_id}")
            if shown is None or not shown.is_success:
                return
            offers = {offer["action"]: offer for offer in shown.json()["offers"]}
        if "complete" not in offers:
            return
        offer, entry = offers["complete"], shown.json()["entry"]
        case = shown.json()["case"]
        outcome = self.choice(offer["step"], offer["outcomes"], random)
        body = {
            "step": offer["step"],
            "seat": offer["seat"],
            "outcome": outcome,
            "entry": entry,
            "answers": self.said(offer["step"], outcome, case),
        }
        done = self.ask("POST", f"/cases/{case_id}/completions", self.email, entry, outcome, json=body)
        if done is not None and done.status_code == 409 and "not_enough_money" in done.text:
            body |= {"outcome": "reject", "answers": self.said(offer["step"], "reject", case)}
            done = self.ask("POST", f"/cases/{case_id}/completions", self.email, entry, "reject", json=body)
        if done is not None and done.status_code == 422:
            self.log.wrong.append(f"{outcome} at {offer['step']}: {done.text[:300]}")

    def choice(self, step: str, outcomes: list[str], random: Random) -> str:
        usual = {
            "formal_check": "complete",
            "review": "yes",
            "decide": "grant",
            "inadmissible_proposal": "confirm",
        }
        first = usual.get(step, outcomes[0])
        rare = {"formal_check": "inadmissible", "decide": "reject", "review": "no"}
        return rare[step] if step in rare and random.random() < 0.08 else first

    def said(self, step: str, outcome: str, case: Mapping[str, Any]) -> dict[str, Any]:
        match step:
            case "formal_check" if outcome == "complete":
                return {"check": {"complete": True, "responsible": True}}
            case "formal_check":
                return {"check": {"reasons": "Es findet anderswo statt."}}
            case "review":
                return review("So ist es.", area=case["area"])
        if outcome == "sent":
            return dispatch(datetime.fromisoformat(case["entered_at"]))  # by the system's clock, which jumps
        grant = {"amount": case["requested"]} if outcome == "grant" else {}
        return {"decision": {"reasons": "Im Rahmen des Kredits.", **grant}}


def side_by_side(doings: list[Callable[[], object]]) -> list[threading.Thread]:
    threads = [threading.Thread(target=doing, daemon=True) for doing in doings]
    for thread in threads:
        thread.start()
    return threads
