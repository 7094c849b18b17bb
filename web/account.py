"""Choosing a password with a one-time link, and asking for such a link."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from tasks.nudge import nudge
from web.errors import problem_text, retry_after, text_of
from web.language import gettext, lang
from web.security import begin_session, db, now
from workflow import accounts
from workflow.errors import FoerderwegError, Invalid, NotFound, TryLater

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("/link/<token>")
def link(token: str) -> Response:
    """The page on which a link's person chooses a password."""
    return _page(token)


@blueprint.post("/link/<token>")
def choose(token: str) -> Response:
    """The chosen password, typed twice alike."""
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return _page(token, gettext("Die beiden Passwörter sind nicht gleich."))
    try:
        made = accounts.choose_password(db(), token, password, now=now())
    except Invalid as error:
        return _page(token, problem_text(error.fields["password"][0], lang()))
    except NotFound:
        return _page(token)
    return begin_session(made, None)


@blueprint.get("/forgotten")
def forgotten() -> str:
    """Ask for the mail address to which a link goes."""
    return render_template("account/forgotten.html", asked="", error=None)


@blueprint.post("/forgotten")
def ask() -> Response:
    """The same answer for every address."""
    email = request.form.get("email", "")
    error: FoerderwegError | None = None
    try:
        accounts.ask_reset(db(), email, source=request.remote_addr or "", now=now())
        nudge("deliver")
    except TryLater as refused:
        error = refused
    page = render_template(
        "account/forgotten.html", asked=email, error=text_of(error, lang()) if error else None
    )
    response = make_response(page, error.status if error else 200)
    response.headers.update(retry_after(error) if error else {})
    return response


def _page(token: str, problem: str | None = None) -> Response:
    email = accounts.link_opens(db(), token, now=now())
    page = render_template(
        "account/link.html", token=token, email=email, problem=problem, least=accounts.LEAST_PASSWORD
    )
    response = make_response(page, 404 if email is None else 422 if problem else 200)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
