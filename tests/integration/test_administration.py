"""Limits with a day, credits, calls, areas, offices, holidays and people, each in its own screen."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask import Flask

from tests.browsing import signed_in, visitor
from tests.counting import statements
from tests.integration.test_proposing import ADMIN, COORDINATOR, HEAD, accept, current
from tests.integration.walks import HEKS, LEAD, language, rows
from web.cli.story import Story
from web.cli.visitors import Browser, Page
from workflow import administering, people
from workflow.accounts import sign_in, who_is
from workflow.engine.commands import Submit
from workflow.errors import NotAllowed
from workflow.people import person_id
from workflow.service import handle

AUDITOR = "werner.plattner@finanzkontrolle.bs.example"
OPERATOR = "jasmin.huber@pd.bs.example"
Values = Mapping[str, str | Sequence[str]]
NEW_YEAR = datetime(2027, 1, 1, 0, 0, tzinfo=UTC) - timedelta(hours=1)


def proposed(
    browser: Browser, path: str, values: Mapping[str, str | Sequence[str]], status: int = 200
) -> Page:
    """What the form at this address answers to these values."""
    form = browser.open(path).form(urlsplit(path).path)
    return browser.send(form, {"reason": "Beschluss.", "press": "propose", **values}, status=status)


def publish(told: Story, page: Page, by: str = COORDINATOR) -> None:
    accept(told, UUID(urlsplit(page.url).path.rpartition("/")[2]), by=by)


def size_of(told: Story, case_id: UUID) -> str:
    [row] = rows(told.db, f"SELECT size FROM cases WHERE id = '{case_id}'")
    return str(row.size)


def test_a_limit_changed_in_december_counts_from_the_new_year(app: Flask, told: Story) -> None:
    admin = signed_in(app, ADMIN)
    limit = {"size": "S", "since": "2027-01-01", "most": "15'000", "most_a_year": ""}
    before = told.submit(HEKS, language(12_000))
    page = proposed(admin, "/administration/limits", limit)
    assert "CHF 15'000.00" in page.words()
    publish(told, page)
    told.now = NEW_YEAR - timedelta(seconds=1)
    december = told.submit(HEKS, language(12_000))
    told.now = NEW_YEAR
    january = told.submit(HEKS, language(12_000))
    assert [size_of(told, one) for one in (before, december, january)] == ["M", "M", "S"]
    later = signed_in(app, ADMIN)  # sessions do not last that long
    assert "vor dem 01.01.2027" in later.open("/administration/limits").words()


def test_the_page_from_before_proposes_what_is_in_it_now(app: Flask, told: Story) -> None:
    admin = signed_in(app, ADMIN)
    form = admin.open("/administration/limits").form("/administration/limits")
    said = {"size": "S", "since": "2027-01-01", "most": "15'000", "most_a_year": "", "reason": "Beschluss."}
    first, again, other = (
        admin.send(form, {**said, "press": "propose", "most": most})
        for most in ("15'000", "15'000", "16'000")
    )
    assert first.url == again.url != other.url
    assert "CHF 16'000.00" in other.words()


def test_what_is_wrong_with_a_limit_is_said_and_kept(app: Flask, told: Story) -> None:
    admin = signed_in(app, ADMIN)
    wrong = {"size": "S", "since": told.now.date().isoformat(), "most": "viel", "most_a_year": "1"}
    page = proposed(admin, "/administration/limits", wrong, 422)
    assert "Der Tag muss in der Zukunft liegen." in page.words()
    assert "Höchstens" in page.words()
    assert 'value="viel"' in page.text
    coordinator = signed_in(app, COORDINATOR)
    assert not [one for one in coordinator.open("/administration/limits").forms if "limits" in one.action]


def test_a_draft_follows_the_limit_and_the_closing_date_of_the_day_it_is_submitted(
    app: Flask, told: Story
) -> None:
    draft = told.draft(HEKS, language(12_000))
    admin = signed_in(app, ADMIN)
    limit = {"size": "S", "since": "2027-01-01", "most": "15'000", "most_a_year": ""}
    publish(told, proposed(admin, "/administration/limits", limit))
    path = "/administration/calls/project-round-2027"
    publish(told, proposed(admin, path, {"closes_day": "2027-10-31"}))
    told.now = datetime(2027, 10, 15, 8, tzinfo=UTC)
    heks = signed_in(app, HEKS)
    assert "31.10.2027" in heks.open(f"/applications/{draft}").words()
    handle(told.db, Submit(draft), told.actors[HEKS], told.next_id(), told.now)
    assert size_of(told, draft) == "S"


def test_next_years_call_is_made_from_last_years_and_opens_by_the_clock(app: Flask, told: Story) -> None:
    coordinator, public = signed_in(app, COORDINATOR), visitor(app)
    path = "/administration/calls/project-round-2027?next=1"
    page = coordinator.open(path)
    assert 'value="Projekteingabe 2028"' in page.text
    assert 'value="2027-08-01"' in page.text
    assert 'value="2028-09-30"' in page.text
    page = proposed(coordinator, path, {"language.programme": "600'000"})
    assert "CHF 600'000.00" in page.words()
    assert "project-round-2028" in page.words()
    assert public.open("/calls/project-round-2028").status == 404
    publish(told, page, by=HEAD)
    assert "ab 01.08.2027" in public.open("/").words()
    told.now = datetime(2027, 7, 31, 21, 59, 59, tzinfo=UTC)
    assert "Gesuch beginnen" not in public.open("/").text.partition("Projekteingabe 2028")[2][:600]
    feed = public.http.get("/api/v1/calls/open")
    assert [one["code"] for one in feed.json()] == ["project-round-2027"]
    assert feed.headers["Cache-Control"] == "public, max-age=1"
    told.now = datetime(2027, 7, 31, 22, 0, tzinfo=UTC)
    feed = public.http.get("/api/v1/calls/open")
    assert [one["code"] for one in feed.json()] == ["project-round-2028", "project-round-2027"]
    again = public.http.get("/api/v1/calls/open", headers={"If-None-Match": feed.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "Projekteingabe 2028" in public.open("/").text
    [line] = rows(
        told.db,
        "SELECT ceiling FROM budget_lines WHERE (year, area, pot) = (2028, 'language', 'programme')",
    )
    assert line.ceiling == 60_000_000


def test_a_call_says_which_versions_of_form_and_routes_it_takes(app: Flask, told: Story) -> None:
    words = signed_in(app, COORDINATOR).open("/administration/calls/project-round-2027?next=1").words()
    for said in ("Gesuch um einen Förderbeitrag", "Verfahren S", "Verfahren XL", "07.09.2026"):
        assert said in words
    assert "Änderung prüfen" not in words


def test_a_call_that_cannot_be_is_refused(app: Flask) -> None:
    coordinator = signed_in(app, COORDINATOR)
    path = "/administration/calls/project-round-2027?next=1"
    wrong = {"code": "project-round-2026", "closes_clock": "25:00", "title.de": "", "areas": []}
    page = proposed(coordinator, path, wrong, 422)
    for said in ("Dieses Kürzel hat schon", "Bitte die Uhrzeit", "Titel (de)", "Mindestens einer"):
        assert said in page.words()
    page = proposed(coordinator, path, {"closes_day": "2027-07-01"}, 422)
    assert "schliesst, bevor sie öffnet" in page.words()


def test_credits_areas_offices_and_holidays(app: Flask, told: Story) -> None:
    admin = signed_in(app, ADMIN)
    page = proposed(admin, "/administration/credits?year=2027", {"language.programme": "560'000"})
    assert "Sprache 2027 › amounts › programme" in page.words()
    publish(told, page)
    publish(told, proposed(admin, "/administration/holidays", {"day": "15.02.2027"}))
    page = proposed(
        admin,
        "/administration/offices/-",
        {
            "code": "new_office",
            **{f"title.{language}": "Neue Stelle" for language in ("de", "en", "fr", "it")},
            "mail": "n@kip3.example",
        }
        | {"department": "pd"},
    )
    publish(told, page)
    page = proposed(
        admin,
        "/administration/areas/language",
        {"title.de": "Sprache und Bildung", "theme": "education_work", "sem": "language"},
    )
    publish(told, page)
    _, parts = current(told)
    assert parts["programme/holidays"]["extra"] == ["2027-02-15"]
    assert parts["programme/offices"][-1]["code"] == "new_office"
    assert next(one for one in parts["programme/areas"] if one["code"] == "language")["title"]["de"] == (
        "Sprache und Bildung"
    )
    page = proposed(admin, "/administration/holidays", {"drop": "2027-02-15"})
    wrong = {"code": "New Office", "title.de": "", "title.en": "x", "mail": "x", "department": "pd"}
    page = proposed(admin, "/administration/offices/-", wrong, 422)
    for said in ("Kürzel", "Name (de)", "E-Mail"):
        assert said in page.words()


def test_somebody_is_invited_given_a_role_and_leaves(app: Flask, told: Story) -> None:
    admin = signed_in(app, ADMIN)
    form = admin.open("/administration/people").form("/administration/people")
    new = {"name": "Neu Hier", "email": "Neu@bs.example", "office": "riehen", "role": "reviewer"}
    page = admin.send(form, new)
    path = urlsplit(page.url).path
    assert "Fachprüfung" in page.words()
    again = admin.send(form, new, status=409)
    assert "schon jemand da" in again.words()
    page = admin.send(
        page.form(path), {"press": "save", "office": "riehen", "role": "office_head", "name": "Neu Dort"}
    )
    assert "Neu Hier → Neu Dort" in page.words()
    needed = admin.open(f"/administration/people/{person_id(HEAD)}").words()
    assert "Niemand sonst hat: Fachstelle Integration und Antirassismus, Leitung" in needed
    admin.send(page.form(path), {"press": "end", "reason": ""}, status=422)
    admin.send(page.form(path), {"press": "end", "reason": "x" * 501}, status=422)
    page = admin.send(page.form(path), {"press": "end", "reason": "Neue Stelle."})
    assert "«Neue Stelle.»" in page.words()
    assert "Neu Dort" not in admin.open("/administration/people?text=neu").words().partition("Zugang")[2]
    page = admin.send(admin.open(path).form(path), {"press": "reopen"})
    assert "Zugang wieder geöffnet" in page.words()
    mails = rows(told.db, "SELECT FROM outbox WHERE kind = 'link'")
    assert mails


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"name": " ", "email": "neu@bs.example"}, "Bitte ausfüllen."),
        ({"name": "Neu Hier", "email": "neu"}, "Das ist keine gültige E-Mail-Adresse."),
        ({"name": "Neu Hier", "email": "neu@bs.example", "office": "gone"}, "«gone:reviewer» gibt es"),
    ],
)
def test_what_does_not_fit_a_person_is_said(app: Flask, told: Story, said: dict[str, str], why: str) -> None:
    admin = signed_in(app, ADMIN)
    form = admin.open("/administration/people").form("/administration/people")
    new = {"office": "riehen", "role": "reviewer", **said}
    answer = admin.http.post(form.action, data=form.filled(new))
    assert answer.status_code == 422
    assert why in html.unescape(answer.text)


def test_nobody_changes_their_own_access_and_only_administrators_change_any(told: Story) -> None:
    me, now = told.actors[ADMIN], told.now
    mine, roles = person_id(ADMIN), ("integration:head",)
    with pytest.raises(NotAllowed, match="own_roles"):
        administering.change(told.db, me, mine, name="Elias Graber", roles=roles, seen=(), now=now)
    with pytest.raises(NotAllowed, match="own_roles"):
        administering.end(told.db, me, mine, reason="x", now=now)
    for them in (told.actors[other] for other in (COORDINATOR, OPERATOR, HEAD, LEAD)):
        with pytest.raises(NotAllowed, match="not_yours"):
            administering.end(told.db, them, person_id(LEAD), reason="x", now=now)
        with pytest.raises(NotAllowed, match="not_yours"):
            administering.change(told.db, them, person_id(LEAD), name="X", roles=(), seen=(), now=now)
    session = sign_in(told.db, LEAD, "geheim", source="a", kind="browser", now=now)
    administering.end(told.db, me, person_id(LEAD), reason="Sperre.", now=now)
    assert who_is(told.db, session.token, kind="browser", now=now) is None
    [kept] = rows(told.db, "SELECT kind, data FROM people_log")
    assert (kept.kind, kept.data) == ("ended", {"reason": "Sperre."})
    assert LEAD not in {one["email"] for one in people.everybody(told.db)}


def test_a_role_that_was_taken_away_meanwhile_does_not_come_back(app: Flask, told: Story) -> None:
    path = f"/administration/people/{person_id(LEAD)}"
    admin = signed_in(app, ADMIN)
    form = admin.open(path).form(path)
    people.put_people(told.db, [people.Person(LEAD, "Barbara Wenger", "de", ())], now=told.now)
    late = admin.send(form, {"press": "save", "name": "B. Wenger"}, status=409)
    assert "Jemand anders war schneller" in late.words()
    assert rows(told.db, "SELECT FROM staff_roles WHERE person_id = :id", id=person_id(LEAD)) == []


def test_an_administrator_enters_an_absence(app: Flask, told: Story) -> None:
    admin = signed_in(app, ADMIN)
    path = f"/administration/people/{person_id(LEAD)}"
    page = admin.open(path)
    form = [one for one in page.forms if one.action == path][-1]
    day = told.now.date().isoformat()
    away = {"press": "away", "first_day": day, "last_day": day}
    deputy = str(person_id("philipp.luedin@erwachsenenbildung.bs.example"))
    page = admin.send(form, away | {"deputy": deputy})
    assert "Philipp Lüdin" in page.words()
    form = next(one for one in page.forms if ("first_day", day) in one.fields)
    page = admin.send(form, {"press": "back"})
    assert rows(told.db, "SELECT FROM absences") == []


def test_people_are_listed_by_page_found_and_never_asked_one_by_one(app: Flask, told: Story) -> None:
    admin, auditor = signed_in(app, ADMIN), signed_in(app, AUDITOR)
    few = statements(app, admin, "/administration/people?text=elias")
    assert statements(app, admin, "/administration/people?who=everybody") == few
    first = admin.open("/administration/people?who=everybody")
    second = admin.open(first.link("after="))
    assert "Weitere anzeigen" in first.text
    names = [set(one.words().split()) for one in (first, second)]
    assert "Elias" in names[0] | names[1]
    only = admin.open("/administration/people?office=integration&role=head").words()
    assert "Andrea Bernasconi" in only
    assert "Elias" not in only
    assert "Jemand einladen" not in auditor.open("/administration/people").text
    assert "100%" not in admin.open("/administration/people?text=100%25").words()
