"""What several queries return: plain rows. Amounts in Rappen, times aware UTC, words as codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

Answers = Mapping[str, Any]

HIDDEN = "hidden"
"""The outcome of a seat that has voted, for a viewer who may not see yet how."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """`application_id` is None of an organisation's document, `organisation_id` of every other."""

    id: UUID
    application_id: UUID | None
    name: str
    media_type: str
    size: int
    sha256: str
    kind: str
    at: datetime
    organisation_id: UUID | None = None


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
class Report:
    """What a granted case still asks for. `child`: its code in the route; `stopped`: it is so late that
    nothing is paid until it is there, and its applicant hands in nothing new."""

    child: str
    due_at: datetime
    stopped: bool


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; empty means all. `route`: by its hash.

    `text`: a case's number, or words of organisation, title or summary; `organisation`: words of its name.
    `money`: reserved, committed or paid, or granted: both; `year` and `pot`: of the budget line that a case
    takes from. `kind`: application, without what belongs to one.
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
    kind: str = ""
    target_group: str = ""


def after_place(after: str | None) -> tuple[Any, UUID]:
    """Where a page of a list by time begins, `time|id`; what nobody of us wrote begins at the start."""
    try:
        at, case_id = (after or "").split("|")
        return datetime.fromisoformat(at), UUID(case_id)
    except ValueError:
        return "-infinity", UUID(int=0)
