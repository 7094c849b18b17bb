"""Each page that shows a dossier to the staff says so, before it is sent."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from flask import current_app, g

from web.security import current, db, now
from workflow import reads
from workflow.accounts import SignedIn
from workflow.texts import ZURICH

MOST_KNOWN = 20_000
"""So many pairs of person and case a process remembers of a day, some two megabytes; then it asks again."""


def note_read(case_id: UUID | None) -> None:
    """The person of this request has read this case; organisations that read their own are no staff."""
    person = cast("SignedIn | None", g.get("api_caller")) or current()
    if case_id is None or person is None or not person.actor.offices:
        return
    known: set[bytes] = current_app.extensions.setdefault("foerderweg.reads", set())
    day = now().astimezone(ZURICH).date()
    if current_app.extensions.get("foerderweg.reads_day") != day or len(known) >= MOST_KNOWN:
        known.clear()
        current_app.extensions["foerderweg.reads_day"] = day
    read = person.person_id.bytes + case_id.bytes
    if read not in known:
        reads.note(db(), person.person_id, case_id, now=now())
        known.add(read)
