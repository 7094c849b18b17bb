"""Everything that an application consists of, for who may read it all: its people, staff behind the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import Actor, load_case
from workflow.funding.differences import Change, differences
from workflow.funding.forms import Form
from workflow.funding.programme import Programme
from workflow.store import published, reading
from workflow.store.queries.advice import Advised, advised
from workflow.store.queries.record import files_of, handed_in, letters, written
from workflow.store.queries.rows import Answers, FileRow


@dataclass(frozen=True, slots=True)
class Submission:
    """What was handed in: `said` is what `hash`, which the event holds, is the hash of (see Kept.add).

    `step`: empty of the first one, else the step at which the applicant answered. `said` is None once erased.
    """

    at: datetime
    hash: str
    step: str
    said: Mapping[str, Any] | None

    @property
    def answers(self) -> Answers:
        return self.said["data"] if self.said else {}


@dataclass(frozen=True, slots=True)
class Revision:
    """What was handed in at `submission`, and what it changed."""

    submission: Submission
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The application of an earlier year that one was copied from."""

    id: UUID
    number: str
    answers: Answers


@dataclass(frozen=True, slots=True)
class Whole:
    """A submitted application. `uploads`: files that any submission names; `letters`: newest first."""

    id: UUID
    number: str
    title: str
    organisation: str
    call: str
    area: str
    form: Form
    programme: Programme
    route_data: Mapping[str, Any]
    submissions: Sequence[Submission]
    uploads: Sequence[FileRow]
    letters: Sequence[FileRow]
    predecessor: Predecessor | None
    advice: Sequence[Advised]

    def revisions(self) -> list[Revision]:
        """What each answer to a query changed, newest first."""
        pairs = pairwise(self.submissions)
        return [Revision(new, differences(self.form, old.answers, new.answers)) for old, new in pairs][::-1]

    def since_predecessor(self) -> list[Change]:
        """What is other than in the application of an earlier year, apart from its files."""
        before = self.predecessor.answers if self.predecessor else {}
        found = differences(self.form, before, self.submissions[-1].answers)
        return [one for one in found if one.field.type != "file" and not one.field.must_be]


def whole(db: sa.Engine, viewer: Actor, case_id: UUID) -> Whole | None:
    """A submitted application with what was handed in; None for who may not read all of it."""
    query = sa.text(
        "SELECT c.*, o.name AS organisation, o.kind AS organisation_kind FROM cases c"
        " JOIN organisations o ON o.id = c.organisation_id WHERE c.id = :id"
    )
    with db.connect() as tx:
        row: Any = tx.execute(query, {"id": case_id}).one_or_none()
        if row is None:
            return None
        case = load_case(row.state)
        member = reading.is_member(case, viewer)
        if not (member or reading.may_open(case, viewer)):
            return None
        form = published.form_of(tx, row.programme_hash, row.form_hash, row.organisation_kind)
        submissions = submissions_of(tx, case_id)
        files = files_of(tx, case_id)
        programme = published.programme(tx, row.programme_hash)
        route_data = published.content(tx, row.route_hash)
        predecessor = _predecessor(tx, viewer, case_id)
        helped = advised(tx, case_id)
    uploads = handed_in(files, form, [one.answers for one in submissions])
    return Whole(
        id=case_id,
        number=row.number,
        title=row.title,
        organisation=row.organisation,
        call=row.call,
        area=row.area,
        form=form,
        programme=programme,
        route_data=route_data,
        submissions=submissions,
        uploads=list(uploads.values()),
        letters=letters(files, case.sent if member else case.letters),
        predecessor=predecessor,
        advice=helped,
    )


def _predecessor(tx: sa.Connection, viewer: Actor, case_id: UUID) -> Predecessor | None:
    """For who may read the later one, unless they have withdrawn from the earlier one."""
    query = sa.text(
        "SELECT c.id, c.number, c.state FROM applications a JOIN cases c ON c.id = a.predecessor_id"
        " WHERE a.id = :id"
    )
    row: Any = tx.execute(query, {"id": case_id}).one_or_none()
    if row is None:
        return None
    case = load_case(row.state)
    if viewer.person in case.recused:
        return None
    return Predecessor(row.id, row.number, written(tx, row.id).get(case.content, {}))


def submissions_of(tx: sa.Connection, case_id: UUID) -> list[Submission]:
    """What the applicant handed in, oldest first: the application, then each answer that changed it."""
    rows = tx.execute(
        sa.text(
            "SELECT at, actor, coalesce(data->>'application', data->>'content') AS name,"
            " CASE name WHEN 'Completed' THEN data->>'step' ELSE '' END AS step FROM events"
            " WHERE case_id = :id AND (name = 'Submitted' OR data->>'application' IS NOT NULL)"
            " ORDER BY version"
        ),
        {"id": case_id},
    ).all()
    texts = written(tx, case_id)
    return [Submission(row.at, row.name, row.step, _said(row, texts)) for row in rows]


def _said(row: Any, texts: Mapping[str, Answers]) -> Mapping[str, Any] | None:
    if row.name not in texts:
        return None
    return {"by": row.actor, "data": texts[row.name], "step": row.step}


def received_at(db: sa.Engine, number: str, name: str) -> datetime | None:
    """When the case with this number received what has this hash; None if it never did.

    For everybody: who knows the hash has the receipt, and learns nothing that is not on it.
    """
    query = sa.text(
        "SELECT e.at FROM cases c JOIN events e ON e.case_id = c.id WHERE c.number = :number"
        " AND (e.name = 'Submitted' AND e.data->>'content' = :name OR e.data->>'application' = :name)"
        " ORDER BY e.version LIMIT 1"
    )
    with db.connect() as tx:
        found: datetime | None = tx.execute(query, {"number": number, "name": name}).scalar_one_or_none()
    return found
