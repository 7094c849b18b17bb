"""The language of this request, and the words of a page in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import current_app, g, has_request_context

from workflow.texts import SOURCE_LANGUAGE, texts


def lang() -> str:
    """The code of the language in which this request is answered; `screens` says how it is chosen."""
    if not has_request_context():
        return SOURCE_LANGUAGE
    known: str | None = g.get("lang")  # asked for each word of a page
    if known is None:
        known = g.lang = cast(Callable[[], str], current_app.extensions["foerderweg.language"])()
    return known


def gettext(msgid: str, **params: object) -> str:
    """A German text in the request's language, its %(name)s filled in."""
    text = texts(lang()).gettext(msgid)
    return text % params if params else text


def ngettext(one: str, many: str, n: int, **params: object) -> str:
    """The text for n things; %(n)s is filled in too."""
    return texts(lang()).ngettext(one, many, n) % {"n": n, **params}
