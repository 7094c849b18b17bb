"""A form has to fit the programme that asks with it: else it fails in front of who fills it in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workflow.engine.route import Human, Route
from workflow.errors import RouteError
from workflow.funding.budget import BEGUN, TODAY
from workflow.funding.forms import Form
from workflow.funding.programme import Bundle, Programme

TEXTS = ("title", "label", "help")
FLAGS = ("required", "must_be")
NUMBERS = ("min", "max")
DAY = ("date",)
ALWAYS = {
    "area": ("choice",),
    "requested": ("money",),
    "target_group": ("choice",),
    "project.title": ("text", "longtext"),
    "project.period_from": DAY,
    "project.period_to": DAY,
}
"""Facts and answers, with the types of their fields, that the program itself reads: each call's form asks for
them. Without the facts an application has no place; the answers stand in lists and letters."""
BY_YEAR = {"period_from": DAY, "period_to": DAY}
"""The facts that a limit for each year needs besides."""
POT = "pot"


def check_forms(
    bundle: Bundle, programme: Programme, forms: Mapping[str, Form], routes: Mapping[str, Route]
) -> None:
    """Raises RouteError for the first thing that nobody could answer, or that no step or table has."""
    for code, raw in bundle.forms.items():
        for problem in _misread(raw, f"forms.{code}"):
            raise problem
    asked = [(step, route) for route in routes.values() for step in route.steps.values()]
    for code, form in forms.items():
        for problem in _unanswerable(form):
            raise problem
        steps = [(step, route) for step, route in asked if isinstance(step, Human) and step.form == code]
        if steps:
            _fits(form, steps)
    for call in programme.calls.values():
        _asks_always(programme, forms[call.form])
    if POT not in programme.tables:
        raise RouteError("unknown_table", at="tables", table=POT)
    pots = programme.labels["pots"]
    table = programme.tables[POT]
    for result in [table.get("else"), *(row.get("then") for row in table.get("rows", ()))]:
        if result not in pots:
            raise RouteError("unknown_pot", at=f"tables.{POT}", pot=str(result))


def _asks_always(programme: Programme, form: Form) -> None:
    needed = ALWAYS | (BY_YEAR if any(size.most_a_year for size in programme.sizes) else {})
    fields = form.asked()
    types = {name: one.type for path, one in fields.items() for name in (path, one.fact) if name}
    for name, known in needed.items():
        if name not in types:
            raise RouteError("nobody_says", at=f"forms.{form.code}", fact=name)
        if types[name] not in known:
            raise RouteError("wrong_type", at=f"forms.{form.code}", fact=name, type=types[name])


def _unanswerable(form: Form) -> Iterator[RouteError]:
    """Questions that no answer satisfies, and those that hang on one that is not asked."""
    for path, field in form.fields().items():
        at = f"forms.{form.code}.{path}"
        counted = {column.code for column in field.columns if column.type == "indicator"}
        for one in (field, *field.columns):
            if one.grouped_by is not None and one.grouped_by not in form.fields():
                yield RouteError("form_malformed", at=at, key=f"grouped_by {one.grouped_by}")
            if one.unit_of is not None and one.unit_of not in counted:
                yield RouteError("form_malformed", at=at, key=f"unit_of {one.unit_of}")
            if one.most is not None and one.most < max(0, one.least or 0):
                yield RouteError("wrong_value", at=at, key="max")
            if one.type in ("choice", "choices", "indicator") and not one.options:
                yield RouteError("wrong_value", at=at, key="options")


def _fits(form: Form, steps: Sequence[tuple[Human, Route]]) -> None:
    """What is asked for some outcomes, or compared with a fact, is known where the form is filled in."""
    outcomes = {one for step, _ in steps for one in (*step.outcomes, *(step.votes or ()))}
    facts = {TODAY, BEGUN}.union(*(route.facts for _, route in steps))
    for path, field in form.fields().items():
        for outcome in sorted(field.outcomes - outcomes):
            raise RouteError("unknown_outcome", at=f"forms.{form.code}.{path}", outcome=outcome)
    for rule in form.rules:
        for outcome in sorted(rule.outcomes - outcomes):
            raise RouteError("unknown_outcome", at=f"forms.{form.code}.rules", outcome=outcome)
        named = [rule.params[key] for key in ("fact", "facts") if key in rule.params]
        for fact in (one for part in named for one in ([part] if isinstance(part, str) else part)):
            if fact not in facts:
                raise RouteError("undeclared_fact", at=f"forms.{form.code}.rules", fact=fact)


def _misread(part: Any, at: str) -> Iterator[RouteError]:
    """Texts in no language, flags that are words, bounds that are no numbers, codes that come twice."""
    if isinstance(part, list):
        codes = Counter(str(one["code"]) for one in part if isinstance(one, Mapping) and "code" in one)
        for code, times in codes.items():
            if times > 1:
                yield RouteError("wrong_value", at=at, key=f"{code} ({times} ×)")
        for number, one in enumerate(part):
            yield from _misread(one, f"{at}.{one.get('code', number)}" if isinstance(one, Mapping) else at)
    if isinstance(part, Mapping):
        for key, value in part.items():
            wrong = (
                (key in TEXTS and not isinstance(value, Mapping))
                or (key in FLAGS and not isinstance(value, bool))
                or (key in NUMBERS and type(value) is not int)
            )
            if wrong:
                yield RouteError("wrong_value", at=at, key=key)
            elif isinstance(value, list | dict):
                yield from _misread(value, f"{at}.{key}" if key not in ("sections", "fields") else at)
