"""Versioned forms as data, each compiled to one marshmallow schema."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from marshmallow import Schema, ValidationError, fields

from workflow.engine.canonical import content_hash
from workflow.errors import Invalid, Problem, RouteError
from workflow.funding.answers import FALSE, READERS, Answer, Limits, refuse
from workflow.funding.budget import CHECKS, Facts
from workflow.funding.questions import Field, Labels, Option, Rule, Section, parse_field, parse_rule

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
    files lists of ids. Stored answers read back to themselves; text where an amount is expected means francs.
    Paths name answers: "project.title", "budget.costs.2.amount".
    """

    code: str
    title: Labels
    sections: tuple[Section, ...]
    rules: tuple[Rule, ...]
    hash: str
    schema: Schema = field(compare=False, repr=False)

    @staticmethod
    def parse(data: Mapping[str, Any], options: Mapping[str, Sequence[Option]]) -> Form:
        """A form from its YAML shape; `options` holds the lists that `options_from` names.

        The form's own sections are the list "sections" unless `options` says otherwise. Raises RouteError
        (form_malformed) naming what is wrong where.
        """
        code = data["form"]
        for key in set(data) - {"form", "title", "sections", "rules"}:
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
        rules = tuple(parse_rule(raw, known, code) for raw in data.get("rules", ()))
        return Form(code, data["title"], sections, rules, content_hash(data), _compile(sections))

    def asked_of(self, kind: str) -> Form:
        """The form as an applicant of this kind (APPLICANT_KINDS) gets it, under the same hash."""
        asked = [
            replace(section, fields=tuple(one for one in section.fields if _asked(one, kind)))
            for section in self.sections
        ]
        sections = tuple(section for section in asked if section.fields)
        known = {f"{section.code}.{one.code}" for section in sections for one in section.fields}
        rules = tuple(rule for rule in self.rules if _asked(rule, kind) and rule.paths <= known)
        return replace(self, sections=sections, rules=rules, schema=_compile(sections))

    def fields(self) -> dict[str, Field]:
        """All fields by path section.field, in the order of the form."""
        return {f"{section.code}.{one.code}": one for section in self.sections for one in section.fields}

    def judge(
        self,
        answers: Mapping[str, Any],
        *,
        outcome: str | None = None,
        sections: Collection[str] | None = None,
        facts: Facts | None = None,
    ) -> tuple[Answers, Problems]:
        """(what could be read, what is wrong) with answers that should be complete.

        `outcome`: fields of other outcomes are not required, and refused when filled in. `sections`: only
        these are expected, others are refused, and rules that read others wait. `facts` of the case are
        needed by rules that name facts.
        """
        values, problems = self._read(answers)
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
        raw = _pruned(answers)
        for path in self.fields():
            if any(_within(at, path) for at in problems):
                section, code = path.split(".")
                values[section][code] = raw[section][code]
        return values, problems

    def missing(self, answers: Mapping[str, Any]) -> list[str]:
        """Paths of what is still to be filled in, in no order of importance."""
        _, problems = self._read(answers)
        return [path for path, found in problems.items() if {problem.code for problem in found} & MISSING]

    def facts(self, answers: Mapping[str, Any]) -> dict[str, str | int | bool]:
        """Facts of the case from answers that were loaded; an unanswered yes/no question is False."""
        found = {}
        for path, one in self.fields().items():
            value = _answer(answers, path)
            if one.fact and (value is not None or one.type == "boolean"):
                found[one.fact] = bool(value) if one.type == "boolean" else value
        return found

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
        raw = _pruned(answers)
        raw = {section.code: {} for section in self.sections} | raw
        problems: Problems = {}
        try:
            values = self.schema.load(raw)
        except ValidationError as error:
            values = error.valid_data
            problems = dict(_flat(error.messages))
        values = {section.code: values.get(section.code) or {} for section in self.sections}
        for path, one in self.fields().items():
            group = _answer(values, one.grouped_by) if one.grouped_by else None
            chosen = _answer(values, path) if group is not None else None
            groups = {option.code: option.group for option in one.options}
            if any(groups[code] != group for code in ([chosen] if isinstance(chosen, str) else chosen or ())):
                problems[path] = [Problem("other_group")]
        return values, problems


