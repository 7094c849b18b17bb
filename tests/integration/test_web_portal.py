"""The applicants' pages: from the first question to handing in, and what others see of it (nothing)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from tests.browsing import signed_in, visitor
from tests.counting import statements
from tests.integration.walks import language, rows
from web.cli.story import ATTACHED, ELIGIBLE, PDF, Story, application
from web.cli.visitors import Browser, Page
from workflow import publish
from workflow.funding.programme import load_folder
from workflow.people import organisation_id
from workflow.publishable import checked_bundle
from workflow.settings import PROGRAMMES
from workflow.store import queries
from workflow.store.queries import Application

HEKS = "miriam.aebi@heks.example"
COLLEAGUE = "jonas.wirz@heks.example"
DRAFTER = "selin.arslan@heks.example"
OTHER = "daniela.frey@ggg-migration.example"
READER = "urs.ackermann@sprachbruecke.example"
BRIDGE = "ana.petrovic@sprachbruecke.example"
LEAD = "barbara.wenger@erwachsenenbildung.bs.example"
DIVISION = "thomas.iselin@pd.bs.example"
CALL = "/calls/project-round-2027"
CLOSING = datetime(2027, 9, 30, 22, 0, tzinfo=UTC)
PDF_FILE = ("Statuten HEKS.pdf", PDF, "application/pdf")
ANSWERS = application(
    "HEKS",
    title="Deutsch im Quartier",
    area="language",
    goals=["everyday_language"],
    requested=38_000_00,
    target_group="recognised_refugees",
)


def stored(told: Story, application_id: UUID, email: str = HEKS) -> Application:
    found = queries.application(told.db, told.actors[email], application_id)
    assert found is not None
    return found


def begun(app: Flask, email: str = HEKS) -> tuple[Browser, str]:
    """A browser in which an application was begun, and the path of that."""
    browser = signed_in(app, email)
    asked = browser.open(CALL)
    started = browser.send(browser.send(asked.form(CALL, "get"), ELIGIBLE).form(CALL))
    return browser, started.url.removeprefix("http://localhost")


def save(browser: Browser, path: str, values: dict[str, Any], press: str = "save", **files: Any) -> Page:
    """Fill in a section, named by the path of its page, and press a button."""
    return browser.send(browser.open(path).form(path), {**values, "press": press}, **files)


def test_of_what_the_first_form_sends_only_the_answers_are_kept(app: Flask, told: Story) -> None:
    begun(app)
    [row] = rows(told.db, "SELECT eligibility FROM applications")
    assert row.eligibility == ELIGIBLE


def test_the_first_page_shows_the_call_and_its_areas(app: Flask) -> None:
    page = visitor(app).open("/")
    assert "Eingabe bis 30.09.2027, 24:00 Uhr" in page.text
    assert "noch 388 Tage" in page.text
    assert "Interkulturelles Dolmetschen" in page.text
    assert page.link(CALL)
    assert "geschlossen am" in page.text


def test_questions_that_are_not_met_explain_and_begin_nothing(app: Flask) -> None:
    browser = signed_in(app, HEKS)
    page = browser.send(browser.open(CALL).form(CALL, "get"), {**ELIGIBLE, "other_canton_only": "yes"})
    assert "beim Kanton Basel-Landschaft einzureichen" in page.text
    assert not any(form.action == CALL and form.method == "post" for form in page.forms)
    assert ("place", "yes") in page.form(CALL, "get").fields
    page = browser.send(page.form(CALL, "get"), {"other_canton_only": "no", "place": []})
    form = browser.send(page.form(CALL, "get"), ELIGIBLE).form(CALL)
    refused = browser.send(form, {"non_profit": "no"}, status=409)
    assert "Es wurde kein Gesuch begonnen" in refused.text


def test_unanswered_questions_are_named(app: Flask) -> None:
    page = visitor(app).open(f"{CALL}?place=yes")
    assert "Bitte alle Fragen beantworten" in page.text


def test_the_button_says_what_is_missing_where_nothing_was_answered(app: Flask) -> None:
    browser = visitor(app)
    page = browser.open(CALL)
    assert "Bitte alle Fragen beantworten" not in page.text
    assert 'name="check" value="1"' in page.text
    assert "Bitte alle Fragen beantworten" in browser.open(f"{CALL}?check=1").text


def test_answers_survive_the_sign_in(app: Flask) -> None:
    browser = visitor(app)
    page = browser.send(browser.open(CALL).form(CALL, "get"), ELIGIBLE)
    asked = browser.open(page.link("/sign-in?next="))
    page = browser.send(asked.form("/sign-in"), {"email": HEKS, "password": "geheim"})
    assert "HEKS Regionalstelle beider Basel" in page.text
    assert page.form(CALL)


def test_a_double_click_begins_one_application(app: Flask, told: Story) -> None:
    browser = signed_in(app, HEKS)
    form = browser.send(browser.open(CALL).form(CALL, "get"), ELIGIBLE).form(CALL)
    assert browser.send(form).url == browser.send(form).url
    assert len(queries.my_applications(told.db, told.actors[HEKS])) == 1


def test_one_who_only_reads_begins_and_changes_nothing(app: Flask, told: Story) -> None:
    browser = signed_in(app, READER)
    page = browser.send(browser.open(CALL).form(CALL, "get"), ELIGIBLE)
    assert not any(form.action == CALL and form.method == "post" for form in page.forms)
    draft = told.draft(BRIDGE, ANSWERS)
    path = f"/applications/{draft}"
    assert "aber nicht ändern" in browser.open(path).text
    assert browser.open(f"{path}/sections/project").url.endswith(path)
    token = dict(browser.open(path).form("/sign-out").fields)["csrf"]
    key = "7f0c2b3e-0000-4000-8000-000000000001"
    data = {"csrf": token, "revision": "3", "press": "save", "project.title": "X", "command_id": key}
    assert browser.http.post(f"{path}/sections/project", data=data).status_code == 403
    assert browser.http.post(f"{path}/submit", data=data).status_code == 403


def test_the_form_is_filled_in_section_by_section_and_handed_in(app: Flask, told: Story) -> None:
    browser, path = begun(app)
    for section, answers in ANSWERS.items():
        values = {f"{section}.{code}": as_typed(value) for code, value in flat(answers)}
        page = save(browser, f"{path}/sections/{section}", values, "next")
        assert page.status == 200, page.text
    assert page.url.endswith("/submit")
    assert "Bitte eine Datei beilegen" in page.text
    here = f"{path}/sections/attachments"
    save(browser, here, {}, files=dict.fromkeys(ATTACHED, PDF_FILE))
    ready = browser.open(f"{path}/submit")
    assert "Alles ist da" in ready.text
    done = browser.send(ready.form("/submit"))
    assert "KIP3-2027-00001" in done.text
    again = browser.send(ready.form("/submit"))
    assert again.url == done.url
    [row] = queries.my_applications(told.db, told.actors[HEKS])
    assert (row.number, row.requested, row.area) == ("KIP3-2027-00001", 38_000_00, "language")
    told.route()
    assert "Fachstelle Integration" in browser.open(path).text


def test_sections_that_are_wrong_stand_in_one_note_above_another(app: Flask) -> None:
    browser, path = begun(app)
    save(browser, f"{path}/sections/project", {"project.period_from": "bald"})
    page = save(browser, f"{path}/sections/account", {"account.iban": "CH00"})
    assert "Eine Angabe stimmt noch nicht. Sie ist trotzdem gespeichert" in page.text
    here = browser.open(f"{path}/sections/budget")
    [note] = re.findall(r'<p class="note note--warning">(.*?)</p>', here.text)
    assert re.sub("<[^>]+>", "", note) == "Projekt, Konto: bitte korrigieren"


def test_what_is_missing_is_marked_where_somebody_has_written(app: Flask) -> None:
    """The name and the address come from the organisation; nobody has been in that section yet."""
    browser, path = begun(app)
    page = browser.open(path)
    here = page.link(f"{path}/sections/organisation")
    assert "Angaben fehlen" in page.text
    assert 'role="alert"' not in browser.open(here).text
    save(browser, here, {"organisation.contact_name": "Miriam Aebi"})
    assert 'role="alert"' in browser.open(browser.open(path).link(f"{path}/sections/organisation")).text


def as_typed(value: Any) -> Any:
    """An answer as a person would type it: amounts in francs, boxes ticked."""
    if isinstance(value, bool):
        return "true" if value else []
    if isinstance(value, int):
        return f"{value / 100:,.2f}".replace(",", "'") if value > 10_000 else str(value)
    return value


def flat(answers: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The answers of a section by the names of their inputs; tables row by row."""
    for code, value in answers.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for number, row in enumerate(value):
                yield from ((f"{code}.{number}.{column}", cell) for column, cell in row.items())
        elif isinstance(value, dict):
            yield from ((f"{code}.{part}", text) for part, text in value.items())
        else:
            yield code, value


