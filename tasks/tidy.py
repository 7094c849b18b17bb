"""Erases what nobody needs any more."""

from __future__ import annotations

import structlog

from tasks.app import app, db
from workflow.statements import erase_over

LOG = structlog.get_logger()


@app.task(name="tidy")
def tidy() -> None:
    """Drafts of statements whose seat is done: nobody sees them from then on, and now they are gone."""
    if erased := erase_over(db()):
        LOG.info("drafts_erased", drafts=erased)
