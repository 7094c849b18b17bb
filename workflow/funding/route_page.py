"""What a route's page may say: which keys where, and what kind of value each takes.

A key that nobody reads would be silently without effect: four eyes that are misspelt are none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from marshmallow import Schema, ValidationError, fields

from workflow.errors import RouteError

UNKNOWN, MISSING, WRONG = "unknown_key", "missing_key", "wrong_value"
SAID = {"unknown": UNKNOWN, "type": WRONG}
WORDS: dict[str, Any] = {"required": MISSING, "null": WRONG, "invalid": WRONG, "type": WRONG}


class _Either(fields.Field[Any]):
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


def _is_flag(value: Any) -> None:
    """true or false: "no" is a text in YAML 1.2, and would count as true."""
    if not isinstance(value, bool):
        raise ValidationError(WRONG)


def _schema(**known: fields.Field[Any]) -> type[Schema]:
    made = Schema.from_dict({name.rstrip("_"): field for name, field in known.items()})
    made.error_messages = SAID
    return made


def _part(**known: fields.Field[Any]) -> fields.Nested:
    return fields.Nested(_schema(**known), error_messages=WORDS)


text = partial(fields.String, error_messages=WORDS)
whole = partial(fields.Integer, strict=True, error_messages=WORDS)
flag = partial(fields.Raw, validate=_is_flag, error_messages=WORDS)
texts = partial(fields.List, text(), error_messages=WORDS)
labels = partial(fields.Dict, keys=text(), values=text(), error_messages=WORDS)


def _named(inside: fields.Field[Any], **more: Any) -> fields.Dict:
    return fields.Dict(keys=text(), values=inside, error_messages=WORDS, **more)


def _who(**more: Any) -> _Either:
    table = _part(table=text(required=True))
    office = _Either(text(), table, required=True)
    return _Either(text(), table, _part(office=office, role=text(required=True)), **more)


ANY_STEP: dict[str, fields.Field[Any]] = {"kind": text(required=True), "title": labels(required=True)}
SHOWN: dict[str, fields.Field[Any]] = {
    **ANY_STEP,
    "stage": text(required=True),
    "status": text(required=True),
}
OUTCOME = _part(
    to=text(required=True),
    title=labels(required=True),
    by=text(),
    money=text(),
    amount=text(),
    limit=text(),
    reopens=text(),
    sets=_named(fields.Raw()),
    help=labels(),
)
SEAT = _part(
    office=_Either(text(), _part(table=text(required=True))),
    role=text(),
    table=text(),
    mandatory=flag(),
    title=labels(),
)
TIMER = _part(at=whole(required=True), do=text(required=True), outcome=text())
HUMAN: dict[str, fields.Field[Any]] = {
    **SHOWN,
    "due": _Either(
        whole(), _part(date=text(required=True), days=whole(required=True), least=whole()), required=True
    ),
    "timers": fields.List(TIMER, error_messages=WORDS),
    "outcomes": _named(OUTCOME, required=True),
    "gate": _Either(flag(), _part(but=texts(required=True))),
    "not_by": texts(),
    "not_office_of": texts(),
    "voids": texts(),
    "form": text(),
    "edits": text(),
    "at_most": whole(),
    "signs": text(),
    "together": flag(),
    "sends": flag(),
}
STEPS: Mapping[str, type[Schema]] = {
    "task": _schema(**HUMAN, who=_who(required=True)),
    "panel": _schema(
        **HUMAN,
        seats=_named(SEAT, required=True),
        votes=_named(text(), required=True),
        vote_titles=_named(labels()),
        close=_Either(whole(), text()),
        enough_at_deadline=_Either(texts(), _part(seats=texts(required=True), votes=whole(required=True))),
    ),
    "choice": _schema(**ANY_STEP, rows=fields.Raw(), else_=text()),
    "call": _schema(**SHOWN, call=text(required=True), template=text(required=True), to=text(required=True)),
    "wait": _schema(
        **SHOWN,
        due=_Either(
            whole(),
            _part(date=text(required=True), days=whole(required=True)),
            required=True,
        ),
        message=text(),
        who=_who(),
        child=text(),
        outcomes=_named(_part(to=text(required=True), title=labels(required=True)), required=True),
    ),
    "end": _schema(
        **SHOWN,
        ending=text(required=True),
        money=text(),
        amount=text(),
        expects=_part(
            child=text(required=True),
            after=text(required=True),
            days=whole(required=True),
            remind=fields.List(whole(), required=True, error_messages=WORDS),
            who=_who(required=True),
            extend=whole(),
        ),
    ),
}
FROM: dict[str, fields.Field[Any]] = {"from": texts(required=True)}
PAGE = _schema(
    route=text(required=True),
    title=labels(required=True),
    facts=_named(text()),
    start=text(required=True),
    withdraw=_part(**FROM, to=text(required=True)),
    ways=_named(
        _part(
            **FROM,
            to=texts(required=True),
            who=_who(required=True),
            second=_who(),
            unsent=flag(),
            at_most=whole(),
            title=labels(required=True),
            help=labels(),
        )
    ),
    suspend=_part(**FROM, who=_who(required=True)),
    extend=_part(**FROM, who=_who(required=True), at_most=whole(required=True)),
    payments=_part(**FROM, who=_who(required=True)),
    children=_named(
        _part(
            **FROM,
            route=text(required=True),
            form=text(required=True),
            who=_who(required=True),
            at_most=whole(),
            freezes=flag(),
            others=flag(),
            internal=flag(),
            title=labels(required=True),
            help=labels(),
        )
    ),
    tables=_named(fields.Raw()),
    steps=_named(fields.Raw(), required=True),
)


def misread(page: Mapping[str, Any]) -> Iterator[RouteError]:
    """Every key of a route's page that nobody reads, that is missing, or whose value is of another kind.

    `at`: the step or part, `key`: the way to it there. A step of no known kind is told by who parses it.
    """
    yield from _told(PAGE(), page, "")
    steps = page.get("steps")
    for code, step in steps.items() if isinstance(steps, Mapping) else ():
        kind = step.get("kind") if isinstance(step, Mapping) else None
        if isinstance(kind, str) and kind in STEPS:
            yield from _told(STEPS[kind](), step, code)


def _told(schema: Schema, part: Mapping[str, Any], at: str) -> Iterator[RouteError]:
    for way, code in _flat(schema.validate(part)):
        first, _, rest = way.partition(".")
        yield RouteError(code, at=at or first, key=way if at else rest or first)


def _flat(messages: Any, way: str = "") -> Iterator[tuple[str, str]]:
    """marshmallow's nested messages as (way, code)."""
    if isinstance(messages, Mapping):
        for key, part in messages.items():
            onward = way if key in ("_schema", "value") else f"{way}.{key}" if way else str(key)
            yield from _flat(part, onward)
    else:
        yield way, messages[0] if messages[0] in (UNKNOWN, MISSING, WRONG) else WRONG