def test_what_cannot_be_read_is_kept_as_typed_and_marked(app: Flask) -> None:
    browser, path = begun(app)
    here = f"{path}/sections/account"
    page = save(
        browser, here, {"account.iban": "CH44 3199 9123 0008 8901 2", "account.holder": "HEKS"}, "next"
    )
    assert page.url.split("?")[0].endswith(here)
    assert "nur mit einer QR-Referenz" in page.text
    assert 'href="#account.iban"' in page.text
    assert re.search(
        r'name="account.iban"[^>]*aria-describedby="[^"]*account.iban-wrong[^>]*aria-invalid', page.text
    )
    assert ("account.iban", "CH44 3199 9123 0008 8901 2") in page.form(here).fields
    page = save(browser, here, {"account.iban": "CH93 0076 2011 6238 5295 7"}, "next")
    assert page.url.endswith("/sections/attachments")


def test_rows_come_and_go_and_the_total_is_shown(app: Flask) -> None:
    browser, path = begun(app)
    here = f"{path}/sections/budget"
    costs = [("staff", "Leitung", "30'000"), ("rent", "Raum", "8000.50"), ("overhead", "Büro", "1’000.–")]
    values = {
        f"budget.costs.{row}.{column}": cell
        for row, cells in enumerate(costs)
        for column, cell in zip(("kind", "label", "amount"), cells, strict=True)
    }
    page = save(browser, here, values, "add:budget.costs")
    assert "CHF 39'000.50" in page.text
    blank = [name for name, value in page.form(here).fields if name.endswith(".label") and not value]
    assert len(blank) == 4
    page = save(browser, here, {}, "drop:budget.costs.1")
    rows = [value for name, value in page.form(here).fields if name.endswith(".label") and value]
    assert rows == ["Leitung", "Büro"]
    assert "CHF 31'000.00" in page.text


