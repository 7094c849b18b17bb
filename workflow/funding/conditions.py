"""When a question of a form is asked, and when it has to be answered: by an earlier answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from workflow.errors import RouteError


class Choice(Protocol):
    """One of the answers that a question offers."""

    @property
    def code(self) -> str: ...


class Question(Protocol):
    """What a condition has to know of a field: funding.questions.Field."""

    @property
    def type(self) -> str: ...
    @property
    def options(self) -> Sequence[Choice]: ...
    @property
    def shown_when(self) -> Condition | None: ...
    @property
    def required_when(self) -> Condition | None: ...


@dataclass(frozen=True, slots=True)
class Condition:
    """When a question is asked, or has to be answered.

    The answer at `path` is one of `codes`, or above `above` (Rappen, number).
    A yes/no question answers "true" or "false"; one that nobody answered is "false".
    """

    path: str
    codes: frozenset[str] = frozenset()
    above: int | None = None

    def holds(self, one: Question, value: Any) -> bool:
        """`one` is the question at `path`, `value` its answer as far as it can be read."""
        if self.above is not None:
            return isinstance(value, int) and value > self.above
        if one.type == "boolean":
            return ("true" if value is True else "false") in self.codes
        return not self.codes.isdisjoint(value if isinstance(value, list) else [value])


def parse_condition(raw: Mapping[str, Any], key: str, at: str) -> Condition | None:
    """The condition under this key of a field's data, if there is one; RouteError (form_malformed)."""
    if (said := raw.get(key)) is None:
        return None
    if set(said) not in ({"field", "is"}, {"field", "above"}):
        raise RouteError("form_malformed", at=at, key=key)
    named = said.get("is", ())
    codes = named if isinstance(named, list | tuple) else [named]
    words = {True: "true", False: "false"}
    return Condition(said["field"], frozenset(words.get(one, str(one)) for one in codes), said.get("above"))


def check_conditions(known: Mapping[str, Question], at: str) -> None:
    """Every condition asks an earlier field for something it can answer; RouteError (form_malformed)."""
    paths = list(known)
    for place, (path, one) in enumerate(known.items()):
        for key, when in (("shown_when", one.shown_when), ("required_when", one.required_when)):
            if when is None:
                continue
            asked = known[when.path] if when.path in paths[:place] else None
            codes = {"true", "false"} if asked and asked.type == "boolean" else set()
            codes |= {option.code for option in asked.options} if asked else set()
            countable = asked is not None and asked.type in ("money", "number")
            if asked is None or (not countable if when.above is not None else when.codes - codes):
                raise RouteError("form_malformed", at=f"{at}.{path}", key=f"{key} {when.path}")
