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
ALWAYS = ("area", "requested", "target_group")
"""The facts without which an application has no place: each call's form asks for them."""
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
        steps = [(step, route) for step, route in asked if isinstance(step, Human) and step.form == code]
        if steps:
            _fits(form, steps)
    for call in programme.calls.values():
        for fact in sorted(set(ALWAYS) - forms[call.form].brings()):
            raise RouteError("nobody_says", at=f"forms.{call.form}", fact=fact)
    if POT not in programme.tables:
        raise RouteError("unknown_table", at="tables", table=POT)
    pots = programme.labels["pots"]
    table = programme.tables[POT]
    for result in [table.get("else"), *(row.get("then") for row in table.get("rows", ()))]:
        if result not in pots:
            raise RouteError("unknown_pot", at=f"tables.{POT}", pot=str(result))


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
