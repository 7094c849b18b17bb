"""The application as it is, with two empty pages more: what the others are compared with."""

from __future__ import annotations

from flask import Flask, render_template

from web.app import served as really_served

EMPTY = '{% extends "base.html" %}'


def served() -> Flask:
    """For gunicorn, in place of `web.app:served`."""
    app = really_served()
    empty = app.jinja_env.from_string(EMPTY)
    app.add_url_rule("/bench/bare", "bare", lambda: "")
    app.add_url_rule("/bench/empty", "empty", lambda: render_template(empty))
    return app
