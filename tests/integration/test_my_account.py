"""One's own account: who I am, another password, signed out everywhere."""

from __future__ import annotations

from flask import Flask

from tests.browsing import signed_in, visitor
from tests.integration.walks import CHECKER, HEKS
from web.cli.visitors import Page

PATH, NEW = "/account", "Vier Boote auf dem Rhein"


def typed(current: str = "geheim", password: str = NEW, again: str = NEW) -> dict[str, str]:
    return {"current": current, "password": password, "again": again}


def test_everybody_sees_who_they_are(app: Flask) -> None:
    assert "HEKS Regionalstelle beider Basel" in signed_in(app, HEKS).open(PATH).words()
    mine = signed_in(app, CHECKER).open(PATH).words()
    assert "Regula Keller" in mine
    assert "Fachstelle Integration und Antirassismus, Koordination" in mine
    assert visitor(app).open(PATH).url.startswith("http://localhost/sign-in")


def test_a_new_password_ends_all_other_sessions(app: Flask) -> None:
    here, elsewhere = signed_in(app, HEKS), signed_in(app, HEKS)
    done = here.send(here.open(PATH).form("/password"), typed())
    assert "Das neue Passwort gilt." in done.text
    assert here.open("/applications").url.endswith("/applications")
    assert "/sign-in" in elsewhere.open("/applications").url
    stranger = visitor(app)
    form = stranger.open("/sign-in").form("/sign-in")
    stranger.send(form, {"email": HEKS, "password": "geheim"}, status=403)
    stranger.send(form, {"email": HEKS, "password": NEW})


def test_what_is_wrong_is_said_and_nothing_changes(app: Flask) -> None:
    browser = signed_in(app, HEKS)

    def tried(**said: str) -> Page:
        return browser.send(browser.open(PATH).form("/password"), typed(**said), status=422)

    assert "Das ist nicht Ihr heutiges Passwort." in tried(current="falsch").text
    assert "Die beiden Passwörter sind nicht gleich." in tried(again="anders").text
    assert "Mindestens" in tried(password="kurz", again="kurz").text
    assert signed_in(app, HEKS).open("/applications").status == 200


def test_guessing_the_present_one_is_stopped(app: Flask) -> None:
    browser = signed_in(app, HEKS)
    form = browser.open(PATH).form("/password")
    for _ in range(20):
        answer = browser.http.post(form.action, data=form.filled(typed(current="falsch")))
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers


def test_signed_out_everywhere(app: Flask) -> None:
    here, elsewhere = signed_in(app, HEKS), signed_in(app, HEKS)
    gone = here.send(here.open(PATH).form("/sessions"))
    assert gone.url.endswith("/sign-in")
    for browser in (here, elsewhere):
        assert "/sign-in" in browser.open("/applications").url
