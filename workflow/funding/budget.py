"""Named checks over all answers of a form, after each answer was read for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workflow.errors import Problem

Values = Mapping[str, Mapping[str, Any]]
Params = Mapping[str, Any]
Facts = Mapping[str, str | int | bool]
TODAY, BEGUN = "_today", "_begun"
"""What a check may know besides the case's own facts, whose names begin with a letter."""
Check = Callable[[Values, Params, Facts], Problem | None]


def amount(values: Values, path: str, where: Mapping[str, list[str]] | None = None) -> int:
    """An amount (path section.field) or the sum of a column (section.table.column), in Rappen.

    `where` keeps only rows whose cells hold one of the given codes. What is not filled in counts nothing.
    """
    section, name, *column = path.split(".")
    answer = values.get(section, {}).get(name)
    if answer is None:
        return 0
    if not column:
        return int(answer)
    rows = [row for row in answer if all(row.get(key) in codes for key, codes in (where or {}).items())]
    return sum(row.get(column[0], 0) for row in rows)


def totals_meet(values: Values, params: Params, _facts: Facts) -> Problem | None:
    """The amount at `left` equals the sum of those at `right`."""
    left = amount(values, params["left"])
    right = sum(amount(values, path) for path in params["right"])
    return None if left == right else Problem("totals_differ", {"left": left, "right": right})


def share(values: Values, params: Params, _facts: Facts) -> Problem | None:
    """The rows `where` of the column `part` are `at_most` / `at_least` so many per cent of the total `of`.

    `only_for` {path: [codes]} limits the check to forms with such an answer: forms that were published before
    `for_kinds` say it so, and their cases still run.
    """
    for path, codes in params.get("only_for", {}).items():
        section, name = path.split(".")
        if values.get(section, {}).get(name) not in codes:
            return None
    part = amount(values, params["part"], params["where"])
    percent = params.get("at_most", params.get("at_least"))
    limit, rest = divmod(amount(values, params["of"]) * percent, 100)
    if "at_most" in params:
        return Problem("overhead_too_high", {"percent": percent, "limit": limit}) if part > limit else None
    limit += rest > 0
    return Problem("own_share_too_low", {"percent": percent, "limit": limit}) if part < limit else None


def period_order(values: Values, params: Params, _facts: Facts) -> Problem | None:
    """The date at `until` is not before that at `since`."""
    since, until = (
        values.get(section, {}).get(name)
        for section, name in (params[key].split(".") for key in ("since", "until"))
    )
    return Problem("period_reversed") if since and until and until < since else None


def total_is(values: Values, params: Params, facts: Facts) -> Problem | None:
    """The sum of the amounts `left`, less those of `less`, equals the fact `fact` of the case."""
    total = sum(amount(values, path) for path in params["left"])
    total -= sum(amount(values, path) for path in params.get("less", ()))
    wanted = int(facts[params["fact"]])
    return None if total == wanted else Problem("total_is_not", {"total": total, "wanted": wanted})


def at_most(values: Values, params: Params, facts: Facts) -> Problem | None:
    """The amount at `field` is not above the smallest of the facts `facts` that the case has so far."""
    most = min(int(facts[name]) for name in params["facts"] if name in facts)
    return Problem("more_than", {"max": most}) if amount(values, params["field"]) > most else None


def at_least(values: Values, params: Params, facts: Facts) -> Problem | None:
    """The amount at `field` is not below the fact `fact`, if the case has it: it may be older than that."""
    least = int(facts.get(params["fact"], 0))
    return Problem("less_than", {"min": least}) if amount(values, params["field"]) < least else None


def below(values: Values, params: Params, facts: Facts) -> Problem | None:
    """The amount at `field` is less than the fact `fact`, if the case has it."""
    if params["fact"] not in facts:
        return None
    wanted = int(facts[params["fact"]])
    given = amount(values, params["field"])
    return Problem("not_below", {"wanted": wanted}) if given >= wanted else None


def already(values: Values, params: Params, facts: Facts) -> Problem | None:
    """The day at `field` is no later than today and no earlier than the day on which this step began.

    Both as ISO dates among the facts: TODAY and BEGUN.
    """
    day = _day(values, params["field"])
    if day is None:
        return None
    if day > str(facts[TODAY]):
        return Problem("day_to_come")
    return Problem("day_too_early", {"day": facts[BEGUN]}) if day < str(facts[BEGUN]) else None


def not_to_come(values: Values, params: Params, facts: Facts) -> Problem | None:
    """The day at `field` is no later than today, which stands as an ISO date at TODAY among the facts."""
    day = _day(values, params["field"])
    return Problem("day_to_come") if day and day > str(facts.get(TODAY, day)) else None


def not_before(values: Values, params: Params, facts: Facts) -> Problem | None:
    """The day at `field` is no earlier than the one in the fact `fact`, if the case has it."""
    day, first = _day(values, params["field"]), facts.get(params["fact"])
    return Problem("day_too_early", {"day": first}) if day and first and day < str(first) else None


def _day(values: Values, path: str) -> str | None:
    section, name = path.split(".")
    found: str | None = values.get(section, {}).get(name)
    return found


CHECKS: Mapping[str, Check] = {
    "totals_meet": totals_meet,
    "share": share,
    "period_order": period_order,
    "total_is": total_is,
    "at_most": at_most,
    "at_least": at_least,
    "below": below,
    "already": already,
    "not_to_come": not_to_come,
    "not_before": not_before,
}
