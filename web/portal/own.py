"""An application for its own people, and how far its form is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from web.security import db, signed_in
from workflow.errors import NotFound, Problem
from workflow.funding.forms import MISSING
from workflow.funding.programme import Call
from workflow.funding.questions import Section
from workflow.store import queries
from workflow.store.queries import Application

Found = dict[str, list[Problem]]


@dataclass(frozen=True, slots=True)
class Progress:
    """One section: `state` is done | wrong | open | empty, `missing` counts what is still to be filled in."""

    section: Section
    number: int
    state: str
    missing: int


def own_application(application_id: UUID) -> Application:
    """The application for a member of its organisation; NotFound for everybody else."""
    found = queries.application(db(), signed_in().actor, application_id)
    if found is None:
        raise NotFound("no_such_application")
    return found


def call_of(application: Application) -> Call:
    """The call that it answers, as its own version of the programme has it."""
    return queries.programme_of(db(), application.programme_hash).programme.calls[application.call]


def problems_of(application: Application) -> Found:
    """Everything that still keeps the answers from being complete and right, by path."""
    return application.form.judge(application.answers)[1]


def wrong_only(problems: Mapping[str, list[Problem]], section: str | None = None) -> Found:
    """Without what is merely not filled in yet; of one section, if it is named."""
    return {
        path: found
        for path, found in problems.items()
        if section in (None, path.split(".")[0]) and any(one.code not in MISSING for one in found)
    }


def progress_of(application: Application) -> list[Progress]:
    """The sections that are open, in the order of the form."""
    problems = problems_of(application)
    shown = [one for one in application.form.sections if one.code in application.open_sections]
    return [_progress(one, number, application.answers, problems) for number, one in enumerate(shown, 1)]


def _progress(section: Section, number: int, answers: Mapping[str, Any], problems: Found) -> Progress:
    here = {path: found for path, found in problems.items() if path.split(".")[0] == section.code}
    wrong = wrong_only(here)
    if wrong:
        state = "wrong"
    elif section.code not in answers:
        state = "empty"
    else:
        state = "open" if here else "done"
    return Progress(section, number, state, len(here) - len(wrong))
