"""Working copies of answers, what is kept of them, files, and the row with which a case begins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from workflow.connecting import plain
from workflow.engine.canonical import content_hash
from workflow.engine.case import Actor, Case, load_case
from workflow.engine.route import Human, Route
from workflow.store import prepared, published
from workflow.store.published import CURRENT
from workflow.store.signatures import answers_change
from workflow.store.tables import (
    advice,
    applications,
    cases,
    contents,
    field_saves,
    files,
    persons,
    signatures,
)
from workflow.store.writing import Row as Written

Answers = Mapping[str, Any]

BEGUN = and_(applications.c.words.is_(None), ~exists().where(cases.c.id == applications.c.id))
"""What was never handed in."""
AT_ONCE = 100
"""So many working copies end in one transaction."""


class WorkingCopy(NamedTuple):
    """What an applicant has written so far. `submitted`: it is a case; `published`: the version of the
    programme that new applications take now. `office`: of an applicant that is one. `owes_report`: this
    organisation has left a report out for so long that nothing new of it is taken."""

    id: UUID
    organisation_id: UUID
    call: str
    programme_hash: str
    form_hash: str
    answers: Answers
    eligibility: Mapping[str, Any]
    revision: int
    saved_by: UUID
    saved_at: datetime
    predecessor_id: UUID | None
    organisation_kind: str
    organisation_state: str
    office: str | None
    submitted: bool
    owes_report: bool
    published: str


FIND = f"""
SELECT a.id, a.organisation_id, a.call, a.programme_hash, a.form_hash, a.answers, a.eligibility, a.revision,
       a.saved_by, a.saved_at, a.predecessor_id, o.kind, o.state, o.office, c.id IS NOT NULL,
       EXISTS (SELECT FROM reports_due r WHERE r.stopped
               AND (SELECT organisation_id FROM cases WHERE id = r.case_id) = a.organisation_id), ({CURRENT})
FROM (SELECT * FROM applications WHERE id = $1{{lock}}) a JOIN organisations o ON o.id = a.organisation_id
LEFT JOIN cases c ON c.id = a.id WHERE c.asked_by IS NULL"""
"""Locked before it is joined: it may belong to another organisation when a merge is over. What is stopped is
looked through first, not what the organisation ever had: where little is stopped, PostgreSQL would do that.

