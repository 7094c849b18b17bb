"""Cases that belong together: what an amendment, a report or an appeal is about, and which there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.case import Case, load_case
from workflow.engine.route import End, Route
from workflow.funding.forms import Form
from workflow.funding.questions import Labels
from workflow.store import journal, published
from workflow.store.asking import ask, ask_together
from workflow.store.queries.record import FILES, WRITTEN, handed_in, letters
from workflow.store.queries.rows import Answers, FileRow, Report


@dataclass(frozen=True, slots=True)
class Relative:
    """A case that this one belongs to, or that belongs to it. `kind`: the title of its route.

    `seen`: there is a page of it for this viewer. `letters`: those that a case that belongs to this one has
    sent: an appeal's order says what has to be decided anew.
    """

    id: UUID
    number: str
    kind: Mapping[str, str]
    status: str
    seen: bool
    letters: Sequence[FileRow] = ()


def stopped_by(case: Case, children: Iterable[Relative]) -> Relative | None:
    """The child, an appeal, until whose end everything stands still."""

    def stops(one: Relative) -> bool:
        known = case.children.get(str(one.id), {})
        return bool(known.get("freezes")) and not known["ending"]

    return next(filter(stops, children), None)


def named(tx: sa.Connection, row: Any) -> Labels:
    """The title of a child in each language, as its route has them; empty for a case that is nobody's child.

    It is stored behind the route's title in the programme's own language.
    """
    if row.parent_id is None:
        return {}
    kinds: Labels = published.content(tx, row.route_hash)["title"]
    said = next((kind for kind in kinds.values() if row.title.startswith(f"{kind}: ")), None)
    about = row.title.removeprefix(f"{said}: ") if said else ""
    return {lang: f"{kind}: {about}" for lang, kind in kinds.items()} if said else {}


@dataclass(frozen=True, slots=True)
class ParentRead:
    """What somebody who works on a child reads of its parent: what was asked for, and what was answered."""

    form: Form
    answers: Answers
    files: Mapping[UUID, FileRow]
    letters: list[FileRow]


def report_of(case: Case, route: Route) -> Report | None:
    """What this case still expects, if anything."""
    step = route.steps.get(case.step or "")
    if case.expected_at is None or not isinstance(step, End) or step.expects is None:
        return None
    return Report(step.expects.child, datetime.fromisoformat(case.expected_at), case.stopped)


FAMILY = """
SELECT id, number, status, route_hash, parent_id, state FROM cases
WHERE parent_id = (SELECT CAST(:id AS uuid)) AND asked_by IS NULL
  OR id = (SELECT parent_id FROM cases WHERE id = :id)
ORDER BY submitted_at, id"""


CHILDRENS_LETTERS = """
SELECT f.id, f.application_id, f.name, f.media_type, f.size, f.sha256, f.kind, f.at
FROM cases c JOIN files f ON f.application_id = c.id
WHERE c.parent_id = (SELECT CAST(:id AS uuid)) AND c.asked_by IS NULL AND f.kind = 'letter'
ORDER BY f.at, f.id"""


def family(
    tx: sa.Connection, case_id: UUID, sees: Callable[[Case, Route], bool]
) -> tuple[Relative | None, list[Relative]]:
    """(parent, children): the case that this one belongs to, and those that belong to it, oldest first.

    Internal ones stand elsewhere. `sees`: whether the viewer has a page of such a case.
    """
    return family_of(tx, ask(tx, FAMILY, {"id": case_id}), (), case_id, sees)


def family_of(
    tx: sa.Connection,
    rows: Iterable[Any],
    filed: Iterable[Sequence[Any]],
    case_id: UUID,
    sees: Callable[[Case, Route], bool],
) -> tuple[Relative | None, list[Relative]]:
    """The same of rows of FAMILY, and of CHILDRENS_LETTERS."""
    files = [FileRow(*one) for one in filed]
    parent, children = None, []
    for row in rows:
        kind = published.content(tx, row.route_hash)["title"]
        case = load_case(row.state)
        seen = sees(case, published.route(tx, row.route_hash))
        sent = letters([file for file in files if file.application_id == row.id], case.sent)
        one = Relative(row.id, row.number, kind, row.status or "received", seen, sent)
        if row.parent_id == case_id:
            children.append(one)
        else:
            parent = one
    return parent, children


def parent_read(tx: sa.Connection, parent_id: UUID) -> ParentRead:
    """The parent's application as it stands, its files and letters."""
    parent = journal.read(tx, parent_id)
    filed, said = ask_together(tx, (FILES, WRITTEN), {"id": parent_id})
    files, texts = [FileRow(*one) for one in filed], dict(said)
    form = published.form_named(tx, parent.programme_hash, parent.form_hash)
    return ParentRead(
        form=form,
        answers=texts.get(parent.case.content, {}),
        files=handed_in(files, form, texts.values()),
        letters=letters(files, parent.case.letters),
    )
