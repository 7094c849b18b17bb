"""What queries return: plain rows. Amounts in Rappen, times aware UTC, words as codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.engine.commands import Offer
from workflow.funding.forms import Form
from workflow.funding.programme import Programme

Answers = Mapping[str, Any]

HIDDEN = "hidden"
"""The outcome of a seat that has voted, for a viewer who may not see yet how."""


@dataclass(frozen=True, slots=True)
class Published:
    hash: str
    programme: Programme


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    id: UUID
    name: str
    rights: frozenset[str]
    state: str


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """`status`: "draft" or a public status; `number` is None before submission.

    Of a draft, `area` and `requested` are None as long as it does not say, `done` of its `sections` are
    complete, and `closes` is the end of its call. `due_at`: of what waits for the applicant. `over`: it has
    come to its end. `asked`: an office's question is all that waits.
    """

    id: UUID
    organisation_id: UUID
    organisation: str
    title: str
    call: str
    number: str | None
    status: str
    area: str | None
    requested: int | None
    saved_at: datetime
    submitted_at: datetime | None
    waiting_for_me: bool
    due_at: datetime | None = None
    closes: datetime | None = None
    done: int = 0
    sections: int = 0
    granted: int | None = None
    over: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True)
class FileRow:
    """`application_id` is None of an organisation's document."""

    id: UUID
    application_id: UUID | None
    name: str
    media_type: str
    size: int
    sha256: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Milestone:
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Relative:
    """A case that this one belongs to, or that belongs to it. `kind`: the title of its route.

    `seen`: there is a page of it for this viewer.
    """

    id: UUID
    number: str
    kind: Mapping[str, str]
    status: str
    seen: bool


@dataclass(frozen=True, slots=True)
class FieldSave:
    """Who saved an answer last, and when."""

    person_id: UUID
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Application:
    """An application as its organisation sees it. `held_by`: code of the office where it lies now."""

    id: UUID
    organisation_id: UUID
    organisation: str
    call: str
    area: str | None
    number: str | None
    status: str
    programme_hash: str
    form: Form
    answers: Answers
    revision: int
    saved_at: datetime
    saved_by_name: str
    field_saves: Mapping[str, FieldSave]
    submitted_at: datetime | None
    open_sections: frozenset[str]
    files: Mapping[UUID, FileRow]
    letters: list[FileRow]
    timeline: list[Milestone]
    due_at: datetime | None
    held_by: str | None
    step: str | None
    entry: int
    offers: tuple[Offer, ...]
    query_message: str | None
    requested: int | None
    granted: int | None
    size: str | None
    conditions: str | None
    route_hash: str | None
    title: str
    parent: Relative | None
    children: Sequence[Relative]
    step_form: Form | None
    may_edit: bool
    may_sign: bool
    has_changes: bool


@dataclass(frozen=True, slots=True)
class ItemRow:
    """Open work. `title` is None while the gate is closed for this viewer; `page`: the case to open.

    `holder`: the id of who has it, `holder_name` the name; `may_take`: this viewer may have it instead.
    """

    case_id: UUID
    page: UUID
    number: str
    organisation: str
    title: str | None
    area: str
    size: str
    stage: str
    step: str
    route_hash: str
    seat: str
    office: str
    role: str
    entry: int
    opened_at: datetime
    due_at: datetime | None
    late: bool
    declared: bool
    holder: str
    holder_name: str
    may_take: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of open work; `next` is what `after` takes for the page behind it; `counts`: by tab."""

    rows: list[ItemRow]
    total: int
    next: str | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """`title` is None while the gate is closed for this viewer; `offices`: where work is open.

    `has_page`: the viewer has to do with it. `holders`: names of those who have it.
    """

    id: UUID
    number: str
    organisation: str
    title: str | None
    has_page: bool
    area: str
    size: str
    call: str
    stage: str
    step: str
    status: str
    ending: str | None
    requested: int
    held: int
    committed: int
    paid: int
    submitted_at: datetime
    entered_at: datetime | None
    due_at: datetime | None
    late: bool
    age_days: int
    offices: tuple[str, ...]
    holders: tuple[str, ...]
    route_hash: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """`at_least`: there are more than `total`, which nobody has counted to the end."""

    rows: list[CaseRow]
    total: int
    next: str | None
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody wrote in a step's form. `entry`: the visit of the step."""

    entry: int
    step: str
    seat: str
    outcome: str
    office: str
    by_name: str
    at: datetime
    data: Answers
    form_code: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One event. `actor_name` is empty for what followed by rule."""

    version: int
    at: datetime
    actor_name: str
    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """A budget line, or several added up (`pot` is then empty).

    `carried`: from the year before, less what went on to the next; `committed`: and not paid yet.
    """

    year: int
    area: str
    pot: str
    ceiling: int
    carried: int
    reserved: int
    committed: int
    paid: int
    left: int

    @property
    def whole(self) -> int:
        """What there is to spend."""
        return self.ceiling + self.carried


@dataclass(frozen=True, slots=True)
class ParentRead:
    """What somebody who works on a child reads of its parent: what was asked for, and what was answered."""

    form: Form
    answers: Answers
    files: Mapping[UUID, FileRow]
    letters: list[FileRow]


@dataclass(frozen=True, slots=True)
class Other:
    """Another application. `likeness`: per cent of the words of both that both have; amounts in Rappen.

    `title` is None, and `seen` False, where the viewer may not read it; `reasons`: same_area, similar.
    """

    id: UUID
    number: str
    organisation: str
    own: bool
    title: str | None
    seen: bool
    area: str
    call: str
    status: str
    ending: str | None
    requested: int
    committed: int
    submitted_at: datetime
    likeness: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparable:
    """A grant of the same area; `per_person` in Rappen."""

    number: str
    organisation: str
    committed: int
    people: int
    per_person: int


MOST_SHOWN = 10
"""Of other applications beside one."""


@dataclass(frozen=True, slots=True)
class Findings:
    """`earlier`: of the same organisation, newest first: the newest, and those granted or in the same area;
    `alike`: those that could pay for the same twice, the most alike first.

    `median`: of what the comparable grants cost for each person, in Rappen.
    """

    earlier: list[Other]
    alike: list[Other]
    comparable: list[Comparable]
    median: int | None

    @property
    def newest(self) -> list[Other]:
        """Of the earlier ones those that a page shows."""
        return self.earlier[:MOST_SHOWN]

    @property
    def most_alike(self) -> list[Other]:
        """Of those alike the same."""
        return self.alike[:MOST_SHOWN]


@dataclass(frozen=True, slots=True)
class StageRow:
    """A column of the pipeline. `oldest_days`: since the oldest case in it entered its step."""

    stage: str
    count: int
    amount: int
    oldest_days: int
    late: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    stages: list[StageRow]
    money: list[MoneyRow]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; empty means all. `route`: by its hash.

    `text`: a case's number, or words of organisation, title or summary; `organisation`: words of its name.
    `money`: reserved, committed or paid; `year` and `pot`: of the budget line that a case takes from.
    """

    stage: str = ""
    area: str = ""
    office: str = ""
    size: str = ""
    call: str = ""
    status: str = ""
    step: str = ""
    route: str = ""
    late: bool = False
    text: str = ""
    organisation: str = ""
    money: str = ""
    year: str = ""
    pot: str = ""
