"""The demo's conversations: what people say about some applications, and what they ask other offices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from web.cli.story import Story
from workflow import comments
from workflow.comments import NewComment
from workflow.engine.commands import OpenChild
from workflow.people import person_id
from workflow.service import handle
from workflow.store import queries
from workflow.store.queries import Filters

COORDINATOR = "regula.keller@integration.bs.example"


def play(story: Story, talks: Sequence[Mapping[str, Any]]) -> None:
    """Each of `talks`: `case`, by its title, and what was `said`: hours ago, by whom, to whom."""
    present = story.now
    for talk in talks:
        page = queries.cases(story.db, story.actors[COORDINATOR], Filters(text=talk["case"]), now=story.now)
        if page is None or not page.rows:
            raise LookupError(talk["case"])
        case_id = page.rows[0].id
        before: UUID | None = None
        for one in talk["said"]:
            story.now = present - timedelta(hours=one["hours"])
            before = _say(story, case_id, one, before)
    story.now = present
    story.route()


def _say(story: Story, case_id: UUID, one: Mapping[str, Any], before: UUID | None) -> UUID | None:
    """One thing said; returns what the next one may answer: a message, or a question to an office."""
    email, actor = one["by"], story.actors[one["by"]]
    if "reply" in one:
        assert before is not None
        story.do(email, before, "answered", {"reply": {"answer": one["reply"]}})
        return None
    found = None if actor.organisations else queries.dossier(story.db, actor, case_id, now=story.now)
    if found and any(offer.action == "declare" for offer in found.offers):
        story.declare(email, case_id)
    if found and "question" in one:
        inquiry, asked = story.next_id(), {"office": one["office"], "question": one["question"]}
        command = OpenChild(case_id, "inquiry", inquiry, found.entry)
        handle(story.db, command, actor, story.next_id(), story.now, {"inquiry": asked})
        story.route()
        return inquiry
    said = NewComment(
        id=story.next_id(),
        case_id=case_id,
        audience=one["audience"],
        text=one["text"],
        mentions=frozenset(map(person_id, one.get("mentions", ()))),
        asks=one.get("asks", False),
        answers=before if actor.organisations else None,
    )
    comments.write(story.db, actor, said, now=story.now)
    return said.id
