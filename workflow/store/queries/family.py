"""Cases that belong together: what an amendment, a report or an appeal is about, and which there are."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from workflow.store import journal, published
from workflow.store.queries.record import files_of, letters, written
from workflow.store.queries.rows import ParentRead, Relative


def family(tx: sa.Connection, case_id: UUID) -> tuple[Relative | None, list[Relative]]:
    """(parent, children): the case that this one belongs to, and those that belong to it, oldest first."""
    rows = tx.execute(
        sa.text(
            "SELECT id, number, title, status, route_hash, parent_id FROM cases"
            " WHERE parent_id = :id OR id = (SELECT parent_id FROM cases WHERE id = :id)"
            " ORDER BY submitted_at, id"
        ),
        {"id": case_id},
    )
    found = [
        (row.parent_id == case_id, _relative(row, published.content(tx, row.route_hash)["title"]))
        for row in rows
    ]
    parents = [one for is_child, one in found if not is_child]
    return parents[0] if parents else None, [one for is_child, one in found if is_child]


def _relative(row: sa.Row[tuple[object, ...]], kind: dict[str, str]) -> Relative:
    return Relative(row.id, row.number, kind, row.title, row.status or "received")


def parent_read(tx: sa.Connection, parent_id: UUID) -> ParentRead:
    """The parent's application as it stands, its files and letters."""
    parent = journal.read(tx, parent_id)
    files = files_of(tx, parent_id)
    return ParentRead(
        form=published.form_named(tx, parent.programme_hash, parent.form_hash),
        answers=written(tx, parent_id).get(parent.case.content, {}),
        files={one.id: one for one in files if one.kind == "upload"},
        letters=letters(files, parent.case.letters),
    )
