"""One proposal: what was, what will be, and what a second person makes of it."""

from __future__ import annotations

from uuid import UUID, uuid4

from flask import Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from web.administration.parts import drawing, mails_of, pdf
from web.errors import problem_text, text_of
from web.language import gettext, lang
from web.office.checking import TEXTS, said
from web.part_names import Named
from web.security import db, now, posted_uuid, signed_in
from workflow import proposing
from workflow.errors import Conflict, FoerderwegError, Invalid, NotAllowed, Refused, RouteError
from workflow.funding.parts import differences
from workflow.proposing import may_propose
from workflow.store import queries


def proposal(proposal_id: UUID) -> str:
    """What it changes, and what may be done with it."""
    return _page(proposal_id)


def decide(proposal_id: UUID) -> AnyResponse | str | tuple[str, int]:
    """Publish it, check it anew, refuse it or take it back; propose what stood there before."""
    actor, press = signed_in().actor, request.form.get("press", "")
    _found(proposal_id)
    try:
        if press == "publish":
            proposing.accept(db(), actor, proposal_id, now=now())
            told = gettext(
                "Veröffentlicht. Neue Gesuche folgen dieser Fassung; laufende bleiben auf ihrer. "
                "Kredite und Überträge gelten sofort."
            )
        elif press == "recheck":
            proposing.recheck(db(), actor, proposal_id, now=now())
            told = gettext("Neu geprüft: Es passt zum jetzigen Stand.")
        elif press == "refuse":
            reason = request.form.get("reason", "")
            proposing.refuse(db(), actor, proposal_id, reason=reason, now=now())
            told = gettext("Erledigt. Der Grund steht beim Vorschlag.")
        elif press == "undo":
            reason, proposed = request.form.get("reason", ""), posted_uuid("undo_id")
            proposing.undo(db(), actor, proposal_id, reason=reason, undo_id=proposed, now=now())
            told = gettext(
                "Der frühere Stand ist vorgeschlagen. Veröffentlichen muss ihn eine zweite Person."
            )
            proposal_id = proposed
        else:
            raise BadRequest
    except Invalid as error:
        return _page(proposal_id, problem_text(error.fields["reason"][0], lang())), error.status
    except (Refused, Conflict, NotAllowed, RouteError) as error:
        return _page(proposal_id, _words(error)), error.status
    flash(told, "done")
    return redirect(url_for("administration.proposal", proposal_id=proposal_id), 303)


def letter(proposal_id: UUID, code: str) -> Response:
    """A letter as it would be, with made-up data."""
    found = _found(proposal_id)
    if code not in found.bundle.letters:
        abort(404)
    return pdf(proposing.preview(found.bundle, code, now=now()))


def _words(error: FoerderwegError) -> str:
    found = said(error)
    return f"{found.at}: {found.says}" if found.at and error.code in TEXTS else text_of(error, lang())


def _found(proposal_id: UUID) -> queries.Proposal:
    found = queries.proposal(db(), signed_in().actor, proposal_id)
    return found if found is not None else abort(404)


def _page(proposal_id: UUID, refusal: str | None = None) -> str:
    found, me = _found(proposal_id), signed_in()
    routes = [name.partition("/")[2] for name in found.now if name.startswith("routes/")]
    return render_template(
        "administration/proposal.html",
        found=found,
        row=found.row,
        refusal=refusal,
        reason=request.form.get("reason", ""),
        undo_id=request.form.get("undo_id") or uuid4(),
        named=Named(),
        differences={name: differences(name, found.was[name], found.now[name]) for name in found.now},
        mails=mails_of("programme/mails", found.now.get("programme/mails")),
        drawings={
            name: (drawing(found.bundle, name, found.was[name]), drawing(found.bundle, name, found.now[name]))
            for name in found.now
            if name.startswith("routes/")
        },
        running=sum(count for code, count in found.running.items() if code in routes or not routes),
        mine=found.row.proposed_by == me.person_id,
        undoes=found.row.state == "published" and all(may_propose(me.actor, name) for name in found.now),
        acts=me.actor.has_role(*queries.PUBLISHERS) and found.row.state == "open",
    )
