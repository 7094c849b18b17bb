"""What one may do with a running case besides its work: remind, hand over, give time, stop, leave the way."""

from __future__ import annotations

from uuid import UUID

from flask import abort, render_template, request, url_for

from web.desk.explaining import reason
from web.desk.inbox import staff
from web.desk.words import Words
from web.security import db, local_path, now, signed_in
from workflow.store import queries

STEERS = ("nudge", "assign", "extend", "way", "suspend", "resume", "receive", "pay")


def steer(case_id: UUID) -> str:
    """All of it on one short page, reached from a list; afterwards the list comes back."""
    found = queries.dossier(db(), staff(), case_id, now=now())
    if found is None:
        abort(404)
    back = local_path(request.args.get("back")) or url_for("desk.dossier", case_id=case_id)
    return render_template(
        "desk/steer.html",
        dossier=found,
        case=found.case,
        words=Words(),
        me=signed_in().actor.person,
        colleagues=queries.colleagues(db(), found, now=now()),
        back=back,
        why_not=reason,
        some=bool(found.ties) or any(offer.action in STEERS for offer in found.offers),
    )
