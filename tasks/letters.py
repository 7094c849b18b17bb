"""Makes the PDF that a case waits for, files it with the case, and tells the case."""

from __future__ import annotations

import io
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
import structlog

from workflow.engine.commands import Report
from workflow.funding.letters import is_archival, render
from workflow.orders import templates_and_order
from workflow.service import handle
from workflow.settings import Settings
from workflow.store import applications, files
from workflow.store.outbox import Due, report_id
from workflow.store.reading import SYSTEM
from workflow.texts import texts

LOG = structlog.get_logger()


def make_letter(db: sa.Engine, settings: Settings, due: Due, now: datetime) -> None:
    """One letter per effect: the first that was filed counts, whoever makes another one after a death."""
    file_id = report_id(due, "letter")
    sha256 = _filed(db, file_id) or _file(db, settings, due, file_id, now)
    report = Report(due.case, due.payload["entry"], due.payload["attempt"], content=sha256)
    handle(db, report, SYSTEM, report_id(due, "made"), now)


def _filed(db: sa.Engine, file_id: UUID) -> str | None:
    with db.connect() as tx:
        row = applications.file_of(tx, file_id)
    return row.sha256 if row else None


def _file(db: sa.Engine, settings: Settings, due: Due, file_id: UUID, now: datetime) -> str:
    templates, order = templates_and_order(db, due.case)
    pdf = render(templates, due.payload["template"], order, now=now)
    if not is_archival(pdf):
        LOG.warning("letter_with_gaps", case_id=str(due.case), number=order["number"])
    sha256, size = files.keep(settings.data_dir, io.BytesIO(pdf), len(pdf))
    row = {
        "id": file_id,
        "application_id": due.case,
        "sha256": sha256,
        "name": f"{texts(order['language']).gettext('Verfügung')}-{order['number']}.pdf",
        "media_type": "application/pdf",
        "size": size,
        "kind": "letter",
        "step": due.payload["step"],
        "at": now,
    }
    with db.begin() as tx:
        added = applications.add_file(tx, row)
    return sha256 if added else _filed(db, file_id) or sha256
