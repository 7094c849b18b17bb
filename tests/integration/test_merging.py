"""Two members fill in one form: each answer for itself, a true clash is shown, nothing is lost."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.integration.test_web_portal import ANSWERS, COLLEAGUE, HEKS, OTHER, READER, save, stored
from web.cli.story import Story
from web.cli.visitors import Browser
from workflow import drafts
from workflow.errors import NotFound, Refused
from workflow.funding.forms import mark
from workflow.funding.rows import row_mark
from workflow.merging import Change, Merged, merge
from workflow.texts import ZURICH

NEED, RISKS = "plan.need", "plan.risks"


def put(told: Story, draft: UUID, email: str, **changes: tuple[Any, set[str]]) -> Merged:
    found = {
        path.replace("__", "."): Change(value, frozenset(seen)) for path, (value, seen) in changes.items()
    }
    told.now = told.now.replace(second=(told.now.second + 1) % 60)
    return merge(told.db, told.actors[email], draft, found, save_id=uuid4(), now=told.now)


def test_what_nobody_else_changed_is_saved_whatever_else_was(told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    before = stored(told, draft)
    seen = {mark(before.answers["plan"]["need"])}
    put(told, draft, COLLEAGUE, plan__risks=("Wenig Platz.", {""}))
    merged = put(told, draft, HEKS, plan__need=("Neu.", seen))
    assert merged.clashes == {}
    assert merged.marks == {NEED: mark("Neu.")}
    after = stored(told, draft)
    assert (after.answers["plan"]["need"], after.answers["plan"]["risks"]) == ("Neu.", "Wenig Platz.")
    assert {path: one.name for path, one in after.field_saves.items() if path in (NEED, RISKS)} == {
        NEED: "Miriam Aebi",
        RISKS: "Jonas Wirz",
    }


def test_a_clash_keeps_theirs_and_says_whose_and_saves_the_rest(told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    seen = {mark(ANSWERS["plan"]["need"])}
    put(told, draft, COLLEAGUE, plan__need=("Von Jonas.", seen))
    at = told.now
    merged = put(told, draft, HEKS, plan__need=("Von Miriam.", seen), plan__risks=("Keine.", {""}))
    clash = merged.clashes[NEED]
    assert (clash.theirs, clash.by, clash.at, clash.mark) == (
        "Von Jonas.",
        "Jonas Wirz",
        at,
        mark("Von Jonas."),
    )
    plan = stored(told, draft).answers["plan"]
    assert (plan["need"], plan["risks"]) == ("Von Jonas.", "Keine.")
    assert put(told, draft, HEKS, plan__need=("Von Miriam.", {clash.mark})).clashes == {}
    assert stored(told, draft).answers["plan"]["need"] == "Von Miriam."


def test_both_writing_the_same_is_no_clash_and_what_was_left_alone_stays_theirs(told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    old = ANSWERS["plan"]["need"]
    put(told, draft, COLLEAGUE, plan__need=("Gleich.", {mark(old)}))
    assert put(told, draft, HEKS, plan__need=(" Gleich. ", {mark(old)})).clashes == {}
    assert put(told, draft, HEKS, plan__need=(old, {mark(old)})).clashes == {}
    assert stored(told, draft).answers["plan"]["need"] == "Gleich."


def test_an_answer_that_was_lost_on_the_way_back_is_no_clash_with_oneself(told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    old, lost = mark(ANSWERS["plan"]["need"]), uuid4()
    first = {NEED: Change("Erst", frozenset({old}))}
    merge(told.db, told.actors[HEKS], draft, first, save_id=lost, now=told.now)
    again = put(told, draft, HEKS, plan__need=("Erst dies, dann das.", {old, str(lost)}))
    assert again.clashes == {}
    back = put(told, draft, HEKS, plan__need=(ANSWERS["plan"]["need"], {mark("Erst dies, dann das.")}))
    assert back.clashes == {}
    assert stored(told, draft).answers["plan"]["need"] == ANSWERS["plan"]["need"]


def test_what_cannot_be_read_is_kept_as_typed_and_named(told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    seen = {mark(ANSWERS["financing"]["requested"])}
    merged = put(told, draft, HEKS, financing__requested=("viel", seen))
    assert [problem.code for problem in merged.problems["financing.requested"]] == ["not_money"]
    assert stored(told, draft).answers["financing"]["requested"] == "viel"


def test_the_api_still_refuses_a_stale_revision_and_notes_what_it_saves(told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    before = stored(told, draft)
    plan = {"plan": {**ANSWERS["plan"], "need": "Über die API."}}
    drafts.save(told.db, told.actors[COLLEAGUE], draft, plan, revision=before.revision, now=told.now)
    assert stored(told, draft).field_saves[NEED].name == "Jonas Wirz"
    seen = {mark(ANSWERS["plan"]["need"])}
    assert set(put(told, draft, HEKS, plan__need=("Anders.", seen)).clashes) == {NEED}


def test_nobody_else_and_no_closed_section_is_saved(told: Story) -> None:
    draft = told.submit(HEKS, ANSWERS)
    with pytest.raises(Refused, match="section_closed"):
        put(told, draft, HEKS, plan__need=("Zu spät.", set()))
    with pytest.raises(NotFound, match="no_such_application"):
        put(told, draft, OTHER, plan__need=("Fremd.", set()))
    for path in ("plan__nothing", "attachments__statutes", "nothing__at_all"):
        with pytest.raises(NotFound, match="no_such_field"):
            put(told, draft, HEKS, **{path: ("X", set())})


def post(browser: Browser, draft: UUID, changes: Any) -> Any:
    page = browser.open(f"/applications/{draft}/sections/plan")
    token = dict(page.form("/sections/plan").fields)["csrf"]
    text = changes if isinstance(changes, str) else json.dumps(changes)
    data = {"csrf": token, "save_id": str(uuid4()), "changes": text}
    return browser.http.post(f"/applications/{draft}/autosave", data=data)


def test_the_endpoint_saves_and_says_how_far_the_form_is(app: Flask, told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    browser = signed_in(app, HEKS)
    seen = [mark(ANSWERS["plan"]["need"])]
    answer = post(browser, draft, {NEED: {"value": "", "seen": seen}}).json()
    assert answer["marks"] == {NEED: ""}
    assert answer["steps"]["plan"] == {"state": "open", "text": "eine Angabe fehlt"}
    assert answer["at"] == f"{told.now.astimezone(ZURICH):%H:%M}"
    targets = [{"goal": "Viele", "indicator": "participants", "value": "fünf"}]
    answer = post(browser, draft, {"plan.targets": {"value": targets, "seen": []}}).json()
    assert answer["clashes"]["plan.targets"]["value"][0]["value"] == "48"
    seen = [answer["clashes"]["plan.targets"]["mark"]]
    answer = post(browser, draft, {"plan.targets": {"value": targets, "seen": seen}}).json()
    assert answer["problems"] == {"plan.targets.0.value": "Bitte eine ganze Zahl angeben."}


@pytest.mark.parametrize("changes", ["[]", "{", '{"plan.need": 3}', '{"plan.need": {"value": "X"}}', "7"])
def test_a_mangled_message_is_refused(app: Flask, told: Story, changes: str) -> None:
    draft = told.draft(HEKS, ANSWERS)
    before = stored(told, draft).revision
    assert post(signed_in(app, HEKS), draft, changes).status_code == 400
    assert stored(told, draft).revision == before


def test_without_script_each_chooses_per_answer(app: Flask, told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    mine, theirs = signed_in(app, HEKS), signed_in(app, COLLEAGUE)
    here = f"/applications/{draft}/sections/plan"
    form = mine.open(here).form(here)
    save(
        theirs, here, {NEED: "Von Jonas.", "plan.activities": "Auch von Jonas.", "plan.cooperation": "Alle."}
    )
    typed = {NEED: "Von Miriam.", "plan.activities": "Auch von Miriam.", RISKS: "Keine.", "press": "save"}
    page = mine.send(form, typed, status=409)
    assert page.text.count("Jonas Wirz hat hier inzwischen etwas anderes gespeichert") == 2
    plan = stored(told, draft).answers["plan"]
    assert (plan["need"], plan["risks"], plan["cooperation"]) == ("Von Jonas.", "Keine.", "Alle.")
    mine.send(page.form(here), {"keep.plan.need": "theirs", "press": "save"})
    plan = stored(told, draft).answers["plan"]
    assert (plan["need"], plan["activities"]) == ("Von Jonas.", "Auch von Miriam.")
    assert "Zuletzt gespeichert von Jonas Wirz" in mine.open(here).text


def test_a_question_that_an_answer_brings_is_shown_at_once(app: Flask, told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    browser, here = signed_in(app, HEKS), f"/applications/{draft}/sections/particulars"
    page = save(browser, here, {"particulars.child_care": "true"}, "next")
    assert "Nach Ihren Antworten ist hier noch etwas auszufüllen" in page.text
    assert page.url.endswith(f"{here}#particulars.children")


def test_one_who_only_reads_saves_nothing(app: Flask, told: Story) -> None:
    draft = told.draft("ana.petrovic@sprachbruecke.example", ANSWERS)
    browser = signed_in(app, READER)
    token = dict(browser.open(f"/applications/{draft}").form("/sign-out").fields)["csrf"]
    changes = json.dumps({NEED: {"value": "X", "seen": []}})
    data = {"csrf": token, "save_id": str(uuid4()), "changes": changes}
    assert browser.http.post(f"/applications/{draft}/autosave", data=data).status_code == 403


def test_two_who_change_different_rows_of_a_table_lose_neither(app: Flask, told: Story) -> None:
    draft, path = told.draft(HEKS, ANSWERS), "budget.costs"
    costs = ANSWERS["budget"]["costs"]
    seen = mark(stored(told, draft).answers["budget"]["costs"])
    dearer = [{**costs[0], "amount": 31_000_00}, *costs[1:]]
    put(told, draft, COLLEAGUE, budget__costs=(dearer, {seen}))
    added = [*costs, {"label": "Kinderbetreuung", "amount": 250_00}]
    merged = put(told, draft, HEKS, budget__costs=(added, {seen}))
    assert (merged.clashes, merged.joined[path].by) == ({}, "Jonas Wirz")
    after = stored(told, draft)
    assert after.answers["budget"]["costs"] == [*dearer, added[-1]]
    assert merged.marks == {path: mark(after.answers["budget"]["costs"])}
    assert after.field_saves[path].name == "Miriam Aebi"
    # What was typed while that was on its way counts from what was sent.
    more = [*added, {"label": "Getränke", "amount": 90_00}]
    again = put(told, draft, HEKS, budget__costs=(more, {merged.joined[path].sent}))
    assert again.clashes == {}
    assert stored(told, draft).answers["budget"]["costs"] == [*dearer, *more[-2:]]
    same = [{**costs[0], "amount": 29_000_00}, *costs[1:]]
    assert set(put(told, draft, HEKS, budget__costs=(same, {seen})).clashes) == {path}


def test_a_page_says_whose_rows_have_come_into_a_table(app: Flask, told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    mine, theirs = signed_in(app, HEKS), signed_in(app, COLLEAGUE)
    here = f"/applications/{draft}/sections/budget"
    form = mine.open(here).form(here)
    row = len(ANSWERS["budget"]["costs"])
    save(theirs, here, {"budget.costs.0.label": "Kursleitung, neu"})
    page = mine.send(
        form, {f"budget.costs.{row}.label": "Tee", f"budget.costs.{row}.amount": "90", "press": "save"}
    )
    assert "Jonas Wirz hat in dieser Tabelle inzwischen andere Zeilen geändert." in page.text
    labels = [one["label"] for one in stored(told, draft).answers["budget"]["costs"]]
    assert (labels[0], labels[-1]) == ("Kursleitung, neu", "Tee")


def test_a_table_that_nobody_fills_in_by_hand_is_not_compared(told: Story) -> None:
    """Equal rows by the thousand took a process of the web server and a connection for half a minute."""
    draft = told.draft(HEKS, ANSWERS)
    rows = [{"label": "a"}] * 400
    [row] = {row_mark(one) for one in rows}
    put(told, draft, COLLEAGUE, budget__costs=([*rows, {"label": "b"}], {mark(ANSWERS["budget"]["costs"])}))
    merged = put(told, draft, HEKS, budget__costs=(rows, {".".join([row] * 399 + ["x"])}))
    assert list(merged.clashes) == ["budget.costs"]
    with pytest.raises(Refused, match="too_much_to_keep"):
        put(told, draft, HEKS, budget__costs=(rows * 2, set()))
