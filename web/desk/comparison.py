"""What was said about a case, newest first; the statements of one panel stand side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from web.desk.words import Words
from web.language import lang
from workflow.funding.forms import Form
from workflow.funding.questions import Field
from workflow.store.queries import Statement

FAR_APART = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One question of the panel's form: what each statement says. `apart`: scores differ by two or more."""

    field: Field
    cells: tuple[str, ...]
    apart: bool


@dataclass(frozen=True, slots=True)
class Round:
    """One visit of a step. `sides`: «for» or «against» of each statement; empty when it is no panel."""

    step: str
    statements: tuple[Statement, ...]
    form: Form | None
    sides: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def split(self) -> bool:
        return len(set(self.sides)) > 1


def rounds(
    statements: Sequence[Statement], forms: Mapping[str, Form], route: str, words: Words
) -> list[Round]:
    """Statements, oldest first, as rounds, newest first."""
    groups: list[list[Statement]] = []
    for one in statements:
        last = groups[-1] if groups else []
        if last and last[0].step == one.step and all(other.seat != one.seat for other in last):
            last.append(one)
        else:
            groups.append([one])
    return [_round(tuple(group), forms, route, words) for group in reversed(groups)]


def _round(group: tuple[Statement, ...], forms: Mapping[str, Form], route: str, words: Words) -> Round:
    step = group[0].step
    votes = words.step_data(route, step).get("votes", {})
    form = forms.get(group[0].form_code or "")
    lines = _lines(group, form) if votes and form else ()
    return Round(step, group, form, tuple(votes[one.outcome] for one in group) if votes else (), lines)


def _lines(group: tuple[Statement, ...], form: Form) -> tuple[Line, ...]:
    found = []
    for path, field in form.fields().items():
        section, code = path.split(".")
        values = [one.data.get(section, {}).get(code) for one in group]
        if any(value not in (None, "", []) for value in values):
            cells = tuple(field.as_text(value, lang()) for value in values)
            found.append(Line(field, cells, _apart(values)))
    return tuple(found)


def _apart(values: Sequence[object]) -> bool:
    scores = [
        int(value) for value in values if isinstance(value, str) and value.isdecimal() and len(value) < 3
    ]
    return len(scores) > 1 and max(scores) - min(scores) >= FAR_APART
