"""Erases what nobody needs any more, and adds up what has been counted."""

from __future__ import annotations

import structlog

from tasks.app import app, db, now, settings
from workflow import drafts, openings, people, statements, uploads
from workflow.store import stages

LOG = structlog.get_logger()


@app.task(name="tidy")
def tidy() -> None:
    """Drafts of statements whose seat is done, of reports that are handed in: nobody sees them any more; and
    applications at which nobody has written for a year, once their people were told; who never came."""
    erased = statements.erase_over(db()) + openings.erase_over(db(), now()) + drafts.erase_over(db(), now())
    if erased:
        LOG.info("drafts_erased", drafts=erased)
    if ending := drafts.tell_of_ending(db(), now()):
        LOG.info("drafts_end", drafts=ending)
    if erased := people.erase_never_joined(db(), now()):
        LOG.info("people_erased", people=erased)


@app.task(name="sweep")
def sweep() -> None:
    """Files that nothing names any more."""
    if erased := uploads.sweep(db(), settings()):
        LOG.info("files_erased", files=erased)


@app.task(name="add_up")
def add_up() -> None:
    """The pipeline's figures stay few rows; they are right before and after."""
    with db().begin() as tx:
        stages.add_up(tx)
