"""The page on which a case of its own is opened beside another one: an amendment, a report, an appeal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from flask import abort, flash, redirect, render_template
from werkzeug.wrappers import Response

from web.errors import text_of
from web.language import gettext, lang
from web.posted import posted_answers, pressed
from web.security import db, do, posted_uuid
from workflow.engine.commands import Offer, OpenChild
from workflow.errors import FoerderwegError, Invalid, Refused
from workflow.funding.forms import Form
from workflow.store import queries
from workflow.texts import label


def child_id(command_id: UUID) -> UUID:
    """The new case's id: the same however often the same command is sent."""
    return uuid5(command_id, "child")


def page(
    offers: Sequence[Offer],
    route_hash: str,
    programme_hash: str,
    code: str,
    parent: tuple[str, str],
    given: Mapping[str, Any] | None = None,
    error: FoerderwegError | None = None,
) -> str:
    """The child's form. `parent`: what the case is called, and where its page is."""
    if not is_offered(offers, code) and error is None:
        abort(404)
    child, form = _child(route_hash, programme_hash, code)
    return render_template(
        "opening.html",
        title=label(child["title"], lang()),
        help=label(child["help"], lang()) if "help" in child else None,
        form=form,
        given=given or {},
        problems=error.fields if isinstance(error, Invalid) else {},
        refusal=text_of(error, lang()) if error and not isinstance(error, Invalid) else None,
        more=pressed().more,
        parent_name=parent[0],
        parent_url=parent[1],
    )


def open_child(
    case_id: UUID,
    offers: Sequence[Offer],
    route_hash: str,
    programme_hash: str,
    code: str,
    parent: tuple[str, str],
    entry: int,
    shown_at: Callable[[UUID], str],
) -> Response | str | tuple[str, int]:
    """Open it, and go to its page, which is `shown_at`."""
    _, form = _child(route_hash, programme_hash, code)
    given = posted_answers(form)
    if pressed().changes_rows:
        return page(offers, route_hash, programme_hash, code, parent, given)
    begun = child_id(posted_uuid("command_id"))
    try:
        do(OpenChild(case_id, code, begun, entry), given)
    except (Invalid, Refused) as error:
        return page(offers, route_hash, programme_hash, code, parent, given, error), error.status
    flash(gettext("Ist bei uns angekommen."), "done")
    return redirect(shown_at(begun), 303)


def is_offered(offers: Sequence[Offer], code: str) -> bool:
    """This person may open such a case now."""
    return any(offer.action == "open_child" and offer.step == code for offer in offers)


def _child(route_hash: str, programme_hash: str, code: str) -> tuple[Mapping[str, Any], Form]:
    child = queries.route_data(db(), route_hash).get("children", {}).get(code)
    if child is None:
        abort(404)
    return child, queries.form(db(), programme_hash, child["form"])
