"""The pipeline's open pages learn of changes: by a stream of hints, after a lost line, and by asking anew."""

from __future__ import annotations

import threading
import time
from typing import Any

import redis
from flask import Flask

from tasks.nudge import CHANGED
from tests.browsing import signed_in
from tests.integration.walks import at_check
from web import live
from web.cli.story import Story

CHECKER = "regula.keller@integration.bs.example"


def tell(told: Story) -> int:
    """What the nudge does after a commit."""
    with redis.Redis.from_url(told.settings.redis_url) as client:
        number = int(client.incr(CHANGED))
        client.publish(CHANGED, number)
    return number


def listening(app: Flask, told: Story) -> live.Changes:
    """The app's listener, once it hears what is told."""
    changes: live.Changes = app.extensions["foerderweg.changes"]
    changes.listen()
    until = time.monotonic() + 30
    while changes.wait(tell(told) - 1, 0.5) == 0:  # not listening yet
        assert time.monotonic() < until
    time.sleep(0.5)  # the last of these is heard too
    return changes


def take(stream: Any, count: int) -> list[str]:
    return [next(stream) for _ in range(count)]


def test_a_stream_tells_of_each_change_and_of_those_while_the_line_was_lost(app: Flask, told: Story) -> None:
    changes = listening(app, told)
    stream = live._events(changes, changes.number)
    assert take(stream, 1)[0].startswith("retry: ")
    threading.Timer(0.2, tell, [told]).start()
    [said] = take(stream, 1)
    assert "event: changed" in said
    stream.close()
    assert changes.open == 0
    again = live._events(changes, changes.number - 1)  # what the browser saw last
    assert "event: changed" in take(again, 2)[1]
    again.close()


def test_who_comes_when_all_places_are_taken_is_sent_away_and_polls(app: Flask, told: Story) -> None:
    browser = signed_in(app, CHECKER)
    app.extensions["foerderweg.changes"].open = live.MOST_STREAMS
    assert browser.http.get("/office/changes").status_code == 503
    app.extensions["foerderweg.changes"].open = 0


def test_the_live_part_is_the_page_without_its_frame(app: Flask, told: Story) -> None:
    at_check(told)
    browser = signed_in(app, CHECKER)
    whole = browser.open("/office?area=language").text
    part = browser.http.get("/office?area=language", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="figures"')
    assert "Formelle Prüfung" in part
    assert "<html" not in part
    assert 'sse-connect="/office/changes?since=' in whole
    assert 'hx-get="/office?area=language"' in whole


def test_views_are_saved_opened_and_removed_and_are_ones_own(app: Flask, told: Story) -> None:
    at_check(told)
    browser = signed_in(app, CHECKER)
    page = browser.open("/office?area=language&text=Quartier")
    saved = browser.send(page.form("/office/views"), {"name": " Sprache,  neu "})
    assert "Sprache, neu" in saved.words()
    opened = browser.open(browser.open("/office").link("area=language"))
    assert "text=Quartier" in opened.url
    assert "Sprache, neu" not in signed_in(app, "karin.moeschlin@pd.bs.example").open("/office").words()
    form = browser.open("/office?area=language").form("/office/views")
    nameless = browser.send(form, {"name": " "}, status=422)
    assert nameless.status == 422
    page = browser.open("/office")
    removed = browser.send(page.form("/remove"), {})
    assert "Sprache, neu" not in removed.words()
