"""A programme: areas, offices, sizes, money, calls, words. Read from a folder, parsed from plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

import holidays

from workflow.engine.tables import Facts
from workflow.errors import Refused, RouteError
from workflow.funding.advice import Contact, Need, parse_contacts, parse_needs
from workflow.funding.eligibility import Question, parse_question
from workflow.funding.federal import SemReport, parse_sem_report
from workflow.funding.mails import Mails, parse_mails
from workflow.funding.payer import Payer, parse_payer
from workflow.funding.plain import load_text, load_yaml
from workflow.funding.questions import Labels, Option
from workflow.texts import SOURCE_LANGUAGE, ZURICH, label

LABELLED = (
    "themes",
    "sem_areas",
    "departments",
    "roles",
    "stages",
    "statuses",
    "pots",
    "indicators",
    "target_groups",
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A programme's folder as plain data: what is published, and named by its content hash."""

    programme: dict[str, Any]
    routes: dict[str, dict[str, Any]]
    forms: dict[str, dict[str, Any]]
    letters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Area:
    """A funding area; `sem` is the area of the federal catalogue in which it is reported."""

    code: str
    theme: str
    sem: str
    title: Labels
    goals: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Office:
    """`own_measures`: it may apply itself, and has no seat in its own measures; `address`: of its letters,
    where it is not that of the programme's sender.
    """

    code: str
    department: str
    title: Labels
    mail: str
    own_measures: bool = False
    address: Labels | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """Applications up to `most` Rappen (None: any) from `valid_from`; `route` None: not open yet.

    `most_a_year`: and up to so many Rappen for each calendar year of the project.
    """

    code: str
    most: int | None
    route: str | None
    valid_from: date
    most_a_year: int | None = None

    def most_in(self, years: int) -> float:
        """Rappen up to which it is for projects of so many calendar years."""
        a_year = inf if self.most_a_year is None else self.most_a_year * years
        return min(inf if self.most is None else self.most, a_year)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The credit of an area and pot in one year, in Rappen.

    `carried`: what was left of the year before and counts here, less what goes on to the year behind.
    """

    year: int
    area: str
    pot: str
    amount: int
    carried: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """Open from `opens` until before `closes` (aware, UTC); `year` is the year whose money it spends."""

    code: str
    title: Labels
    text: Labels
    year: int
    form: str
    areas: tuple[str, ...]
    opens: datetime
    closes: datetime
    eligibility: tuple[Question, ...]

    def is_open(self, now: datetime) -> bool:
        return self.opens <= now < self.closes


@dataclass(frozen=True, slots=True)
class Programme:
    """One version of a programme. `labels`: kind → code → labels, in the order of the data;
    "stops" are the statuses as parts of the way, "pot_notes" say whose money a pot is.

    `languages`: of every text, the programme's own first; `applicant_languages`: of what applicants read
    besides. `tables` are decision tables in the engine's shape; `terms` (by size), `remedy` and `sender` are
    what letters say; `payer` is whose account payment files debit.
    """

    code: str
    number: str
    languages: tuple[str, ...]
    applicant_languages: tuple[str, ...]
    title: Labels
    canton: Labels
    years: tuple[int, ...]
    areas: Mapping[str, Area]
    offices: Mapping[str, Office]
    labels: Mapping[str, Mapping[str, Labels]]
    indicators: tuple[Option, ...]
    sizes: tuple[Size, ...]
    ceilings: tuple[Ceiling, ...]
    calls: Mapping[str, Call]
    tables: Mapping[str, Any]
    holidays: Mapping[str, Any]
    terms: Mapping[str, Any]
    remedy: Mapping[str, Any]
    sender: Mapping[str, Any]
    payer: Payer | None = None
    needs: tuple[Need, ...] = ()
    contacts: tuple[Contact, ...] = ()
    carry_over: Mapping[str, Any] = field(default_factory=dict)
    mails: Mails = field(default_factory=dict)
    sem_report: SemReport | None = None

    @staticmethod
    def parse(data: Mapping[str, Any]) -> Programme:
        """A programme from its YAML shape; RouteError where it is incomplete: publishing asks
        `programme_page` before, which knows the place."""
        try:
            return _programme(data)
        except KeyError as error:
            raise RouteError("missing_key", key=str(error.args[0])) from error
        except (TypeError, ValueError, AttributeError) as error:
            raise RouteError("programme_malformed", why=str(error)) from error

    @property
    def spoken(self) -> tuple[str, ...]:
        """The languages in which somebody may read it, the programme's own first."""
        return (*self.languages, *(one for one in self.applicant_languages if one not in self.languages))

    def own(self, labels: Labels) -> str:
        """A label in the programme's own language, in which its letters are written."""
        return label(labels, self.languages[0])

    def size_for(self, facts: Facts, on: date) -> Size:
        """The size for what an application asks; Refused (size_not_open) where it has no route yet."""
        amount, years = int(facts["requested"]), _years(facts)
        most = {size: size.most_in(years) for size in self.sizes_on(on)}
        size = min(
            (one for one in most if amount <= most[one]), key=lambda one: one.most or inf, default=None
        )
        if size is None or size.route is None:
            limit = max((most[one] for one in most if one.route and most[one] < inf), default=0)
            raise Refused("size_not_open", size=size.code if size else "", amount=amount, limit=int(limit))
        return size

    def size_with(self, more: int, facts: Facts, on: date) -> str:
        """The size that this would have if it asked for so many Rappen more; "" where none takes that."""
        try:
            return self.size_for({**facts, "requested": int(facts["requested"]) + more}, on).code
        except Refused:
            return ""

    def sizes_on(self, day: date) -> tuple[Size, ...]:
        """Of each size the row that counts on this day: the latest that has begun."""
        begun = sorted((one for one in self.sizes if one.valid_from <= day), key=lambda one: one.valid_from)
        return tuple({one.code: one for one in begun}.values())

    def options(self, application: Mapping[str, Any]) -> dict[str, tuple[Option, ...]]:
        """What forms name by `options_from`; `sections` are those of the application form's data."""
        return {
            "areas": tuple(Option(area.code, area.title) for area in self.areas.values()),
            "goals": tuple(goal for area in self.areas.values() for goal in area.goals),
            "target_groups": self._options("target_groups"),
            "indicators": self.indicators,
            "sections": tuple(Option(raw["code"], raw["title"]) for raw in application["sections"]),
        }

    def _options(self, kind: str) -> tuple[Option, ...]:
        return tuple(Option(code, labels) for code, labels in self.labels[kind].items())

    def office_holidays(self, years: Sequence[int]) -> frozenset[date]:
        """Public holidays on which the offices are closed: those of the law and the programme's own."""
        return frozenset(self.holiday_names(years, self.languages[0]))

    def holiday_names(self, years: Sequence[int], lang: str) -> dict[date, str]:
        """The same days with their names in this language, of the `holidays` library; the programme's
        own are days alone, or {day, title}."""
        public = _public_holidays(self.holidays["country"], self.holidays["subdivision"], tuple(years), lang)
        own = [raw if isinstance(raw, Mapping) else {"day": raw} for raw in self.holidays["extra"]]
        return dict(public) | {
            date.fromisoformat(raw["day"]): label(raw["title"], lang) if "title" in raw else raw["day"]
            for raw in own
        }


