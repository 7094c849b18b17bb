"""A route from plain data: the YAML page with the programme's tables put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from workflow.engine.route import (
    APPLICANT,
    Call,
    Child,
    Choice,
    End,
    Expected,
    Extension,
    Human,
    Outcome,
    Pause,
    Payments,
    Route,
    SeatPlan,
    Step,
    Timer,
    Until,
    Wait,
    Way,
    Who,
)
from workflow.engine.tables import Table, parse_table
from workflow.errors import RouteError

BY_NAME = ("outcomes", "votes", "endings", "steps", "ways", "children", "facts", "sets")
"""Fields whose values stand under names; in every other one, a word or a number stands by itself."""


def parse_route(data: Mapping[str, Any]) -> Route:
    """A route from its published shape: the YAML page with the programme's tables put in.

    Raises RouteError naming the step and what is wrong with it.
    """
    try:
        route = _parse_route(data)
        _plain(route)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RouteError("malformed_route", detail=repr(error)) from error
    return route


def _parse_route(data: Mapping[str, Any]) -> Route:
    tables = {code: parse_table(raw, f"tables.{code}") for code, raw in data.get("tables", {}).items()}
    steps: dict[str, Step] = {}
    for code, raw in data["steps"].items():
        try:
            steps[code] = _parse_step(code, raw, tables)
            _plain(steps[code])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RouteError("malformed_step", at=code, detail=repr(error)) from error
    withdraw = data.get("withdraw") or {}
    return Route(
        code=data["route"],
        start=data["start"],
        steps=steps,
        facts=dict(data.get("facts", {})),
        withdraw_from=tuple(withdraw.get("from", ())),
        withdraw_to=withdraw.get("to"),
        **_aside(data, tables),
    )


def _plain(part: Any) -> None:
    """Raises TypeError where a list or a mapping stands in the place of a word."""
    for field in fields(part):
        value = getattr(part, field.name)
        inside = value.values() if field.name in BY_NAME and isinstance(value, dict) else (value,)
        for one in value if isinstance(value, tuple) else inside:
            if isinstance(one, list | dict):
                raise TypeError(f"{field.name}: {one}")
            if is_dataclass(one):
                _plain(one)


def _aside(data: Mapping[str, Any], tables: Mapping[str, Table]) -> dict[str, Any]:
    """Ways off the route, stopping and extending, cases of their own."""
    try:
        ways = {
            code: Way(
                code,
                tuple(raw["from"]),
                tuple(raw["to"]),
                _parse_who(raw["who"], tables, code),
                _parse_who(raw["second"], tables, code) if "second" in raw else None,
                int(raw.get("at_most", 3)),
                bool(raw.get("unsent", False)),
            )
            for code, raw in data.get("ways", {}).items()
        }
        found: dict[str, Any] = {"ways": ways}
        if raw := data.get("suspend"):
            who = _parse_who(raw["who"], tables, "suspend")
            found["pause"] = Pause(tuple(raw["from"]), who)
        if raw := data.get("extend"):
            who = _parse_who(raw["who"], tables, "extend")
            found["extension"] = Extension(tuple(raw["from"]), who, int(raw["at_most"]))
        if raw := data.get("payments"):
            who = _parse_who(raw["who"], tables, "payments")
            found["payments"] = Payments(tuple(raw["from"]), who)
        found["children"] = {
            code: Child(
                code,
                raw["route"],
                raw["form"],
                tuple(raw["from"]),
                _parse_who(raw["who"], tables, code),
                int(raw.get("at_most", 3)),
                bool(raw.get("freezes", False)),
                bool(raw.get("others", False)),
                bool(raw.get("internal", False)),
            )
            for code, raw in data.get("children", {}).items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RouteError("malformed_way", detail=repr(error)) from error
    return found


def _parse_step(code: str, raw: Mapping[str, Any], tables: Mapping[str, Table]) -> Step:
    match raw["kind"]:
        case "task" | "panel":
            return _parse_human(code, raw, tables)
        case "choice":
            return Choice(code, parse_table(raw, code, result="to"))
        case "call":
            return Call(code, raw["stage"], raw["status"], raw["call"], raw["template"], raw["to"])
        case "wait":
            return _parse_wait(code, raw, tables)
        case "end":
            return End(
                code,
                raw["stage"],
                raw["status"],
                raw["ending"],
                raw.get("money", "release"),
                raw.get("amount"),
                _parse_expected(raw["expects"], tables, code) if "expects" in raw else None,
            )
        case other:
            raise RouteError("unknown_kind", at=code, kind=str(other))


def _parse_expected(raw: Mapping[str, Any], tables: Mapping[str, Table], at: str) -> Expected:
    remind = tuple(int(days) for days in raw["remind"])
    who = _parse_who(raw["who"], tables, at)
    extend = int(raw.get("extend", 0))
    return Expected(raw["child"], raw["after"], int(raw["days"]), remind, who, extend)


def _parse_due(raw: Any) -> int | Until:
    if not isinstance(raw, Mapping):
        return int(raw)
    return Until(raw["date"], int(raw["days"]), int(raw.get("least", 1)))


def _parse_wait(code: str, raw: Mapping[str, Any], tables: Mapping[str, Table]) -> Wait:
    outcomes = raw["outcomes"]
    message, child = raw.get("message"), raw.get("child")
    return Wait(
        code=code,
        stage=raw["stage"],
        status=raw["status"],
        due=_parse_due(raw["due"]),
        elapsed=outcomes["elapsed"]["to"],
        message=message,
        received=outcomes["received"]["to"] if message else None,
        who=_parse_who(raw["who"], tables, code) if "who" in raw else None,
        child=child,
        endings={one: out["to"] for one, out in outcomes.items() if child and one != "elapsed"},
    )


def _parse_human(code: str, raw: Mapping[str, Any], tables: Mapping[str, Table]) -> Human:
    panel = raw["kind"] == "panel"
    if panel:
        seats = tuple(
            SeatPlan(seat, _parse_who(plan, tables, code), plan.get("mandatory", True))
            for seat, plan in raw["seats"].items()
        )
    else:
        seats = (SeatPlan("", _parse_who(raw["who"], tables, code)),)
    close = raw.get("close", "all")
    timers = [Timer(t["at"], t["do"], t.get("outcome")) for t in raw.get("timers", ())]
    enough = raw.get("enough_at_deadline", ())
    needed = tuple(enough["seats"]) if isinstance(enough, Mapping) else tuple(enough)
    if panel and needed:
        timers.append(Timer(100, "close"))
    days = {day for seat in seats for day in seat.who.days()[1:]}
    gate, ungated = _gate(raw.get("gate", False))
    return Human(
        code=code,
        stage=raw["stage"],
        status=raw["status"],
        seats=seats,
        due=_parse_due(raw["due"]),
        timers=tuple(timers),
        outcomes={name: _parse_outcome(name, out) for name, out in raw["outcomes"].items()},
        votes=dict(raw["votes"]) if panel else None,
        close=None if close == "all" else int(close),
        enough_at_deadline=needed,
        enough_votes=int(enough["votes"]) if isinstance(enough, Mapping) else len(needed),
        gate=gate,
        ungated=ungated,
        not_by=tuple(raw.get("not_by", ())),
        not_office_of=tuple(raw.get("not_office_of", ())),
        voids=tuple(raw.get("voids", ())),
        form=raw.get("form"),
        edits=raw.get("edits"),
        at_most=raw.get("at_most"),
        signs=raw.get("signs"),
        together=bool(raw.get("together", False)),
        sends=bool(raw.get("sends", False)),
        changes=tuple(sorted(days)),
    )


def _gate(raw: Any) -> tuple[bool, tuple[str, ...]]:
    """Whether there is one, and for which roles not."""
    if isinstance(raw, Mapping):
        return True, tuple(raw["but"])
    return bool(raw), ()


def _parse_who(raw: Any, tables: Mapping[str, Table], at: str) -> Who:
    if raw == APPLICANT:
        return Who(APPLICANT)
    if "table" in raw:
        return Who("", table=_table(raw["table"], tables, at))
    office = raw["office"]
    if isinstance(office, Mapping):
        return Who(raw["role"], table=_table(office["table"], tables, at))
    return Who(raw["role"], office=office)


def _table(code: str, tables: Mapping[str, Table], at: str) -> Table:
    if code not in tables:
        raise RouteError("unknown_table", at=at, table=code)
    return tables[code]


def _parse_outcome(code: str, raw: Mapping[str, Any]) -> Outcome:
    return Outcome(
        code=code,
        to=raw["to"],
        by_clock=raw.get("by") == "clock",
        money=raw.get("money"),
        amount=raw.get("amount"),
        limit=raw.get("limit"),
        reopens=raw.get("reopens"),
        sets=dict(raw.get("sets", {})),
    )
