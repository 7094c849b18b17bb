"""Signing in and out. Other ways to sign in (AGOV, the staff's directory) will join here."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web.errors import retry_after, text_of
from web.language import lang
from web.security import begin_session, current, db, end_session, local_path, now, settings
from workflow import accounts
from workflow.errors import FoerderwegError, NotAllowed, TryLater

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
def form() -> AnyResponse:
    """Ask who it is; whoever is signed in already goes where they wanted to."""
    if current() and "next" in request.args:
        return redirect(local_path(request.args["next"]) or url_for("portal.start"), 303)
    return _page()


@blueprint.post("/sign-in")
def enter() -> AnyResponse:
    """Check mail address and password."""
    try:
        made = accounts.sign_in(
            db(),
            request.form.get("email", ""),
            request.form.get("password", ""),
            source=request.remote_addr or "",
            kind="browser",
            now=now(),
        )
    except (NotAllowed, TryLater) as error:
        return _page(error)
    return begin_session(made, local_path(request.form.get("next")))


@blueprint.post("/sign-out")
def leave() -> Response:
    """End this browser's session."""
    return end_session(url_for("portal.start"))


def _page(error: FoerderwegError | None = None) -> Response:
    page = render_template(
        "sign_in.html",
        error=text_of(error, lang()) if error else None,
        email=request.form.get("email", ""),
        next=local_path(request.values.get("next")) or "",
        people=accounts.demo_people(db()) if settings().demo else (),
    )
    response = make_response(page, error.status if error else 200)
    response.headers.update(retry_after(error) if error else {})
    return response
