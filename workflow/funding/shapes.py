"""What the pages of a programme are made of, as marshmallow reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from marshmallow import Schema, ValidationError, fields

from workflow.funding.labelled import LABEL_LANGUAGES

UNKNOWN, MISSING, WRONG = "unknown_key", "missing_key", "wrong_value"
SAID = {"unknown": UNKNOWN, "type": WRONG}
WORDS: dict[str, Any] = {"required": MISSING, "null": WRONG, "invalid": WRONG, "type": WRONG}


class Either(fields.Field[Any]):
    """One of several shapes."""

    def __init__(self, *shapes: fields.Field[Any], required: bool = False) -> None:
        super().__init__(required=required, error_messages=WORDS)
        self.shapes = shapes

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> Any:
        wrong: ValidationError | None = None
        for shape in self.shapes:
            try:
                return shape.deserialize(value, attr, data)
            except ValidationError as error:
                if isinstance(error.messages, dict):
                    wrong = error  # of the shape that it has, what is wrong in it
        raise wrong or self.make_error("invalid")


def schema(**known: fields.Field[Any]) -> type[Schema]:
    """`else_` and the like: names that Python keeps for itself."""
    made = Schema.from_dict({name.rstrip("_"): field for name, field in known.items()})
    made.error_messages = SAID
    return made


def part(*, required: Any = False, allow_none: Any = False, **known: fields.Field[Any]) -> fields.Nested:
    """A mapping with these keys and no others."""
    return fields.Nested(schema(**known), required=required, allow_none=allow_none, error_messages=WORDS)


def named(inside: fields.Field[Any], **more: Any) -> fields.Dict:
    """A mapping of codes to parts of this shape."""
    return fields.Dict(keys=text(), values=inside, error_messages=WORDS, **more)


def _is_flag(value: Any) -> None:
    """true or false: "no" is a text in YAML 1.2, and would count as true."""
    if not isinstance(value, bool):
        raise ValidationError(WRONG)


def _is_spoken(value: Mapping[Any, Any]) -> None:
    """In some language: what stands in each is looked at by `labelled.misread_texts`, which knows why."""
    if LABEL_LANGUAGES.isdisjoint(value):
        raise ValidationError(WRONG)


text = partial(fields.String, error_messages=WORDS)
whole = partial(fields.Integer, strict=True, error_messages=WORDS)
flag = partial(fields.Raw, validate=_is_flag, error_messages=WORDS)
many = partial(fields.List, error_messages=WORDS)
texts = partial(fields.List, text(), error_messages=WORDS)
labels = partial(fields.Dict, validate=_is_spoken, error_messages=WORDS)


def flat(messages: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """marshmallow's nested messages as (way, code)."""
    if isinstance(messages, Mapping):
        for key, inside in messages.items():
            yield from flat(inside, way if key in ("_schema", "key", "value") else (*way, str(key)))
    else:
        yield way, messages[0] if messages[0] in (UNKNOWN, MISSING, WRONG) else WRONG
