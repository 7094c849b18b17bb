"""The applicant's working copy: started, saved, filled with files; before submission and during a query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine

from workflow import uploads
from workflow.engine.case import WRITING, Actor
from workflow.engine.route import Human
from workflow.errors import Conflict, Invalid, KeyReused, NotAllowed, NotFound, Problem, Refused
from workflow.funding.answers import MOST_FILES
from workflow.funding.differences import carried_over, with_figures
from workflow.funding.eligibility import assess
from workflow.funding.forms import Form, mark
from workflow.funding.organisations import DOCUMENTS, prefilled
from workflow.funding.programme import Programme
from workflow.funding.questions import Field
from workflow.settings import Settings
from workflow.store import applications, documents, journal, organisations, outbox, published
from workflow.store.applications import WorkingCopy
from workflow.store.room import require_room
from workflow.texts import ZURICH

Answers = dict[str, dict[str, Any]]
KEPT = timedelta(days=365)
"""So long a working copy is kept at which nobody writes, and that nobody hands in; …"""
TOLD_BEFORE = timedelta(days=30)
"""… so long before its end its people are told."""
ASKED = ("organisation_id", "call", "predecessor_id", "eligibility")
"""What a working copy is begun with."""


@dataclass(frozen=True, slots=True)
class Saved:
    """`problems`: path → what is wrong; such answers are kept as they were typed."""

    revision: int
    problems: Mapping[str, list[Problem]]


@dataclass(frozen=True, slots=True)
class Added:
    id: UUID
    name: str
    media_type: str
    size: int


def start(
    db: Engine,
    actor: Actor,
    *,
    organisation_id: UUID,
    call: str,
    eligibility: Mapping[str, str],
    now: datetime,
    application_id: UUID,
    area: str = "",
    copy_of: UUID | None = None,
) -> UUID:
    """A new working copy, once per id. `area`: filled in already, if it is known.

    `copy_of`: an earlier application of the same organisation, which fills it in, with the figures of its
    latest report. Raises NotAllowed, Refused (call_closed, not_eligible), NotFound, KeyReused.
    """
    if not actor.rights_in(str(organisation_id)) & WRITING:
        raise NotAllowed("may_not_draft")
    with db.begin() as tx:
        organisation_id = organisations.meant(tx, organisation_id)
        name = published.current(tx)
        found = published.programme(tx, name).calls.get(call)
        if found is None or not found.is_open(now):
            raise Refused("call_closed")
        if not assess(found.eligibility, eligibility).ok:
            raise Refused("not_eligible")
        programme = published.programme(tx, name)
        form = published.form(tx, name, found.form)
        form_hash = published.content(tx, name)["forms"][found.form]
        kind, record = organisations.record(tx, organisation_id)
        answers = prefilled(published.form_of(tx, name, form_hash, kind), record)
        answers |= _with_area(form, area) if area in found.areas else {}
        ids = [organisation_id, *(one.id for one in organisations.aliases(tx, organisation_id))]
        along = documents.taken_along(tx, ids, application_id, DOCUMENTS)
        if copy_of is not None:
            answers = _copied(tx, organisation_id, copy_of, programme, form, found.year)
        for path, one in along.items():
            section, code = path.split(".")
            answers = {**answers, section: {**answers.get(section, {}), code: [str(one["id"])]}}
        row = {
            "id": application_id,
            "organisation_id": organisation_id,
            "call": call,
            "programme_hash": name,
            "form_hash": form_hash,
            "answers": answers,
            "predecessor_id": copy_of,
            "eligibility": {one.code: eligibility[one.code] for one in found.eligibility},
            "revision": 1,
            "saved_by": UUID(actor.person),
            "saved_at": now,
        }
        if not applications.add(tx, row):
            there, _, _ = editable(tx, actor, application_id)
            if any(getattr(there, name) != row[name] for name in ASKED):
                raise KeyReused("key_reused")
        for one in along.values():
            applications.add_file(tx, one)
    return application_id


def _copied(
    tx: Connection, organisation_id: UUID, copy_of: UUID, programme: Programme, form: Form, year: int
) -> Answers:
    """What of a submitted application goes into a new one; NotFound where it is not this organisation's."""
    before = applications.find(tx, copy_of)
    if before is None or before.organisation_id != organisation_id:
        raise NotFound("no_such_application")
    stored = journal.read(tx, copy_of)
    answers = applications.content(tx, copy_of, stored.case.content) or {}
    calls = published.programme(tx, before.programme_hash).calls
    copied = carried_over(form, answers, year - calls[before.call].year)
    reports = [
        UUID(child)
        for child, one in stored.case.children.items()
        if one["code"] == programme.carry_over.get("child")
    ]
    if not reports:
        return copied
    content = journal.read(tx, reports[-1]).case.content
    report = applications.content(tx, reports[-1], content) or {}
    return with_figures(form, copied, report, programme.carry_over["figures"])