def test_goals_are_those_of_the_area_once_it_is_chosen(app: Flask) -> None:
    browser, path = begun(app)
    here = f"{path}/sections/project"
    assert "Familien kennen" in browser.open(here).text
    page = save(browser, here, {"project.area": "language"})
    assert "Familien kennen" not in page.text
    assert "fide" in page.text
    page = save(browser, here, {"project.goals": ["everyday_language"], "project.area": "early_childhood"})
    assert "passt nicht zum gewählten Förderbereich" in page.text


def test_hostile_text_stays_text(app: Flask) -> None:
    browser, path = begun(app)
    nasty = '"><script>alert(1)</script>{{ 1234567*3 }}'
    save(browser, f"{path}/sections/project", {"project.title": nasty})
    for page in (path, f"{path}/sections/project", f"{path}/submit", "/applications"):
        markup = browser.http.get(page).text
        assert "<script>alert" not in markup
        assert "3703701" not in markup


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (("statuten.pdf", b"MZ not a pdf at all", "application/pdf"), "nicht das richtige Format"),
        (("statuten.pdf", b"", "application/pdf"), "ist leer"),
        (("gross.pdf", PDF + b" " * 10 * 1024 * 1024, "application/pdf"), "höchstens 10 MB"),
    ],
)
def test_a_refused_file_is_named_with_the_reason_and_the_rest_is_kept(
    app: Flask, told: Story, file: tuple[str, bytes, str], reason: str
) -> None:
    browser, path = begun(app)
    here = f"{path}/sections/attachments"
    good = ("attachments.accounts", PDF_FILE)
    form = browser.open(here).form(here)
    page = browser.send(
        form, {"press": "save"}, files=dict([("attachments.statutes", file), good]), status=422
    )
    assert f"«{file[0]}»" in page.text
    assert reason in page.text
    answers = stored(told, UUID(path.rsplit("/", 1)[1])).answers["attachments"]
    assert len(answers["accounts"]) == 1
    assert not answers.get("statutes")


