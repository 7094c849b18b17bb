"""The definition of a form as the API tells it: everything a client needs to fill it in."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from web.schemas import Codes, a_code, said, some_answers, some_labels
from workflow.funding.questions import APPLICANT_KINDS


class ApplicantKind(Schema):
    """Who applies."""

    kind = fields.String(
        load_default="non_state",
        validate=validate.OneOf(APPLICANT_KINDS),
        metadata=said("non_state, institution or office"),
    )


class Option(Schema):
    """One choice."""

    code = a_code()
    label = some_labels()


class Column(Schema):
    """A question, or a column of a table."""

    code = a_code()
    type = fields.String(metadata=said("text, longtext, number, money, date, choice, choices, boolean, …"))
    label = some_labels()
    help = some_labels(allow_none=True)
    required = fields.Boolean()
    must_be = fields.Boolean(metadata=said("Only true is accepted"))
    least = fields.Integer(allow_none=True, metadata=said("Smallest number, Rappen, or number of rows"))
    most = fields.Integer(
        allow_none=True, metadata=said("Largest number, Rappen, characters, rows or files, by type")
    )
    options = fields.List(fields.Nested(Option))
    accept = fields.List(fields.String(), metadata=said("Of a file: pdf, jpg, png"))
    factors = fields.List(
        fields.String(), metadata=said("Of a computed column: the columns whose product it is; not sent")
    )
    difference = fields.List(
        fields.String(),
        metadata=said("Of a computed column: the first of these columns less the second; not sent"),
    )
    plan = fields.String(
        allow_none=True,
        metadata=said(
            "Of a table of a report: the table of the application, as revised after a grant in part, whose"
            " rows are its first rows, in that order; of a column, the column there"
        ),
    )


class Condition(Schema):
    """When a question is asked or needed: the answer at `path` is one of `codes`, or above `above`."""

    path = fields.String()
    codes = Codes(metadata=said("A yes/no question answers true or false"))
    above = fields.Integer(allow_none=True)


class Field(Column):
    """A question of a form."""

    columns = fields.List(fields.Nested(Column))
    totals = fields.List(fields.String(), metadata=said("Of a table: the columns that are added up"))
    shown_when = fields.Nested(Condition, allow_none=True, metadata=said("It is asked only then"))
    required_when = fields.Nested(Condition, allow_none=True, metadata=said("It has to be answered then"))
    grouped_by = fields.String(
        allow_none=True, metadata=said("Path of the answer that narrows the options down")
    )
    outcomes = Codes(metadata=said("Of a step: it is asked for these results alone; none named: for all"))


class Section(Schema):
    """A part of a form."""

    code = a_code()
    title = some_labels()
    help = some_labels(allow_none=True)
    fields_ = fields.List(fields.Nested(Field), attribute="fields", data_key="fields")


class Rule(Schema):
    """A check over several answers."""

    check = a_code()
    field = fields.String(metadata=said("Path at which it is reported"))
    paths = Codes(metadata=said("Paths of the answers that it reads"))
    outcomes = Codes(metadata=said("Of a step: it holds for these results alone; none named: for all"))
    params = fields.Dict()


class Form(Schema):
    """A form; the paths of its answers are section.field, and section.field.row.column in tables."""

    code = a_code()
    hash = fields.String(metadata=said("The version"))
    title = some_labels()
    sections = fields.List(fields.Nested(Section))
    rules = fields.List(fields.Nested(Rule))


class Opening(Schema):
    """What has to be filled in to open a case of its own beside another one."""

    form = fields.Nested(Form)
    answers = some_answers(
        "What it begins with: of a report the rows that were planned, which come back first, in this order"
    )
