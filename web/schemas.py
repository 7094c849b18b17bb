"""What the API takes and gives, described for its OpenAPI document. Amounts in Rappen, times in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from marshmallow import Schema, fields, validate


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"description": text, **more}


def a_code(text: str = "", **options: Any) -> fields.String:
    return fields.String(metadata=said(text or "A code of the programme"), **options)


def an_amount(text: str, **options: Any) -> fields.Integer:
    return fields.Integer(metadata=said(f"{text}, in Rappen"), **options)


def a_time(text: str = "", **options: Any) -> fields.AwareDateTime:
    return fields.AwareDateTime(format="iso", default_timezone=UTC, metadata=said(text), **options)


def some_labels(**options: Any) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata=said("Language code to text", example={"de": "Sprache"}),
        **options,
    )


def some_answers(text: str, **options: Any) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String()),
        metadata=said(
            f"{text}, by section and field. Amounts: Rappen as a number, or francs as text",
            example={"project": {"title": "Deutsch im Park"}, "financing": {"requested": "38'000"}},
        ),
        **options,
    )


class Codes(fields.List[str]):
    """A set of codes, sorted."""

    def __init__(self, **options: Any) -> None:
        super().__init__(fields.String(), **options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> list[Any] | None:
        ordered: Iterable[str] | None = None if value is None else sorted(value)
        return super()._serialize(ordered, attr, obj, **options)


class Problem(Schema):
    """One answer that is wrong."""

    path = fields.String(metadata=said("Where, such as budget.costs.2.amount"))
    code = a_code("What is wrong")
    params = fields.Dict(metadata=said("The figures that the text speaks of"))
    detail = fields.String(metadata=said("The same in words, in the person's language"))


class Refusal(Schema):
    """Why a request was refused: application/problem+json (RFC 9457). Nothing was changed."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    code = a_code("Stable name of the rule or mistake")
    detail = fields.String(metadata=said("What happened and what to do now, in the person's language"))
    params = fields.Dict(metadata=said("The figures that the text speaks of; amounts in Rappen"))
    retry = fields.Boolean(
        metadata=said(
            "Whether it can succeed later: the same request, or after 409 and 412 another one, once you have"
            " read again"
        )
    )
    errors = fields.List(fields.Nested(Problem))
    request_id = fields.String()


class Credentials(Schema):
    """Who signs in."""

    email = fields.Email(required=True)
    password = fields.String(required=True, load_only=True)


class Session(Schema):
    """A session of the API."""

    token = fields.String(metadata=said("For the header `Authorization: Bearer …`; told this once"))
    until = a_time("When it ends by itself")


class Role(Schema):
    """A role in an office."""

    office = a_code()
    role = a_code()


class Organisation(Schema):
    """An organisation that the person belongs to."""

    id = fields.UUID()
    name = fields.String()
    rights = Codes(metadata=said("Of: read, draft, cosign (signs with a second), sign (alone), advise"))
    state = a_code("waiting, confirmed or refused; only a confirmed one can submit")


class Me(Schema):
    """The person who asks."""

    id = fields.UUID()
    name = fields.String()
    email = fields.String()
    language = fields.String()
    roles = fields.List(fields.Nested(Role))
    organisations = fields.List(fields.Nested(Organisation))


class Elsewhere(Schema):
    """Where to turn when the programme is not the right one."""

    text = some_labels()
    office = a_code("The office to ask", allow_none=True)


class Question(Schema):
    """A question of eligibility."""

    code = a_code()
    text = some_labels()
    help = some_labels(allow_none=True)
    wanted = fields.String(metadata=said("The answer that can be funded: yes or no"))
    unmet = some_labels()
    elsewhere = fields.Nested(Elsewhere, allow_none=True)


class Call(Schema):
    """A call for applications."""

    code = a_code()
    title = some_labels()
    text = some_labels()
    year = fields.Integer(metadata=said("The year whose money is spent"))
    areas = fields.List(fields.String())
    opens = a_time()
    closes = a_time("Applications are taken until just before")
    open = fields.Boolean(metadata=said("Whether it takes applications now"))
    eligibility = fields.List(fields.Nested(Question))