def test_a_file_comes_once_goes_and_is_offered_as_a_download(app: Flask, told: Story) -> None:
    browser, path = begun(app)
    here = f"{path}/sections/attachments"
    form = browser.open(here).form(here)
    for _ in range(2):
        browser.send(form, {"press": "save"}, files={"attachments.statutes": PDF_FILE})
    application_id = UUID(path.rsplit("/", 1)[1])
    [file_id] = stored(told, application_id).answers["attachments"]["statutes"]
    answer = browser.http.get(f"/files/{file_id}")
    assert answer.content == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    etag = answer.headers["ETag"]
    assert browser.http.get(f"/files/{file_id}", headers={"If-None-Match": etag}).status_code == 304
    for _ in range(2):  # a second click finds nothing there, and says nothing of it
        assert save(browser, here, {}, f"detach:attachments.statutes.{file_id}").status == 200
    assert stored(told, application_id).answers["attachments"].get("statutes", []) == []


def test_two_who_save_different_sections_do_not_disturb_each_other(app: Flask, told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    mine, theirs = signed_in(app, HEKS), signed_in(app, COLLEAGUE)
    project, plan = f"/applications/{draft}/sections/project", f"/applications/{draft}/sections/plan"
    form = mine.open(project).form(project)
    assert save(theirs, plan, {"plan.need": "Neuer Bedarf"}).status == 200
    mine.send(form, {"project.title": "Neuer Titel", "press": "save"})
    answers = stored(told, draft).answers
    assert (answers["project"]["title"], answers["plan"]["need"]) == ("Neuer Titel", "Neuer Bedarf")


def test_two_who_save_the_same_section_see_it_and_lose_nothing(app: Flask, told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    mine, theirs = signed_in(app, HEKS), signed_in(app, COLLEAGUE)
    here = f"/applications/{draft}/sections/project"
    form = mine.open(here).form(here)
    save(theirs, here, {"project.title": "Titel von Jonas"})
    page = mine.send(form, {"project.title": "Titel von Miriam", "press": "save"}, status=409)
    assert "Jonas Wirz" in page.text
    assert "Titel von Jonas" in page.text
    assert ("project.title", "Titel von Miriam") in page.form(here).fields
    assert stored(told, draft).answers["project"]["title"] == "Titel von Jonas"
    mine.send(page.form(here), {"press": "save"})
    assert stored(told, draft).answers["project"]["title"] == "Titel von Miriam"


def test_a_double_click_on_save_is_no_conflict(app: Flask, told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    browser, here = signed_in(app, HEKS), f"/applications/{draft}/sections/project"
    form = browser.open(here).form(here)
    for _ in range(2):
        browser.send(form, {"project.title": "Neu", "press": "save"})


def test_a_drafter_prepares_and_only_a_signer_hands_in(app: Flask, told: Story) -> None:
    draft = told.draft(HEKS, ANSWERS)
    browser = signed_in(app, DRAFTER)
    page = browser.open(f"/applications/{draft}/submit")
    assert "Einreichen kann eine Person" in page.text
    assert not any(form.action.endswith("/submit") for form in page.forms)


def test_after_the_closing_time_the_form_says_so_and_keeps_everything(app: Flask, told: Story) -> None:
    told.now = CLOSING - timedelta(minutes=1)
    draft = told.draft(HEKS, ANSWERS)
    browser = signed_in(app, HEKS)
    path = f"/applications/{draft}"
    ready = browser.open(f"{path}/submit")
    assert "Schliesst heute um 24:00 Uhr" in ready.text
    assert f'data-closes="{CLOSING.isoformat()}"' in ready.text
    told.now = CLOSING
    refused = browser.send(ready.form("/submit"), status=409)
    assert "nimmt zurzeit keine Gesuche an" in refused.text
    page = save(browser, f"{path}/sections/project", {"project.title": "Spät gespeichert"})
    assert "Diese Ausschreibung ist geschlossen" in page.text
    assert stored(told, draft).answers["project"]["title"] == "Spät gespeichert"
    assert not any(form.action.endswith("/submit") for form in browser.open(f"{path}/submit").forms)


def test_nobody_else_finds_an_application_or_its_files(app: Flask, told: Story) -> None:
    case_id = told.submit(HEKS, ANSWERS)
    file_id, *_ = stored(told, case_id).files
    path = f"/applications/{case_id}"
    for email in (OTHER, LEAD, DIVISION):
        browser = signed_in(app, email)
        token = dict(browser.open("/").form("/sign-out").fields)["csrf"]
        data = {"csrf": token, "command_id": "7f0c2b3e-0000-4000-8000-000000000002", "revision": "1"}
        for tail in ("", "/sections/project", "/submit", "/step", "/withdraw"):
            assert browser.http.get(f"{path}{tail}").status_code == 404
        for tail in ("/sections/project", "/submit", "/step", "/withdraw"):
            assert browser.http.post(f"{path}{tail}", data=data).status_code == 404
        assert browser.http.get(f"/files/{file_id}").status_code == 404


def test_an_organisation_cannot_be_borrowed(app: Flask, told: Story) -> None:
    browser = signed_in(app, OTHER)
    form = browser.send(browser.open(CALL).form(CALL, "get"), ELIGIBLE).form(CALL)
    browser.send(form, {"organisation": str(organisation_id("heks"))}, status=403)
    assert queries.my_applications(told.db, told.actors[HEKS]) == []


def test_the_list_takes_as_many_queries_for_many_as_for_one(app: Flask, told: Story) -> None:
    told.submit(HEKS, ANSWERS)
    told.draft(HEKS, ANSWERS)
    browser = signed_in(app, HEKS)
    few = statements(app, browser, "/applications")
    for _ in range(4):
        told.submit(HEKS, ANSWERS)
        told.draft(HEKS, ANSWERS)
    assert statements(app, browser, "/applications") == few


def test_an_amount_that_no_route_takes_is_said_before_anybody_signs(app: Flask, told: Story) -> None:
    bundle = load_folder(PROGRAMMES / "kip3-basel-stadt")
    bundle.programme["sizes"][-1]["route"] = None
    with told.db.begin() as tx:
        publish.store(tx, *checked_bundle(bundle), told.now)
    browser = signed_in(app, HEKS)
    for francs, fits in ((200_000, True), (200_001, False)):
        draft = told.draft(HEKS, language(francs))
        page = browser.open(f"/applications/{draft}/submit")
        assert ("Alles ist da" in page.words()) is fits
        assert ("höchstens für CHF 200'000.00" in page.words()) is not fits
        assert any(one.action.endswith("/submit") for one in page.forms) is fits


def test_a_draft_is_deleted_after_one_more_question(app: Flask, told: Story) -> None:
    browser, path = begun(app)
    asked = browser.open(browser.open(path).link("/discard"))
    assert "Das lässt sich nicht rückgängig machen." in asked.words()
    done = browser.send(asked.form("/discard"))
    assert done.url.endswith("/applications")
    assert "Der Entwurf ist gelöscht." in done.text
    assert browser.http.get(path).status_code == 404
    log = browser.open(f"/organisations/{organisation_id('heks')}").words()
    assert "hat einen Entwurf gelöscht" in log
