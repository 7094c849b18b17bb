"""«Meine Gesuche»: what waits for me, drafts, what is on its way, what is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask import Flask

from tests.browsing import signed_in
from tests.integration.members import HEKS, JONAS, actor, together
from tests.integration.walks import language
from web.cli.story import ELIGIBLE, Story
from workflow import drafts, signing
from workflow.people import organisation_id
from workflow.store import queries
from workflow.store.queries import ApplicationRow

COORDINATOR = "regula.keller@integration.bs.example"


def mine(told: Story, email: str = HEKS) -> list[ApplicationRow]:
    return queries.my_applications(told.db, actor(told, email))


def begun(told: Story, answers: dict[str, Any]) -> None:
    """A draft that says no more than this."""
    draft = uuid4()
    drafts.start(
        told.db,
        actor(told, HEKS),
        organisation_id=organisation_id("heks"),
        call="project-round-2027",
        eligibility=ELIGIBLE,
        now=told.now,
        application_id=draft,
    )
    drafts.save(told.db, actor(told, HEKS), draft, answers, revision=1, now=told.now)


def test_a_draft_says_how_far_it_is_and_only_what_is_known(told: Story, app: Flask) -> None:
    begun(told, {"project": {"title": "Erst ein Titel"}})
    begun(told, {"project": {"title": "Mehr", "area": "language"}, "financing": {"requested": "9'000"}})
    told.draft(HEKS, language())
    rows = {row.title: row for row in mine(told)}
    first, more, full = rows["Erst ein Titel"], rows["Mehr"], rows["Deutsch im Quartier"]
    assert (first.area, first.requested) == (None, None)
    assert (more.area, more.requested) == ("language", 9_000_00)
    assert first.done < full.done
    assert (full.done, full.sections) == (10, 10)
    page = signed_in(app, HEKS).open("/applications").words()
    assert "10 von 10 Abschnitten" in page
    assert "–" not in page
    assert "noch" in page  # so many days until the call closes


def test_the_groups_say_what_is_to_be_done_first(told: Story, app: Flask) -> None:
    asked = told.submit(HEKS, language())
    told.submit(HEKS, language())
    gone = told.submit(HEKS, language())
    told.withdraw(HEKS, gone)
    told.draft(HEKS, language())
    told.do(COORDINATOR, asked, "query", {"check": {"sections": ["plan"], "question": "Wie oft?"}})
    first = mine(told)[0]
    assert (first.id, first.waiting_for_me) == (asked, True)
    assert first.due_at is not None
    page = signed_in(app, HEKS).open("/applications")
    heads = [page.text.index(f"<h2>{one}</h2>") for one in ("Das wartet auf Sie", "Entwürfe", "Unterwegs")]
    assert heads == sorted(heads)
    assert page.text.index("<h2>Abgeschlossen</h2>") > heads[-1]
    assert page.link(f"/applications/{asked}/step")


def test_a_first_signature_puts_the_draft_before_who_signs_second(told: Story, app: Flask) -> None:
    together(told)
    draft = told.draft(HEKS, language())
    signing.sign(told.db, actor(told, HEKS), draft, now=told.now)
    assert [row.waiting_for_me for row in mine(told)] == [False]
    assert [row.waiting_for_me for row in mine(told, JONAS)] == [True]
    assert "Prüfen und unterschreiben" in signed_in(app, JONAS).open("/applications").text


def test_a_closed_call_is_named(told: Story, app: Flask) -> None:
    told.draft(HEKS, language())
    told.now += timedelta(days=400)
    assert "Ausschreibung geschlossen" in signed_in(app, HEKS).open("/applications").text
