"""What a process is: steps of six kinds, who does them, what follows. Parsed from plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from workflow.engine.tables import Facts, Table, parse_table, pick
from workflow.errors import RouteError

APPLICANT = "applicant"
OPERATOR = "operator"
APPLICANT_OFFICE = "applicant_office"
"""The fact that names the office whose own measure a case is; absent for every other applicant."""
NO_OFFICE = "none"
"""A seat whose office table says this is left out: an advisory seat that this case does not need."""

Do = Literal["remind", "escalate", "lapse", "close"]
Money = Literal["hold", "release", "commit"]


@dataclass(frozen=True, slots=True)
class Who:
    """Who fills a seat: the applicant, or a role in an office; both fixed, or read from a table.

    Without a `role` the table names both, as `office:role`.
    """

    role: str
    office: str | None = None
    table: Table | None = None

    def among(self) -> tuple[tuple[str, str], ...]:
        """Every office and role that the seat can go to."""
        return tuple(map(self._named, self.table.results())) if self.table else (self._named(None),)

    def meant(self, facts: Facts, on: date | None = None) -> tuple[str, str]:
        """The office and role meant in a case with these facts on this day; no office for applicants."""
        return self._named(pick(self.table, facts, on)[0] if self.table else None)

    def _named(self, found: str | None) -> tuple[str, str]:
        if found is None:
            return self.office or "", self.role
        office, _, role = found.partition(":")
        return office, self.role or role


@dataclass(frozen=True, slots=True)
class SeatPlan:
    code: str
    who: Who
    mandatory: bool = True


@dataclass(frozen=True, slots=True)
class Timer:
    """At so many per cent of the due time (in working days, rounded up) this happens by itself."""

    at: int
    do: Do
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way a human step can end. `to` is None for a panel's vote, which leads nowhere alone."""

    code: str
    to: str | None
    by_clock: bool = False
    money: Money | None = None
    amount: str | None = None
    limit: str | None = None
    reopens: str | None = None


@dataclass(frozen=True, slots=True)
class Human:
    """A task (one seat) or a panel (several): people act, a rule closes it."""

    code: str
    stage: str
    status: str
    seats: tuple[SeatPlan, ...]
    due: int
    timers: tuple[Timer, ...]
    outcomes: Mapping[str, Outcome]
    votes: Mapping[str, Literal["for", "against"]] | None = None
    close: int | None = None
    enough_at_deadline: tuple[str, ...] = ()
    enough_votes: int = 0
    """From the deadline on, votes of these seats and so many in all close the panel; 0: it waits for all."""
    gate: bool = False
    not_by: tuple[str, ...] = ()
    not_office_of: tuple[str, ...] = ()
    """Nobody of an office that has a seat at one of these steps may act here."""
    voids: tuple[str, ...] = ()
    """Approvals given at these steps no longer count once this step begins; they stay to be seen."""
    form: str | None = None
    edits: str | None = None
    at_most: int | None = None
    signs: str | None = None
    """Who acts here signs the order: `together` with those just before, or `alone`."""

    @property
    def is_panel(self) -> bool:
        return self.votes is not None


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision table over the case's facts whose results are steps."""

    code: str
    table: Table


@dataclass(frozen=True, slots=True)
class Call:
    """A named outside action; its result comes back as a command."""

    code: str
    stage: str
    status: str
    call: str
    template: str
    to: str


@dataclass(frozen=True, slots=True)
class Until:
    """The end of the day that lies `days` calendar days after the date in this fact (before it: negative)."""

    fact: str
    days: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until a message comes, which `who` records, or time is up: always with a deadline.

    `due`: working days from its beginning, or a date. Without a `message` it is a timer.
    """

    code: str
    stage: str
    status: str
    due: int | Until
    elapsed: str
    message: str | None = None
    received: str | None = None
    who: Who | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A way off the route: from any of `start` to one of `to`, at most so often, by who may take it.

    With `second`, another person of that role has to agree: four eyes.
    """

    code: str
    start: tuple[str, ...]
    to: tuple[str, ...]
    who: Who
    second: Who | None = None
    at_most: int = 3


