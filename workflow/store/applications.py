"""Working copies of answers, what is kept of them, files, and the row with which a case begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from workflow.engine.canonical import content_hash
from workflow.engine.case import EMPTY, Actor, dump_case
from workflow.store.journal import Stored
from workflow.store.signatures import answers_change
from workflow.store.tables import applications, case_number, cases, contents, files, organisations
from workflow.store.writing import Row as Written

Answers = Mapping[str, Any]


def find(tx: Connection, application_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """The working copy, locked on request, with its applicant's `organisation_kind`, its state, `office`."""
    query = (
        select(
            applications,
            organisations.c.kind.label("organisation_kind"),
            organisations.c.office,
            organisations.c.state.label("organisation_state"),
        )
        .join(organisations, organisations.c.id == applications.c.organisation_id)
        .where(applications.c.id == application_id)
    )
    return tx.execute(query.with_for_update(of=applications) if lock else query).one_or_none()


def add(tx: Connection, row: Mapping[str, Any]) -> bool:
    """A new working copy; False when this id is there already."""
    statement = insert(applications).values(row).on_conflict_do_nothing().returning(applications.c.id)
    return tx.execute(statement).one_or_none() is not None


def save(
    tx: Connection, application_id: UUID, answers: Answers, revision: int, by: str, now: datetime
) -> None:
    """New answers, where these change: signatures under the old ones become void."""
    answers_change(tx, application_id, answers, by, now)
    values = {"answers": answers, "revision": revision, "saved_by": UUID(by), "saved_at": now}
    tx.execute(applications.update().where(applications.c.id == application_id).values(values))


@dataclass(frozen=True, slots=True)
class Kept:
    """What one person writes in one action, to be stored with the events that hold its hashes."""

    case_id: UUID
    actor: Actor
    now: datetime
    rows: list[Written] = field(default_factory=list)

    def add(self, kind: str, step: str, data: Answers) -> str:
        """Keep it under a hash, which is returned. `kind`: application | statement."""
        name = content_hash({"step": step, "by": self.actor.person, "data": data})
        row = {"case_id": str(self.case_id), "hash": name, "kind": kind, "step": step, "data": data}
        self.rows.append({**row, "written_by": self.actor.person, "at": self.now.isoformat()})
        return name


def content(tx: Connection, case_id: UUID, name: str) -> Answers | None:
    """What was kept under this hash, or None once it has been erased."""
    query = select(contents.c.data).where(contents.c.case_id == case_id, contents.c.hash == name)
    found: Answers | None = tx.execute(query).scalar_one_or_none()
    return found


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a case is pinned to and listed by, from its first moment. Amounts in Rappen."""

    application_id: UUID
    organisation_id: UUID
    title: str
    number: str
    programme: str
    programme_hash: str
    route_hash: str
    form_hash: str
    call: str
    area: str
    size: str
    line_id: int
    target_group: str
    requested: int
    parent_id: UUID | None = None


def is_begun(tx: Connection, application_id: UUID) -> bool:
    """Whether it has become a case."""
    return tx.execute(select(cases.c.id).where(cases.c.id == application_id)).first() is not None


def next_number(tx: Connection) -> int:
    """A running number that nobody else gets."""
    return int(tx.execute(select(case_number.next_value())).scalar_one())


def row_of(tx: Connection, case_id: UUID) -> Row[Any]:
    """The columns by which a case is listed."""
    return tx.execute(select(cases).where(cases.c.id == case_id)).one()


def begin(tx: Connection, beginning: Beginning, now: datetime) -> Stored:
    """The case's row before its first event.

    The caller has locked the application and seen that it is not begun, so nobody else begins it meanwhile.
    """
    tx.execute(
        insert(cases).values(
            id=beginning.application_id,
            number=beginning.number,
            organisation_id=beginning.organisation_id,
            title=beginning.title,
            programme=beginning.programme,
            programme_hash=beginning.programme_hash,
            route_hash=beginning.route_hash,
            form_hash=beginning.form_hash,
            call=beginning.call,
            area=beginning.area,
            size=beginning.size,
            line_id=beginning.line_id,
            parent_id=beginning.parent_id,
            target_group=beginning.target_group,
            requested=beginning.requested,
            held=0,
            committed=0,
            stage="",
            step="",
            status="",
            submitted_at=now,
            version=0,
            hash="",
            state=dump_case(EMPTY),
        )
    )
    return Stored(
        beginning.application_id,
        beginning.number,
        EMPTY,
        "",
        beginning.route_hash,
        beginning.programme_hash,
        beginning.form_hash,
        beginning.line_id,
        beginning.target_group,
    )


def add_file(tx: Connection, row: Mapping[str, Any]) -> bool:
    """A file of an application; False when this id is there already."""
    statement = insert(files).values(row).on_conflict_do_nothing().returning(files.c.id)
    return tx.execute(statement).one_or_none() is not None


def file_of(tx: Connection, file_id: UUID) -> Row[Any] | None:
    return tx.execute(select(files).where(files.c.id == file_id)).one_or_none()


def files_of(tx: Connection, application_id: UUID) -> list[Row[Any]]:
    """All files of an application, oldest first."""
    query = select(files).where(files.c.application_id == application_id).order_by(files.c.at, files.c.id)
    return list(tx.execute(query))