An internal case is no application of anybody's.
"""


def find(tx: Connection, application_id: UUID, *, lock: bool = False) -> WorkingCopy | None:
    """The working copy, locked on request."""
    query = FIND.format(lock=" FOR UPDATE" if lock else "")
    found = prepared.rows(plain(tx), query.encode(), (application_id,))
    return WorkingCopy._make(found[0]) if found else None


def add(tx: Connection, row: Mapping[str, Any]) -> bool:
    """A new working copy; False when this id is there already."""
    statement = insert(applications).values(row).on_conflict_do_nothing().returning(applications.c.id)
    return tx.execute(statement).one_or_none() is not None


def discard(tx: Connection, ids: Collection[UUID]) -> None:
    """Without these working copies and what hangs on them. Their files are swept away: others may be the
    same."""
    for table in (files, advice, signatures, field_saves):
        tx.execute(table.delete().where(table.c.application_id.in_(ids)))
    tx.execute(applications.delete().where(applications.c.id.in_(ids)))


def end(tx: Connection, before: datetime, ends_at: datetime) -> list[Row[Any]]:
    """Working copies that nobody has written at since, and that are to end now: id, organisation_id."""
    left = select(applications.c.id).where(_left(before))
    some = left.where(applications.c.ends_at.is_(None)).order_by(applications.c.saved_at).limit(AT_ONCE)
    some = some.with_for_update(of=applications, skip_locked=True)
    statement = applications.update().where(applications.c.id.in_(some))
    told = statement.values(ends_at=ends_at).returning(applications.c.id, applications.c.organisation_id)
    return list(tx.execute(told))


def _left(before: datetime) -> ColumnElement[bool]:
    """Nobody has written at it since, nor signed it."""
    signed = exists().where(
        signatures.c.application_id == applications.c.id,
        signatures.c.void_at.is_(None),
        signatures.c.at >= before,
    )
    return and_(BEGUN, applications.c.saved_at < before, ~signed)


def over(tx: Connection, before: datetime, now: datetime) -> list[UUID]:
    """Working copies whose end has come, locked: who writes at one, or hands it in, is first or comes to
    nothing."""
    ended = select(applications.c.id).where(_left(before), applications.c.ends_at <= now)
    some = ended.order_by(applications.c.saved_at).limit(AT_ONCE)
    return list(tx.execute(some.with_for_update(of=applications, skip_locked=True)).scalars())


def save(
    tx: Connection, application_id: UUID, answers: Answers, revision: int, by: str, now: datetime
) -> None:
    """New answers, where these change: signatures under the old ones become void."""
    answers_change(tx, application_id, answers, by, now)
    values = {
        "answers": answers,
        "revision": revision,
        "saved_by": UUID(by),
        "saved_at": now,
        "ends_at": None,
    }
    tx.execute(applications.update().where(applications.c.id == application_id).values(values))


def note_fields(
    tx: Connection, application_id: UUID, paths: Iterable[str], save_id: UUID, by: str, now: datetime
) -> None:
    """Remember who saved these answers last."""
    rows = [
        {
            "application_id": application_id,
            "path": path,
            "save_id": save_id,
            "saved_by": UUID(by),
            "saved_at": now,
        }
        for path in sorted(paths)
    ]
    if not rows:
        return
    statement = insert(field_saves).values(rows)
    newer = {name: statement.excluded[name] for name in ("save_id", "saved_by", "saved_at")}
    tx.execute(statement.on_conflict_do_update(index_elements=["application_id", "path"], set_=newer))


def name_of(tx: Connection, person_id: UUID) -> str:
    """The name of who wrote something."""
    return str(tx.execute(select(persons.c.name).where(persons.c.id == person_id)).scalar_one())


def field_saves_of(tx: Connection, application_id: UUID) -> dict[str, Row[Any]]:
    """Of each answer that was saved: `save_id`, `saved_at`, and the `name` of who did it, by path."""
    query = (
        select(field_saves, persons.c.name)
        .join(persons, persons.c.id == field_saves.c.saved_by)
        .where(field_saves.c.application_id == application_id)
    )
    return {row.path: row for row in tx.execute(query)}


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


def plan(
    tx: Connection, case_id: UUID, case: Case, route: Route, programme: str
) -> dict[str, dict[str, Any]]:
    """What was applied for, and in it what its applicant has filled in anew since: a revised budget.

    What they left empty there is no longer planned. `programme`: the hash of its version.
    """
    own = [act.step for act in case.acts if not act.voided and act.by and _is_applicants(route, act.step)]
    query = (
        select(contents.c.kind, contents.c.step, contents.c.data)
        .where(
            contents.c.case_id == case_id,
            or_(
                contents.c.hash == case.content,
                and_(contents.c.kind == "statement", contents.c.step.in_(own)),
            ),
        )
        .order_by(contents.c.kind, contents.c.at)  # an application comes before a statement
    )
    found: dict[str, dict[str, Any]] = {}
    for kind, code, data in tx.execute(query):
        asked = route.human(code).form if kind == "statement" else None
        if asked and any((data or {}).values()):  # who only declines says nothing about it
            for path in published.form(tx, programme, asked).fields():
                section, name = path.split(".")
                if section in data:  # a reason for something else is no answer to this form
                    found.get(section, {}).pop(name, None)
        for section, part in (data or {}).items():
            found.setdefault(section, {}).update(part)
    return found


def _is_applicants(route: Route, code: str) -> bool:
    step = route.steps.get(code)
    return isinstance(step, Human) and step.is_applicants


def row_of(tx: Connection, case_id: UUID) -> Row[Any]:
    """The columns by which a case is listed."""
    return tx.execute(select(cases).where(cases.c.id == case_id)).one()


def children_with_grants(tx: Connection, case_id: UUID, until: datetime) -> list[tuple[UUID, Case]]:
    """The cases that belong to this one and had added to what was granted by then, the oldest first."""
    added = (cases.c.parent_id == case_id) & (cases.c.committed > 0) & (cases.c.entered_at <= until)
    query = select(cases.c.id, cases.c.state).where(added).order_by(cases.c.submitted_at, cases.c.id)
    return [(row.id, load_case(row.state)) for row in tx.execute(query)]


def granted_by_children(tx: Connection, case_id: UUID) -> int:
    """Rappen that the cases which belong to this one have added to what was granted."""
    query = select(func.coalesce(func.sum(cases.c.committed), 0)).where(cases.c.parent_id == case_id)
    return int(tx.execute(query).scalar_one())


def add_file(tx: Connection, row: Mapping[str, Any]) -> bool:
    """A file of an application; False when this id is there already."""
    statement = insert(files).values(row).on_conflict_do_nothing().returning(files.c.id)
    return tx.execute(statement).one_or_none() is not None


def file_of(tx: Connection, file_id: UUID) -> Row[Any] | None:
    return tx.execute(select(files).where(files.c.id == file_id)).one_or_none()
