"""Documents of an organisation: its statutes, and what else the form asks with which it registers.

They stay: a newer one stands before the older ones. A new application takes the newest along.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import Engine

from workflow import uploads
from workflow.engine.case import WRITING, Actor
from workflow.errors import NotAllowed, NotFound
from workflow.funding.organisations import FORM
from workflow.settings import Settings
from workflow.store import documents, organisations, published


def attach(
    db: Engine,
    actor: Actor,
    organisation_id: UUID,
    path: str,
    filename: str,
    stream: BinaryIO,
    *,
    settings: Settings,
    now: datetime,
    file_id: UUID,
) -> None:
    """Keep what the field at `path` asks for, once per id. Raises Invalid, NotAllowed, NotFound."""
    with db.connect() as tx:
        if not organisations.rights_of(tx, organisation_id, UUID(actor.person)):
            raise NotFound("no_such_organisation")
        field = published.form(tx, published.current(tx), FORM).fields().get(path)
        if field is None or field.type != "file":
            raise NotFound("no_such_field")
    kept = uploads.keep(path, field.accept, filename, stream, settings)
    with db.begin() as tx:
        row = organisations.lock(tx, organisation_id)
        if row is None or not organisations.rights_of(tx, row.id, UUID(actor.person)) & WRITING:
            raise NotAllowed("may_not_draft")
        if documents.add(tx, row.id, path, file_id, asdict(kept), actor.person, now):
            organisations.note(tx, row.id, actor.person, "attached", now, file=kept.name)
