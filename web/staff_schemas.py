"""What the API gives to offices: work items, cases, pipeline and money. Amounts in Rappen, times in UTC."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from web.schemas import File, Offer, Relative, a_code, a_time, an_amount, said, some_answers


def a_filter(text: str = "A code of the programme") -> fields.String:
    # PostgreSQL's text cannot hold the character NUL
    return fields.String(validate=validate.ContainsNoneOf("\0"), metadata=said(text))


class Page(Schema):
    """Which page of a list."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    after = fields.String(load_default=None, metadata=said("`next` of the page before"))


class WorkItemFilters(Page):
    """Which work items."""

    step = a_filter()
    area = a_filter()
    stage = a_filter()
    late = fields.Boolean()


class PipelineFilters(Schema):
    """Which cases the figures count."""

    area = a_filter()
    office = a_filter("Cases with open work at this office")
    size = a_filter()
    call = a_filter()


class CaseFilters(Page, PipelineFilters):
    """Which cases, and in which order."""

    stage = a_filter()
    status = a_filter("What the applicant reads")
    step = a_filter()
    late = fields.Boolean()
    text = a_filter("A number, or words of organisation, title or summary")
    sort = fields.String(
        load_default="newest", validate=validate.OneOf(("newest", "oldest", "due", "amount"))
    )


class WorkItem(Schema):
    """Something that somebody has to do."""

    case_id = fields.UUID()
    number = fields.String()
    organisation = fields.String()
    title = fields.String(allow_none=True, metadata=said("null before the declaration of no conflict"))
    area = a_code()
    size = a_code()
    stage = a_code()
    step = a_code()
    seat = a_code()
    office = a_code()
    opened_at = a_time()
    due_at = a_time(allow_none=True)
    late = fields.Boolean()
    declared = fields.Boolean()


class WorkItems(Schema):
    """A page of work items, by due time."""

    items = fields.List(fields.Nested(WorkItem), attribute="rows")
    total = fields.Integer()
    next = fields.String(allow_none=True)


class CaseRow(Schema):
    """A case in a list."""

    id = fields.UUID()
    number = fields.String()
    organisation = fields.String()
    title = fields.String(allow_none=True, metadata=said("null before the declaration of no conflict"))
    area = a_code()
    size = a_code()
    call = a_code()
    stage = a_code()
    step = a_code()
    status = a_code("What the applicant reads")
    ending = a_code(allow_none=True)
    requested = an_amount("Requested")
    held = an_amount("Reserved for it")
    committed = an_amount("Committed to it")
    paid = an_amount("Paid of what is committed")
    submitted_at = a_time()
    entered_at = a_time("When its step began", allow_none=True)
    due_at = a_time(allow_none=True)
    late = fields.Boolean()
    age_days = fields.Integer()
    offices = fields.List(fields.String(), metadata=said("Offices where work is open"))


class Cases(Schema):
    """A page of cases."""

    items = fields.List(fields.Nested(CaseRow), attribute="rows")
    total = fields.Integer()
    next = fields.String(allow_none=True)


class Seat(Schema):
    """A place at the current step."""

    code = a_code()
    office = a_code()
    role = a_code()
    mandatory = fields.Boolean()
    outcome = a_code("null while it is open; hidden: given, and not shown before your own", allow_none=True)


class Statement(Schema):
    """What somebody wrote in a step's form."""

    step = a_code()
    seat = a_code()
    outcome = a_code()
    by = fields.String(attribute="by_name")
    office = a_code()
    at = a_time()
    form = a_code(attribute="form_code")
    answers = some_answers("Answers", attribute="data")


class Money(Schema):
    """A budget line."""

    year = fields.Integer()
    area = a_code()
    pot = a_code("Empty where several are added up")
    ceiling = an_amount("Credit of the year")
    carried = an_amount("From the year before, less what went on to the next")
    reserved = an_amount("Reserved")
    committed = an_amount("Committed, and not paid yet")
    paid = an_amount("Paid out")
    left = an_amount("Left")


class Belonging(Relative):
    """A case that belongs to this one."""

    letters = fields.List(fields.Nested(File), metadata=said("Those that it has sent out"))


class Dossier(Schema):
    """A case as staff see it. Before the declaration: which case it is, the offers, and `entry` if any."""

    case = fields.Nested(CaseRow)
    opened = fields.Boolean(metadata=said("False: declare first"))
    offers = fields.List(fields.Nested(Offer))
    step = a_code()
    entry = fields.Integer(metadata=said("The visit of the step, for completions"))
    due_at = a_time(allow_none=True)
    seats = fields.List(fields.Nested(Seat))
    answers = some_answers("Answers of the application")
    files = fields.List(fields.Nested(File))
    letters = fields.List(fields.Nested(File))
    statements = fields.List(fields.Nested(Statement))
    granted = an_amount("Granted", allow_none=True)
    parent = fields.Nested(Relative, allow_none=True)
    children = fields.List(fields.Nested(Belonging))
    line = fields.Nested(Money, allow_none=True)


class Event(Schema):
    """Something that happened to a case."""

    version = fields.Integer()
    at = a_time()
    by = fields.String(attribute="actor_name", metadata=said("Empty for what followed by rule"))
    name = fields.String()
    data = fields.Dict()


class Stage(Schema):
    """A column of the pipeline."""

    stage = a_code()
    count = fields.Integer()
    amount = an_amount("Sum of what is requested")
    oldest_days = fields.Integer()
    late = fields.Integer()


class Pipeline(Schema):
    """What stands where, and the money."""

    stages = fields.List(fields.Nested(Stage))
    money = fields.List(fields.Nested(Money))
