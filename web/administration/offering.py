"""A page that changes programme data makes a proposal: the one way from a form to the door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4, uuid5

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from web.errors import problem_text
from web.language import gettext, lang
from web.office.checking import Finding, said
from web.security import db, now, posted_uuid, signed_in
from workflow import proposing
from workflow.engine.canonical import content_hash
from workflow.errors import Conflict, Invalid, NotAllowed, Refused, RouteError
from workflow.funding.parts import Parts


@dataclass(frozen=True, slots=True)
class Offer:
    """What the foot of a form needs: the version that was seen, an id for its one click, what was typed."""

    base: str
    proposal_id: str
    reason: str
    findings: Sequence[Finding] = ()

    @property
    def status(self) -> int:
        return 422 if self.findings else 200


def offer(base: str, findings: Sequence[Finding] = ()) -> Offer:
    """For a form that is shown, or shown again; `base`: the version that it shows."""
    posted = request.form
    seen = posted.get("base", "") if request.method == "POST" else ""
    return Offer(seen or base, posted.get("proposal_id") or str(uuid4()), posted.get("reason", ""), findings)


def send(parts: Parts) -> Response | list[Finding]:
    """Propose these parts, and go to the proposal; or what keeps them from being published."""
    person, reason = signed_in().actor, request.form.get("reason", "")
    # a double click is one proposal; the page from before, with something else in it, is another
    proposal_id = uuid5(posted_uuid("proposal_id"), content_hash([parts, reason]))
    try:
        proposing.propose(
            db(),
            person,
            parts,
            base=request.form.get("base", ""),
            reason=reason,
            proposal_id=proposal_id,
            now=now(),
        )
    except Invalid as error:
        found = [problem_text(one, lang()) for problems in error.fields.values() for one in problems]
        return [Finding(gettext("Begründung"), text, "") for text in found]
    except RouteError:
        return found_in(parts)
    except (Refused, Conflict, NotAllowed) as error:
        return [said(error)]
    flash(gettext("Vorgeschlagen. Wirksam wird es, wenn eine zweite Person es veröffentlicht."), "done")
    return redirect(url_for("administration.proposal", proposal_id=proposal_id), 303)


def found_in(parts: Parts) -> list[Finding]:
    """Everything that keeps these parts from being published, in words."""
    try:
        problems = proposing.check(db(), parts, base=request.form.get("base", ""), now=now())
    except Conflict as error:
        return [said(error)]
    return [said(one) for one in problems]
