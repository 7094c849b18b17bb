"""How far a form is filled in, section by section."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from workflow.errors import Problem
from workflow.funding.forms import MISSING, Form, Problems
from workflow.funding.questions import Section


@dataclass(frozen=True, slots=True)
class Progress:
    """One section: `state` is done | wrong | open | empty, `missing` counts what is still to be filled in."""

    section: Section
    number: int
    state: str
    missing: int


def wrong_only(problems: Mapping[str, list[Problem]], section: str | None = None) -> Problems:
    """Without what is merely not filled in yet; of one section, if it is named."""
    return {
        path: found
        for path, found in problems.items()
        if section in (None, path.split(".")[0]) and any(one.code not in MISSING for one in found)
    }


def progress(
    form: Form, answers: Mapping[str, Any], problems: Problems, sections: Collection[str]
) -> list[Progress]:
    """These sections, in the order of the form; `problems` are those of `Form.judge`."""
    shown = [one for one in form.sections if one.code in sections]
    return [_progress(one, number, answers, problems) for number, one in enumerate(shown, 1)]


def _progress(section: Section, number: int, answers: Mapping[str, Any], problems: Problems) -> Progress:
    here = {path: found for path, found in problems.items() if path.split(".")[0] == section.code}
    wrong = wrong_only(here)
    if wrong:
        state = "wrong"
    elif section.code not in answers:
        state = "empty"
    else:
        state = "open" if here else "done"
    return Progress(section, number, state, len(here) - len(wrong))