@dataclass(frozen=True, slots=True)
class Pause:
    """Who may stop a case and its clocks at these steps, and let it go on."""

    start: tuple[str, ...]
    who: Who


@dataclass(frozen=True, slots=True)
class Extension:
    """Who may add working days to the deadline of these steps, so many at a visit."""

    start: tuple[str, ...]
    who: Who
    most: int


@dataclass(frozen=True, slots=True)
class End:
    code: str
    stage: str
    status: str
    ending: str
    money: Money
    amount: str | None


Step = Human | Choice | Call | Wait | End


@dataclass(frozen=True, slots=True)
class Route:
    """A compiled route. `facts`: name → code | money | number | flag | text | date."""

    code: str
    start: str
    steps: Mapping[str, Step]
    facts: Mapping[str, str]
    withdraw_from: tuple[str, ...] = ()
    withdraw_to: str | None = None
    ways: Mapping[str, Way] = field(default_factory=dict)
    pause: Pause | None = None
    extension: Extension | None = None

    def human(self, code: str) -> Human:
        step = self.steps[code]
        if not isinstance(step, Human):
            raise RouteError("not_a_human_step", at=code)
        return step

    def gated(self, code: str | None) -> bool:
        """Whether nobody may act at this step before declaring that there is no conflict of interest."""
        step = self.steps.get(code or "")
        return isinstance(step, Human) and step.gate

    def follows(self, code: str) -> Iterator[str]:
        """The steps that can come right after this one (withdrawal apart)."""
        step = self.steps[code]
        match step:
            case Human():
                yield from (outcome.to for outcome in step.outcomes.values() if outcome.to)
            case Choice():
                yield from step.table.results()
            case Call():
                yield step.to
            case Wait():
                yield from (to for to in (step.received, step.elapsed) if to)
            case End():
                return


def parse_route(data: Mapping[str, Any]) -> Route:
    """A route from its published shape: the YAML page with the programme's tables put in.

    Raises RouteError naming the step and what is wrong with it.
    """
    tables = {code: parse_table(raw, f"tables.{code}") for code, raw in data.get("tables", {}).items()}
    steps: dict[str, Step] = {}
    for code, raw in data["steps"].items():
        try:
            steps[code] = _parse_step(code, raw, tables)
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


def _aside(data: Mapping[str, Any], tables: Mapping[str, Table]) -> dict[str, Any]:
    """Ways off the route, stopping and extending."""
    try:
        ways = {
            code: Way(
                code,
                tuple(raw["from"]),
                tuple(raw["to"]),
                _parse_who(raw["who"], tables, code),
                _parse_who(raw["second"], tables, code) if "second" in raw else None,
                int(raw.get("at_most", 3)),
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
            )
        case other:
            raise RouteError("unknown_kind", at=code, kind=str(other))


def _parse_wait(code: str, raw: Mapping[str, Any], tables: Mapping[str, Table]) -> Wait:
    due = raw["due"]
    outcomes = raw["outcomes"]
    message = raw.get("message")
    return Wait(
        code=code,
        stage=raw["stage"],
        status=raw["status"],
        due=Until(due["date"], int(due["days"])) if isinstance(due, Mapping) else int(due),
        elapsed=outcomes["elapsed"]["to"],
        message=message,
        received=outcomes["received"]["to"] if message else None,
        who=_parse_who(raw["who"], tables, code) if "who" in raw else None,
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
    return Human(
        code=code,
        stage=raw["stage"],
        status=raw["status"],
        seats=seats,
        due=int(raw["due"]),
        timers=tuple(timers),
        outcomes={name: _parse_outcome(name, out) for name, out in raw["outcomes"].items()},
        votes=dict(raw["votes"]) if panel else None,
        close=None if close == "all" else int(close),
        enough_at_deadline=needed,
        enough_votes=int(enough["votes"]) if isinstance(enough, Mapping) else len(needed),
        gate=raw.get("gate", False),
        not_by=tuple(raw.get("not_by", ())),
        not_office_of=tuple(raw.get("not_office_of", ())),
        voids=tuple(raw.get("voids", ())),
        form=raw.get("form"),
        edits=raw.get("edits"),
        at_most=raw.get("at_most"),
        signs=raw.get("signs"),
    )


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
    )
