"""Browsers that visit an application of this very process, on a story's clock."""

from __future__ import annotations

import httpx
from flask import Flask

from web.app import create_app
from web.cli.story import Story
from web.cli.visitors import Browser
from workflow.settings import Settings


def app_for(told: Story, settings: Settings) -> Flask:
    """The application over the story's database and clock."""
    app = create_app(settings)
    app.extensions["foerderweg.clock"] = lambda: told.now
    return app


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
