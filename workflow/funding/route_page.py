"""What a route's page may say: which keys where, and what kind of value each takes.

A key that nobody reads would be silently without effect: four eyes that are misspelt are none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, fields

from workflow.errors import RouteError
from workflow.funding.labelled import misread_texts
from workflow.funding.shapes import (
    Either,
    flag,
    flat,
    labels,
    many,
    named,
    part,
    schema,
    text,
    texts,
    whole,
)


def _who(**more: Any) -> Either:
    table = part(table=text(required=True))
    office = Either(text(), table, required=True)
    return Either(text(), table, part(office=office, role=text(required=True)), **more)


ANY_STEP: dict[str, fields.Field[Any]] = {"kind": text(required=True), "title": labels(required=True)}
SHOWN: dict[str, fields.Field[Any]] = {
    **ANY_STEP,
    "stage": text(required=True),
    "status": text(required=True),
}
OUTCOME = part(
    to=text(required=True),
    title=labels(required=True),
    by=text(),
    money=text(),
    amount=text(),
    limit=text(),
    reopens=text(),
    sets=named(fields.Raw()),
    help=labels(),
)
SEAT = part(
    office=Either(text(), part(table=text(required=True))),
    role=text(),
    table=text(),
    mandatory=flag(),
    title=labels(),
)
TIMER = part(at=whole(required=True), do=text(required=True), outcome=text())
HUMAN: dict[str, fields.Field[Any]] = {
    **SHOWN,
    "due": Either(
        whole(), part(date=text(required=True), days=whole(required=True), least=whole()), required=True
    ),
    "timers": many(TIMER),
    "outcomes": named(OUTCOME, required=True),
    "gate": Either(flag(), part(but=texts(required=True))),
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
    "task": schema(**HUMAN, who=_who(required=True)),
    "panel": schema(
        **HUMAN,
        seats=named(SEAT, required=True),
        votes=named(text(), required=True),
        vote_titles=named(labels()),
        close=Either(whole(), text()),
        enough_at_deadline=Either(texts(), part(seats=texts(required=True), votes=whole(required=True))),
    ),
    "choice": schema(**ANY_STEP, rows=fields.Raw(), else_=text()),
    "call": schema(**SHOWN, call=text(required=True), template=text(required=True), to=text(required=True)),
    "wait": schema(
        **SHOWN,
        due=Either(
            whole(),
            part(date=text(required=True), days=whole(required=True)),
            required=True,
        ),
        message=text(),
        who=_who(),
        child=text(),
        outcomes=named(part(to=text(required=True), title=labels(required=True)), required=True),
    ),
    "end": schema(
        **SHOWN,
        ending=text(required=True),
        money=text(),
        amount=text(),
        expects=part(
            child=text(required=True),
            after=text(required=True),
            days=whole(required=True),
            remind=many(whole(), required=True),
            who=_who(required=True),
            extend=whole(),
        ),
    ),
}
FROM: dict[str, fields.Field[Any]] = {"from": texts(required=True)}
PAGE = schema(
    route=text(required=True),
    title=labels(required=True),
    facts=named(text()),
    start=text(required=True),
    withdraw=part(**FROM, to=text(required=True)),
    ways=named(
        part(
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
    suspend=part(**FROM, who=_who(required=True)),
    extend=part(**FROM, who=_who(required=True), at_most=whole(required=True)),
    payments=part(**FROM, who=_who(required=True)),
    children=named(
        part(
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
    tables=named(fields.Raw()),
    steps=named(fields.Raw(), required=True),
)


def misread(page: Mapping[str, Any]) -> Iterator[RouteError]:
    """Every key of a route's page that nobody reads, that is missing, or whose value is of another kind, and
    every text that is cut.

    `at`: the step or part, `key`: the way to it there. A step of no known kind is told by who parses it.
    """
    yield from _told(PAGE(), page, "")
    steps = page.get("steps")
    for code, step in steps.items() if isinstance(steps, Mapping) else ():
        kind = step.get("kind") if isinstance(step, Mapping) else None
        if isinstance(kind, str) and kind in STEPS:
            yield from _told(STEPS[kind](), step, code)
    yield from misread_texts(page)


def _told(shape: Schema, raw: Mapping[str, Any], at: str) -> Iterator[RouteError]:
    for way, code in flat(shape.validate(raw)):
        first, _, rest = ".".join(way).partition(".")
        yield RouteError(code, at=at or first, key=".".join(way) if at else rest or first)
