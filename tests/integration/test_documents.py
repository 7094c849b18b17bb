"""An organisation's statutes: attached once, read by the Fachstelle, taken along by every new application."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.integration.members import COORDINATOR, GGG, HEKS, NEW, actor, register
from tests.integration.walks import rows
from web.cli.story import ELIGIBLE, PDF, Story
from workflow import documents, drafts
from workflow.errors import Invalid, NotFound
from workflow.store import queries

STATUTES = "documents.statutes"
REVIEWER = "barbara.wenger@erwachsenenbildung.bs.example"


def attach(told: Story, email: str, content: bytes = PDF, path: str = STATUTES) -> None:
    documents.attach(
        told.db,
        actor(told, email),
        NEW,
        path,
        "Statuten.pdf",
        io.BytesIO(content),
        settings=told.settings,
        now=told.now,
        file_id=uuid4(),
    )


def begin(told: Story) -> queries.Application:
    draft = uuid4()
    drafts.start(
        told.db,
        actor(told, GGG),
        organisation_id=NEW,
        call="project-round-2027",
        eligibility=ELIGIBLE,
        now=told.now,
        application_id=draft,
    )
    found = queries.application(told.db, actor(told, GGG), draft)
    assert found is not None
    return found


def test_the_statutes_come_with_the_registration_and_the_fachstelle_reads_them(
    told: Story, app: Flask
) -> None:
    register(told)
    here, browser = f"/organisations/{NEW}", signed_in(app, GGG)
    page = browser.open(here)
    assert "Fehlt noch." in page.words()
    assert "Fehlt noch." in signed_in(app, COORDINATOR).open(f"/office{here}").words()
    form = page.form("/documents")
    wrong = browser.send(form, files={STATUTES: ("Statuten.pdf", b"kein PDF", "application/pdf")}, status=422)
    assert "«Statuten.pdf» hat nicht das richtige Format" in wrong.words()
    for _ in range(2):  # a double click
        page = browser.send(form, files={STATUTES: ("Statuten.pdf", PDF, "application/pdf")})
    assert "Fehlt noch." not in page.words()
    assert "hat beigelegt: Statuten.pdf" in page.words()
    assert len(rows(told.db, "SELECT FROM files WHERE organisation_id IS NOT NULL")) == 1
    link = signed_in(app, COORDINATOR).open(f"/office{here}").link("/files/")
    assert signed_in(app, COORDINATOR).download(link) == PDF
    assert browser.download(link) == PDF
    for stranger in (HEKS, REVIEWER):
        assert signed_in(app, stranger).http.get(link).status_code == 404


def test_a_new_application_takes_the_newest_along(told: Story) -> None:
    register(told)
    assert "attachments" not in begin(told).answers
    attach(told, GGG)
    told.now += timedelta(days=1)
    attach(told, GGG, PDF + b"% new")
    draft = begin(told)
    [name] = draft.answers["attachments"]["statutes"]
    file = draft.files[UUID(name)]
    assert (file.name, file.size) == ("Statuten.pdf", len(PDF) + 5)
    assert "attachments.statutes" not in draft.form.missing(draft.answers)
    drafts.detach(
        told.db, actor(told, GGG), draft.id, "attachments.statutes", file.id, now=told.now
    )  # its own
    assert begin(told).answers["attachments"]["statutes"]


def test_only_members_attach_and_only_what_is_asked(told: Story) -> None:
    register(told)
    with pytest.raises(NotFound, match="no_such_organisation"):
        attach(told, HEKS)
    with pytest.raises(NotFound, match="no_such_field"):
        attach(told, GGG, path="organisation.name")
    with pytest.raises(Invalid):
        attach(told, GGG, b"MZ")
    assert not rows(told.db, "SELECT FROM files WHERE organisation_id IS NOT NULL")
