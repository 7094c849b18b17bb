"""Comments by API: what was said about a case, and what somebody wants to say."""

from __future__ import annotations

from marshmallow import Schema, fields

from web.schemas import a_code, a_time, said
from workflow.comments import MOST


class Comment(Schema):
    """What somebody said about a case."""

    id = fields.UUID()
    audience = a_code("For whom: office, reviewers or applicant")
    office = a_code("Of who wrote it; empty: the applicant")
    by_name = fields.String(metadata=said("Empty where only the office is to be known"))
    at = a_time()
    text = fields.String(allow_none=True, metadata=said("null once it was withdrawn"))
    asks = fields.Boolean(metadata=said("The applicant is to answer"))
    answers = fields.UUID(allow_none=True, metadata=said("The message that it answers"))
    answered = fields.Boolean()
    mentions = fields.List(fields.String(), metadata=said("Names of those who are called to it"))
    mine = fields.Boolean()


class NewComment(Schema):
    """What somebody wants to say; its id is the Idempotency-Key."""

    audience = a_code("For whom: office, reviewers or applicant", required=True)
    text = fields.String(required=True, metadata=said(f"At most {MOST} characters"))
    mentions = fields.List(fields.UUID(), load_default=list, metadata=said("Ids of persons who can read it"))
    asks = fields.Boolean(load_default=False, metadata=said("Of a message to the applicant: wants an answer"))
    answers = fields.UUID(
        load_default=None,
        metadata=said("Of an applicant's: the message that it answers; none for one that they begin"),
    )


class Said(Schema):
    """What was said is there."""

    id = fields.UUID()
    repeated = fields.Boolean(metadata=said("This key had been used before, with the same words"))


class Inquiry(Schema):
    """A question to another office, a case of its own beside this one."""

    id = fields.UUID()
    number = fields.String()
    office = a_code("Of who is asked")
    question = fields.String()
    by_name = fields.String()
    asked_at = a_time()
    due_at = a_time(allow_none=True)
    late = fields.Boolean()
    answer = fields.String(allow_none=True, metadata=said("null while it waits"))
    answered_by = fields.String()
    answered_at = a_time(allow_none=True)
    refused = fields.Boolean(metadata=said("The office has nothing to say, and `answer` is why"))
