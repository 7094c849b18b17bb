"""What a form is made of: options, fields, sections and rules, read from their YAML shape."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflow.errors import RouteError
from workflow.funding.answers import READERS
from workflow.funding.budget import CHECKS
from workflow.funding.money import format_amount, format_chf
from workflow.texts import label, texts

Labels = Mapping[str, str]
FIELD_KEYS = {
    *(
        "code",
        "type",
        "label",
        "help",
        "required",
        "min",
        "max",
        "rows",
        "options",
        "options_from",
        "columns",
    ),
    *("total", "accept", "must_be", "fact", "outcomes", "grouped_by", "for_kinds"),
}
COLUMN_TYPES = {"text", "number", "money", "date", "choice"}
APPLICANT_KINDS = ("non_state", "institution", "office")
"""Kinds of organisations: non-state ones, institutions of the regular structures, offices of the canton."""
CODE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice; `group` is the answer of another field that it belongs to, if it belongs to one."""

    code: str
    label: Labels
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `least`/`most`: Rappen, numbers, characters, rows or files, by type.

    `fact` names the fact of the case that the answer becomes; `outcomes` are those of the step for which the
    field exists (none named: all); `grouped_by` is the path of the field whose answer is the options' group.
    `for_kinds` are the kinds of applicants who are asked (none named: all), see APPLICANT_KINDS.
    """

    code: str
    type: str
    label: Labels
    help: Labels | None = None
    required: bool = False
    least: int | None = None
    most: int | None = None
    options: tuple[Option, ...] = ()
    columns: tuple[Field, ...] = ()
    total: str | None = None
    accept: tuple[str, ...] = ()
    must_be: bool = False
    fact: str | None = None
    outcomes: frozenset[str] = frozenset()
    grouped_by: str | None = None
    for_kinds: frozenset[str] = frozenset()

    def exists_for(self, outcome: str | None) -> bool:
        """False when the field belongs to other outcomes of its step."""
        return outcome is None or not self.outcomes or outcome in self.outcomes

    def as_input(self, value: Any) -> str:
        """The value of an input element; text that could not be read is shown as it was typed."""
        if self.type == "money" and isinstance(value, int):
            return format_amount(value)
        return "" if value is None else str(value)

    def as_text(self, value: Any, lang: str) -> str:
        """What a reader sees, for every type but tables and files."""
        if value is None or value == []:
            return "–"
        if self.type in ("choice", "choices"):
            labels = {option.code: label(option.label, lang) for option in self.options}
            codes = value if isinstance(value, list) else [value]
            return ", ".join(labels.get(code, str(code)) for code in codes)
        if self.type == "boolean":
            return texts(lang).gettext("Ja") if value is True else texts(lang).gettext("Nein")
        if self.type == "money" and isinstance(value, int):
            return format_chf(value)
        if self.type == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
            return ".".join(reversed(str(value).split("-")))
        if self.type == "iban":
            return " ".join(value[at : at + 4] for at in range(0, len(value), 4))
        return str(value)

    def sum(self, rows: Any) -> int:
        """The total of a table in Rappen, without cells that could not be read."""
        cells = [row.get(self.total) for row in rows or () if isinstance(row, Mapping)]
        return sum(cell for cell in cells if isinstance(cell, int))


@dataclass(frozen=True, slots=True)
class Section:
    code: str
    title: Labels
    fields: tuple[Field, ...]
    help: Labels | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A check of budget.CHECKS, shown at `field`; it waits until all of `paths` are readable.

    `outcomes` are those of the step for which it holds (none named: all), `for_kinds` as those of a field.
    """

    check: str
    field: str
    params: Mapping[str, Any]
    paths: frozenset[str]
    outcomes: frozenset[str] = frozenset()
    for_kinds: frozenset[str] = frozenset()


def parse_field(raw: Mapping[str, Any], options: Mapping[str, Sequence[Option]], at: str) -> Field:
    """A field or column; RouteError (form_malformed) names where its data is wrong."""
    at = f"{at}.{raw.get('code')}"
    for key in set(raw) - FIELD_KEYS:
        raise RouteError("form_malformed", at=at, key=key)
    kind = raw.get("type")
    if not CODE.fullmatch(str(raw.get("code"))) or kind not in {*READERS, "table"} or not raw.get("label"):
        raise RouteError("form_malformed", at=at, key="code, type, label")
    if (source := raw.get("options_from")) is not None and source not in options:
        raise RouteError("form_malformed", at=at, key=f"options_from {source}")
    choices = tuple(Option(one["code"], one["label"], one.get("group")) for one in raw.get("options", ()))
    columns = tuple(parse_field(one, options, at) for one in raw.get("columns", ()))
    if any(column.type not in COLUMN_TYPES for column in columns) or (kind == "table") != bool(columns):
        raise RouteError("form_malformed", at=at, key="columns")
    if (total := raw.get("total")) and [c.type for c in columns if c.code == total] != ["money"]:
        raise RouteError("form_malformed", at=at, key="total")
    rows = raw.get("rows", {})
    return Field(
        code=raw["code"],
        type=raw["type"],
        label=raw["label"],
        help=raw.get("help"),
        required=bool(raw.get("required", False)),
        least=raw.get("min", rows.get("min")),
        most=raw.get("max", rows.get("max")),
        options=tuple(options[source]) if source else choices,
        columns=columns,
        total=total,
        accept=tuple(raw.get("accept", ())),
        must_be=bool(raw.get("must_be", False)),
        fact=raw.get("fact"),
        outcomes=frozenset(raw.get("outcomes", ())),
        grouped_by=raw.get("grouped_by"),
        for_kinds=_kinds(raw, at),
    )


def parse_rule(raw: Mapping[str, Any], known: Mapping[str, Field], at: str) -> Rule:
    """A rule whose paths all exist in the form; RouteError (form_malformed) otherwise."""
    params = {key: value for key, value in raw.items() if key not in ("check", "outcomes", "for_kinds")}
    named = [value for key, value in params.items() if key not in ("fact", "facts", "where")]
    flat = [part for value in named for part in (value if isinstance(value, list | dict) else [value])]
    paths = frozenset(".".join(part.split(".")[:2]) for part in flat if isinstance(part, str))
    if raw.get("check") not in CHECKS or paths - set(known):
        raise RouteError("form_malformed", at=at, key=f"rule {raw.get('check')} {sorted(paths - set(known))}")
    outcomes = frozenset(raw.get("outcomes", ()))
    return Rule(raw["check"], raw["field"], params, paths, outcomes, _kinds(raw, at))


def _kinds(raw: Mapping[str, Any], at: str) -> frozenset[str]:
    kinds = frozenset(raw.get("for_kinds", ()))
    if kinds - set(APPLICANT_KINDS):
        raise RouteError("form_malformed", at=at, key=f"for_kinds {sorted(kinds)}")
    return kinds
