"""A report that is not handed in yet: kept for its author, gone when handed in; so an answer."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.integration.walks import GGG, HEAD, HEKS, at_confirmation, costs, deliver, report, rows, state
from web.cli.story import Story
from web.cli.visitors import Browser, Page
from web.opening import child_id
from workflow import openings
from workflow.engine.commands import OpenChild
from workflow.errors import FoerderwegError, Refused
from workflow.service import handle

TEXT = "Erst die Hälfte des Satzes"
COLLEAGUE = "jonas.wirz@heks.example"
COSTS = {"budget.costs.0.label": "Kursleitung", "budget.costs.0.amount": "30'000"}


@pytest.fixture
def granted(told: Story) -> UUID:
    """A grant that expects a report."""
    case_id = at_confirmation(told)
    told.do(HEKS, case_id, "accept", costs(30_000))
    deliver(told)
    return case_id


def address(case_id: UUID) -> str:
    return f"/applications/{case_id}/children/report"


def kept(told: Story) -> list[str]:
    return [row.text for row in rows(told.db, "SELECT answers::text AS text FROM opening_drafts")]


def keep(browser: Browser, case_id: UUID, text: str = TEXT) -> Page:
    form = browser.open(address(case_id)).form("/children/report")
    return browser.send(form, {"results.goals": text, "accounts.costs.0.spent": "1'200.50", "press": "keep"})


def test_what_is_written_so_far_is_there_on_the_next_device(app: Flask, told: Story, granted: UUID) -> None:
    said = keep(signed_in(app, HEKS), granted)
    assert "Zwischengespeichert; noch nicht abgegeben." in said.text
    another = signed_in(app, HEKS)
    assert "weiterschreiben" in another.open(f"/applications/{granted}").text
    fields = dict(another.open(address(granted)).form("/children/report").fields)
    assert fields["results.goals"] == TEXT
    assert fields["accounts.costs.0.spent"] == "1'200.50"
    assert fields["accounts.costs.0.planned"] == "30'000.00"
    assert state(told, granted).children == {}


def test_nobody_else_sees_it(app: Flask, told: Story, granted: UUID) -> None:
    keep(signed_in(app, HEKS), granted)
    colleague = signed_in(app, COLLEAGUE)
    assert TEXT not in colleague.open(address(granted)).text
    assert "weiterschreiben" not in colleague.open(f"/applications/{granted}").text
    assert TEXT not in signed_in(app, HEAD).open(f"/desk/cases/{granted}").text
    with pytest.raises(FoerderwegError):
        openings.save(told.db, told.actors[GGG], _meant(granted, told), {}, seen=None, now=told.now)


def test_handed_in_it_is_gone_and_a_late_save_does_not_bring_it_back(
    app: Flask, told: Story, granted: UUID
) -> None:
    browser = signed_in(app, HEKS)
    keep(browser, granted)
    form = browser.open(address(granted)).form("/children/report")
    command_id = UUID(dict(form.fields)["command_id"])
    command = _meant(granted, told, begun=child_id(command_id))
    handle(told.db, command, told.actors[HEKS], command_id, told.now, report(told, granted))
    assert kept(told) == []
    assert rows(told.db, "SELECT FROM applications WHERE words IS NULL") == []  # it would end as a draft does
    openings.save(
        told.db,
        told.actors[HEKS],
        _meant(granted, told, "amendment", child_id(command_id)),
        {},
        seen=None,
        now=told.now,
    )
    assert "weiterschreiben" not in browser.open(f"/applications/{granted}").text
    assert openings.erase_over(told.db, told.now) == 1


def test_what_is_refused_is_kept(app: Flask, told: Story, granted: UUID) -> None:
    browser = signed_in(app, HEKS)
    form = browser.open(address(granted)).form("/children/report")
    refused = browser.send(form, {"results.goals": TEXT, "results.participants": "viele"}, status=422)
    assert "data-written" in refused.text
    again = dict(browser.open(address(granted)).form("/children/report").fields)
    assert (again["results.goals"], again["results.participants"]) == (TEXT, "viele")


def test_the_script_is_told(app: Flask, told: Story, granted: UUID) -> None:
    browser = signed_in(app, HEKS)
    fields = dict(browser.open(address(granted)).form("/children/report").fields) | {"press": "keep"}
    headers = {"Accept": "application/json"}
    answer = browser.http.post(address(granted), data=fields, headers=headers)
    assert (answer.status_code, set(answer.json())) == (200, {"saved", "seen"})
    answer = browser.http.post(f"/applications/{granted}/children/appeal", data=fields, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["saved"] == ""


def test_who_may_not_hand_it_in_keeps_nothing(told: Story, granted: UUID) -> None:
    with pytest.raises(Refused):
        openings.save(
            told.db, told.actors[HEKS], OpenChild(granted, "report", uuid4(), 0), {}, seen=None, now=told.now
        )
    assert kept(told) == []


def test_signs_that_no_database_keeps_are_left_out(told: Story, granted: UUID) -> None:
    rows = [{"label": "Kursleitung"}, {"label": "Miete\x0bSaal", "spent": "1'234"}]
    answers = {"results": {"goals": "Null\0", "participants": 3}, "accounts": {"costs": rows}}
    openings.save(told.db, told.actors[HEKS], _meant(granted, told), answers, seen=None, now=told.now)
    [one] = kept(told)
    assert '"Null"' in one
    assert "MieteSaal" in one


def test_whatever_is_kept_the_plan_comes_first(app: Flask, told: Story, granted: UUID) -> None:
    rows = [{"kind": "rent", "label": "Saal", "spent": "500"}]
    answers = {"results": {}, "accounts": {"costs": rows}}
    openings.save(told.db, told.actors[HEKS], _meant(granted, told), answers, seen=None, now=told.now)
    fields = dict(signed_in(app, HEKS).open(address(granted)).form("/children/report").fields)
    assert (fields["accounts.costs.0.label"], fields["accounts.costs.1.label"]) == ("Kursleitung", "Saal")
    assert fields["accounts.costs.0.planned"] == "30'000.00"
    assert fields["accounts.costs.1.spent"] == "500.00"


def test_what_was_written_elsewhere_meanwhile_is_not_overwritten(
    app: Flask, told: Story, granted: UUID
) -> None:
    one, other = signed_in(app, HEKS), signed_in(app, HEKS)
    early = one.open(address(granted)).form("/children/report")
    keep(other, granted, "Am anderen Gerät geschrieben.")
    told.wait(hours=0, minutes=5)
    refused = one.send(early, {"results.goals": TEXT, "press": "keep"}, status=409)
    assert "auf einem anderen Gerät daran weitergeschrieben" in refused.words()
    assert TEXT in refused.text
    assert "Am anderen Gerät geschrieben." in kept(told)[0]
    answer = one.http.post(
        address(granted),
        data=early.filled({"results.goals": TEXT, "press": "keep"}),
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 409
    again = one.send(refused.form("/children/report"), {"press": "keep"})  # having read that
    assert "Zwischengespeichert" in again.text
    assert TEXT in kept(told)[0]


def test_a_draft_is_discarded(app: Flask, told: Story, granted: UUID) -> None:
    browser = signed_in(app, HEKS)
    page = keep(browser, granted)
    assert "Entwurf verwerfen" in page.text
    fresh = browser.send(page.form("/children/report"), {"press": "discard"})
    assert kept(told) == []
    assert TEXT not in fresh.text
    assert "Entwurf verwerfen" not in fresh.text


def test_nobody_keeps_more_than_a_form_can_hold(told: Story, granted: UUID) -> None:
    answers = {"results": {"goals": "x" * 500_000}}
    with pytest.raises(Refused, match="too_much_to_keep"):
        openings.save(told.db, told.actors[HEKS], _meant(granted, told), answers, seen=None, now=told.now)


def test_after_a_year_it_is_erased(app: Flask, told: Story, granted: UUID) -> None:
    keep(signed_in(app, HEKS), granted)
    assert openings.erase_over(told.db, told.now + timedelta(days=364)) == 0
    assert openings.erase_over(told.db, told.now + timedelta(days=366)) == 1
    assert kept(told) == []


def test_an_answer_that_is_not_sent_is_kept_as_well(app: Flask, told: Story) -> None:
    case_id = at_confirmation(told)
    path = f"/applications/{case_id}/step"
    browser = signed_in(app, HEKS)
    form = browser.open(path).form("/step")
    said = browser.send(form, {**COSTS, "outcome": "accept", "press": "keep"})
    assert "Zwischengespeichert" in said.text
    again = signed_in(app, HEKS).open(path)
    fields = dict(again.form("/step").fields)
    assert (fields["budget.costs.0.label"], fields["budget.costs.0.amount"]) == ("Kursleitung", "30'000.00")
    assert fields["outcome"] == "accept"
    assert "Gespeichert:" in again.words()
    assert state(told, case_id).step == "confirm_budget"


def _meant(case_id: UUID, told: Story, child: str = "report", begun: UUID | None = None) -> OpenChild:
    return OpenChild(case_id, child, begun or uuid4(), state(told, case_id).entry)
