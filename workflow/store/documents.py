"""Files that belong to an organisation, by the path of the field that asks for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from workflow.store.tables import files

COPIED = ("sha256", "name", "media_type", "size", "added_by", "at")


def add(
    tx: Connection,
    organisation_id: UUID,
    path: str,
    file_id: UUID,
    kept: Mapping[str, Any],
    by: str,
    now: datetime,
) -> bool:
    """A document; False when this id is there already. `kept`: sha256, name, media_type, size."""
    row = {
        "id": file_id,
        "organisation_id": organisation_id,
        **kept,
        "kind": "document",
        "step": path,
        "added_by": UUID(by),
        "at": now,
    }
    query = insert(files).values(row).on_conflict_do_nothing().returning(files.c.id)
    return tx.execute(query).one_or_none() is not None


def of(tx: Connection, organisation_ids: Collection[UUID]) -> list[Row[Any]]:
    """Rows of `files`, the newest first; `step` is the path of the field."""
    query = select(files).where(files.c.organisation_id.in_(organisation_ids))
    return list(tx.execute(query.order_by(files.c.at.desc(), files.c.id)))


def taken_along(
    tx: Connection, organisation_ids: Collection[UUID], application_id: UUID, fields: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """The newest document for each field of a new application, as a row of `files` of its own, by path.

    `fields`: path in the application's form → path in the organisation's.
    """
    newest: dict[str, Row[Any]] = {}
    for row in of(tx, organisation_ids):
        newest.setdefault(row.step, row)
    return {
        path: {
            **{name: getattr(newest[source], name) for name in COPIED},
            "id": uuid5(application_id, path),
            "application_id": application_id,
            "kind": "upload",
        }
        for path, source in fields.items()
        if source in newest
    }
