"""The frame of all pages: sessions, CSRF, headers, errors, readiness, logs, and what only a demo has."""

from __future__ import annotations

import json
import mailbox
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.browsing import app_for, signed_in, visitor
from tests.builders import MONDAY, story
from web import screens
from web.app import create_app
from web.cli.story import Story
from web.errors import TEXTS, text_of
from workflow.accounts import MOST_ATTEMPTS
from workflow.connecting import connect
from workflow.errors import Refused
from workflow.people import load_people, person_id, read_people
from workflow.publish import publish_folder
from workflow.settings import PROGRAMMES, Settings, SettingsError

HEKS = "miriam.aebi@heks.example"
COORDINATOR = "regula.keller@integration.bs.example"


@pytest.fixture
def told(db: sa.Engine, settings: Settings) -> Story:
    return story(db, settings)


@pytest.fixture
def demo(told: Story, settings: Settings) -> Iterator[Flask]:
    made = app_for(told, replace(settings, demo=True))
    yield made
    made.extensions["foerderweg.db"].dispose()


def test_a_visitor_comes_back_to_where_they_wanted_to_go(app: Flask) -> None:
    browser = visitor(app)
    asked = browser.open("/applications?a=1")
    assert asked.url.endswith("/sign-in?next=%2Fapplications%3Fa%3D1")
    there = browser.send(asked.form("/sign-in"), {"email": HEKS.upper(), "password": "geheim"})
    assert there.url.endswith("/applications?a=1")


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org", "/\\example.org", "x", "/\n/a"])
def test_nobody_is_sent_elsewhere_after_signing_in(app: Flask, target: str) -> None:
    browser = visitor(app)
    asked = browser.open("/sign-in").form("/sign-in")
    there = browser.send(asked, {"email": HEKS, "password": "geheim", "next": target})
    assert there.url == "http://localhost/applications"


def test_a_wrong_password_says_so_and_keeps_the_address(app: Flask) -> None:
    browser = visitor(app)
    page = browser.send(
        browser.open("/sign-in").form("/sign-in"), {"email": HEKS, "password": "falsch"}, status=403
    )
    assert text_of(Refused("wrong_credentials"), "de") in page.text
    assert ("email", HEKS) in page.form("/sign-in").fields


def test_what_no_database_can_hold_signs_nobody_in(app: Flask) -> None:
    browser = visitor(app)
    page = browser.send(
        browser.open("/sign-in").form("/sign-in"), {"email": f"{HEKS}\0", "password": "geheim"}, status=403
    )
    assert text_of(Refused("wrong_credentials"), "de") in page.text
    browser.send(browser.open("/account/forgotten").form("/account/forgotten"), {"email": "a\0b"})
    half_a_pair = {"email": HEKS, "password": "\ud800"}  # no text at all
    assert app.test_client().post("/api/v1/sessions", json=half_a_pair).status_code == 400


def test_a_host_that_is_none_is_refused(app: Flask) -> None:
    answer = app.test_client().get("/", headers={"Host": "x" * 70})
    assert answer.status_code == 400


def test_too_many_attempts_say_when_to_come_back(app: Flask) -> None:
    browser = visitor(app)
    form = browser.open("/sign-in").form("/sign-in")
    for _ in range(MOST_ATTEMPTS):
        browser.send(form, {"email": HEKS, "password": "falsch"}, status=403)
    answer = browser.http.post("/sign-in", data=form.filled({"email": HEKS, "password": "geheim"}))
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert "15 Minuten" in answer.text


def test_signing_out_ends_the_session_on_the_server(app: Flask) -> None:
    browser = signed_in(app, HEKS)
    token = browser.http.cookies["foerderweg"]
    browser.send(browser.open("/applications").form("/sign-out"))
    browser.http.cookies.set("foerderweg", token)
    assert "/sign-in" in browser.open("/applications").url


def test_a_session_ends_with_its_time(app: Flask, told: Story) -> None:
    browser = signed_in(app, HEKS)
    told.wait(hours=11)
    assert "/sign-in" in browser.open("/applications").url


def test_what_posts_without_our_token_is_refused(app: Flask) -> None:
    mine, hers = signed_in(app, HEKS), signed_in(app, COORDINATOR)
    form = mine.open("/applications").form("/sign-out")
    token = dict(hers.open("/desk").form("/sign-out").fields)["csrf"]
    for data in ({}, {"csrf": "x"}, {"csrf": token}):
        answer = mine.http.post(form.action, data=data)
        assert answer.status_code == 400
        assert "Es wurde nichts geändert" in answer.text
    assert "/sign-in" not in mine.open("/applications").url


def test_a_form_stays_good_when_the_session_was_begun_anew(app: Flask, told: Story) -> None:
    browser = signed_in(app, HEKS)
    old = browser.open("/applications").form("/sign-out")
    told.wait(hours=11)
    lost = browser.http.post("/calls/project-round-2027", data=old.filled({}))
    assert lost.status_code == 401
    assert "nochmals" in lost.text
    browser.sign_in(HEKS, "geheim")
    browser.send(old)


