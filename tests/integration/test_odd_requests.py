"""Whatever is sent, in whatever shape: no address of the application answers with a fault (5xx).

Which names an address reads, a first request tells; the next ones send something odd under one of them. What
is odd where is drawn, the same each time; with another SEED, or more of MOST, one hunts for more.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

from tests.integration.test_access_matrix import BODIES, PEOPLE, Scene, csrf, listed, scene
from web.cli.story import ELIGIBLE, Story
from workflow import drafts
from workflow.people import organisation_id

__all__ = ["scene"]

SEED, MOST = 7, 2
LEFT_OUT = (
    "POST /sign-out",
    "POST /account/sessions",
    "DELETE /api/v1/sessions/current",
    "GET /office/changes",
)
"""They read nothing, or never end."""
STAFF = ("undeclared", "declared", "uninvolved", "coordinator", "finance", "auditor", "admin")
LAST = ("POST /administration/people/<person_id>", "POST /sign-in")
"""They can take somebody's roles, or make them somebody else: then the other addresses are closed to them."""

NUL, HALF, DEEP = "a\0b", "\ud800", "[" * 20_000
TEXTS = (
    NUL,
    HALF,
    DEEP,
    "",
    "9" * 20,
    "9" * 5000,
    "-1",
    "²",
    "NaN",
    "..",
    "%",
    "%(number)s {{7*7}}",
    "'; DROP TABLE cases; --",
    '"><script>alert(1)</script>',
    "\r\nX-Odd: 1",
    "\u202e\ufeff",
    "x" * 20_000,
    '{"project.title": {"value": "\\u0000", "seen": []}}',
    '{"budget.costs": {"value": [[], 1, {"amount": {}}], "seen": [null]}}',
    "a: !!binary AAAA",
    '{1: .inf, "b": "\\ud800"}',
    "31.12.9999",
    "00000000-0000-0000-0000-000000000000",
    "drop:budget.costs.0",
)
FILES = ((b"", "../../x.pdf"), (b"%PDF-1.4 \0", 'a\r\n"\u202e.hta'), (b"\xff\xfe", "a.yaml"))
VALUES: tuple[Any, ...] = (
    NUL,
    HALF,
    None,
    True,
    -1,
    10**30,
    1e300,
    [],
    {},
    [[[]]],
    {"": {"": None}},
    {"project": {"title": NUL}},
)
BODIES_ODD = (b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"a": NaN}', DEEP.encode())
HEADERS = (
    "Idempotency-Key",
    "If-Match",
    "Authorization",
    "Accept-Language",
    "Content-Type",
    "Range",
    "Cookie",
    "Host",
)
CODES = ("project", "project-round-2027", "medium", "language", "riehen", "order_granted", "report", "-")
PARTS = ("programme/mails", "programme/calls", "programme/sizes", "letters/order_granted", "routes/medium")
BUTTONS = ("propose", "preview", "publish", "save", "away", "merge", "hand_over", "remove", "decide", "check")


MANY = "9" * 5000
"""Python reads no number of so many digits."""
MET = {
    "GET /administration/credits": (404, {"year": MANY}),
    "GET /administration/carried": (404, {"year": MANY}),
    "POST /administration/carried": (404, {"year": MANY}),
    "GET /office/changes": (200, {"since": MANY}),
}
"""Faults once, and how they are answered now."""


class Noting(ImmutableMultiDict[str, Any]):
    """Parameters that note which of them are asked for."""

    asked: ClassVar[set[str]] = set()

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)

    def get(self, key: str, *more: Any, **named: Any) -> Any:
        self.asked.add(key)
        return super().get(key, *more, **named)

    def getlist(self, key: str, *more: Any, **named: Any) -> Any:
        self.asked.add(key)
        return super().getlist(key, *more, **named)


class NotingRequest(Request):
    """A request whose parameters note what is asked of them."""

    parameter_storage_class = Noting


@pytest.fixture
def draft(told: Story, scene: Scene) -> str:
    """A second application of the same organisation, which is still being written."""
    scene.app.request_class = NotingRequest
    made = drafts.start(
        told.db,
        told.actors[str(PEOPLE["own"])],
        organisation_id=organisation_id("heks"),
        call="project-round-2027",
        eligibility=ELIGIBLE,
        now=told.now,
        application_id=uuid4(),
    )
    return str(made)


