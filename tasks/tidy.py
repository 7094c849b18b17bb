"""Erases what nobody needs any more, and adds up what has been counted."""

from __future__ import annotations

import structlog

from tasks.app import app, db, now
from workflow import openings, statements
from workflow.store import stages

LOG = structlog.get_logger()


@app.task(name="tidy")
def tidy() -> None:
    """Drafts of statements whose seat is done, of reports that are handed in: nobody sees them any more."""
    if erased := statements.erase_over(db()) + openings.erase_over(db(), now()):
        LOG.info("drafts_erased", drafts=erased)


@app.task(name="add_up")
def add_up() -> None:
    """The pipeline's figures stay few rows; they are right before and after."""
    with db().begin() as tx:
        stages.add_up(tx)
