"""Before and after: what an answer to a query changed, for both sides; last year's application as a draft."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from flask import Flask

from tests.browsing import app_for, signed_in
from tests.integration.walks import (
    CHECKER,
    DIVISION,
    GGG,
    HEAD,
    HEKS,
    QUERY,
    REASONS,
    at_check,
    at_decision,
    deliver,
    language,
    report,
    state,
)
from web.cli.story import ELIGIBLE, Story, decision
from workflow import drafts
from workflow.engine.commands import OpenChild, Submit
from workflow.errors import NotFound
from workflow.people import organisation_id
from workflow.service import handle
from workflow.store import queries

CALL = "/calls/project-round-2027"


def answered(told: Story) -> UUID:
    """A case whose applicant was asked, and changed the need."""
    case_id = at_check(told)
    told.do(CHECKER, case_id, "query", QUERY)
    page = queries.application(told.db, told.actors[HEKS], case_id)
    assert page is not None
    plan = {**page.answers["plan"], "need": "Zwölf Freiwillige helfen mit."}
    drafts.save(told.db, told.actors[HEKS], case_id, {"plan": plan}, revision=page.revision, now=told.now)
    told.do(HEKS, case_id, "answered")
    return case_id


def granted_with_report(told: Story) -> UUID:
    """A case that was granted, and whose report says how many were reached."""
    case_id = at_decision(told)
    told.do(HEAD, case_id, "grant", decision(38_000_00, REASONS))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    answers = report(told, case_id)
    answers["results"]["participants"] = 87
    answers["accounts"]["costs"][0]["spent"] -= 1_500_00
    opening = OpenChild(case_id, "report", uuid4(), state(told, case_id).entry)
    handle(told.db, opening, told.actors[HEKS], uuid4(), told.now, answers)
    told.route()
    return case_id


def copied(told: Story, case_id: UUID) -> queries.Application:
    """The draft that a browser gets from an earlier application."""
    app = app_for(told, told.settings)
    browser = signed_in(app, HEKS)
    page = browser.open(browser.open(f"/applications/{case_id}").link("copy="))
    page = browser.send(page.form(CALL, "get"), ELIGIBLE)
    started = browser.send(page.form(CALL))
    app.extensions["foerderweg.db"].dispose()
    found = queries.application(told.db, told.actors[HEKS], UUID(started.url.rsplit("/", 1)[1]))
    assert found is not None
    return found


def test_both_sides_see_before_and_after_of_what_was_answered(told: Story, app: Flask) -> None:
    case_id = answered(told)
    path = f"/applications/{case_id}/changes"
    for browser in (signed_in(app, HEKS), signed_in(app, CHECKER)):
        said = browser.open(path).words()
        assert "Zwölf Freiwillige helfen mit." in said
        assert "Vorher" in said
    assert "/changes" in signed_in(app, HEKS).open(f"/applications/{case_id}").link("/changes")
    assert signed_in(app, CHECKER).open(f"/desk/cases/{case_id}").link("/changes")
    assert signed_in(app, HEKS).open(path).link(f"/applications/{case_id}")
    assert signed_in(app, CHECKER).open(path).link(f"/desk/cases/{case_id}")
    assert signed_in(app, GGG).http.get(path).status_code == 404


def test_only_what_was_answered_is_shown_as_changed(told: Story) -> None:
    found = queries.whole(told.db, told.actors[HEKS], answered(told))
    assert found is not None
    [revision] = found.revisions()
    assert [one.field.code for one in revision.changes] == ["need"]


def test_last_years_application_becomes_a_draft_with_the_reports_figures(told: Story) -> None:
    case_id = granted_with_report(told)
    draft = copied(told, case_id)
    assert draft.answers["project"]["title"] == "Deutsch im Quartier"
    assert draft.answers["plan"]["reached"] == 87
    assert draft.answers["plan"]["spent"] == 46_000_00
    assert "attachments" not in draft.answers
    assert "truthful" not in draft.answers.get("declarations", {})
    assert draft.number is None


def test_the_reviewer_sees_what_is_other_than_last_year(told: Story, app: Flask) -> None:
    case_id = granted_with_report(told)
    draft = copied(told, case_id)
    actor, answers = told.actors[HEKS], {**draft.answers, "declarations": language()["declarations"]}
    answers["project"] = {**answers["project"], "title": "Deutsch im Hof"}
    drafts.save(told.db, actor, draft.id, answers, revision=draft.revision, now=told.now)
    for path in draft.form.missing(answers):
        told._attach(actor, draft.id, path)
    handle(told.db, Submit(draft.id), actor, uuid4(), told.now)
    told.route()
    said = signed_in(app, CHECKER).open(f"/applications/{draft.id}/changes").words()
    assert "Anders als im früheren Gesuch KIP3-2027-" in said
    assert "Deutsch im Quartier Deutsch im Hof" in said
    assert "Im Vorjahr erreichte Personen" in said
    found = queries.whole(told.db, told.actors[CHECKER], draft.id)
    assert found is not None
    assert [one.field.code for one in found.since_predecessor()] == ["title", "reached", "spent"]


def test_nobody_copies_what_belongs_to_others(told: Story) -> None:
    case_id = at_check(told)
    with pytest.raises(NotFound):
        drafts.start(
            told.db,
            told.actors[GGG],
            organisation_id=organisation_id("ggg-migration"),
            call="project-round-2027",
            eligibility=ELIGIBLE,
            now=told.now,
            application_id=uuid4(),
            copy_of=case_id,
        )
