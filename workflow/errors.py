"""Every refusal has a stable code, the figures it speaks of, and says whether a retry can help.

FoerderwegError
├── Invalid           answers do not fit their form            422  never
├── Refused           the rules do not allow it now            409  never
├── NotAllowed        this person may not                      403  never
├── NotFound          not there, or not for this person        404  never
├── Conflict          someone else was faster                  409  yes: read again, decide again
├── KeyReused         the same command id, another payload     422  never
├── RouteError        a route that does not hold together      422  never (publishing)
└── TryLater          too many attempts, a service is away     429  yes: later
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Param = str | int


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one answer: a code, and the figures its text speaks of."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)


class FoerderwegError(Exception):
    """Root of everything this program refuses. `retry`: can it succeed later, as the table says?"""

    status = 400
    retry = False

    def __init__(self, code: str, **params: Param) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: Mapping[str, Param] = params

    def __str__(self) -> str:
        return " ".join([self.code, *(f"{name}={value}" for name, value in self.params.items())])


class Invalid(FoerderwegError):
    """Answers that do not fit their form. `fields`: path such as "financing.budget.2.amount" → problems."""

    status = 422

    def __init__(self, fields: Mapping[str, Sequence[Problem]]) -> None:
        super().__init__("invalid_answers", count=len(fields))
        self.fields = dict(fields)


class Refused(FoerderwegError):
    """The rules do not allow this now; the case is unchanged."""

    status = 409


class NotAllowed(FoerderwegError):
    """This person may not do this; `code` says by which rule."""

    status = 403


class NotFound(FoerderwegError):
    """Not there, or not for this person: both look the same from outside."""

    status = 404


class Conflict(FoerderwegError):
    """Someone else changed it in the meantime; nothing was written."""

    status = 409
    retry = True


class KeyReused(FoerderwegError):
    """A command id came back with another payload."""

    status = 422


class RouteError(FoerderwegError):
    """A route that does not hold together; `at` names the step."""

    status = 422


class TryLater(FoerderwegError):
    """Too many attempts, or a service is away."""

    status = 429
    retry = True