@cache
def _public_holidays(country: str, subdivision: str, years: tuple[int, ...], lang: str) -> Mapping[date, str]:
    """Worked out once: lists ask for the same few years for every due date."""
    language = {"en": "en_US"}.get(lang, lang)
    found = holidays.country_holidays(country, subdiv=subdivision, years=list(years), language=language)
    return dict(found)


def _programme(data: Mapping[str, Any]) -> Programme:
    return Programme(
        code=data["code"],
        number=data["number"],
        languages=tuple(data.get("languages", (SOURCE_LANGUAGE,))),
        applicant_languages=tuple(data.get("applicant_languages", ())),
        title=data["title"],
        canton=data["canton"],
        years=tuple(data["years"]),
        areas={raw["code"]: _area(raw) for raw in data["areas"]},
        offices={raw["code"]: Office(**raw) for raw in data["offices"]},
        labels={kind: {raw["code"]: raw["title"] for raw in data[kind]} for kind in LABELLED}
        | {"stops": {raw["code"]: raw.get("stop", raw["title"]) for raw in data["statuses"]}}
        | {"signs_as": {raw["code"]: raw["signs_as"] for raw in data["roles"] if "signs_as" in raw}}
        | {"pot_notes": {raw["code"]: raw["note"] for raw in data["pots"] if "note" in raw}},
        indicators=tuple(
            Option(raw["code"], raw["title"], frozenset(raw.get("areas", ())), raw.get("unit"))
            for raw in data["indicators"]
        ),
        sizes=tuple(_size(raw) for raw in data["sizes"]),
        ceilings=_ceilings(data["ceilings"], data.get("carried", ())),
        calls={raw["code"]: _call(raw) for raw in data["calls"]},
        tables=data["tables"],
        holidays=data["holidays"],
        terms=data["terms"],
        remedy=data["remedy"],
        sender=data["sender"],
        payer=parse_payer(data.get("payer")),
        needs=parse_needs(data.get("needs", ())),
        contacts=parse_contacts(data.get("contacts", ())),
        carry_over=data.get("carry_over") or {},
        mails=parse_mails(data.get("mails", {})),
        sem_report=parse_sem_report(data.get("sem_report")),
    )


