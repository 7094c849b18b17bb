"""What auditors and the steering group see: who read which dossier, the decisions of a quarter, figures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.integration.members import GGG as REGISTERED_BY
from tests.integration.members import NEW, register
from tests.integration.test_appeals import SECRETARIAT, lodged, refused
from tests.integration.test_children import opened
from tests.integration.test_documents import attach
from tests.integration.test_large_routes import XL, at_finance
from tests.integration.walks import (
    AUDITOR,
    CHANCELLERY,
    CHECKER,
    DIVISION,
    FINANCE,
    HEAD,
    HEKS,
    LEAD,
    NOTED,
    REASONS,
    STEERING,
    TREASURY,
    at_confirmation,
    at_decision,
    at_review,
    deliver,
    language,
    order,
    rows,
    state,
)
from web.cli.story import Story, decision
from web.cli.visitors import Browser
from workflow import reads
from workflow.store import queries

Of = Callable[[str], Browser]


@pytest.fixture
def of(app: Flask) -> Of:
    """The browser of somebody."""
    return partial(signed_in, app)


def noted(told: Story) -> list[str]:
    """Who has read, in the order of the first time."""
    query = "SELECT p.email FROM dossier_reads r JOIN persons p ON p.id = r.person_id ORDER BY r.at, p.email"
    return [row.email for row in rows(told.db, query)]


def test_each_reading_of_a_dossier_is_kept_once_a_day(told: Story, of: Of) -> None:
    case_id = at_review(told)
    lead, page = of(LEAD), f"/desk/cases/{case_id}"
    lead.open(page)
    assert noted(told) == []  # behind the gate there was nothing to read
    lead.send(lead.open(page).form("/declare"))
    lead.open(page)
    lead.open(f"{page}/why")
    assert noted(told) == [LEAD]
    of(HEKS).open(f"/applications/{case_id}")
    of(HEKS).open(f"/applications/{case_id}/receipt")
    assert noted(told) == [LEAD]
    told.now += timedelta(days=1)
    of(LEAD).open(page)
    assert noted(told) == [LEAD, LEAD]


@pytest.mark.parametrize("way", ["receipt", "archive", "changes", "file", "proposal"])
def test_every_way_to_a_dossier_is_noted(told: Story, of: Of, way: str) -> None:
    case_id = at_decision(told)
    told.declare(HEAD, case_id)
    found = queries.dossier(told.db, told.actors[HEAD], case_id, now=told.now)
    assert found is not None
    file = next(iter(found.files))
    url = {"file": f"/files/{file}", "proposal": f"/desk/cases/{case_id}/proposal"}.get(way)
    assert of(HEAD).open(url or f"/applications/{case_id}/{way}").status == 200
    assert noted(told) == [HEAD]


def test_who_works_on_what_belongs_to_an_application_has_read_that_too(told: Story, of: Of) -> None:
    case_id = refused(told)
    child = opened(told, CHECKER, case_id, "appeal", lodged(told))
    told.wait(days=34)
    told.declare(SECRETARIAT, child)
    of(SECRETARIAT).open(f"/desk/cases/{child}")
    read = rows(told.db, "SELECT case_id FROM dossier_reads")
    assert {row.case_id for row in read} == {case_id, child}


@pytest.mark.parametrize("way", ["/files/{}", "/files/{}/view", "/api/v1/files/{}"])
def test_who_reads_an_organisations_documents_is_noted(told: Story, app: Flask, of: Of, way: str) -> None:
    register(told)
    attach(told, REGISTERED_BY)
    [file] = rows(told.db, "SELECT id FROM files WHERE organisation_id = :id", id=NEW)
    path = way.format(file.id)
    if path.startswith("/api"):
        client = app.test_client()
        said = {"email": CHECKER, "password": "geheim"}
        token = client.post("/api/v1/sessions", json=said).get_json()["token"]
        with client.get(path, headers={"Authorization": f"Bearer {token}"}) as answer:
            assert answer.status_code == 200
    else:
        assert of(REGISTERED_BY).http.get(path).status_code == 200
        for _ in range(2):
            assert of(CHECKER).http.get(path).status_code == 200
    read = rows(told.db, "SELECT organisation_id, person_id FROM organisation_reads")
    assert [(row.organisation_id, str(row.person_id)) for row in read] == [(NEW, told.actors[CHECKER].person)]
    page = of(AUDITOR).open("/office/reads").words()
    assert "Unterlagen der Trägerschaft" in page
    assert "Regula Keller" in page


def test_what_was_read_at_once_stands_on_one_page(told: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = (told.submit(HEKS, language()) for _ in range(3))
    reader = UUID(told.actors[CHECKER].person)
    reads.note(told.db, reader, [first], now=told.now + timedelta(minutes=1))
    reads.note(told.db, reader, [second, third], now=told.now)
    monkeypatch.setattr(sys.modules[queries.reads.__module__], "MOST", 2)
    after: str | None = None
    found: list[UUID | None] = []
    for _ in range(2):
        page = queries.reads(told.db, told.actors[AUDITOR], after=after)
        assert page is not None
        found += [one.case_id for one in page.rows]
        after = page.next
    assert (found[0], set(found), after) == (first, {first, second, third}, None)


@pytest.mark.parametrize("way", ["", "/events", "/comments", "/inquiries"])
def test_every_way_by_api_is_noted(told: Story, app: Flask, way: str) -> None:
    case_id, client = at_review(told), app.test_client()
    credentials = {"email": CHECKER, "password": "geheim"}
    token = client.post("/api/v1/sessions", json=credentials).get_json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get(f"/api/v1/cases/{case_id}{way}", headers=headers).status_code == 200
    assert noted(told) == [CHECKER]


def test_the_auditor_sees_who_read_what_and_does_not_hide_from_it(told: Story, of: Of) -> None:
    case_id, other = at_review(told), at_review(told, 20_000)
    of(CHECKER).open(f"/desk/cases/{case_id}")
    auditor = of(AUDITOR)
    auditor.open(f"/desk/cases/{other}")
    page = auditor.open("/office/reads")
    assert "Regula Keller" in page.words()
    assert "Werner Plattner" in page.words()
    numbers = {row.id: row.number for row in rows(told.db, "SELECT id, number FROM cases")}
    narrowed = auditor.open(f"/office/reads?number={numbers[case_id]}")
    assert numbers[case_id] in narrowed.words()
    assert numbers[other] not in narrowed.words()
    assert "Regula Keller" not in auditor.open("/office/reads?person=plattner").words()
    assert "So hat niemand" in auditor.open("/office/reads?after=gestern&person=niemand").words()
    assert of(CHECKER).open("/office/reads").status == 404


def test_an_auditor_reads_everything_and_is_offered_nothing(told: Story, of: Of) -> None:
    case_id = at_decision(told)
    page = of(AUDITOR).open(f"/desk/cases/{case_id}")
    assert "Beide Stellen empfehlen." in page.words()
    assert [form.action for form in page.forms if form.method == "post" and "/desk/" in form.action] == []


def test_what_was_granted_and_declined_is_no_grant(told: Story) -> None:
    case_id = at_confirmation(told)
    told.do(HEKS, case_id, "decline")
    deliver(told)
    assert state(told, case_id).step == "remedy_written_off"
    found = queries.quarter(told.db, told.actors[AUDITOR], 2026, 3)
    assert found is not None
    [language] = [one for one in found.areas if one.area == "language"]
    assert [one.granted for one in found.decided] == [0]
    assert (language.granted, language.refused, language.amount) == (0, 1, 0)
    page = queries.dossier(told.db, told.actors[AUDITOR], case_id, now=told.now)
    assert page is not None
    assert page.granted is None


def test_the_steering_group_sees_the_quarter_and_decides_nothing(told: Story, of: Of) -> None:
    case_id = at_decision(told)
    told.do(HEAD, case_id, "grant", decision(38_000_00, REASONS))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    isi = of(STEERING)
    page = isi.open("/office/steering?quarter=2026-3")
    words = page.words()
    assert "38'000.00" in words
    assert "HEKS Regionalstelle beider Basel" in words
    assert "Deutsch im Quartier" not in words
    assert "Nichts entschieden" in isi.open("/office/steering?quarter=2026-2").words()
    assert "Nichts entschieden" in isi.open("/office/steering?quarter=2026-3&size=L").words()
    assert isi.open("/office/steering?quarter=9999-9").status == 200
    assert isi.open("/office/cases").status == 404
    assert isi.open(f"/desk/cases/{case_id}").status == 404
    assert of(LEAD).open("/office/steering").status == 404


def test_the_government_decides_with_number_and_date_which_the_letter_names(told: Story, of: Of) -> None:
    case_id = at_finance(told, XL)
    told.do(FINANCE, case_id, "noted", NOTED)
    told.do(TREASURY, case_id, "noted", NOTED)
    told.do(STEERING, case_id, "concerns", {"statement": {"objections": "Der Betrag ist sehr hoch."}})
    chancellery = of(CHANCELLERY)
    url = f"/desk/cases/{case_id}/proposal"
    page = chancellery.send(chancellery.open(url).form("/declare"))
    assert "Der Betrag ist sehr hoch." in page.words()
    form = page.form("/complete")
    said = {"outcome": "grant", "decision.reasons": REASONS}
    lacking = chancellery.send(form, said, status=422)
    assert "Nummer des Beschlusses" in lacking.words()
    said |= {"decision.number": "26/31/12", "decision.decided_on": "01.09.2026"}
    chancellery.send(form, said)
    told.route()
    deliver(told)
    assert state(told, case_id).step == "countersigning"
    assert "am 1. September 2026 mit Beschluss Nr. 26/31/12 entschieden" in order(told, case_id)


def test_one_resolution_of_the_government_covers_a_list(told: Story, of: Of) -> None:
    with told.db.begin() as tx:  # two as large as this are more than the area has
        tx.exec_driver_sql("UPDATE budget_lines SET available = 90000000 WHERE area = 'language'")
    cases = [at_finance(told, XL), at_finance(told, XL + 10_000)]
    for case_id in cases:
        told.do(FINANCE, case_id, "noted", NOTED)
        told.do(TREASURY, case_id, "noted", NOTED)
        told.do(STEERING, case_id, "noted", NOTED)
        told.declare(CHANCELLERY, case_id)
    chancellery = of(CHANCELLERY)
    page = chancellery.open("/desk/decisions")
    ticked = [f"{one}.{state(told, one).entry}" for one in cases]
    check = chancellery.send(page.form("/desk/decisions"), {"case": ticked, "press": "check"})
    assert "Tag, Monat, Jahr: 03.02.2026" in check.words()
    said = {"press": "decide", "government_decision.decision.number": "26/31/13" * 6}
    for day in ("1. Herbst", "01.09.2096"):
        named = {"government_decision.decision.decided_on": day}
        wrong = chancellery.send(check.form("/desk/decisions"), {**said, **named}, status=422)
        assert "Zu lang: höchstens 40 Zeichen" in wrong.words()
        assert 'id="government_decision.decision.decided_on-wrong"' in wrong.text
        typed = dict(wrong.form("/desk/decisions").fields)
        assert typed["government_decision.decision.decided_on"] == day
        assert typed["government_decision.decision.number"] == "26/31/13" * 6
    assert {state(told, one).step for one in cases} == {"decide"}
    said["government_decision.decision.number"] = "26/31/13"
    named = {"government_decision.decision.decided_on": "01.09.2026"}
    done = chancellery.send(check.form("/desk/decisions"), {**said, **named})
    assert "2 Entscheide sind eingetragen" in done.words()


def test_reading_by_program_is_noted_too(told: Story, app: Flask) -> None:
    case_id = at_review(told)
    client = app.test_client()
    token = client.post("/api/v1/sessions", json={"email": AUDITOR, "password": "geheim"}).get_json()["token"]
    answer = client.get(f"/api/v1/cases/{case_id}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert noted(told) == [AUDITOR]


def test_what_is_observed_comes_as_a_file(told: Story, of: Of) -> None:
    case_id = at_decision(told)
    told.do(HEAD, case_id, "grant", decision(38_000_00, REASONS))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    deliver(told)
    auditor = of(AUDITOR)
    auditor.open(f"/desk/cases/{case_id}")
    assert b"38000.00" in auditor.download("/office/steering.csv?quarter=2026-3")
    assert "Werner Plattner" in auditor.download("/office/reads.csv").decode()
