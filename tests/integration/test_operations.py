"""What was given up comes back into the way by hand, with the reason kept; alarms say what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.browsing import app_for, visitor
from tests.integration.walks import (
    AUDITOR,
    CHECKER,
    HEAD,
    HEKS,
    INADMISSIBLE,
    OPERATOR,
    REASONS,
    assert_kept,
    at_check,
    deliver,
    happened,
    rows,
    state,
)
from web.alarms import ALARMS, CRITICAL, alarms_of
from web.cli import main
from web.cli.story import Story
from workflow.errors import Invalid, NotAllowed, NotFound, Refused
from workflow.operations import hand_over, retry_case, retry_effects, skip_effect
from workflow.people import person_id
from workflow.store import processes, queries
from workflow.store.outbox import MOST_ATTEMPTS

OPERATE = Path(__file__).parents[2] / "docs" / "operate.md"


def given_up(told: Story) -> list[str]:
    """One application, whose mails nobody takes: the keys of its parked effects."""
    at_check(told)
    for _ in range(MOST_ATTEMPTS + 1):
        deliver(told)
        told.now += timedelta(hours=1)
    return [
        row.key for row in rows(told.db, "SELECT key FROM outbox WHERE parked_at IS NOT NULL ORDER BY key")
    ]


def desk(told: Story, email: str = OPERATOR) -> Any:
    return queries.operations(told.db, told.actors[email], now=told.now)


def poisoned(told: Story) -> UUID:
    """A case whose state no rule can read, parked."""
    case_id = at_check(told)
    with told.db.begin() as tx:
        query = 'UPDATE cases SET state = state || \'{"step": "nowhere", "to": "nowhere"}\' WHERE id = :id'
        tx.execute(sa.text(query), {"id": case_id})
        tx.execute(
            sa.text("UPDATE agenda SET due_at = :now WHERE case_id = :id"), {"now": told.now, "id": case_id}
        )
    told.route()
    return case_id


def repaired(told: Story, case_id: UUID) -> None:
    with told.db.begin() as tx:
        query = 'UPDATE cases SET state = state || \'{"step": "formal_check", "to": null}\' WHERE id = :id'
        tx.execute(sa.text(query), {"id": case_id})


def test_a_mail_that_was_given_up_is_tried_again(told: Story) -> None:
    keys = given_up(told)
    assert len(keys) == 2
    found = desk(told)
    assert [(row.key, row.attempts, row.alike) for row in found.effects] == [
        (key, MOST_ATTEMPTS, 2) for key in [row.key for row in found.effects]
    ]
    assert found.health.effects_parked == 2
    assert queries.troubles(told.db, told.actors[OPERATOR]) == 2
    error = found.effects[0].error
    assert (
        retry_effects(told.db, told.actors[OPERATOR], error=error, reason="Server läuft", now=told.now) == 2
    )
    assert desk(told).health.effects_due == 2
    deliver(told)
    assert [row.attempts for row in desk(told).effects] == [1, 1]
    assert [(one.kind, one.reason) for one in desk(told).interventions] == [("retry", "Server läuft")] * 2
    with pytest.raises(NotFound):
        retry_effects(told.db, told.actors[OPERATOR], key=keys[0], reason="", now=told.now)


def test_a_mail_is_skipped_with_a_reason(told: Story) -> None:
    key, other = given_up(told)
    with pytest.raises(Invalid):
        skip_effect(told.db, told.actors[OPERATOR], key, reason=" ", now=told.now)
    skip_effect(told.db, told.actors[OPERATOR], key, reason="Adresse falsch", now=told.now)
    assert [row.key for row in desk(told).effects] == [other]
    assert desk(told).interventions[0].reason == "Adresse falsch"
    with pytest.raises(NotFound):
        skip_effect(told.db, told.actors[OPERATOR], key, reason="noch einmal", now=told.now)
    assert_kept(told.db)


def test_a_letter_for_which_a_step_waits_is_never_skipped(told: Story, tmp_path: Path) -> None:
    case_id, good = at_check(told), told.settings
    told.do(CHECKER, case_id, "inadmissible", INADMISSIBLE)
    told.do(HEAD, case_id, "confirm", {"decision": {"reasons": REASONS}})
    (tmp_path / "no-folder").write_text("")
    told.settings = replace(good, data_dir=tmp_path / "no-folder")
    for _ in range(MOST_ATTEMPTS + 1):
        deliver(told)
        told.now += timedelta(hours=1)
    [letter] = [row for row in desk(told).effects if row.kind == "letter"]
    with pytest.raises(Refused, match="step_waits"):
        skip_effect(told.db, told.actors[OPERATOR], letter.key, reason="weg damit", now=told.now)
    told.settings = good
    retry_effects(told.db, told.actors[OPERATOR], key=letter.key, reason="Platte voll", now=told.now)
    deliver(told)
    assert state(told, case_id).step == "remedy_inadmissible"
    assert happened(told, case_id).count("Called") == 1
    assert_kept(told.db)


def test_a_letter_that_its_case_asked_for_anew_is_no_trouble_any_more(told: Story, tmp_path: Path) -> None:
    case_id, good = at_check(told), told.settings
    told.do(CHECKER, case_id, "inadmissible", INADMISSIBLE)
    told.do(HEAD, case_id, "confirm", {"decision": {"reasons": REASONS}})
    (tmp_path / "no-folder").write_text("")
    told.settings = replace(good, data_dir=tmp_path / "no-folder")
    for _ in range(MOST_ATTEMPTS + 1):
        deliver(told)
        told.now += timedelta(hours=1)
    told.settings = good
    told.do(OPERATOR, case_id, "retry")
    assert [row for row in desk(told).effects if row.kind == "letter"] == []


def test_a_parked_case_is_handed_over_repaired_and_goes_on(told: Story) -> None:
    case_id = poisoned(told)
    [row] = desk(told).cases
    assert (row.case_id, row.handed_to) == (case_id, None)
    assert "nowhere" in row.error
    assert queries.troubles(told.db, told.actors[CHECKER]) == 0
    coordinator = person_id(CHECKER)
    with pytest.raises(Invalid):
        hand_over(told.db, told.actors[OPERATOR], case_id, coordinator, reason="", now=told.now)
    with pytest.raises(NotAllowed):
        retry_case(told.db, told.actors[CHECKER], case_id, reason="", now=told.now)
    for other in (HEKS, AUDITOR):
        with pytest.raises(NotFound):
            hand_over(told.db, told.actors[OPERATOR], case_id, person_id(other), reason="Bitte", now=told.now)
    hand_over(told.db, told.actors[OPERATOR], case_id, coordinator, reason="Bitte ansehen", now=told.now)
    assert queries.troubles(told.db, told.actors[CHECKER]) == 1
    retry_case(told.db, told.actors[CHECKER], case_id, reason="Versuch", now=told.now)
    told.route()
    assert [one.case_id for one in desk(told).cases] == [case_id]  # it was not repaired yet
    repaired(told, case_id)
    retry_case(told.db, told.actors[OPERATOR], case_id, reason="Geflickt", now=told.now)
    told.route()
    assert desk(told).cases == []
    assert [one.kind for one in desk(told).interventions] == ["retry", "retry", "hand_over"]
    assert_kept(told.db)


@pytest.fixture
def app(told: Story) -> Iterator[Flask]:
    made = app_for(told, replace(told.settings, metrics_token="a token of the tests"))
    yield made
    made.extensions["foerderweg.db"].dispose()


def test_the_page_does_what_it_offers(told: Story, app: Flask) -> None:
    given_up(told)
    case_id = poisoned(told)
    browser = visitor(app)
    browser.sign_in(OPERATOR, "geheim")
    page = browser.open("/operations")
    assert "keiner mehr" in page.text
    assert "Deutsch im Quartier" not in page.text
    said = browser.send(page.form("/operations/effects"), {"press": "skip", "reason": ""})
    assert "Bitte geben Sie einen Grund an" in said.text
    said = browser.send(page.form("/operations/effects"), {"press": "skip", "reason": "x" * 2001})
    assert "höchstens 2000 Zeichen" in said.text
    said = browser.send(page.form("/operations/effects"), {"press": "retry_alike", "reason": "läuft"})
    assert "2 Zustellungen laufen wieder" in said.text
    repaired(told, case_id)
    said = browser.send(page.form("/operations/cases"), {"press": "retry", "reason": "geflickt"})
    assert "läuft wieder" in said.text
    assert "«geflickt»" in said.text
    watcher = visitor(app)
    watcher.sign_in(AUDITOR, "geheim")
    assert not [form for form in watcher.open("/operations").forms if "/operations" in form.action]
    outsider = visitor(app)
    outsider.sign_in(HEKS, "geheim")
    assert outsider.open("/operations").status == 404


def test_metrics_need_their_token(told: Story, app: Flask) -> None:
    given_up(told)
    client = app.test_client()
    assert client.get("/metrics").status_code == 401
    answer = client.get("/metrics", headers={"Authorization": "Bearer a token of the tests"})
    assert "foerderweg_effects_parked 2.0" in answer.text
    processes.seen(told.db, "worker@a:1", "worker", "1.0", told.now, told.now)
    again = client.get("/metrics", headers={"Authorization": "Bearer a token of the tests"})
    assert 'foerderweg_processes{kind="worker",release="1.0"} 1.0' in again.text


def test_alarms_come_and_go(told: Story) -> None:
    def codes() -> set[str]:
        return {alarm.code for alarm in alarms_of(queries.health(told.db, now=told.now), told.now)}

    assert codes() == {"worker_gone", "clock_gone"}
    for name, kind, release in (("w", "worker", "1"), ("c", "clock", "1"), ("w2", "worker", "2")):
        processes.seen(told.db, name, kind, release, told.now, told.now)
    assert codes() == {"releases_differ"}
    processes.ended(told.db, "w2")
    assert codes() == set()
    told.now += timedelta(seconds=61)
    assert codes() == {"worker_gone", "clock_gone"}
    at_check(told)
    told.now += timedelta(minutes=16)
    assert codes() == {"worker_gone", "clock_gone", "effects_wait"}
    deliver(told)
    assert codes() == {"worker_gone", "clock_gone", "mails_failing"}
    poisoned(told)
    assert "cases_parked" in codes()
    told.now += timedelta(days=30)
    assert "cases_wait" in codes()


def test_status_says_it_to_a_monitor(told: Story, capsys: pytest.CaptureFixture[str]) -> None:
    env = told.settings.as_env()
    assert main.main(["status", "--json"], env) == CRITICAL
    said = json.loads(capsys.readouterr().out)
    assert {one["code"] for one in said["alarms"]} == {"worker_gone", "clock_gone", "mail_server_away"}
    now = datetime.now(UTC)
    for kind in ("worker", "clock"):
        processes.seen(told.db, kind, kind, "1", now, now)
    assert main.main(["status"], env) == 1
    assert "WARNING   mail_server_away" in capsys.readouterr().out
    away = env | {"DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/nothing"}
    assert main.main(["status"], away) == CRITICAL
    assert "CRITICAL  database_unfit" in capsys.readouterr().out


def test_every_alarm_has_its_page(told: Story) -> None:
    section = OPERATE.read_text("utf-8").partition("## Alarms")[2].partition("\n## ")[0]
    assert set(re.findall(r"^### `(\w+)`", section, re.M)) == set(ALARMS)