def _ceilings(raw: Sequence[Mapping[str, Any]], carried: Sequence[Mapping[str, Any]]) -> tuple[Ceiling, ...]:
    """`carried`: {year, area, amounts} of what goes from that year to the one behind it."""
    amounts = {
        (year, one["area"], pot): amount
        for one in raw
        for year in one["years"]
        for pot, amount in one["amounts"].items()
    }
    moved: Counter[tuple[int, str, str]] = Counter()
    for one in carried:
        for pot, amount in one["amounts"].items():
            at = f"carried.{one['area']}.{one['year']}"
            if type(amount) is not int or amount < 0:
                raise RouteError("no_money", at=at)
            for year, change in ((one["year"], -amount), (one["year"] + 1, amount)):
                if (year, one["area"], pot) not in amounts:
                    raise RouteError("no_credit", at=at, area=one["area"], year=year)
                moved[year, one["area"], pot] += change
    return tuple(Ceiling(*line, amount, moved[line]) for line, amount in amounts.items())


def _size(raw: Mapping[str, Any]) -> Size:
    since = date.fromisoformat(raw["valid_from"])
    return Size(raw["code"], raw["max"], raw["route"], since, raw.get("max_a_year"))


def _years(facts: Facts) -> int:
    """The calendar years that a project touches, at least one."""
    try:
        first, last = (date.fromisoformat(str(facts[name])) for name in ("period_from", "period_to"))
    except (KeyError, ValueError):
        return 1
    return max(1, last.year - first.year + 1)


def load_folder(path: Path) -> Bundle:
    """The files of a programme's folder, unchecked; RouteError (unreadable) where one is no YAML.

    Routes and forms are named by their files, whose own code must be the same.
    """
    return Bundle(
        programme=load_yaml(path / "programme.yaml"),
        routes=_named(path / "routes", "route"),
        forms=_named(path / "forms", "form"),
        letters={file.stem: load_text(file) for file in sorted((path / "letters").glob("*.typ"))},
    )


def _named(folder: Path, key: str) -> dict[str, dict[str, Any]]:
    """All files of a folder but hidden ones: nobody would notice that one of another ending is left out."""
    found = {}
    for file in sorted(folder.glob("[!.]*")):
        at = f"{folder.name}/{file.name}"
        if file.suffix != ".yaml":
            raise RouteError("not_yaml", at=at)
        found[file.stem] = data = load_yaml(file)
        if data.get(key) != file.stem:
            raise RouteError("named_otherwise", at=at, key=key, name=file.stem)
    return found


def _area(raw: Mapping[str, Any]) -> Area:
    goals = tuple(Option(goal["code"], goal["title"], frozenset({raw["code"]})) for goal in raw["goals"])
    return Area(raw["code"], raw["theme"], raw["sem"], raw["title"], goals)


def _call(raw: Mapping[str, Any]) -> Call:
    return Call(
        code=raw["code"],
        title=raw["title"],
        text=raw["text"],
        year=raw["year"],
        form=raw["form"],
        areas=tuple(raw["areas"]),
        opens=local(raw["opens"]),
        closes=local(raw["closes"]),
        eligibility=tuple(map(parse_question, raw["eligibility"])),
    )


def local(text: str) -> datetime:
    """UTC from Zurich's «2027-09-30 24:00»: the end of that day, whatever the clocks do."""
    day, clock = text.split(" ")
    hours, minutes = map(int, clock.split(":"))
    start = date.fromisoformat(day) + timedelta(days=hours // 24)
    return datetime(start.year, start.month, start.day, hours % 24, minutes, tzinfo=ZURICH).astimezone(UTC)