def test_every_page_carries_the_headers(app: Flask) -> None:
    answer = visitor(app).http.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in answer.headers


def test_behind_https_cookies_are_bound_to_the_host(told: Story, settings: Settings) -> None:
    app = app_for(told, replace(settings, base_url="https://foerderweg.example"))
    browser = visitor(app, "https://foerderweg.example")
    form = browser.open("/sign-in").form("/sign-in")
    answer = browser.http.post(
        "/sign-in", data=form.filled({"email": HEKS, "password": "geheim"}), follow_redirects=False
    )
    for cookie in answer.headers.get_list("Set-Cookie"):
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert answer.headers["Strict-Transport-Security"]
    app.extensions["foerderweg.db"].dispose()


def test_pages_hold_no_inline_script_or_style(app: Flask) -> None:
    for path in ("/", "/sign-in", "/calls/project-round-2027", "/gibt-es-nicht"):
        text = visitor(app).http.get(path).text
        assert "<style" not in text
        assert "style=" not in text
        assert "<script>" not in text
        assert " onclick" not in text


def test_what_is_not_there_is_said_in_german_and_to_programs_as_problem_json(app: Flask) -> None:
    page = visitor(app).http.get("/gibt-es-nicht")
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "Startseite" in page.text
    answer = visitor(app).http.get("/api/v1/gibt-es-nicht")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["status"] == 404


def test_an_upload_far_too_big_names_the_limit(app: Flask, settings: Settings) -> None:
    browser = signed_in(app, HEKS)
    body = b"x" * (4 * settings.upload_max_bytes + 2 * 1024 * 1024)
    answer = browser.http.post("/sign-out", files={"file": ("gross.pdf", body, "application/pdf")})
    assert answer.status_code == 413
    assert "10 MB" in answer.text


