"""The inbox: mine, my office's, what I head, what waits on others; tab and filters live in the address."""

from __future__ import annotations

from flask import abort, render_template, request

from web.desk.narrowing import narrowing
from web.desk.words import Words
from web.security import db, now, signed_in
from workflow.engine.case import Actor
from workflow.store import queries


def staff() -> Actor:
    """The signed-in person, who works for an office; for all others there is no desk."""
    actor = signed_in().actor
    if not actor.offices:
        abort(404)
    return actor


def inbox() -> str:
    """What I and my offices have to do, the most urgent first."""
    viewer, narrowed = staff(), narrowing("tab", "stage", "area", "late")
    tab = narrowed.given.get("tab", "office")
    found = queries.inbox(
        db(), viewer, now=now(), tab=tab, filters=narrowed.filters, after=request.args.get("after")
    )
    return render_template(
        "desk/inbox.html",
        inbox=found,
        narrowed=narrowed,
        me=viewer.person,
        tab=tab if tab in found.counts else "office",
        words=Words(),
        troubles=queries.troubles(db(), viewer),
        waiting_organisations=queries.waiting_organisations(db(), viewer),
    )
