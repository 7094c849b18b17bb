"""Several people fill in one working copy: each answer, and each row of a table, is saved for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine

from workflow.drafts import editable
from workflow.engine.case import Actor
from workflow.errors import NotFound, Problem, Refused
from workflow.funding.forms import Form, mark
from workflow.funding.rows import merged_rows
from workflow.store import applications
from workflow.store.room import require_room


@dataclass(frozen=True, slots=True)
class Change:
    """An answer as it was typed. `seen`: marks of what the person saw stored, and ids of own saves since."""

    value: Any
    seen: frozenset[str]


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody saved another answer since: that, its mark, by whom and when."""

    theirs: Any
    mark: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    """A table in which somebody else had changed other rows: both are stored. `sent`: mark of one's own."""

    rows: list[Any]
    sent: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Merged:
    """`problems`: path → what cannot be read (kept as typed); `clashes`: path → what stands there instead.

    `marks`: path → mark of what is stored now, of each change that did not clash; `joined`: path → table.
    """

    problems: Mapping[str, list[Problem]]
    clashes: Mapping[str, Clash]
    marks: Mapping[str, str]
    joined: Mapping[str, Joined]


def merge(
    db: Engine,
    actor: Actor,
    application_id: UUID,
    changes: Mapping[str, Change],
    *,
    save_id: UUID,
    now: datetime,
) -> Merged:
    """Save each answer (path section.field) that nobody else changed since the person saw it.

    What was left as it was seen changes nothing; where both changed it, theirs stays and is returned, but for
    tables of which they changed different rows.
    Raises Refused (section_closed, too_much_to_keep), NotFound (no_such_application, no_such_field) and
    NotAllowed.
    """
    require_room({path: change.value for path, change in changes.items()})
    with db.begin() as tx:
        draft, form, open_sections = editable(tx, actor, application_id)
        _check(form, open_sections, changes)
        saves = applications.field_saves_of(tx, application_id)
        answers = {section: dict(part) for section, part in draft.answers.items()}
        readable = _readable(form, changes)
        changed: set[str] = set()
        clashes: dict[str, Clash] = {}
        joined: dict[str, Joined] = {}
        for path, change in changes.items():
            section, code = path.split(".")
            part = answers.setdefault(section, {})
            there, mine = mark(part.get(code)), mark(readable[path])
            last = saves.get(path)
            own = last is not None and str(last.save_id) in change.seen
            if mine == there or (mine in change.seen and not own):
                continue
            if there in change.seen or own:
                part[code] = readable[path]
                changed.add(path)
                continue
            by = last.name if last else applications.name_of(tx, draft.saved_by)
            at = last.saved_at if last else draft.saved_at
            rows = _by_row(change.seen, readable[path], part.get(code)) if _is_table(form, path) else None
            if rows is None:
                clashes[path] = Clash(part.get(code), there, by, at)
            else:
                part[code], joined[path] = rows, Joined(rows, mine, by, at)
        require_room(answers)
        if changed or joined or answers.keys() != draft.answers.keys():
            revision = draft.revision + 1
            applications.save(tx, application_id, answers, revision, actor.person, now)
            applications.note_fields(tx, application_id, changed, save_id, actor.person, now)
            # Not the save that this person knows of: the next must not take it for all their own.
            applications.note_fields(tx, application_id, joined.keys(), uuid4(), actor.person, now)
    _, problems = form.load_partial(answers)
    kept = changes.keys() - clashes.keys()
    return Merged(
        {at: found for at, found in problems.items() if ".".join(at.split(".")[:2]) in changes},
        clashes,
        {path: mark(answers[path.split(".")[0]].get(path.split(".")[1])) for path in kept},
        joined,
    )


def _is_table(form: Form, path: str) -> bool:
    return form.fields()[path].type == "table"


def _by_row(seen: frozenset[str], mine: Any, theirs: Any) -> list[Any] | None:
    """Both versions of a table in one; None where that cannot be, or nobody knows what the person saw."""
    marks = [one for one in seen if "-" not in one]  # the others are ids of saves
    if len(marks) != 1:
        return None
    return merged_rows(marks[0].split(".") if marks[0] else [], mine or [], theirs or [])


def _check(form: Form, open_sections: frozenset[str], changes: Mapping[str, Change]) -> None:
    known = form.fields()
    for path in changes:
        if path not in known or known[path].type == "file":
            raise NotFound("no_such_field")
        if path.split(".")[0] not in open_sections:
            raise Refused("section_closed", section=path.split(".")[0])


def _readable(form: Form, changes: Mapping[str, Change]) -> dict[str, Any]:
    """Each answer as it would be stored; None for what was emptied."""
    typed: dict[str, dict[str, Any]] = {}
    for path, change in changes.items():
        section, code = path.split(".")
        typed.setdefault(section, {})[code] = change.value
    values, _ = form.load_partial(typed)
    return {path: values[path.split(".")[0]].get(path.split(".")[1]) for path in changes}
