"""Who is asking, what every request must pass (session, CSRF, headers), and the one way to change a case."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from markupsafe import Markup
from structlog.contextvars import bind_contextvars
from werkzeug.exceptions import BadRequest, Unauthorized

from tasks.nudge import nudge
from workflow.accounts import Session, SignedIn, sign_out, who_is
from workflow.engine.assigning import OFFICE_HEAD
from workflow.engine.commands import Command
from workflow.service import Done, handle
from workflow.settings import Settings
from workflow.store import queries

DECIDING_ROLES = ("head", "division_head", "department_head", "chancellery")
DESK_ROLES = ("coordinator", "reviewer", "finance", "operator", OFFICE_HEAD, *DECIDING_ROLES)
OBSERVING_ROLES = ("observer", "auditor")
NOBODY_ASKS = ("static", "readiness.healthz", "readiness.readyz", "metrics.metrics")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
FORM_BYTES = 1024 * 1024
ANONYMOUS_BYTES = 64 * 1024
OPEN_TO_VISITORS = (
    "sign_in.enter",
    "sign_in.leave",
    "demo.enter",
    "account.choose",
    "account.ask",
    "account.sign_up",
    "account.speak",
)
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


def register(app: Flask) -> None:
    """Cookies, size limits, the CSRF check before and the headers after each request of this app."""
    given: Settings = app.extensions["foerderweg.settings"]
    https = urlsplit(given.base_url).scheme == "https"
    prefix = "__Host-" if https else ""
    app.config.update(
        SECRET_KEY=given.secret_key,
        SESSION_COOKIE_NAME=f"{prefix}foerderweg_visit",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # A file somewhat above its limit is still read, so that the refusal can name it.
        MAX_CONTENT_LENGTH=4 * given.upload_max_bytes + FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
    )
    app.extensions["foerderweg.session_cookie"] = f"{prefix}foerderweg"
    app.before_request(_check_request)
    app.after_request(_add_headers)


def settings() -> Settings:
    """The settings that the app was made with."""
    return cast(Settings, current_app.extensions["foerderweg.settings"])


def db() -> sa.Engine:
    """The database."""
    return cast(sa.Engine, current_app.extensions["foerderweg.db"])


def now() -> datetime:
    """The time, UTC: the one place where web asks for it."""
    return cast(Callable[[], datetime], current_app.extensions["foerderweg.clock"])()


def current() -> SignedIn | None:
    """The person of this browser session; None for a visitor."""
    if "signed_in" not in g:
        token = request.cookies.get(_cookie())
        g.signed_in = who_is(db(), token, kind="browser", now=now()) if token else None
        if g.signed_in:
            bind_contextvars(person_id=str(g.signed_in.person_id))
    return cast("SignedIn | None", g.signed_in)


def signed_in() -> SignedIn:
    """The person of this browser session. A visitor is sent to sign in, and back here afterwards."""
    if person := current():
        return person
    if request.method not in SAFE_METHODS:
        raise Unauthorized
    here = request.full_path if request.query_string else request.path
    abort(redirect(f"{url_for('sign_in.form')}?{urlencode({'next': here})}", 303))


def begin_session(made: Session, to: str | None) -> Response:
    """A redirect that hands the browser its new session: to where it wanted to go, else to the first desk.

    The cookie goes with the browser; how long the session lasts is the server's to know.
    """
    response = cast(Response, redirect(to or _first_desk(made), 303))
    response.set_cookie(
        _cookie(),
        made.token,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        httponly=True,
        samesite="Lax",
    )
    return response


def end_session(to: str) -> Response:
    """Ends the session on the server, and makes the browser forget it and the pages it kept."""
    if token := request.cookies.get(_cookie()):
        sign_out(db(), token)
    session.clear()
    response = cast(Response, redirect(to, 303))
    response.delete_cookie(
        _cookie(), secure=bool(current_app.config["SESSION_COOKIE_SECURE"]), httponly=True, samesite="Lax"
    )
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def local_path(target: str | None) -> str | None:
    """`target` if it is a path of this site, else None: nobody is sent elsewhere after signing in."""
    if not target or not target.startswith("/") or target[1:2] in ("/", "\\") or not target.isprintable():
        return None
    return target


def csrf() -> Markup:
    """The hidden input that every form which posts must carry."""
    return Markup(f'<input type="hidden" name="csrf" value="{_csrf_token()}">')  # hexadecimal digits


def command_id() -> Markup:
    """The hidden input that makes a double click one command."""
    return Markup(f'<input type="hidden" name="command_id" value="{uuid4()}">')


def posted_uuid(name: str) -> UUID:
    """A UUID that one of our own hidden inputs carries; 400 for anything else."""
    try:
        return UUID(request.form[name])
    except (KeyError, ValueError):
        raise BadRequest from None


def do(command: Command, answers: Mapping[str, Any] | None = None, key: UUID | None = None) -> Done:
    """Let the signed-in person do this to a case: the one place where pages change one.

    `key`: of one command of several that a form sends; else the form's own.
    """
    key = key or posted_uuid("command_id")
    bind_contextvars(command_id=str(key), case_id=str(command.case_id))
    done = handle(db(), command, signed_in().actor, key, now(), answers)
    nudge()
    return done


def _first_desk(made: Session) -> str:
    person = who_is(db(), made.token, kind="browser", now=now())
    if person and person.actor.has_role(*DESK_ROLES):
        return "/desk"
    if person and person.actor.has_role(*queries.OVERVIEW):
        return "/office"
    if person and person.actor.has_role(*queries.OPERATIONS_READERS):
        return "/operations"
    mine = person is not None and any(person.actor.organisations.values())
    return url_for("portal.applications" if mine else "portal.organisations")


def _cookie() -> str:
    return cast(str, current_app.extensions["foerderweg.session_cookie"])


def _csrf_token() -> str:
    """Bound to this browser and this person: a form stays good when a session ran out and was begun anew."""
    if "csrf" not in g:
        if "visit" not in session:
            session["visit"] = secrets.token_urlsafe(16)
        person = current()
        bound = f"{session['visit']}:{person.person_id if person else ''}"
        g.csrf = hmac.new(settings().secret_key.encode(), bound.encode(), "sha256").hexdigest()
    return cast(str, g.csrf)


def _check_request() -> None:
    """The API takes no cookie, so that it needs no CSRF token; all else that posts does."""
    if request.path.startswith("/api/") or request.endpoint in NOBODY_ASKS or request.routing_exception:
        return
    person = current()
    if request.method in SAFE_METHODS:
        return
    if person is None:
        request.max_content_length = ANONYMOUS_BYTES
        if request.endpoint not in OPEN_TO_VISITORS:
            raise Unauthorized
    if not hmac.compare_digest(request.form.get("csrf", "").encode(), _csrf_token().encode()):
        raise BadRequest("csrf")


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "same-origin")
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if current_app.config["SESSION_COOKIE_SECURE"]:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        # a way that was right for who was signed in then is not gone again by «back»
        moves = 300 <= response.status_code < 400 and response.status_code != 304
        if headers.get("Cache-Control", "no-cache") == "no-cache":  # as `send_file` has it
            headers["Cache-Control"] = "no-store" if moves else "private, no-cache"
    return response
