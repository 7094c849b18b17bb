"""The language of this request, and the words of a page in it."""

from __future__ import annotations

from flask import g, has_request_context

from workflow.texts import SOURCE_LANGUAGE, texts


def lang() -> str:
    """The code of the language in which this request is answered: the person's, else German."""
    return getattr(g, "lang", SOURCE_LANGUAGE) if has_request_context() else SOURCE_LANGUAGE


def gettext(msgid: str, **params: object) -> str:
    """A German text in the request's language, its %(name)s filled in."""
    text = texts(lang()).gettext(msgid)
    return text % params if params else text


def ngettext(one: str, many: str, n: int, **params: object) -> str:
    """The text for n things; %(n)s is filled in too."""
    return texts(lang()).ngettext(one, many, n) % {"n": n, **params}
