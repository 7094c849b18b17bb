"""Every address of the application, with who may use it. A new one that is not listed here fails the test."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.browsing import app_for
from web.cli.story import ELIGIBLE, PDF, Story, application
from workflow.accounts import sign_in_as
from workflow.people import organisation_id, person_id
from workflow.store import queries

PEOPLE = {
    "nobody": None,
    "own": "miriam.aebi@heks.example",
    "stranger": "ana.petrovic@sprachbruecke.example",
    "undeclared": "philipp.luedin@erwachsenenbildung.bs.example",
    "declared": "barbara.wenger@erwachsenenbildung.bs.example",
    "uninvolved": "nicole.schaer@fruehfoerderung.bs.example",
    "coordinator": "regula.keller@integration.bs.example",
    "finance": "karin.moeschlin@pd.bs.example",
    "auditor": "werner.plattner@finanzkontrolle.bs.example",
    "admin": "elias.graber@pd.bs.example",
}
"""Nobody is signed in; the others as they are told above the columns. The case is in review."""

WIDTH = 70
MATRIX = """
"""
CALL = "project-round-2027"
SECTION = "project"
FILE_FIELD = "attachments.statutes"
COMPLETION = {"step": "review", "seat": "lead", "outcome": "yes", "entry": 2}
BODIES: Mapping[str, dict[str, Any]] = {
    "POST /api/v1/sessions": {"json": {"email": PEOPLE["own"], "password": "geheim"}},
    "POST /api/v1/applications": {
        "json": {"call": CALL, "organisation": str(organisation_id("heks")), "eligibility": ELIGIBLE}
    },
    "PATCH /api/v1/applications/<uuid:application_id>": {"json": {"answers": {SECTION: {"title": "Anders"}}}},
    "POST /api/v1/cases/<uuid:case_id>/declaration": {"json": {"conflict": False}},
    "POST /api/v1/cases/<uuid:case_id>/completions": {"json": {**COMPLETION, "answers": None}},
    "POST /calls/<code>": {"data": {**ELIGIBLE, "organisation": str(organisation_id("heks"))}},
    "POST /applications/<uuid:application_id>/sections/<code>": {"data": {"revision": "9", "press": "save"}},
    "POST /applications/<uuid:application_id>/step": {"data": {k: str(v) for k, v in COMPLETION.items()}},
    "POST /desk/cases/<uuid:case_id>/complete": {"data": {k: str(v) for k, v in COMPLETION.items()}},
    "POST /sign-in": {"data": {"email": PEOPLE["own"], "password": "geheim"}},
    "POST /demo/sign-in": {"data": {"person": str(person_id("elias.graber@pd.bs.example"))}},
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person with a browser's session and a program's token."""

    client: FlaskClient
    token: str


@dataclass(frozen=True, slots=True)
class Scene:
    """The case, its file, and everybody who tries to get at it."""

    app: Flask
    ids: Mapping[str, str]
    visitors: Mapping[str, Visitor]


@pytest.fixture
def scene(told: Story) -> Iterator[Scene]:
    app = app_for(told, replace(told.settings, demo=True))
    answers = application(
        "HEKS", title="Deutsch im Quartier", area="language", goals=["everyday_language"], requested=38_000_00
    )
    case_id = told.submit(str(PEOPLE["own"]), answers)
    done = {"check": {"complete": True, "responsible": True}}
    told.do(str(PEOPLE["coordinator"]), case_id, "complete", done)
    told.declare(str(PEOPLE["declared"]), case_id)
    page = queries.application(told.db, told.actors[str(PEOPLE["own"])], case_id)
    assert page is not None
    [file_id] = page.files
    ids = {
        "application_id": str(case_id),
        "case_id": str(case_id),
        "file_id": str(file_id),
        "filename": "app.css",
    }
    visitors = {name: visitor(app, told, email) for name, email in PEOPLE.items()}
    yield Scene(app, ids, visitors)
    app.extensions["foerderweg.db"].dispose()


def visitor(app: Flask, told: Story, email: str | None) -> Visitor:
    client, token = app.test_client(), ""
    if email:
        client.set_cookie("foerderweg", sign_in_as(told.db, person_id(email), now=told.now).token)
        credentials = {"email": email, "password": "geheim"}
        token = client.post("/api/v1/sessions", json=credentials).get_json()["token"]
    return Visitor(client, token)


def test_every_address_is_listed(scene: Scene) -> None:
    there = {
        f"{method} {rule.rule}"
        for rule in scene.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert there == set(listed())


def test_who_may_use_each_address(scene: Scene) -> None:
    different = []
    for address, expected in listed().items():
        got = {name: status(scene, address, one) for name, one in scene.visitors.items()}
        different += [
            f"{address}: {name} {got[name]}, not {expected[name]}"
            for name in got
            if got[name] != expected[name]
        ]
    assert different == []


def test_what_only_a_demo_has_is_not_there_otherwise(told: Story) -> None:
    app = app_for(told, told.settings)
    assert not [rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/demo")]
    app.extensions["foerderweg.db"].dispose()


def listed() -> dict[str, dict[str, int]]:
    """Address → person → status."""
    head, *rows = MATRIX.strip().splitlines()
    names = head.split()
    assert names == list(PEOPLE)
    found = {}
    for row in rows:
        if row and not row.startswith("#"):
            address, statuses = row[:WIDTH].strip(), row[WIDTH:].split()
            found[address] = dict(zip(names, map(int, statuses), strict=True))
    return found


def status(scene: Scene, address: str, visitor: Visitor) -> int:
    """What this visitor's request is answered with."""
    method, path = address.split(" ")
    code = CALL if "/calls/" in path else SECTION
    for name, value in {**scene.ids, "code": code}.items():
        path = (
            path.replace(f"<uuid:{name}>", value).replace(f"<path:{name}>", value).replace(f"<{name}>", value)
        )
    options: dict[str, Any] = dict(BODIES.get(address, {}))
    if path.startswith("/api/"):
        headers = {"Idempotency-Key": str(uuid4())}
        if method == "PATCH":
            headers["If-Match"] = '"9"'
        if visitor.token:
            headers["Authorization"] = f"Bearer {visitor.token}"
        if path.endswith("/files"):
            options["data"] = {"path": FILE_FIELD, "file": (io.BytesIO(PDF), "a.pdf")}
        if method == "DELETE" and "/files/" in path:
            options["query_string"] = {"path": FILE_FIELD}
        options["headers"] = headers
    elif method == "POST":
        ids = {"csrf": csrf(visitor.client), "command_id": str(uuid4()), "application_id": str(uuid4())}
        options["data"] = {**options.get("data", {}), **ids}
    with visitor.client.open(path, method=method, **options) as answer:
        return answer.status_code


def csrf(client: FlaskClient) -> str:
    """The token that this browser's forms carry now."""
    found = re.search('name="csrf" value="([^"]+)"', client.get("/sign-in").get_data(as_text=True))
    assert found
    return found[1]
