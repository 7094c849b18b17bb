"""What only a demo has: one click becomes any role, a page shows the mails. Never registered elsewhere."""

from __future__ import annotations

import email.policy
import mailbox
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

from flask import Blueprint, Response, abort, render_template, request

from web.security import begin_session, db, local_path, now, posted_uuid, settings
from workflow import accounts
from workflow.settings import LOOPBACK

blueprint = Blueprint("demo", __name__, url_prefix="/demo")
SHOWN_MAILS = 50


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that was caught; `at` is the time of its Date header."""

    to: str
    subject: str
    at: datetime
    text: str


@blueprint.before_app_request
def from_here_alone() -> None:
    """Whatever address the server listens on, nobody becomes anybody from another machine."""
    if request.remote_addr not in LOOPBACK:
        abort(404)


@blueprint.get("/people")
def people() -> str:
    """Everybody whom one click becomes."""
    return render_template("demo/people.html", people=accounts.demo_people(db()), next="")


@blueprint.post("/sign-in")
def enter() -> Response:
    """Become this person."""
    made = accounts.sign_in_as(db(), posted_uuid("person"), now=now())
    return begin_session(made, local_path(request.form.get("next")))


@blueprint.get("/mails")
def mails() -> str:
    """The newest mails that were caught, of everybody."""
    newest = sorted(_caught(), key=lambda mail: mail.at, reverse=True)
    return render_template("demo/mails.html", mails=newest[:SHOWN_MAILS], total=len(newest))


def _caught() -> Iterator[Mail]:
    folder = settings().data_dir / "mails"
    if not folder.is_dir():
        return
    parser = BytesParser(EmailMessage, policy=email.policy.default)
    box = mailbox.Maildir(folder, create=False)
    for key in box.keys():  # noqa: SIM118 (iterating the box itself would open every mail)
        mail = parser.parsebytes(box.get_bytes(key))
        body = mail.get_body(("plain",))
        text = body.get_content() if body else ""
        yield Mail(str(mail["To"]), str(mail["Subject"]), parsedate_to_datetime(str(mail["Date"])), text)
