"""The questions before the form: may this project be funded by this programme at all?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

YES, NO = "yes", "no"
FLAGS = {True: YES, False: NO}
"""What YAML calls yes and no."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where to turn when this programme is not the right one, and what can still be done."""

    text: Mapping[str, str]
    office: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """`wanted` is the answer (yes | no) that can be funded; `unmet` says why the other cannot."""

    code: str
    text: Mapping[str, str]
    wanted: str
    unmet: Mapping[str, str]
    help: Mapping[str, str] | None = None
    elsewhere: Elsewhere | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """`unmet`: questions answered otherwise than wanted; `open`: those without an answer."""

    unmet: tuple[Question, ...]
    open: tuple[Question, ...]

    @property
    def ok(self) -> bool:
        return not self.unmet and not self.open


def parse_question(raw: Mapping[str, Any]) -> Question:
    """A question from its YAML shape, which may say true or false; raises TypeError for keys that there are
    not."""
    elsewhere = Elsewhere(**raw["elsewhere"]) if "elsewhere" in raw else None
    wanted = FLAGS.get(raw["wanted"], raw["wanted"])
    return Question(**{**raw, "wanted": wanted, "elsewhere": elsewhere})


def assess(questions: Sequence[Question], answers: Mapping[str, str]) -> Assessment:
    """What answers {code: "yes" | "no"} mean; anything else counts as no answer."""
    given = {question.code: answers.get(question.code) for question in questions}
    return Assessment(
        unmet=tuple(
            one for one in questions if given[one.code] in (YES, NO) and given[one.code] != one.wanted
        ),
        open=tuple(one for one in questions if given[one.code] not in (YES, NO)),
    )