def _asked(part: Field | Rule, kind: str) -> bool:
    return not part.for_kinds or kind in part.for_kinds


def _compile(sections: Iterable[Section]) -> Schema:
    nested = {section.code: fields.Nested(_schema(section.fields)) for section in sections}
    return _schema_of(nested)


def _schema(questions: Iterable[Field]) -> Schema:
    return _schema_of({one.code: _compiled(one) for one in questions})


def _schema_of(parts: Mapping[str, Any]) -> Schema:
    schema = Schema.from_dict(dict(parts))()
    schema.error_messages = {"unknown": "unknown_field", "type": "wrong_type"}
    return schema


def _compiled(one: Field) -> fields.Field[Any]:
    if one.type == "table":
        return fields.List(
            fields.Nested(_schema(one.columns)),
            required=one.required,
            validate=partial(_check_rows, least=one.least or 0, most=one.most or 100),
            error_messages={"required": "required", "null": "required", "invalid": "wrong_type"},
        )
    codes = frozenset(option.code for option in one.options)
    limits = Limits(least=one.least, most=one.most, choices=codes, must_be_true=one.must_be)
    missing = {"file": "file_required"}.get(one.type, "must_be_true" if one.must_be else "required")
    return Answer(READERS[one.type], limits, required=one.required or one.must_be, missing=missing)


def _check_rows(rows: Sequence[Any], least: int, most: int) -> None:
    if len(rows) < least:
        raise refuse("too_few_rows", min=least)
    if len(rows) > most:
        raise refuse("too_many_rows", max=most)


def _pruned(value: Any) -> Any:
    """Without what is blank: None, empty text, empty lists and rows; sections stay."""
    if isinstance(value, Mapping):
        kept = {str(key): _pruned(part) for key, part in value.items()}
        return {key: part for key, part in kept.items() if part not in (None, "", [])}
    if isinstance(value, list | tuple):
        return [part for part in map(_pruned, value) if part not in (None, "", {}, [])]
    return value.strip() if isinstance(value, str) else value


def _flat(messages: Any, path: str = "") -> Iterator[tuple[str, list[Problem]]]:
    """marshmallow's nested messages as (path, problems)."""
    if isinstance(messages, Mapping):
        for key, part in messages.items():
            yield from _flat(part, path if key == "_schema" else f"{path}.{key}" if path else str(key))
    else:
        yield path, [one if isinstance(one, Problem) else Problem(str(one)) for one in messages]


def _within(path: str, outer: str) -> bool:
    return f"{path}.".startswith(f"{outer}.")


def _answer(values: Mapping[str, Any], path: str) -> Any:
    section, code = path.split(".")
    return values.get(section, {}).get(code)


def _posted(posted: HtmlForm, names: Iterable[str], path: str, one: Field) -> Any:
    if one.type == "table":
        prefix = f"{path}."
        cells = [name.removeprefix(prefix).split(".") for name in names if name.startswith(prefix)]
        rows: dict[int, dict[str, str]] = {}
        for row, column in (cell for cell in cells if len(cell) == 2 and re.fullmatch("[0-9]{1,4}", cell[0])):
            if text := posted.getlist(f"{prefix}{row}.{column}")[0].strip():
                rows.setdefault(int(row), {})[column] = text
        return [rows[row] for row in sorted(rows)]
    given = posted.getlist(path)
    if one.type == "boolean":
        return bool(given) and given[-1] not in FALSE
    if one.type in ("choices", "file"):
        return [text for text in given if text]
    return given[0] if given else None