def _with_area(form: Form, area: str) -> Answers:
    """Answers in which nothing but the funding area is given."""
    path = next((path for path, one in form.fields().items() if one.fact == "area"), "")
    section, _, code = path.partition(".")
    return {section: {code: area}} if path else {}


def save(
    db: Engine,
    actor: Actor,
    application_id: UUID,
    answers: Mapping[str, Any],
    *,
    revision: int | None,
    now: datetime,
) -> Saved:
    """Keep these sections as they are typed. `revision`: the one that the person saw, None: whichever it is.

    Raises Conflict (saved_elsewhere), Refused (section_closed, too_much_to_keep), NotFound, NotAllowed.
    """
    require_room(answers)
    with db.begin() as tx:
        draft, form, open_sections = editable(tx, actor, application_id)
        _refuse_other(draft, revision)
        for section in answers:
            if section not in open_sections:
                raise Refused("section_closed", section=section)
        readable, problems = form.load_partial(answers)
        # Files come and go by `attach` and `detach` alone: a page from before must not undo them.
        merged = {**draft.answers}
        for section in answers:
            uploads = _file_fields(form, section)
            typed = {code: one for code, one in readable[section].items() if code not in uploads}
            there = draft.answers.get(section, {})
            merged[section] = typed | {code: there[code] for code in uploads & there.keys()}
        require_room(merged)
        applications.save(tx, application_id, merged, draft.revision + 1, actor.person, now)
        changed = {
            f"{section}.{code}"
            for section in answers
            for code in merged[section].keys() | draft.answers.get(section, {}).keys()
            if mark(merged[section].get(code)) != mark(draft.answers.get(section, {}).get(code))
        }
        applications.note_fields(tx, application_id, changed, uuid4(), actor.person, now)
    return Saved(
        draft.revision + 1, {path: found for path, found in problems.items() if path.split(".")[0] in answers}
    )


def discard(db: Engine, actor: Actor, application_id: UUID, *, now: datetime) -> None:
    """A working copy that was never handed in is gone, for all; who did it stands with the organisation.

    Raises Refused (handed_in), NotFound, NotAllowed.
    """
    with db.begin() as tx:
        draft, _, _ = editable(tx, actor, application_id)
        if draft.submitted:
            raise Refused("handed_in")
        title = str(draft.answers.get("project", {}).get("title") or "")
        organisations.note(tx, draft.organisation_id, actor.person, "discarded", now, title=title)
        applications.discard(tx, [application_id])


def tell_of_ending(db: Engine, now: datetime) -> int:
    """Tell those whose working copies nobody has written at for long when these will be erased; of how many.

    At the end of a day in Zurich, TOLD_BEFORE from now at least.
    """
    last = (now + TOLD_BEFORE).astimezone(ZURICH).date()
    ends_at = datetime.combine(last + timedelta(days=1), time.min, ZURICH)
    with db.begin() as tx:
        ending = applications.end(tx, now + TOLD_BEFORE - KEPT, ends_at)
        for one in ending:
            path, told = (
                f"applications/{one.id}",
                {"text": "draft_ends", "organisation": str(one.organisation_id)},
            )
            outbox.add(tx, f"{one.id}:ends:{last}", "notice", {**told, "path": path}, now)
    return len(ending)


def erase_over(db: Engine, now: datetime) -> int:
    """Erase the working copies whose people were told so long ago, and wrote nothing since; how many."""
    with db.begin() as tx:
        over = applications.over(tx, now + TOLD_BEFORE - KEPT, now)
        applications.discard(tx, over)
    return len(over)


