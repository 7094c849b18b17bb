"""What is said about a case: read by those for whom it is, said by offices, answered by applicants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tasks.nudge import nudge
from web import comment_schemas
from web.api.operations import caller, once, operation
from web.reads import note_read
from web.security import db, now
from workflow import comments
from workflow.errors import NotAllowed, NotFound
from workflow.store import queries


@operation("GET", "/cases/<uuid:case_id>/comments", gives=comment_schemas.Comment(many=True))
def said(case_id: UUID) -> Sequence[queries.Comment]:
    """What was said about a case, as far as it is for me; oldest first"""
    found = queries.talk(db(), caller().actor, case_id)
    if found is None:
        raise NotFound("no_such_case")
    note_read(case_id)
    return found.comments


@operation(
    "POST",
    "/cases/<uuid:case_id>/comments",
    body=comment_schemas.NewComment,
    gives=comment_schemas.Said,
    status=201,
    key=True,
)
def say(body: Mapping[str, Any], case_id: UUID) -> Mapping[str, Any]:
    """Say something to my office, to all who review, or to the applicant; or answer as the applicant"""
    given = {**body, "mentions": frozenset(body["mentions"])}
    new = comments.NewComment(id=once(), case_id=case_id, **given)
    written = comments.write(db(), caller().actor, new, now=now())
    nudge()
    return {"id": new.id, "repeated": not written}


@operation("GET", "/cases/<uuid:case_id>/inquiries", gives=comment_schemas.Inquiry(many=True))
def inquiries(case_id: UUID) -> Sequence[queries.Inquiry]:
    """What other offices were asked about a case, and what they answered

    An inquiry is opened as a child of the case, as its offer names it.
    """
    found = queries.dossier(db(), caller().actor, case_id, now=now())
    if found is None:
        raise NotFound("no_such_case")
    if not found.opened:
        raise NotAllowed("declare_first")
    note_read(case_id)
    return found.inquiries


@operation("DELETE", "/cases/<uuid:case_id>/comments/<uuid:comment_id>", status=204)
def withdraw(case_id: UUID, comment_id: UUID) -> None:
    """Take back what I said: it stays, without its words"""
    comments.withdraw(db(), caller().actor, case_id, comment_id, now=now())
