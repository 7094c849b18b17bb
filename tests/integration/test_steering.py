"""Reminding, giving time and leaving the way, from the list of cases and back to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.integration.walks import CHECKER, HEAD, LEAD, assert_kept, at_review, happened, rows, state
from web.cli.story import Story
from web.cli.visitors import Browser, HtmlForm, Page

Of = Callable[[str], Browser]


@pytest.fixture
def of(app: Flask) -> Of:
    """The browser of somebody."""
    return partial(signed_in, app)


def form_of(page: Page, action: str) -> HtmlForm:
    return next(one for one in page.forms if ("action", action) in one.fields)


def test_from_the_list_somebody_is_reminded_and_the_list_comes_back(told: Story, of: Of) -> None:
    case_id = at_review(told)
    coordinator = of(CHECKER)
    listed = coordinator.open("/office/cases?sort=oldest")
    page = coordinator.open(listed.link(f"/desk/cases/{case_id}/steer"))
    back = coordinator.send(form_of(page, "nudge"))
    assert back.url.endswith("/office/cases?sort=oldest")
    assert "Nudged" in happened(told, case_id)
    mails = rows(
        told.db,
        "SELECT payload->>'office' AS office FROM outbox WHERE payload->>'text' = :text",
        text="office_reminder",
    )
    assert sorted(one.office for one in mails) == ["adult_education", "social_welfare"]
    for _ in range(2):
        coordinator.send(form_of(coordinator.open(page.url), "nudge"))
    assert 'value="nudge"' not in coordinator.open(page.url).text
    refused = coordinator.send(form_of(page, "nudge"), {"command_id": str(case_id)}, status=409)
    assert "schon 3 Mal erinnert" in refused.words()
    assert "Erinnert, wer dran ist" in coordinator.open(f"/desk/cases/{case_id}").words()
    assert_kept(told.db)


def test_more_time_and_another_way_need_a_reason_the_override_two_persons(told: Story, of: Of) -> None:
    case_id = at_review(told)
    coordinator, head = of(CHECKER), of(HEAD)
    page = coordinator.open(f"/desk/cases/{case_id}/steer")
    coordinator.send(form_of(page, "extend"), {"days": "3"}, status=422)
    coordinator.send(form_of(page, "extend"), {"days": "3", "reason": "Ferien."})
    assert state(told, case_id).extended == 3
    override = next(one for one in page.forms if ("way", "override") in one.fields)
    coordinator.send(override, {"to": "mediation", "reason": "Die Stelle antwortet nicht."})
    assert state(told, case_id).step == "review"
    head.send(head.open(f"/desk/cases/{case_id}").form("/declare"))
    agreed = next(
        one for one in head.open(f"/desk/cases/{case_id}/steer").forms if ("way", "override") in one.fields
    )
    head.send(agreed, {"to": "mediation", "reason": "Einverstanden."})
    told.route()
    assert state(told, case_id).step == "mediation"


def test_others_are_offered_nothing(told: Story, of: Of) -> None:
    case_id = at_review(told)
    lead = of(LEAD)
    page = lead.open(f"/desk/cases/{case_id}/steer?back=https://elsewhere.example")
    assert not [one for one in page.links if "elsewhere" in one]
    assert not [one for one in page.forms if ("action", "nudge") in one.fields and "elsewhere" in str(one)]
    assert not [one for one in page.forms if ("action", "nudge") in one.fields]
    assert "/steer" not in of(HEAD).open("/office/cases").text
