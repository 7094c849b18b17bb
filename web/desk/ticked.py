"""Rows of a list that somebody ticked, to do the same with each."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid5

from flask import request
from werkzeug.exceptions import BadRequest

from web.desk.inbox import staff
from web.security import posted_uuid
from workflow.store import queries


@dataclass(frozen=True, slots=True)
class Ticked:
    """One row as its hidden input says it: the case, and the visit of the step that was seen."""

    case_id: UUID
    entry: int

    @property
    def name(self) -> str:
        return f"{self.case_id}.{self.entry}"

    def key(self) -> UUID:
        """The command's own key: the same when the form is sent again."""
        return uuid5(posted_uuid("command_id"), self.name)


def ticked() -> list[Ticked]:
    """The ticked rows, each once; 400 for anything that is not one of our own inputs, 404 without a desk."""
    staff()
    found = {}
    for text in request.form.getlist("case"):
        case_id, _dot, entry = text.partition(".")
        try:
            found[UUID(case_id)] = Ticked(UUID(case_id), int(entry))
        except ValueError:
            raise BadRequest from None
    if len(found) > queries.MOST_DECISIONS:
        raise BadRequest
    return list(found.values())
