"""The page on which a case of its own is opened beside another one: an amendment, a report, an appeal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from flask import abort, flash, redirect, render_template, request

from web.errors import text_of
from web.keeping import Answer, keep, keep_anyway, seen
from web.language import gettext, lang
from web.posted import posted_answers, pressed
from web.security import db, do, now, posted_uuid, signed_in
from workflow import openings
from workflow.engine.commands import Offer, OpenChild
from workflow.errors import FoerderwegError, Invalid, Refused
from workflow.funding.forms import Form
from workflow.store import queries
from workflow.texts import label


@dataclass(frozen=True, slots=True)
class Parent:
    """The case beside which it is opened, as this person sees it. `page_of`: a case's page at their desk;
    `opened`: how many belong to it so far."""

    case_id: UUID
    name: str
    offers: Sequence[Offer]
    entry: int
    route_hash: str
    programme_hash: str
    page_of: Callable[[UUID], str]
    opened: int


def child_id(command_id: UUID) -> UUID:
    """The new case's id: the same however often the same command is sent."""
    return uuid5(command_id, "child")


def opening_page(parent: Parent, code: str) -> str:
    """The child's form, for those to whom it is offered."""
    if not any(one.action == "open_child" and one.step == code for one in parent.offers):
        abort(404)
    begun = queries.opening(db(), signed_in().actor, parent.case_id, code, _child(parent, code)[1])
    return _shown(parent, code, begun.answers)


def open_child(parent: Parent, code: str) -> Answer:
    """Open it, and go to its page; or keep what is written so far."""
    child, form = _child(parent, code)
    given = posted_answers(form)
    if pressed().changes_rows:
        return _shown(parent, code, given)
    command = OpenChild(parent.case_id, code, child_id(posted_uuid("command_id")), parent.entry)

    before, at = seen(), now()

    def save() -> None:
        openings.save(db(), signed_in().actor, command, given, seen=before, now=at)

    if pressed().action == "discard":
        openings.discard(db(), signed_in().actor, parent.case_id, code)
        return redirect(request.path, 303)
    if pressed().action == "keep":
        return keep(save, lambda error: _shown(parent, code, given, error), request.path, at)
    try:
        do(command, given)
    except (Invalid, Refused) as error:
        keep_anyway(save)
        return _shown(parent, code, given, error), error.status
    if child.get("internal"):  # who asks reads the answer where they asked
        flash(gettext("Ist unterwegs. Die Stelle hat es bei ihren Pendenzen."), "done")
        return redirect(f"{parent.page_of(parent.case_id)}#talk-inquiries", 303)
    if child.get("others"):  # nobody who acted here has a hand in it: its page would be closed
        flash(gettext("Eingetragen."), "done")
        return redirect(parent.page_of(parent.case_id), 303)
    flash(gettext("Ist bei uns angekommen."), "done")
    return redirect(parent.page_of(command.child_id), 303)


def _shown(parent: Parent, code: str, given: Mapping[str, Any], error: FoerderwegError | None = None) -> str:
    child, form = _child(parent, code)
    begun = queries.opening(db(), signed_in().actor, parent.case_id, code, form)
    return render_template(
        "opening.html",
        title=label(child["title"], lang()),
        help=label(child["help"], lang()) if "help" in child else None,
        form=form,
        given=given,
        problems=error.fields if isinstance(error, Invalid) else {},
        refusal=text_of(error, lang()) if error and not isinstance(error, Invalid) else None,
        more=pressed().more,
        send=_send(child),
        parent=parent,
        code=code,
        saved_at=begun.saved_at,
    )


def _send(child: Mapping[str, Any]) -> str:
    if child.get("internal"):
        return gettext("Anfrage senden")
    return gettext("Eintragen") if child.get("others") else gettext("Einreichen")


def _child(parent: Parent, code: str) -> tuple[Mapping[str, Any], Form]:
    child = queries.route_data(db(), parent.route_hash).get("children", {}).get(code)
    if child is None:
        abort(404)
    return child, queries.form(db(), parent.programme_hash, child["form"])