class Need(Schema):
    """What somebody wants to do, as they would say it."""

    code = a_code()
    area = a_code("The funding area that it belongs to")
    text = some_labels()


class Stop(Schema):
    """A stop on the way of an application."""

    status = a_code("submitted, or a public status")
    state = fields.String(metadata=said("done, now or ahead"))
    since = a_time("When it began", allow_none=True)
    until = a_time("When it ended, or will end by estimate", allow_none=True)
    late = fields.Boolean(metadata=said("Its time is over"))


class NewApplication(Schema):
    """The beginning of an application. Its id is the Idempotency-Key."""

    call = a_code(required=True)
    organisation = fields.UUID(required=True)
    copy_of = fields.UUID(
        load_default=None, metadata=said("An earlier application of the same organisation that fills it in")
    )
    eligibility = fields.Dict(
        keys=fields.String(validate=validate.Regexp("[a-z0-9_]{1,80}$")),
        values=fields.String(validate=validate.OneOf(("yes", "no"))),
        required=True,
        metadata=said("Answers to the call's questions, by their codes", example={"place": "yes"}),
    )


class Draft(Schema):
    """Sections of an application as they are filled in; those that are not named stay as they are."""

    answers = some_answers("Raw answers; what cannot be read is kept and reported", required=True)


class Saved(Schema):
    """What was kept."""

    revision = fields.Integer(metadata=said("For the next If-Match"))
    problems = fields.List(fields.Nested(Problem))


class File(Schema):
    """A file; its content is at /files/{id}."""

    id = fields.UUID()
    name = fields.String()
    media_type = fields.String()
    size = fields.Integer(metadata=said("In bytes"))


class FileField(Schema):
    """Where a file stands."""

    path = fields.String(required=True, metadata=said("The field, such as attachments.statutes"))


class Offer(Schema):
    """What this person may do now; nothing else is accepted."""

    action = fields.String(
        metadata=said(
            "declare, recuse, complete, withdraw, receive, way, suspend, resume, extend, nudge, open_child "
            "or pay"
        )
    )
    step = a_code()
    seat = a_code("The place at the step; empty where there is only one")
    outcomes = fields.List(
        fields.String(),
        metadata=said(
            "Of complete: the results; of way: the steps to go on with; of receive: the message; "
            "of extend: the most working days; of pay: the Rappen still open, and those paid before"
        ),
    )
    proposed_by = a_code("Who has proposed the way that you would agree with; empty where nobody has")


class Milestone(Schema):
    """A point of the timeline that the applicant sees."""

    status = a_code()
    at = a_time()


class ApplicationRow(Schema):
    """An application in a list."""

    id = fields.UUID()
    organisation = fields.String()
    title = fields.String()
    call = a_code()
    number = fields.String(allow_none=True)
    status = a_code("draft, or a public status")
    area = a_code(allow_none=True)
    requested = an_amount("Requested", allow_none=True)
    saved_at = a_time()
    ends_at = a_time("When this draft is erased, unless somebody writes at it", allow_none=True)
    submitted_at = a_time(allow_none=True)
    waiting_for_me = fields.Boolean()


class Relative(Schema):
    """A case that this one belongs to, or that belongs to it."""

    id = fields.UUID()
    number = fields.String()
    status = a_code()


class Report(Schema):
    """The report that is still to come on what was granted."""

    child = a_code("What is opened to hand it in")
    due_at = a_time("Until when it has to be there")
    stopped = fields.Boolean(
        metadata=said("It is so late that nothing is paid, and nothing new of the organisation is taken")
    )