def test_nothing_odd_is_answered_with_a_fault(scene: Scene, draft: str) -> None:
    draws, tokens, faults = random.Random(SEED), {}, []
    for name, visitor in scene.visitors.items():
        tokens[name] = csrf(visitor.client)
    for address, expected in sorted(listed().items(), key=lambda one: one[0] in LAST):
        if address in LEFT_OUT:
            continue
        signed_in = {name: status for name, status in expected.items() if name != "nobody"}
        allowed = [one for one, status in signed_in.items() if status not in (401, 403, 404)] or list(PEOPLE)
        if address == LAST[0]:  # so far all who work here were inside, or nothing was tried
            assert [name for name in STAFF if not is_inside(scene, name)] == []
        Noting.asked.clear()
        for sent in requests(address, scene, draft, draws):
            who = draws.choice(allowed)
            status = answered(scene, who, sent | {"csrf": tokens[who]})
            if status >= 500:
                faults.append(f"{status} {address} as {who}: {str(sent)[:400]}")
    assert faults == []


def test_what_was_a_fault_once_is_refused(scene: Scene) -> None:
    client = scene.visitors["coordinator"].client
    for address, (status, odd) in MET.items():
        method, path = address.split(" ")
        if method == "POST":
            answer = client.post(path, data={**odd, "base": scene.ids["base"], "csrf": csrf(client)})
        else:
            answer = client.get(path, query_string=odd)
        with answer:
            assert answer.status_code == status, address


def is_inside(scene: Scene, name: str) -> bool:
    return bool(scene.visitors[name].client.get("/account/mails").status_code == 200)


def requests(address: str, scene: Scene, draft: str, draws: random.Random) -> Iterator[dict[str, Any]]:
    """Requests of this address: one as it should be, then others with one thing odd."""
    method, path = address.split(" ")

    def good(**odd: Any) -> dict[str, Any]:
        known = {
            **scene.ids,
            "filename": "app.css",
            "kind": "csv",
            "year": "2027",
            "token": "x",
            "outcome": "grant",
        }
        known |= {"code": draws.choice(CODES), "name": draws.choice(PARTS)}
        known["application_id"] = draws.choice((draft, scene.ids["application_id"]))
        given = {**known, **odd.get("known", {})}
        filled = path
        for name, value in given.items():
            filled = filled.replace(f"<{name}>", value)
        body = BODIES.get(address, {})
        fields = {
            **body.get("data", {}),
            "base": scene.ids["base"],
            "press": draws.choice(BUTTONS),
            "reason": "Darum.",
        }
        fields |= {one: str(uuid4()) for one in ("command_id", "application_id", "proposal_id", "save_id")}
        sent = {"method": method, "path": filled, "fields": fields, "json": body.get("json")}
        return {**sent, **{name: value for name, value in odd.items() if name != "known"}}

    yield good()
    names = sorted(Noting.asked - {"csrf"})
    most = 1 if "POST /administration" in address else MOST  # each checks the whole programme
    for name in draws.sample(names, min(most, len(names))):
        sent = good()
        yield sent | {"fields": sent["fields"] | {name: draws.choice((*TEXTS, *FILES))}}
    if body := BODIES.get(address, {}).get("json"):
        for name in draws.sample(sorted(body), min(MOST, len(body))):
            yield good(json={**body, name: draws.choice(VALUES)})
        yield good(raw=draws.choice(BODIES_ODD))
    in_path = [one for one in ("code", "name", "kind", "year", "case_id", "token") if f"<{one}>" in path]
    for name in in_path:
        yield good(known={name: quote(draws.choice(TEXTS).encode("utf-8", "surrogatepass")[:3000], safe="")})
    yield good(
        headers={
            draws.choice(HEADERS): draws.choice(("", "\xff", "x" * 70, "9" * 5000, '"²"', "Bearer \xb2"))
        }
    )


def answered(scene: Scene, who: str, sent: dict[str, Any]) -> int:
    """The status with which this person's request is answered."""
    visitor, options = scene.visitors[who], {}
    headers = {"Idempotency-Key": str(uuid4()), "If-Match": '"1"', **sent.get("headers", {})}
    if sent["path"].startswith("/api/"):
        headers = {"Authorization": f"Bearer {visitor.token}", **headers}
    if "raw" in sent:
        options = {"data": sent["raw"], "content_type": "application/json"}
    elif sent["json"] is not None:
        options = {"json": sent["json"]}
    elif sent["method"] == "POST":
        fields = {name: _posted(value) for name, value in sent["fields"].items()}
        options = {"data": fields | {"csrf": sent["csrf"]}}
    else:
        texts = {name: _posted(value) for name, value in sent["fields"].items() if isinstance(value, str)}
        options = {"query_string": urlencode(texts)}
    with visitor.client.open(sent["path"], method=sent["method"], headers=headers, **options) as answer:
        answer.get_data()
        return answer.status_code


def _posted(value: Any) -> Any:
    """As a browser sends it, and what no browser would."""
    if isinstance(value, tuple):
        content, name = value
        return io.BytesIO(content), name
    return value.encode("utf-8", "surrogatepass")
