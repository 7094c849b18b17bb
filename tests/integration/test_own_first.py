"""Before their own statement a reviewer learns nothing of the others': every address of the case is tried."""

from __future__ import annotations

import io
import re
import zipfile
from uuid import UUID

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.integration.walks import AUDITOR, LEAD, SECOND, SYNTHESIS, at_review
from web.cli.story import Story, review

SECRET = "Das soll die zweite Stelle noch nicht lesen."
NAME = "Barbara Wenger"
"""Of the person who has had their say."""


@pytest.fixture
def case_id(told: Story) -> UUID:
    """At a panel in which the lead has voted, and the second office has only declared."""
    found = at_review(told)
    told.do(LEAD, found, "no", review(SECRET))
    told.declare(SECOND, found)
    return found


def addresses(app: Flask, case_id: UUID) -> list[str]:
    """Every address that can be read with no more than the id of the case."""
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and rule.endpoint != "static":
            path = re.sub(r"<uuid:(case_id|application_id)>", str(case_id), rule.rule)
            found += [] if "<" in path else [path]
    return found


def read(app: Flask, told: Story, email: str, case_id: UUID) -> dict[str, str]:
    """What this person is answered at each address, as a browser and as a program."""
    browser = signed_in(app, email)
    client = app.test_client()
    token = client.post("/api/v1/sessions", json={"email": email, "password": "geheim"}).get_json()["token"]
    told_all = {}
    for path in addresses(app, case_id):
        if path.startswith("/api/"):
            answer = client.get(path, headers={"Authorization": f"Bearer {token}"}).get_data()
        else:
            answer = browser.http.get(path).content
        told_all[path] = text_of(answer)
    return told_all


def text_of(answer: bytes) -> str:
    """What can be read in it, inside an archive too."""
    if not answer.startswith(b"PK"):
        return answer.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(answer)) as archive:
        return "\n".join(name + text_of(archive.read(name)) for name in archive.namelist())


def test_no_address_tells_what_others_said_or_who_they_are(app: Flask, told: Story, case_id: UUID) -> None:
    pages = read(app, told, SECOND, case_id)
    assert f"/desk/cases/{case_id}" in pages
    assert f"/api/v1/cases/{case_id}/events" in pages
    leaks = [(path, what) for path, text in pages.items() for what in (SECRET, NAME) if what in text]
    assert leaks == []
    person = told.actors[LEAD].person
    assert [path for path, text in pages.items() if person in text] == []
    assert '"outcome":"no"' not in re.sub(r"\s", "", "".join(pages.values()))


def test_whoever_steers_or_audits_sees_it(app: Flask, told: Story, case_id: UUID) -> None:
    for email in (SYNTHESIS, AUDITOR):
        page = signed_in(app, email).open(f"/desk/cases/{case_id}").text
        assert SECRET in page
        assert NAME in page
        assert "steht noch aus" in page
        assert "Gewichtet, von 5" in page


def test_with_the_own_statement_the_others_open(app: Flask, told: Story, case_id: UUID) -> None:
    told.do(SECOND, case_id, "yes", review("Wir sind dafür."))
    pages = read(app, told, SECOND, case_id)
    assert SECRET in pages[f"/desk/cases/{case_id}"]
    assert SECRET in pages[f"/api/v1/cases/{case_id}"]
