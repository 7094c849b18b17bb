"""Any part of the programme as text: read, checked, compared, proposed; letters also looked at as PDF."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web.administration.offering import found_in, offer, send
from web.desk.words import Words
from web.language import gettext, lang
from web.office.checking import MOST, Finding, said
from web.office.mails import Shown, shown_with
from web.part_names import Named
from web.reads import note_read
from web.security import db, now, signed_in
from workflow import orders, proposing, publishable
from workflow.engine.parsing import parse_route
from workflow.errors import RouteError
from workflow.funding.mails import parse_mails
from workflow.funding.parts import differences, with_parts, written
from workflow.funding.plain import read_part
from workflow.funding.programme import Bundle, Programme
from workflow.interchange.bpmn import bpmn
from workflow.interchange.layout import lay_out
from workflow.store import queries
from workflow.store.queries import ProgrammeParts

NEW = ("routes", "forms", "letters")
"""Kinds of parts of which there can be more."""


def there() -> ProgrammeParts:
    """The published programme, or 404 for who does not see it."""
    found = queries.programme_parts(db(), signed_in().actor)
    return found if found is not None else abort(404)


def parts() -> str | AnyResponse:
    """All parts by kind. `new` (a kind) and `code`: to the page on which one more is written."""
    found = there()
    if kind := request.args.get("new"):
        name = f"{kind}/{request.args.get('code', '').strip()}"
        if name in found.parts or _is_new(name):
            return redirect(url_for("administration.part", name=name), 303)
        wrong = gettext("Der Name besteht aus Kleinbuchstaben ohne Akzente, Ziffern und Unterstrichen.")
        flash(wrong, "warning")
    by_kind: dict[str, dict[str, Any]] = {}
    for name, content in found.parts.items():
        by_kind.setdefault(name.partition("/")[0], {})[name] = content
    return render_template(
        "administration/parts.html",
        found=found,
        by_kind=by_kind,
        named=Named(),
        adds=[kind for kind in NEW if proposing.may_propose(signed_in().actor, f"{kind}/")],
    )


def part(name: str) -> str:
    """One part as text, to be changed by who may."""
    found = _known(name)
    return _page(found, name, written(found.parts[name]) if name in found.parts else "")


def change(name: str) -> AnyResponse | str | tuple[str, int]:
    """Check what was written, show it as a letter, or propose it."""
    found = _known(name)
    if not proposing.may_propose(signed_in().actor, name):
        abort(403)
    text = _posted_text()
    press = request.form.get("press", "check")
    try:
        if len(text) > MOST:
            raise RouteError("unreadable", at=name, why=f"> {MOST}")
        content = text if name.startswith("letters/") else read_part(text, name)
        if press == "preview" and name.startswith("letters/"):
            return _pdf(with_parts(found.bundle, {name: text}), name.partition("/")[2])
    except RouteError as error:
        return _page(found, name, text, findings=[said(error)]), 422
    if press == "propose":
        done = send({name: content})
        if isinstance(done, AnyResponse):
            return done
        return _page(found, name, text, content, findings=done), 422
    findings = found_in({name: content})
    return _page(found, name, text, content, findings=findings), 422 if findings else 200


def _posted_text() -> str:
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        return upload.stream.read(4 * MOST).decode("utf-8", "replace")
    return request.form.get("text", "").replace("\r\n", "\n")


def _known(name: str) -> ProgrammeParts:
    found = there()
    return found if name in found.parts or _is_new(name) else abort(404)


def _is_new(name: str) -> bool:
    """What this person may add: nothing uses it before another part names it."""
    kind, _, code = name.partition("/")
    named = kind in NEW and re.fullmatch("[a-z][a-z0-9_]{0,39}", code) is not None
    return named and proposing.may_propose(signed_in().actor, name)


def _page(
    found: ProgrammeParts, name: str, text: str, content: Any = None, findings: list[Finding] | None = None
) -> str:
    return render_template(
        "administration/part.html",
        found=found,
        name=name,
        text=text,
        named=Named(),
        offer=offer(found.hash, findings or ()),
        checked=content is not None,
        differences=differences(name, found.parts.get(name), content) if content is not None else [],
        may_propose=proposing.may_propose(signed_in().actor, name),
        mails=mails_of(name, content) if not findings else [],
        drawn=drawing(found.bundle, name, found.parts.get(name)),
        drawn_new=drawing(found.bundle, name, content) if content is not None and not findings else "",
    )


def mails_of(name: str, content: Any) -> list[Shown]:
    """The mails in these words, shown with a case that there is; nothing for any other part."""
    if name != "programme/mails" or content is None:
        return []
    return [one for one in shown_with(parse_mails(content))[0] if one.own]


def drawing(bundle: Bundle, name: str, content: Any) -> str:
    """A route as BPMN in this programme; empty for what is none, or cannot be drawn."""
    if not name.startswith("routes/") or content is None:
        return ""
    try:
        raw = publishable.compiled(content, Programme.parse(bundle.programme).tables)
        route = parse_route(raw)
        return bpmn(route, lay_out(route, raw, lang(), Words().lane)).decode()
    except (RouteError, KeyError, TypeError, ValueError, AttributeError):
        return ""


def _pdf(bundle: Bundle, code: str) -> Response:
    """The letter with made-up data, or with that of a case whose dossier this person may read."""
    number = request.form.get("number", "").strip()
    if not number:
        return pdf(proposing.preview(bundle, code, now=now()))
    viewer = signed_in().actor
    case_id = queries.id_of(db(), number)
    dossier = queries.dossier(db(), viewer, case_id, now=now()) if case_id else None
    if case_id is None or dossier is None or not dossier.opened:
        raise RouteError("no_such_case", at=f"letters/{code}", number=number)
    try:
        _, order = orders.templates_and_order(db(), case_id)
    except (IndexError, KeyError):
        raise RouteError("not_decided", at=f"letters/{code}", number=number) from None
    note_read(case_id)
    return pdf(proposing.preview(bundle, code, now=now(), order=order))


def pdf(content: bytes) -> Response:
    """A letter to look at, which nobody has been sent."""
    response = Response(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{gettext("Vorschau")}.pdf"'
    return response
