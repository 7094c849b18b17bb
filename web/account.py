"""One's own account: passwords, one-time links, the language to be spoken to in, when mails come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from tasks.nudge import nudge
from web.desk.words import Words
from web.errors import problem_text, retry_after, text_of
from web.language import gettext, lang
from web.screens import LANGUAGE_COOKIE, languages
from web.security import begin_session, current, db, end_session, local_path, now, signed_in
from workflow import accounts, mail_times
from workflow.errors import FoerderwegError, Invalid, NotAllowed, NotFound, Problem, TryLater
from workflow.store import queries

blueprint = Blueprint("account", __name__, url_prefix="/account")

YEAR_SECONDS = 365 * 24 * 3600


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
    name = request.form.get("name", "")
    try:
        made = accounts.choose_password(db(), token, password, now=now(), name=name, language=lang())
    except Invalid as error:
        (found,) = error.fields.values()
        return _page(token, problem_text(found[0], lang()))
    except NotFound:
        return _page(token)
    return begin_session(made, None)


@blueprint.post("/language")
def speak() -> Response:
    """From now on pages come in this language, and mails to a signed-in person too."""
    chosen = request.form.get("language")
    if chosen not in languages():
        raise BadRequest
    if person := current():
        accounts.speak(db(), person.person_id, chosen)
    response = cast(Response, redirect(local_path(request.form.get("next")) or "/", 303))
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(
        LANGUAGE_COOKIE, chosen, max_age=YEAR_SECONDS, httponly=True, samesite="Lax", secure=secure
    )
    return response


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


@blueprint.get("/new")
def new() -> str:
    """Ask for the mail address with which somebody signs up."""
    return render_template("account/sign_up.html", asked="", error=None)


@blueprint.post("/new")
def sign_up() -> Response:
    """The same answer for every address that is one."""
    email = request.form.get("email", "")
    error: FoerderwegError | None = None
    said = None
    try:
        accounts.sign_up(db(), email, lang(), source=request.remote_addr or "", now=now())
        nudge("deliver")
    except Invalid as refused:
        error, said = refused, problem_text(refused.fields["email"][0], lang())
    except TryLater as refused:
        error, said = refused, text_of(refused, lang())
    page = render_template("account/sign_up.html", asked=email, error=said)
    response = make_response(page, error.status if error else 200)
    response.headers.update(retry_after(error) if error else {})
    return response


@blueprint.get("")
def mine() -> str:
    """Who I am here, and how I get in."""
    return _mine({})


@blueprint.post("/password")
def change() -> AnyResponse:
    """Another password; all other devices are signed out."""
    person, password = signed_in(), request.form.get("password", "")
    if password != request.form.get("again", ""):
        return make_response(_mine({"again": gettext("Die beiden Passwörter sind nicht gleich.")}), 422)
    try:
        made = accounts.change_password(
            db(),
            person.email,
            request.form.get("current", ""),
            password,
            source=request.remote_addr or "",
            now=now(),
        )
    except Invalid as error:
        (found,) = error.fields.values()
        return make_response(_mine({"password": problem_text(found[0], lang())}), error.status)
    except NotAllowed:
        return make_response(_mine({"current": gettext("Das ist nicht Ihr heutiges Passwort.")}), 422)
    except TryLater as error:
        response = make_response(_mine({"current": text_of(error, lang())}), error.status)
        response.headers.update(retry_after(error))
        return response
    flash(gettext("Das neue Passwort gilt. Auf anderen Geräten sind Sie abgemeldet."), "done")
    return begin_session(made, url_for("account.mine"))


@blueprint.post("/sessions")
def leave_everywhere() -> AnyResponse:
    """Signed out on all devices, this one too."""
    accounts.sign_out_everywhere(db(), signed_in().person_id)
    return end_session(url_for("sign_in.form"))


def _mine(wrong: Mapping[str, str]) -> str:
    person = signed_in()
    return render_template(
        "account/mine.html",
        person=person,
        wrong=wrong,
        least=accounts.LEAST_PASSWORD,
        organisations=queries.my_organisations(db(), person.actor),
        words=Words(),
    )


@blueprint.get("/mails")
def mails() -> str:
    """When mails are wanted, for those who work for an office."""
    return _mails(mail_times.times_of(db(), _staff()), {})


@blueprint.post("/mails")
def choose_mails() -> Response:
    """From the next mail on."""
    person = _staff()
    digest = request.form.get("mails") == "daily"
    chosen = mail_times.MailTimes(
        digest_hour=_hour("digest_hour") if digest else None,
        quiet_from=_hour("quiet_from"),
        quiet_until=_hour("quiet_until"),
        quiet_weekend="quiet_weekend" in request.form,
    )
    try:
        mail_times.choose(db(), person, chosen)
    except Invalid as error:
        return make_response(_mails(chosen, error.fields), 422)
    flash(gettext("Gespeichert: Das gilt ab der nächsten Mail."), "done")
    return cast(Response, redirect(url_for("account.mails"), 303))


def _mails(chosen: mail_times.MailTimes, problems: Mapping[str, Sequence[Problem]]) -> str:
    texts = {name: problem_text(found[0], lang()) for name, found in problems.items()}
    return render_template("account/mails.html", chosen=chosen, problems=texts)


def _staff() -> UUID:
    """The person who is signed in; applicants get their mails at once, and no such page."""
    person = signed_in()
    if not person.actor.offices:
        abort(404)
    return person.person_id


def _hour(name: str) -> int | None:
    """The hour chosen; None without one. What no form of ours sends is no request of ours."""
    given = request.form.get(name, "")
    if given and given not in map(str, range(24)):
        raise BadRequest
    return int(given) if given else None


def _page(token: str, problem: str | None = None) -> Response:
    opened = accounts.link_opens(db(), token, now=now())
    page = render_template(
        "account/link.html",
        token=token,
        opened=opened,
        problem=problem,
        least=accounts.LEAST_PASSWORD,
        name=request.form.get("name", ""),
    )
    response = make_response(page, 404 if opened is None else 422 if problem else 200)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
