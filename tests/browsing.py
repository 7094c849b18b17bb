"""Browsers that visit an application of this very process, on a story's clock."""

from __future__ import annotations

import threading

import httpx
import sqlalchemy as sa
from flask import Flask

from web.app import create_app
from web.cli.story import Story
from web.cli.visitors import Browser
from workflow.settings import Settings


def app_for(told: Story, settings: Settings) -> Flask:
    """The application over the story's database and clock."""
    app = create_app(settings)
    app.extensions["foerderweg.clock"] = lambda: told.now
    _never_two_at_once(app.extensions["foerderweg.db"])
    return app


def _never_two_at_once(db: sa.Engine) -> None:
    """Who has a connection and waits for another could wait in vain: all may be with others who do so."""
    taken = threading.local()

    def count(by: int) -> None:
        taken.now = getattr(taken, "now", 0) + by
        assert taken.now <= 1, "a second connection of the same thread"

    sa.event.listen(db, "checkout", lambda *_: count(1))
    sa.event.listen(db, "checkin", lambda *_: count(-1))


def visitor(app: Flask, base_url: str = "http://localhost") -> Browser:
    """A browser of nobody in particular."""
    browser = Browser(base_url)
    browser.http.close()
    transport = httpx.WSGITransport(app=app)
    browser.http = httpx.Client(transport=transport, base_url=base_url, follow_redirects=True)
    return browser


def signed_in(app: Flask, email: str) -> Browser:
    """This person's browser."""
    browser = visitor(app)
    page = browser.sign_in(email, "geheim")
    assert page.status == 200, page.text
    return browser