class Application(Schema):
    """An application as its organisation sees it."""

    id = fields.UUID()
    organisation_id = fields.UUID()
    organisation = fields.String()
    call = a_code()
    number = fields.String(allow_none=True)
    status = a_code("draft, or a public status")
    answers = some_answers("Answers")
    missing = fields.List(
        fields.String(), metadata=said("Paths still to be filled in before it can be submitted")
    )
    revision = fields.Integer(metadata=said("The same as the ETag"))
    saved_at = a_time()
    saved_by = fields.String(attribute="saved_by_name")
    ends_at = a_time("When this draft is erased, unless somebody writes at it", allow_none=True)
    submitted_at = a_time(allow_none=True)
    open_sections = Codes(metadata=said("Sections that can be changed now"))
    files = fields.List(fields.Nested(File))
    letters = fields.List(fields.Nested(File))
    sent_on = fields.Date(metadata=said("When the newest letter was posted"), allow_none=True)
    timeline = fields.List(fields.Nested(Milestone))
    held_by = a_code("The office where it lies now", allow_none=True)
    due_at = a_time("Until when the organisation has to act", allow_none=True)
    step = a_code(allow_none=True)
    entry = fields.Integer(metadata=said("The visit of the step, for completions"))
    offers = fields.List(fields.Nested(Offer))
    query_message = fields.String(allow_none=True)
    requested = an_amount("Requested", allow_none=True)
    granted = an_amount("Granted", allow_none=True)
    paid = an_amount("Paid out so far")
    paid_at = a_time("The last payment", allow_none=True)
    settled = an_amount("What the grant came to in the end, by its report", allow_none=True)
    owed = an_amount("Paid beyond that: to be paid back")
    conditions = fields.String(allow_none=True)
    report = fields.Nested(Report, allow_none=True)
    parent = fields.Nested(Relative, allow_none=True)
    children = fields.List(fields.Nested(Relative))


class Done(Schema):
    """What a command led to."""

    case_id = fields.UUID()
    number = fields.String()
    version = fields.Integer(metadata=said("The number of events of the case"))
    repeated = fields.Boolean(metadata=said("This key had been used before; this is what it did then"))


class Submission(Done):
    """What submitting or giving up led to; of a first signature only `case_id` and `waits_for`."""

    waits_for = a_code("second_signature: somebody else of the organisation has to sign the same")


class Declaration(Schema):
    """Whether there is a conflict of interest (Ausstand)."""

    conflict = fields.Boolean(required=True)


class Aside(Schema):
    """Something off the straight way, as an offer names it."""

    action = a_code("receive, way, suspend, resume, extend, nudge or pay", required=True)
    way = a_code("Of a way: its code, the offer's step", load_default="")
    to = a_code("Of a way: the step to go on with, one of the offer's outcomes", load_default="")
    agrees_with = a_code("Of a way that somebody has proposed: the offer's proposed_by", load_default="")
    message = a_code("What was received", load_default="")
    days = fields.Integer(load_default=0, strict=True, metadata=said("Working days to add"))
    amount = fields.Integer(
        load_default=0, strict=True, metadata=said("Rappen paid out; less than 0: taken back, with a reason")
    )
    paid = fields.Integer(
        load_default=0, strict=True, metadata=said("Of a payment: Rappen paid before, as you saw them")
    )
    entry = fields.Integer(required=True, strict=True, metadata=said("The visit of the step that is meant"))
    reason = fields.String(load_default="", metadata=said("Why; may be empty with receive, resume and pay"))


class NewChild(Schema):
    """A case of its own that belongs to this one, as an offer names it."""

    child = a_code("The offer's step", required=True)
    entry = fields.Integer(required=True, strict=True, metadata=said("The visit of the step that is meant"))
    answers = some_answers("What its form asks", required=True)


class Opened(Done):
    """What opening it led to: the parent's case, and the new one's id."""

    child_id = fields.UUID()


class Completion(Schema):
    """One seat's work is done."""

    step = a_code(required=True)
    seat = a_code("As the offer names it", load_default="")
    outcome = a_code("One of the outcomes that the offer names", required=True)
    entry = fields.Integer(required=True, strict=True, metadata=said("The visit of the step that is meant"))
    answers = some_answers("What the step's form asks", load_default=None)
