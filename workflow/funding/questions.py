"""What a form is made of: options, fields, sections and rules, read from their YAML shape."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from marshmallow import ValidationError

from workflow.errors import RouteError
from workflow.funding.answers import READERS, Limits
from workflow.funding.budget import CHECKS
from workflow.funding.conditions import Condition, parse_condition
from workflow.funding.money import format_amount, format_chf, format_iban
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
    *("shown_when", "required_when", "computed", "difference", "plan", "unit_of"),
}
COLUMN_TYPES = {"text", "number", "money", "date", "choice", "indicator"}
APPLICANT_KINDS = ("non_state", "institution", "office")
"""Kinds of organisations: non-state ones, institutions of the regular structures, offices of the canton."""
CODE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice. `groups`: the answers of another field that it belongs to (none: it fits all).

    `unit`: of an indicator, what is counted.
    """

    code: str
    label: Labels
    groups: frozenset[str] = frozenset()
    unit: Labels | None = None

    def fits(self, group: Any) -> bool:
        return not self.groups or group in self.groups


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `least`/`most`: Rappen, numbers, characters, rows or files, by type.

    `fact` names the fact of the case that the answer becomes; `outcomes` are those of the step for which the
    field exists (none named: all); `grouped_by` is the path of the field whose answer is the options' group.
    `for_kinds` are the kinds of applicants who are asked (none named: all), see APPLICANT_KINDS.
    `columns`: of a table, or the parts of an address. Of a table, `totals` are the columns that are added
    up; of a column, `factors` are those whose product it is, `difference` the first less the second of two,
    `unit_of` that whose indicator gives its unit.
    `plan`: of a table, the path of the one in the parent's application whose rows are its first rows; of a
    column, the column there. See `plan.py`.
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
    totals: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    difference: tuple[str, ...] = ()
    plan: str | None = None
    unit_of: str | None = None
    shown_when: Condition | None = None
    required_when: Condition | None = None
    accept: tuple[str, ...] = ()
    must_be: bool = False
    fact: str | None = None
    outcomes: frozenset[str] = frozenset()
    grouped_by: str | None = None
    for_kinds: frozenset[str] = frozenset()

    @property
    def made(self) -> bool:
        """A column that nobody fills in: it is computed from others."""
        return bool(self.factors or self.difference)

    @property
    def planned_figures(self) -> frozenset[str]:
        """Of a table beside its plan: the columns in which the plan's figures stand."""
        return frozenset(one.code for one in self.columns if one.plan and one.type in ("money", "number"))

    def is_planned(self, row: Mapping[str, Any]) -> bool:
        """The row comes from the plan, and is not the report's own."""
        return any(row.get(code) is not None for code in self.planned_figures)

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
        if self.type == "address" and isinstance(value, Mapping):
            place = " ".join(str(value[part]) for part in ("postcode", "town") if part in value)
            return ", ".join(filter(None, [str(value.get("street", "")), place]))
        if self.type in ("choice", "choices", "indicator"):
            codes = value if isinstance(value, list) else [value]
            labels = {one.code: label(one.label, lang) for one in self.options if one.code in codes}
            return ", ".join(labels.get(code, str(code)) for code in codes)
        if self.type == "boolean":
            return texts(lang).gettext("Ja") if value is True else texts(lang).gettext("Nein")
        if self.type == "money" and isinstance(value, int):
            return format_chf(value)
        if self.type == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
            return ".".join(reversed(str(value).split("-")))
        if self.type == "iban":
            return format_iban(value)
        return str(value)

    def figure(self, value: Any) -> int | None:
        """A number or an amount (Rappen), stored or as it was typed; None when it cannot be read."""
        try:
            return int(READERS[self.type](value, Limits())) if self.type in ("number", "money") else None
        except ValidationError:
            return None

    def sum(self, rows: Any, code: str) -> int:
        """The total of a column, without cells that cannot be read."""
        [column] = [one for one in self.columns if one.code == code]
        cells = [self.computed(row).get(code) for row in rows or () if isinstance(row, Mapping)]
        return sum(cell if column.made else column.figure(cell) or 0 for cell in cells if cell is not None)

    def computed(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A table's row with what is computed in it, as far as what it is made of is there and readable.

        Of a difference the first must be there: what was not planned is all more.
        """
        columns = {column.code: column for column in self.columns}
        found = {code: cell for code, cell in row.items() if code not in columns or not columns[code].made}
        for column in self.columns:
            figures = [columns[code].figure(found.get(code)) for code in column.factors or column.difference]
            if column.factors and None not in figures:
                found[column.code] = prod(figure for figure in figures if figure is not None)
            elif column.difference and figures[0] is not None:
                found[column.code] = figures[0] - (figures[1] or 0)
        return found

    def unit(self, code: Any, lang: str) -> str:
        """What the indicator with this code counts."""
        units = [option.unit for option in self.options if option.code == code and option.unit]
        return label(units[0], lang) if units else ""


ADDRESS = (
    Field(
        "street",
        "text",
        {
            "de": "Strasse und Hausnummer",
            "fr": "Rue et numéro",
            "it": "Via e numero",
            "en": "Street and number",
        },
        required=True,
        most=120,
    ),
    Field(
        "postcode",
        "postcode",
        {"de": "Postleitzahl", "fr": "NPA", "it": "NPA", "en": "Postcode"},
        required=True,
    ),
    Field(
        "town",
        "text",
        {"de": "Ort", "fr": "Localité", "it": "Località", "en": "Town"},
        required=True,
        most=80,
    ),
)
"""The parts of an address."""


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
    known = {*READERS, "table", "address"}
    if not CODE.fullmatch(str(raw.get("code"))) or kind not in known or not raw.get("label"):
        raise RouteError("form_malformed", at=at, key="code, type, label")
    if (source := raw.get("options_from")) is not None and source not in options:
        raise RouteError("form_malformed", at=at, key=f"options_from {source}")
    choices = tuple(Option(one["code"], one["label"]) for one in raw.get("options", ()))
    columns = tuple(parse_field(one, options, at) for one in raw.get("columns", ()))
    if any(column.type not in COLUMN_TYPES for column in columns) or (kind == "table") != bool(columns):
        raise RouteError("form_malformed", at=at, key="columns")
    totals = raw.get("total", ())
    totals = (totals,) if isinstance(totals, str) else tuple(totals)
    countable = {column.code for column in columns if column.type in ("money", "number")}
    made_of = {code for column in columns for code in (*column.factors, *column.difference)}
    if (set(totals) | made_of) - countable or any(len(column.difference) not in (0, 2) for column in columns):
        raise RouteError("form_malformed", at=at, key="total, computed, difference")
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
        columns=ADDRESS if kind == "address" else columns,
        totals=totals,
        factors=tuple(raw.get("computed", ())),
        difference=tuple(raw.get("difference", ())),
        plan=raw.get("plan"),
        unit_of=raw.get("unit_of"),
        shown_when=parse_condition(raw, "shown_when", at),
        required_when=parse_condition(raw, "required_when", at),
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
