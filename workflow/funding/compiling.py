"""A form's fields compiled to one marshmallow schema, and what goes in and comes out of that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from marshmallow import Schema, fields

from workflow.errors import Problem
from workflow.funding.answers import READERS, Answer, Limits, refuse
from workflow.funding.questions import Field, Section
from workflow.texts import as_seen


def compiled(sections: Iterable[Section]) -> Schema:
    """The schema that reads {section: {field: raw answer}}."""
    nested = {section.code: fields.Nested(_schema(section.fields)) for section in sections}
    return _schema_of(nested)


def _schema(questions: Iterable[Field]) -> Schema:
    return _schema_of({one.code: _field(one) for one in questions})


def _schema_of(parts: Mapping[str, Any]) -> Schema:
    schema = Schema.from_dict(dict(parts))()
    schema.error_messages = {"unknown": "unknown_field", "type": "wrong_type"}
    return schema


def _field(one: Field) -> fields.Field[Any]:
    if one.type == "table":
        return fields.List(
            fields.Nested(_schema(column for column in one.columns if not column.made)),
            required=one.required,
            validate=partial(_check_rows, least=one.least or 0, most=one.most or 100),
            error_messages={"required": "required", "null": "required", "invalid": "wrong_type"},
        )
    if one.type == "address":
        return fields.Nested(
            _schema(one.columns),
            required=one.required,
            error_messages={"required": "required", "null": "required"},
        )
    codes = frozenset(option.code for option in one.options)
    limits = Limits(least=one.least, most=one.most, choices=codes, must_be_true=one.must_be)
    required = one.required or one.must_be
    return Answer(READERS[one.type], limits, required=required, missing=missing_code(one))


def missing_code(one: Field) -> str:
    """The problem of a field that has to be filled in, and is not."""
    return {"file": "file_required"}.get(one.type, "must_be_true" if one.must_be else "required")


def _check_rows(rows: Sequence[Any], least: int, most: int) -> None:
    if len(rows) < least:
        raise refuse("too_few_rows", min=least)
    if len(rows) > most:
        raise refuse("too_many_rows", max=most)


def pruned(value: Any) -> Any:
    """Without what is blank: None, empty text, empty lists, rows and mappings."""
    if isinstance(value, Mapping):
        kept = {str(key): pruned(part) for key, part in value.items()}
        return {key: part for key, part in kept.items() if part not in (None, "", [], {})}
    if isinstance(value, list | tuple):
        return [part for part in map(pruned, value) if part not in (None, "", {}, [])]
    return as_seen(value) if isinstance(value, str) else value


def flat(messages: Any, path: str = "") -> Iterator[tuple[str, list[Problem]]]:
    """marshmallow's nested messages as (path, problems)."""
    if isinstance(messages, Mapping):
        for key, part in messages.items():
            yield from flat(part, path if key == "_schema" else f"{path}.{key}" if path else str(key))
    else:
        yield path, [one if isinstance(one, Problem) else Problem(str(one)) for one in messages]