def attach(
    db: Engine,
    actor: Actor,
    application_id: UUID,
    path: str,
    filename: str,
    stream: BinaryIO,
    *,
    settings: Settings,
    now: datetime,
    file_id: UUID,
    revision: int | None = None,
) -> Added:
    """A file for the field at `path`, once per id. `revision`: the one that the person saw, if it matters.

    Raises Invalid saying which file and why, KeyReused, Conflict (saved_elsewhere).
    """
    with db.connect() as tx:
        field = _file_field(tx, actor, application_id, path)
    kept = uploads.keep(path, field.accept, filename, stream, settings)
    row = {
        "id": file_id,
        "application_id": application_id,
        **asdict(kept),
        "kind": "upload",
        "added_by": UUID(actor.person),
        "at": now,
    }
    with db.begin() as tx:
        _file_field(tx, actor, application_id, path)  # the file took its time: the section may be closed now
        draft, form, _ = editable(tx, actor, application_id)
        named = _named(draft, path)
        if applications.add_file(tx, row):
            _refuse_other(draft, revision)
            if len(named) >= (most := field.most or MOST_FILES):
                raise Invalid({path: [Problem("too_many_files", {"max": most})]})
            _set_files(tx, draft, path, [*named, str(file_id)], actor, now)
        else:
            there = applications.file_of(tx, file_id)
            if there is None or there.application_id != application_id:
                raise Refused("id_taken")
            others = {at for at, one in form.fields().items() if one.type == "file"} - {path}
            elsewhere = any(str(file_id) in _named(draft, at) for at in others)
            if elsewhere or (there.sha256, there.name) != (kept.sha256, kept.name):
                raise KeyReused("key_reused")
    return Added(file_id, kept.name, kept.media_type, kept.size)


def detach(
    db: Engine,
    actor: Actor,
    application_id: UUID,
    path: str,
    file_id: UUID,
    *,
    now: datetime,
    revision: int | None = None,
) -> bool:
    """Take a file out of its field; what was submitted with it keeps it. False: it is not there any more.

    `revision`: the one that the person saw, if it matters. Raises Conflict (saved_elsewhere).
    """
    with db.begin() as tx:
        _file_field(tx, actor, application_id, path)
        draft, _, _ = editable(tx, actor, application_id)
        named = _named(draft, path)
        if str(file_id) not in named:
            return False
        _refuse_other(draft, revision)
        _set_files(tx, draft, path, [one for one in named if one != str(file_id)], actor, now)
    return True


def editable(tx: Connection, actor: Actor, application_id: UUID) -> tuple[WorkingCopy, Form, frozenset[str]]:
    """The working copy under its lock, its form, and the sections that are open to this person."""
    draft = applications.find(tx, application_id, lock=True)
    rights = actor.rights_in(str(draft.organisation_id)) if draft else frozenset()
    if draft is None or not rights:
        raise NotFound("no_such_application")
    if not rights & WRITING:
        raise NotAllowed("may_not_draft")
    form = published.form_of(tx, draft.programme_hash, draft.form_hash, draft.organisation_kind)
    return draft, form, open_sections(tx, application_id, form)


def open_sections(tx: Connection, application_id: UUID, form: Form) -> frozenset[str]:
    """All before submission; those that a query reopened while it waits; none otherwise."""
    try:
        stored = journal.read(tx, application_id)
    except NotFound:
        return frozenset(section.code for section in form.sections)
    step = published.route(tx, stored.route_hash).steps.get(stored.case.step or "")
    editing = isinstance(step, Human) and step.edits is not None and bool(stored.case.open_seats)
    return frozenset(stored.case.reopened) if editing else frozenset()


def _refuse_other(draft: WorkingCopy, revision: int | None) -> None:
    """Raises Conflict where somebody has seen another revision; None: they do not mind."""
    if revision not in (None, draft.revision):
        raise Conflict("saved_elsewhere")


def _file_field(tx: Connection, actor: Actor, application_id: UUID, path: str) -> Field:
    _, form, sections = editable(tx, actor, application_id)
    field = form.fields().get(path)
    if field is None or field.type != "file":
        raise NotFound("no_such_field")
    if path.split(".")[0] not in sections:
        raise Refused("section_closed", section=path.split(".")[0])
    return field


def _named(draft: WorkingCopy, path: str) -> list[str]:
    section, code = path.split(".")
    return list(draft.answers.get(section, {}).get(code) or ())


def _set_files(
    tx: Connection, draft: WorkingCopy, path: str, ids: list[str], actor: Actor, now: datetime
) -> None:
    section, code = path.split(".")
    answers: Answers = {**draft.answers, section: {**draft.answers.get(section, {}), code: ids}}
    applications.save(tx, draft.id, answers, draft.revision + 1, actor.person, now)


def _file_fields(form: Form, section: str) -> set[str]:
    found = next(one for one in form.sections if one.code == section)
    return {one.code for one in found.fields if one.type == "file"}
