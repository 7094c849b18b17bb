"""The application as it is, with two empty pages more: what the others are compared with."""

from __future__ import annotations

from flask import Flask, render_template

from web.app import create_app as create_real_app

EMPTY = '{% extends "base.html" %}'


def create_app() -> Flask:
    """For gunicorn, in place of `web.app:create_app`."""
    app = create_real_app()
    empty = app.jinja_env.from_string(EMPTY)
    app.add_url_rule("/bench/bare", "bare", lambda: "")
    app.add_url_rule("/bench/empty", "empty", lambda: render_template(empty))
    return app
