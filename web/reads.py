"""Each page that shows a dossier, or an organisation's document, to the staff says so, before it is sent."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from flask import current_app, g

from web.security import current, db, now
from workflow import reads
from workflow.accounts import SignedIn
from workflow.store.queries import FileRow
from workflow.texts import ZURICH

MOST_KNOWN = 20_000
"""So many pairs of person and what was read a process remembers of a day, some two megabytes; then it asks
again."""


def note_read(*case_ids: UUID) -> None:
    """The person of this request has read these cases; organisations that read their own are no staff."""
    if (reader := _reader()) and (
        new := [one for one in case_ids if reader.bytes + one.bytes not in _known()]
    ):
        reads.note(db(), reader, new, now=now())
        _known().update(reader.bytes + one.bytes for one in new)


def note_file(row: FileRow) -> None:
    """The same of a file: of its case, or of the organisation whose document it is."""
    if row.application_id is not None:
        note_read(row.application_id)
    elif row.organisation_id is not None and (reader := _reader()):
        read = reader.bytes + row.organisation_id.bytes
        if read not in _known():
            reads.note_document(db(), reader, row.organisation_id, now=now())
            _known().add(read)


def _reader() -> UUID | None:
    """Somebody of the staff."""
    person = cast("SignedIn | None", g.get("api_caller")) or current()
    return person.person_id if person and person.actor.offices else None


def _known() -> set[bytes]:
    """What is noted of today, as far as this process knows: person and what was read."""
    known: set[bytes] = current_app.extensions.setdefault("foerderweg.reads", set())
    day = now().astimezone(ZURICH).date()
    if current_app.extensions.get("foerderweg.reads_day") != day or len(known) >= MOST_KNOWN:
        known.clear()
        current_app.extensions["foerderweg.reads_day"] = day
    return known
