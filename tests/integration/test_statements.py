"""A statement that is not handed in yet: kept for its author, gone when there is nothing to hand in."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.integration.walks import AUDITOR, HEKS, LEAD, SECOND, SYNTHESIS, at_review, rows
from web.cli.story import Story, review
from web.cli.visitors import Browser
from workflow import statements
from workflow.engine.commands import Complete
from workflow.errors import FoerderwegError
from workflow.store import queries
from workflow.store.queries import StatementDraft

TEXT = "Erst die Hälfte des Satzes"


@pytest.fixture
def case_id(told: Story) -> UUID:
    found = at_review(told)
    told.declare(LEAD, found)
    return found


def draft(told: Story, email: str, case_id: UUID) -> StatementDraft | None:
    page = queries.dossier(told.db, told.actors[email], case_id, now=told.now)
    return page.draft if page else None


def keep(told: Story, email: str, case_id: UUID, outcome: str = "", seat: str = "lead", **said: str) -> None:
    command = Complete(case_id, "review", seat, outcome, 2)
    before = draft(told, email, case_id)
    statements.save(
        told.db,
        told.actors[email],
        command,
        {"recommendation": said},
        seen=before.saved_at if before else None,
        now=told.now,
    )


def kept(browser: Browser, case_id: UUID) -> str:
    return browser.open(f"/desk/cases/{case_id}").text


def test_the_button_keeps_what_is_written_so_far(app: Flask, told: Story, case_id: UUID) -> None:
    browser = signed_in(app, LEAD)
    form = browser.open(f"/desk/cases/{case_id}").form("/complete")
    form.action = f"/desk/cases/{case_id}/statement"
    page = browser.send(form, {"outcome": "no", "criteria.need": "2", "recommendation.reasons": TEXT})
    assert page.status == 200
    assert "Zwischengespeichert" in page.text
    again = kept(browser, case_id)
    assert TEXT in again
    assert "Gespeichert um 09:00" in again
    assert draft(told, LEAD, case_id) == StatementDraft(
        "no", {"criteria": {"need": "2"}, "recommendation": {"reasons": TEXT}}, told.now
    )


def test_the_script_is_told_when(app: Flask, told: Story, case_id: UUID) -> None:
    browser = signed_in(app, LEAD)
    fields = dict(browser.open(f"/desk/cases/{case_id}").form("/complete").fields)
    headers = {"Accept": "application/json"}
    path = f"/desk/cases/{case_id}/statement"
    answer = browser.http.post(path, data=fields, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"saved": "09:00", "seen": told.now.isoformat()})
    told.do(LEAD, case_id, "yes", review("Ja."))
    answer = browser.http.post(path, data=fields, headers=headers)
    assert answer.status_code == 409
    assert answer.json()["saved"] == ""
    assert "schon abgegeben" in answer.json()["said"]


def test_nobody_else_sees_it(app: Flask, told: Story, case_id: UUID) -> None:
    keep(told, LEAD, case_id, "no", reasons=TEXT)
    told.declare(SECOND, case_id)
    for email in (SECOND, SYNTHESIS, AUDITOR):
        assert TEXT not in kept(signed_in(app, email), case_id)
        assert draft(told, email, case_id) is None


@pytest.mark.parametrize(
    ("email", "seat"), [(SECOND, "second"), (SECOND, "lead"), (AUDITOR, "lead"), (HEKS, "lead")]
)
def test_only_at_the_own_seat_after_declaring(told: Story, case_id: UUID, email: str, seat: str) -> None:
    with pytest.raises(FoerderwegError):
        keep(told, email, case_id, seat=seat, reasons=TEXT)
    assert rows(told.db, "SELECT * FROM statement_drafts") == []


def test_with_the_statement_handed_in_it_is_gone(told: Story, case_id: UUID) -> None:
    keep(told, LEAD, case_id, reasons=TEXT)
    told.declare(SECOND, case_id)
    keep(told, SECOND, case_id, seat="second", reasons="Bleibt.")
    assert statements.erase_over(told.db) == 0
    told.do(LEAD, case_id, "yes", review("Ja."))
    assert draft(told, LEAD, case_id) is None
    assert statements.erase_over(told.db) == 1
    assert [row.seat for row in rows(told.db, "SELECT seat FROM statement_drafts")] == ["second"]


def test_when_the_step_ends_it_is_gone(told: Story, case_id: UUID) -> None:
    keep(told, LEAD, case_id, reasons=TEXT)
    told.withdraw(HEKS, case_id)
    assert statements.erase_over(told.db) == 1


def test_whoever_withdraws_leaves_nothing_behind(told: Story, case_id: UUID) -> None:
    keep(told, LEAD, case_id, reasons=TEXT)
    told.recuse(LEAD, case_id)
    assert statements.erase_over(told.db) == 1


def test_another_outcome_forgets_nothing(told: Story, case_id: UUID) -> None:
    keep(told, LEAD, case_id, "reduced", reasons=TEXT, amount="12'000")
    keep(told, LEAD, case_id, "no", reasons="Doch nicht.")
    found = draft(told, LEAD, case_id)
    assert found is not None
    assert found.answers["recommendation"] == {"reasons": "Doch nicht.", "amount": 12_000_00}


def test_signs_that_cannot_be_stored_are_left_out(told: Story, case_id: UUID) -> None:
    keep(told, LEAD, case_id, "nonsense", reasons="a\x00b", amount="viel")
    found = draft(told, LEAD, case_id)
    assert found is not None
    assert (found.outcome, found.answers["recommendation"]) == ("", {"amount": "viel", "reasons": "ab"})


def test_what_was_refused_is_kept_too(app: Flask, told: Story, case_id: UUID) -> None:
    browser = signed_in(app, LEAD)
    form = browser.open(f"/desk/cases/{case_id}").form("/complete")
    refused = browser.send(form, {"outcome": "yes", "recommendation.reasons": TEXT}, status=422)
    assert refused.status == 422
    assert TEXT in kept(signed_in(app, LEAD), case_id)
