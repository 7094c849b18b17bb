"""An application for its own people, and how far its form is filled in."""

from __future__ import annotations

from uuid import UUID

from web.screens import programme
from web.security import db, signed_in
from workflow.errors import NotFound
from workflow.funding.forms import Problems
from workflow.funding.programme import Call
from workflow.funding.progress import Progress, progress
from workflow.store import queries
from workflow.store.queries import Application


def own_application(application_id: UUID) -> Application:
    """The application for a member of its organisation; NotFound for everybody else."""
    found = queries.application(db(), signed_in().actor, application_id)
    if found is None:
        raise NotFound("no_such_application")
    return found


def call_of(application: Application) -> Call:
    """The call that it answers: until it is submitted as it is now, then as its own version has it."""
    now_there = programme()
    if application.status == "draft" and application.call in now_there.calls:
        return now_there.calls[application.call]
    return queries.programme_of(db(), application.programme_hash).programme.calls[application.call]


def problems_of(application: Application) -> Problems:
    """Everything that still keeps the answers from being complete and right, by path."""
    return application.form.judge(application.answers)[1]


def progress_of(application: Application) -> list[Progress]:
    """The sections that are open, in the order of the form."""
    return progress(
        application.form, application.answers, problems_of(application), application.open_sections
    )