def test_an_unknown_error_shows_its_number_and_no_more(
    app: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> str:
        raise RuntimeError("geheime Einzelheit")

    monkeypatch.setitem(app.view_functions, "portal.start", broken)
    answer = visitor(app).http.get("/", headers={"X-Request-ID": "anfrage-4711"})
    assert answer.status_code == 500
    assert "anfrage-4711" in answer.text
    assert "Einzelheit" not in answer.text
    assert "geheime Einzelheit" in capsys.readouterr().err


def test_a_database_that_is_away_is_said_without_asking_it(settings: Settings) -> None:
    url = "postgresql+psycopg://nobody:x@127.0.0.1:1/nothing"
    app = create_app(replace(settings, database_url=url))
    browser = visitor(app)
    browser.http.cookies.set("foerderweg", "x")
    answer = browser.http.get("/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert browser.http.get("/healthz").status_code == 200
    ready = browser.http.get("/readyz")
    assert (ready.status_code, ready.json()["database"]) == (503, "away")


def test_who_waits_too_long_for_a_connection_is_told_to_come_back(app: Flask, settings: Settings) -> None:
    browser = signed_in(app, HEKS)
    ours = app.extensions["foerderweg.db"]
    one = connect(settings.database_url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    app.extensions["foerderweg.db"] = one
    with one.connect():
        answer = browser.http.get("/applications")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert browser.http.get("/applications").status_code == 200
    one.dispose()
    app.extensions["foerderweg.db"] = ours


def test_ready_means_database_and_programme_and_not_redis(app: Flask, settings: Settings) -> None:
    ready = visitor(app).http.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ready", "database": "ready", "redis": "ready"},
    )
    alone = create_app(replace(settings, redis_url="redis://127.0.0.1:1/0"))
    ready = visitor(alone).http.get("/readyz")
    assert (ready.status_code, ready.json()["redis"]) == (200, "away")
    alone.extensions["foerderweg.db"].dispose()


def test_not_ready_without_a_programme(settings: Settings) -> None:
    app = create_app(settings)
    ready = visitor(app).http.get("/readyz")
    assert (ready.status_code, ready.json()["database"]) == (503, "no programme published")
    assert visitor(app).http.get("/").status_code == 404
    app.extensions["foerderweg.db"].dispose()


def test_the_log_names_request_and_person_and_no_content(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = signed_in(app, HEKS)
    capsys.readouterr()
    browser.http.get("/applications?text=Geheimnis", headers={"X-Request-ID": "anfrage-0815"})
    [line] = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "anfrage-0815" in line]
    assert line["person_id"] == str(person_id(HEKS))
    assert (line["method"], line["path"], line["status"]) == ("GET", "/applications", 200)
    assert "Geheimnis" not in json.dumps(line)


def test_only_a_demo_has_its_pages(app: Flask) -> None:
    assert not any("demo" in str(rule) for rule in app.url_map.iter_rules())
    browser = visitor(app)
    for path in ("/demo/people", "/demo/mails", "/demo/sign-in"):
        assert browser.http.get(path).status_code == 404
    form = browser.open("/sign-in").form("/sign-in")
    answer = browser.http.post("/demo/sign-in", data=form.filled({"person": str(person_id(HEKS))}))
    assert answer.status_code == 404
    assert "Miriam" not in browser.open("/sign-in").text


@pytest.mark.parametrize(
    "base_url", ["https://foerderweg.example", "http://10.0.0.7:8000", "http://127.0.0.1.example"]
)
def test_a_demo_starts_on_the_loopback_alone(settings: Settings, base_url: str) -> None:
    with pytest.raises(SettingsError, match="FOERDERWEG_BASE_URL"):
        create_app(replace(settings, demo=True, base_url=base_url))


def test_a_demo_answers_nobody_from_another_machine(demo: Flask) -> None:
    for path in ("/", "/sign-in", "/demo/people", "/api/v1/calls"):
        for address, status in (("127.0.0.1", 200), ("192.168.1.7", 404)):
            answer = demo.test_client().get(path, environ_base={"REMOTE_ADDR": address})
            assert (path, address, answer.status_code) == (path, address, status)


def test_in_a_demo_one_click_becomes_anybody(demo: Flask) -> None:
    browser = visitor(demo)
    page = browser.open("/sign-in")
    click = next(form for form in page.forms if ("person", str(person_id(COORDINATOR))) in form.fields)
    assert browser.send(click).url == "http://localhost/desk"
    assert "Regula Keller" in browser.open("/demo/people").text


def test_a_demo_shows_its_mails(demo: Flask, settings: Settings) -> None:
    mail = EmailMessage()
    mail["To"], mail["Subject"], mail["Date"] = HEKS, "Grüsse", "Mon, 07 Sep 2026 09:00:00 +0200"
    mail.set_content("Es wartet etwas: http://localhost/applications <b>")
    settings.data_dir.mkdir()
    mailbox.Maildir(settings.data_dir / "mails").add(mail)
    page = visitor(demo).http.get("/demo/mails").text
    assert "Grüsse" in page
    assert 'href="http://localhost/applications"' in page
    assert "&lt;b&gt;" in page


def test_every_refusal_has_a_text_whose_figures_are_given() -> None:
    params = dict.fromkeys(
        ("minutes", "min", "max", "amount", "limit", "left", "file", "megabytes", "wanted", "most", "rows"),
        12_345_50,
    ) | {"at": "3. Mai", "name": "Ada Min", "iban": "CH93 0076"}
    for code in TEXTS:
        text = text_of(Refused(code, **params), "de")
        assert text.endswith("."), code
        assert "%(" not in text, code
    assert "CHF 12'345.50 frei" in text_of(Refused("not_enough_money", **params), "de")


@pytest.fixture
def bilingual(db: sa.Engine, settings: Settings) -> Iterator[Flask]:
    """A programme in French and German, and nobody's browser yet."""
    folder = PROGRAMMES / "demo-canton"
    publish_folder(db, folder, MONDAY)
    load_people(db, read_people(folder), password="geheim")
    made = app_for(Story(db, settings, read_people(folder), MONDAY), settings)
    yield made
    made.extensions["foerderweg.db"].dispose()


def test_a_visitor_chooses_the_language_and_a_signed_in_person_takes_it_along(
    bilingual: Flask, db: sa.Engine
) -> None:
    browser = visitor(bilingual)
    first = browser.open("/?from=a")
    german = browser.send(first.form("/account/language"), {"language": "de"})
    assert "Appels ouverts" in first.text
    assert german.url.endswith("/?from=a")
    assert "Offene Ausschreibungen" in german.text
    inside = browser.sign_in("helene.rochat@lavoir.example", "geheim")
    assert "Mes demandes" in inside.text  # her own language, until she says otherwise
    assert "Meine Gesuche" in browser.send(inside.form("/account/language"), {"language": "de"}).text
    with db.connect() as tx:
        spoken = tx.execute(sa.text("SELECT language FROM persons WHERE email LIKE 'helene%'")).scalar_one()
    assert spoken == "de"
    browser.send(browser.open("/applications").form("/account/language"), {"language": "xx"}, status=400)
    browser.http.close()


def test_one_language_alone_is_nothing_to_choose(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "LANGUAGES", ("de",))
    page = visitor(app).open("/")
    assert not [form for form in page.forms if "language" in form.action]
    assert '<html lang="de">' in visitor(app).http.get("/", headers={"Accept-Language": "fr"}).text


def test_a_way_to_sign_in_is_not_kept_by_the_browser(app: Flask) -> None:
    answer = app.test_client().get("/desk")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (303, "no-store")
    assert app.test_client().get("/sign-in").headers["Cache-Control"] == "private, no-cache"
