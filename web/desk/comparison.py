"""What was said about a case, newest first; the statements of one panel stand side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from web.desk.words import Words
from web.language import lang
from workflow.engine.case import Seat
from workflow.funding.forms import Form
from workflow.funding.questions import Field
from workflow.funding.scores import far_apart, score_of, weighted_total
from workflow.store import queries
from workflow.store.queries import Dossier, Statement


@dataclass(frozen=True, slots=True)
class Line:
    """One question of the panel's form: what each statement says. `weight`: per cent, of a criterion.

    `apart`: the scores are a dissent.
    """

    field: Field
    weight: int | None
    cells: tuple[str, ...]
    apart: bool


@dataclass(frozen=True, slots=True)
class Round:
    """One visit of a step. `sides`: «for» or «against» of each statement; empty when it is no panel.

    `totals`: each statement's weighted total in hundredths of a point; `missing`: seats of the panel that
    said nothing, while it `runs` or for good.
    """

    step: str
    statements: tuple[Statement, ...]
    form: Form | None
    sides: tuple[str, ...]
    lines: tuple[Line, ...]
    totals: tuple[int | None, ...]
    missing: tuple[Seat, ...]
    runs: bool

    @property
    def split(self) -> bool:
        return len(set(self.sides)) > 1

    @property
    def apart(self) -> list[Field]:
        """The criteria on which the scores are a dissent."""
        return [line.field for line in self.lines if line.apart]


def rounds(found: Dossier, words: Words) -> list[Round]:
    """The visits of steps at which something was said, newest first."""
    seats = queries.seats(found.history)
    groups = groupby(found.statements, key=lambda one: one.entry)
    made = [_round(tuple(group), seats, found, words) for _, group in groups]
    return made[::-1]


def _round(
    group: tuple[Statement, ...],
    seats: Mapping[tuple[int, str], tuple[str, str]],
    found: Dossier,
    words: Words,
) -> Round:
    first = group[0]
    votes = words.step_data(found.case.route_hash, first.step).get("votes", {})
    form = found.step_forms.get(first.form_code or "")
    panel = bool(votes and form)
    spoken = {one.seat for one in group}
    runs = first.entry == found.entry and first.step == found.step
    return Round(
        step=first.step,
        statements=group,
        form=form,
        sides=tuple(votes[one.outcome] for one in group) if votes else (),
        lines=_lines(group, form) if panel and form else (),
        totals=tuple(weighted_total(form.weights, one.data) for one in group) if panel and form else (),
        missing=tuple(
            Seat(code, *who)
            for (entry, code), who in seats.items()
            if panel and entry == first.entry and code not in spoken
        ),
        runs=runs and any(seat.outcome is None for seat in found.seats),
    )


def _lines(group: tuple[Statement, ...], form: Form) -> tuple[Line, ...]:
    found, language = [], lang()
    for path, field in form.fields().items():
        section, code = path.split(".")
        values = [one.data.get(section, {}).get(code) for one in group]
        if any(value not in (None, "", []) for value in values):
            cells = tuple(field.as_text(value, language) for value in values)
            apart = field.type == "choice" and far_apart([score_of(one.data, path) for one in group])
            found.append(Line(field, form.weights.get(path), cells, apart))
    return tuple(found)
