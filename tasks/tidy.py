"""Erases what nobody needs any more, and adds up what has been counted."""

from __future__ import annotations

import structlog

from tasks.app import app, db
from workflow.statements import erase_over
from workflow.store import stages

LOG = structlog.get_logger()


@app.task(name="tidy")
def tidy() -> None:
    """Drafts of statements whose seat is done: nobody sees them from then on, and now they are gone."""
    if erased := erase_over(db()):
        LOG.info("drafts_erased", drafts=erased)


@app.task(name="add_up")
def add_up() -> None:
    """The pipeline's figures stay few rows; they are right before and after."""
    with db().begin() as tx:
        stages.add_up(tx)
