"""Versioned forms as data, each compiled to one marshmallow schema."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from marshmallow import Schema, ValidationError

from workflow.engine.canonical import content_hash
from workflow.errors import Invalid, Problem, RouteError
from workflow.funding.answers import FALSE
from workflow.funding.budget import CHECKS, Facts
from workflow.funding.compiling import compiled, flat, missing_code, pruned
from workflow.funding.conditions import check_conditions
from workflow.funding.questions import (
    Field,
    Labels,
    Option,
    Rule,
    Section,
    parse_field,
    parse_rule,
)
from workflow.funding.rows import row_mark
from workflow.funding.scores import Scoring, Weights, parse_scoring
from workflow.texts import is_unwritable

Answers = dict[str, dict[str, Any]]
Problems = dict[str, list[Problem]]
MISSING = {"required", "file_required", "must_be_true", "too_few_rows"}


class HtmlForm(Protocol):
    """What a browser posted: werkzeug's MultiDict."""

    def getlist(self, key: str, /) -> list[str]: ...
    def __iter__(self) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class Form:
    """A form that reads answers {section: {field: answer}}.

    As stored, answers are plain JSON: money in Rappen (int), dates ISO, tables lists of {column: answer},
    files lists of ids, an address {street, postcode, town}. Stored answers read back to themselves;
    text where an amount is expected means francs.
    Paths name answers: "project.title", "budget.costs.2.amount".
    """

    code: str
    title: Labels
    sections: tuple[Section, ...]
    rules: tuple[Rule, ...]
    hash: str
    schema: Schema = field(compare=False, repr=False)
    scoring: Scoring | None = None
    weights: Weights = field(default_factory=dict)
    """Of the criteria in the area that the form is asked for: path → per cent; see `in_area`."""
    _fields: Mapping[str, Field] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        known = {f"{section.code}.{one.code}": one for section in self.sections for one in section.fields}
        object.__setattr__(self, "_fields", known)  # asked for at every turn, of a form that never changes

    @staticmethod
    def parse(data: Mapping[str, Any], options: Mapping[str, Sequence[Option]]) -> Form:
        """A form from its YAML shape; `options` holds the lists that `options_from` names.

        The form's own sections are the list "sections" unless `options` says otherwise. Raises RouteError
        (form_malformed) naming what is wrong where.
        """
        code = data["form"]
        for key in set(data) - {"form", "title", "sections", "rules", "scoring"}:
            raise RouteError("form_malformed", at=code, key=key)
        sections = tuple(
            Section(
                raw["code"],
                raw["title"],
                tuple(parse_field(one, options, f"{code}.{raw['code']}") for one in raw["fields"]),
                raw.get("help"),
            )
            for raw in data["sections"]
        )
        known = {f"{section.code}.{one.code}": one for section in sections for one in section.fields}
        check_conditions(known, code)
        rules = tuple(parse_rule(raw, known, code) for raw in data.get("rules", ()))
        scoring = None
        if raw := data.get("scoring"):
            scoring = parse_scoring(raw, known, [area.code for area in options["areas"]], code)
        return Form(code, data["title"], sections, rules, content_hash(data), compiled(sections), scoring)

    def asked_of(self, kind: str) -> Form:
        """The form as an applicant of this kind (APPLICANT_KINDS) gets it, under the same hash."""
        asked = [
            replace(section, fields=tuple(one for one in section.fields if _asked(one, kind)))
            for section in self.sections
        ]
        sections = tuple(section for section in asked if section.fields)
        known = {f"{section.code}.{one.code}" for section in sections for one in section.fields}
        rules = tuple(rule for rule in self.rules if _asked(rule, kind) and rule.paths <= known)
        return replace(self, sections=sections, rules=rules, schema=compiled(sections))

    def in_area(self, area: str) -> Form:
        """The form as it is asked in this funding area: with the criteria that have a weight there."""
        if self.scoring is None or area not in self.scoring.areas:
            return self
        weights = self.scoring.weights(area)
        sections = tuple(
            replace(one, fields=tuple(f for f in one.fields if f"{one.code}.{f.code}" in weights))
            if one.code == self.scoring.section
            else one
            for one in self.sections
        )
        return replace(self, sections=sections, schema=compiled(sections), weights=weights)

    def fields(self) -> Mapping[str, Field]:
        """All fields by path section.field, in the order of the form."""
        return self._fields

    def hidden(self, answers: Mapping[str, Any]) -> frozenset[str]:
        """Paths of the fields that are not asked, given the other answers."""
        found: set[str] = set()
        known = self.fields()
        for path, one in known.items():
            when = one.shown_when
            if when is None:
                continue
            asked = known.get(when.path) if when.path not in found else None
            if asked is None or not when.holds(asked, _answer(answers, when.path)):
                found.add(path)
        return frozenset(found)

    def judge(
        self,
        answers: Mapping[str, Any],
        *,
        outcome: str | None = None,
        sections: Collection[str] | None = None,
        facts: Facts | None = None,
    ) -> tuple[Answers, Problems]:
        """(what could be read, what is wrong) with answers that should be complete.

        Answers to fields that are not asked (`hidden`) are left out, and nothing is wrong with them.
        `outcome`: fields of other outcomes are not required, and refused when filled in. `sections`: only
        these are expected, others are refused, and rules that read others wait. `facts` of the case are
        needed by rules that name facts.
        """
        values, problems = self._read(answers)
        hidden = self.hidden(values)
        values, problems = _without(values, hidden), _outside(problems, hidden)
        for path, one in self.fields().items():
            if not one.exists_for(outcome):
                problems = {at: found for at, found in problems.items() if not _within(at, path)}
                if _answer(values, path) not in (None, False):
                    problems[path] = [Problem("other_outcome")]
        if sections is not None:
            problems = {path: found for path, found in problems.items() if path.split(".")[0] in sections}
            problems |= {code: [Problem("unknown_field")] for code in answers if code not in sections}
            values = {code: part for code, part in values.items() if code in sections}
        for rule in self.rules:
            if rule.field in hidden:
                continue
            if outcome is not None and rule.outcomes and outcome not in rule.outcomes:
                continue
            waits = any(_within(at, path) or _within(path, at) for at in problems for path in rule.paths)
            if waits or any(path.split(".")[0] not in values for path in rule.paths):
                continue
            exists = self.fields()[rule.field].exists_for(outcome)
            if exists and (problem := CHECKS[rule.check](values, rule.params, facts or {})):
                problems[rule.field] = [problem]
        return values, problems

    def load(
        self,
        answers: Mapping[str, Any],
        *,
        outcome: str | None = None,
        sections: Collection[str] | None = None,
        facts: Facts | None = None,
    ) -> Answers:
        """Complete answers, ready to be stored; raises Invalid with every problem by path. See `judge`."""
        values, problems = self.judge(answers, outcome=outcome, sections=sections, facts=facts)
        if problems:
            raise Invalid(problems)
        return values

    def load_partial(self, answers: Mapping[str, Any]) -> tuple[Answers, Problems]:
        """A draft: what can be kept, and what is wrong in it; nothing is required, no rule is checked.

        An answer that cannot be read is kept as it was typed; fields that the form does not have are dropped.
        """
        values, problems = self._read(answers)
        problems = {
            path: found
            for path, found in problems.items()
            if not {problem.code for problem in found} & MISSING
        }
        raw = pruned(answers)
        for path in self.fields():
            if any(_within(at, path) for at in problems):
                section, code = path.split(".")
                values[section][code] = raw[section][code]
        return values, _outside(problems, self.hidden(values))

    def as_typed(self, answers: Mapping[str, Any]) -> Answers:
        """`load_partial`, without the signs that no database can keep."""
        return self.load_partial(_writable(answers))[0]

    def missing(self, answers: Mapping[str, Any]) -> list[str]:
        """Paths of what is still to be filled in, in no order of importance."""
        values, problems = self._read(answers)
        asked = _outside(problems, self.hidden(values))
        return [path for path, found in asked.items() if {problem.code for problem in found} & MISSING]

    def facts(self, answers: Mapping[str, Any]) -> dict[str, str | int | bool]:
        """Facts of the case from answers that were loaded; an unanswered yes/no question is False."""
        found = {}
        for path, one in self.fields().items():
            value = _answer(answers, path)
            if one.fact and (value is not None or one.type == "boolean"):
                found[one.fact] = bool(value) if one.type == "boolean" else value
        return found

    def asked(self, outcome: str | None = None) -> Mapping[str, Field]:
        """The fields that nobody who fills it in can leave out, whoever they are, by path."""
        return {
            path: one
            for path, one in self.fields().items()
            if one.required and not one.shown_when and not one.for_kinds and one.exists_for(outcome)
        }

    def brings(self, outcome: str | None = None) -> frozenset[str]:
        """The facts among what they say."""
        return frozenset(one.fact for one in self.asked(outcome).values() if one.fact)

    def files(self, answers: Mapping[str, Any]) -> list[str]:
        """Ids of all files that answers name."""
        paths = [path for path, one in self.fields().items() if one.type == "file"]
        return [file_id for path in paths for file_id in _answer(answers, path) or ()]

    def parse_html(self, posted: HtmlForm, sections: Iterable[str] | None = None) -> Answers:
        """Raw answers from names such as "project.title" and "budget.costs.2.amount".

        `sections` are those that the page showed (all, if not given): each is there in the result, with False
        for its boxes that were not ticked. Empty rows of tables are dropped.
        """
        shown = [section for section in self.sections if sections is None or section.code in set(sections)]
        names = list(posted)
        return {
            section.code: {
                one.code: _posted(posted, names, f"{section.code}.{one.code}", one) for one in section.fields
            }
            for section in shown
        }

    def _read(self, answers: Mapping[str, Any]) -> tuple[Answers, Problems]:
        raw = pruned(self._given(answers))
        raw = {section.code: {} for section in self.sections} | raw
        problems: Problems = {}
        try:
            values = self.schema.load(raw)
        except ValidationError as error:
            values = error.valid_data
            problems = dict(flat(error.messages))
        values = {section.code: values.get(section.code) or {} for section in self.sections}
        for path, one in self.fields().items():
            rows = _answer(values, path)
            if one.type == "table" and rows:
                values[path.split(".")[0]][one.code] = [one.computed(row) for row in rows]
        problems |= {at: [Problem("other_group")] for at in self._out_of_group(values)}
        for at, one in self._wanting(values):
            problems.setdefault(at, [Problem(missing_code(one))])
        return values, problems

    def _wanting(self, values: Answers) -> Iterator[tuple[str, Field]]:
        """Fields that other answers make necessary, and that nobody has filled in."""
        known = self.fields()
        for path, one in known.items():
            when = one.required_when
            if when is not None and not mark(_answer(values, path)):
                asked = known.get(when.path)
                if asked is not None and when.holds(asked, _answer(values, when.path)):
                    yield path, one

    def _given(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Without what is computed: that is nobody's to say."""
        given = dict(answers)
        for path, one in self.fields().items():
            section, code = path.split(".")
            part = given.get(section)
            if not isinstance(part, Mapping):
                continue
            rows = part.get(code)
            if one.type == "table" and isinstance(rows, list | tuple):
                made = {column.code for column in one.columns if column.made}
                kept = [
                    {key: cell for key, cell in row.items() if key not in made}
                    if isinstance(row, Mapping)
                    else row
                    for row in rows
                ]
                given[section] = {**part, code: kept}
        return given

    def _out_of_group(self, values: Answers) -> Iterator[str]:
        """Paths of choices that do not belong to what their group's field has chosen."""
        for path, one in self.fields().items():
            for column in (one, *one.columns):
                group = _answer(values, column.grouped_by) if column.grouped_by else None
                if group is None:
                    continue
                options = {option.code: option for option in column.options}
                for at, chosen in _cells(path, one, column, _answer(values, path)):
                    if any(not options[code].fits(group) for code in chosen):
                        yield at


def mark(value: Any) -> str:
    """A short name of a stored answer; empty for none, and a box that is not ticked is none.

    Of a table the names of its rows, with a point between them.
    """
    if value is None or value is False or value in ("", [], {}):
        return ""
    if isinstance(value, list) and all(isinstance(row, Mapping) for row in value):
        return ".".join(map(row_mark, value))
    return row_mark(value)


def _asked(part: Field | Rule, kind: str) -> bool:
    return not part.for_kinds or kind in part.for_kinds


def _within(path: str, outer: str) -> bool:
    return f"{path}.".startswith(f"{outer}.")


def _answer(values: Mapping[str, Any], path: str) -> Any:
    section, code = path.split(".")
    return values.get(section, {}).get(code)


def _without(values: Answers, paths: Collection[str]) -> Answers:
    return {
        section: {code: value for code, value in part.items() if f"{section}.{code}" not in paths}
        for section, part in values.items()
    }


def _outside(problems: Problems, paths: Collection[str]) -> Problems:
    return {at: found for at, found in problems.items() if not any(_within(at, path) for path in paths)}


def _cells(path: str, one: Field, column: Field, value: Any) -> Iterator[tuple[str, list[str]]]:
    """(path, chosen codes) of a field, or of each row's cell in its column."""
    if column is one:
        yield path, [value] if isinstance(value, str) else value or []
    else:
        for number, row in enumerate(value or ()):
            if column.code in row:
                yield f"{path}.{number}.{column.code}", [row[column.code]]


def _posted(posted: HtmlForm, names: Iterable[str], path: str, one: Field) -> Any:
    if one.type == "table":
        prefix = f"{path}."
        cells = [name.removeprefix(prefix).split(".") for name in names if name.startswith(prefix)]
        rows: dict[int, dict[str, str]] = {}
        for row, column in (cell for cell in cells if len(cell) == 2 and re.fullmatch("[0-9]{1,4}", cell[0])):
            if text := posted.getlist(f"{prefix}{row}.{column}")[0].strip():
                rows.setdefault(int(row), {})[column] = text
        return [rows[row] for row in sorted(rows)]
    if one.type == "address":
        return {part.code: text for part in one.columns for text in posted.getlist(f"{path}.{part.code}")[:1]}
    given = posted.getlist(path)
    if one.type == "boolean":
        return bool(given) and given[-1] not in FALSE
    if one.type in ("choices", "file"):
        return [text for text in given if text]
    return given[0] if given else None


def _writable(given: Any) -> Any:
    if isinstance(given, str):
        return "".join(one for one in given if not is_unwritable(one))
    if isinstance(given, Mapping):
        return {_writable(key): _writable(value) for key, value in given.items()}
    return [_writable(one) for one in given] if isinstance(given, list | tuple) else given
