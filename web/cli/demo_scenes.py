"""What a demo's applicants do beyond handing in: answer, copy last year's application, take advice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from web.cli.story import ELIGIBLE, Story
from workflow import drafts, organisations
from workflow.accounts import SignedIn
from workflow.engine.commands import OpenChild
from workflow.service import handle
from workflow.store import queries

ADVISES = frozenset({"read", "draft", "advise"})
RESULTS = {
    "participants": 57,
    "goals": "Zwei von drei Teilnehmenden blieben bis zum Schluss; 31 haben das nächste Niveau erreicht.",
    "learned": "Der Abend vor dem Ruhetag wurde am besten besucht.",
}


def begun(story: Story, email: str, draft: UUID, sections: int) -> None:
    """Leave no more of a draft than its first sections."""
    page = _page(story, email, draft)
    rest = [one.code for one in page.form.sections[sections:] if one.code != "attachments"]
    _save(story, email, page, {code: {} for code in rest})


def answered(story: Story, email: str, case_id: UUID) -> None:
    """Change what a query has opened, so that both sides see what was before."""
    page = _page(story, email, case_id)
    budget, financing = page.answers["budget"], page.answers["financing"]
    [first, *others] = budget["costs"]
    [own, *sources] = financing["sources"]
    more = {"kind": "publicity", "label": "Flugblätter in sechs Sprachen", "amount": 600_00}
    costs = [{**first, "label": "Kursleitung, 40 Abende zu CHF 180"}, *others, more]
    _save(
        story,
        email,
        page,
        {
            "budget": {**budget, "costs": costs},
            "financing": {**financing, "sources": [{**own, "amount": own["amount"] + 600_00}, *sources]},
        },
    )
    story.do(email, case_id, "answered")


def reported(story: Story, email: str, case_id: UUID, *, spent: int = 94) -> tuple[UUID, int]:
    """Hand in the report of what was granted: its case, and the Rappen that it accounts for.

    `spent`: per cent of the largest cost that was planned; of a project that cost nothing 0.
    """
    page, actor = _page(story, email, case_id), story.actors[email]
    form = queries.form(story.db, page.programme_hash, "report")
    planned = queries.planned_rows(story.db, actor, case_id, form)
    plan = planned["accounts"]
    targets = [
        {**row, "reached": 57 if row["indicator"] == "participants" else row["planned"] * 9 // 10}
        for row in planned["results"]["targets"]
    ]
    targets.append({"goal": "Nächstes Sprachniveau", "indicator": "level_reached", "reached": 31})
    costs = [{**row, "spent": row["planned"] if spent else 0} for row in plan["costs"]]
    costs[0] |= {"spent": costs[0]["planned"] * spent // 10_000 * 100}
    costs.append({"kind": "material", "label": "Bücher für die Kinder", "spent": 420_00})
    sources = [{**row, "received": row["planned"]} for row in plan["sources"]]
    accounts = {"costs": costs, "sources": sources, "note": "Vier Abende fielen aus; dafür gab es Bücher."}
    child = story.next_id()
    opening = OpenChild(case_id, "report", child, page.entry)
    answers = {"results": {**RESULTS, "targets": targets}, "accounts": accounts}
    handle(story.db, opening, actor, story.next_id(), story.now, answers)
    story.route()
    left = sum(row["spent"] for row in costs) - sum(row["received"] for row in sources)
    return child, max(0, min(left, page.granted or 0))


def copied(story: Story, email: str, case_id: UUID, answers: Mapping[str, Any]) -> UUID:
    """A draft filled in from last year's application and its report; budget and summary are new."""
    actor = story.actors[email]
    [organisation] = actor.organisations
    draft = drafts.start(
        story.db,
        actor,
        organisation_id=UUID(organisation),
        call="project-round-2027",
        eligibility=ELIGIBLE,
        now=story.now,
        application_id=story.next_id(),
        copy_of=case_id,
    )
    page = _page(story, email, draft)
    new = {code: answers[code] for code in ("budget", "financing", "declarations")}
    project = {**page.answers["project"], "summary": answers["project"]["summary"]}
    _save(story, email, page, {**new, "project": project})
    story.attach_missing(email, draft)
    return draft


def advised(story: Story, signer: str, adviser: str, draft: UUID) -> None:
    """An adviser is asked in, says yes, and writes a section for the organisation."""
    [organisation] = story.actors[signer].organisations
    asked = story.next_id()
    organisations.invite(
        story.db,
        story.actors[signer],
        UUID(organisation),
        adviser,
        "advises",
        now=story.now,
        invitation_id=asked,
    )
    actor = story.actors[adviser]
    person = SignedIn(actor, UUID(actor.person), adviser, adviser, "de")
    organisations.answer(story.db, person, asked, accept=True, now=story.now)
    helped = replace(actor, organisations={**actor.organisations, organisation: ADVISES})
    page = queries.application(story.db, helped, draft)
    assert page is not None
    plan = {**page.answers["plan"], "risks": "Wer Schicht arbeitet, kommt nicht jede Woche."}
    drafts.save(story.db, helped, draft, {"plan": plan}, revision=page.revision, now=story.now)


def _page(story: Story, email: str, application_id: UUID) -> queries.Application:
    page = queries.application(story.db, story.actors[email], application_id)
    assert page is not None
    return page


def _save(story: Story, email: str, page: queries.Application, answers: Mapping[str, Any]) -> None:
    drafts.save(story.db, story.actors[email], page.id, answers, revision=page.revision, now=story.now)
