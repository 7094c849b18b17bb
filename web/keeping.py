"""Keeping what is written so far at a form that one person hands in as a whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from flask import flash, redirect, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from web.errors import text_of
from web.language import gettext, lang
from workflow.errors import FoerderwegError, NotAllowed, Refused
from workflow.texts import local_time

Answer = Response | str | tuple[str, int] | tuple[dict[str, str], int]


def seen() -> datetime | None:
    """When that was kept which the page began with; None for nothing."""
    given = request.form.get("seen", "")
    try:
        return datetime.fromisoformat(given) if given else None
    except ValueError:
        raise BadRequest from None


def keep(
    save: Callable[[], None], again: Callable[[FoerderwegError], str], page: str, at: datetime
) -> Answer:
    """The answer to a button for people, JSON to the script that saves by itself (static/form/saving.js).

    `again`: the form once more with what was refused; `page`: where it is found; `at`: when it is kept.
    """
    by_itself = request.accept_mimetypes.best == "application/json"
    try:
        save()
    except (NotAllowed, Refused) as error:
        if by_itself:
            return {"saved": "", "said": text_of(error, lang())}, error.status
        return again(error), error.status
    if by_itself:
        return {"saved": local_time(at), "seen": at.astimezone(UTC).isoformat()}, 200
    flash(gettext("Zwischengespeichert; noch nicht abgegeben. Nur Sie sehen es."))
    return redirect(page, 303)


def keep_anyway(save: Callable[[], None]) -> None:
    """Of what was refused nothing typed is lost, as long as there is a place for it."""
    with suppress(FoerderwegError):
        save()
