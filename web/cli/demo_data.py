"""The demo's applications: a year of them, made through the one door on a virtual clock."""

from __future__ import annotations

import heapq
import itertools
import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tasks.deliver import deliver_due
from web.cli import demo_money, demo_scenes, demo_talk
from web.cli.story import COMPLETE, Story, application, decision, proposal, review
from workflow import log
from workflow.engine.case import Seat
from workflow.errors import FoerderwegError
from workflow.funding.plain import load_yaml
from workflow.people import load_people, read_people
from workflow.settings import Settings
from workflow.store import queries
from workflow.texts import ZURICH

PASSWORD = "foerderweg"
"""Everybody's in a demo, for signing in through the API; the pages need one click."""

PRESENT, YEAR = "applications", "year"
"""The files of samples: those that screens and tests know, and the rest of a year."""

STILL_TO_POST = timedelta(days=2)
"""Orders as young as this lie ready to be sent."""
AUDITOR = "werner.plattner@finanzkontrolle.bs.example"
HEARD = ("finance_check", "pre_check", "consultation")
"""Steps of those who are heard before a large application is decided."""
LARGE = ("finance", "department", "government")
CALLS = {2026: "project-round-2026", 2027: "project-round-2027"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One application: who applies for what, when it came in (a day, or days ago), how far it has come.

    `ending`: begun | draft | new | answered | checked | query | silent | late | review | recused | split |
    synthesis | decision | reworked | signature | confirm | finance | department | government, and the endings
    granted | rejected | inadmissible | writtenoff | withdrawn. `contact`: whom it names; `canton`: francs
    from elsewhere there; `copies`: the title of its application of the year before; `adviser`: who helped.
    """

    organisation: str
    title: str
    area: str
    goal: str
    francs: int
    on: str | int
    ending: str
    target_group: str
    summary: str
    contact: str = ""
    canton: int = 0
    copies: str = ""
    adviser: str = ""

    @property
    def amount(self) -> int:
        return self.francs * 100

    def came_in(self, now: datetime) -> datetime:
        """The morning on which it came in, UTC."""
        if isinstance(self.on, int):
            return now - timedelta(days=self.on)
        return datetime.combine(date.fromisoformat(self.on), time(8), ZURICH).astimezone(UTC)


@dataclass(slots=True)
class Words:
    """What people write, each kind in turn."""

    kinds: Mapping[str, Sequence[str]]
    turns: dict[str, Iterator[str]] = field(default_factory=dict)

    def next(self, kind: str) -> str:
        return next(self.turns.setdefault(kind, itertools.cycle(self.kinds[kind])))


def load(
    settings: Settings,
    say: Callable[[str], None],
    files: Sequence[str] = (PRESENT, YEAR),
    *,
    now: datetime,
) -> None:
    """People, organisations and their applications, up to now (UTC); what ran already is left alone."""
    log.configure(logging.ERROR)  # mails of the made-up past are no news
    folder = settings.programme / "demo"
    db = sa.create_engine(settings.database_url)
    try:
        people = read_people(settings.programme)
        load_people(db, people, password=PASSWORD)
        story = Story(db, settings, people, now, seed=f"demo-{now.isoformat()}")
        listed = [one for name in files for one in load_yaml(folder / f"{name}.yaml")["applications"]]
        words = Words(load_yaml(folder / f"{YEAR}.yaml")["words"])
        year = _Year(story, words, now)
        _play(year, [Sample(**one) for one in listed], say)
        year.hand_out()
        if YEAR in files:
            demo_talk.play(story, load_yaml(folder / "talk.yaml")["talks"])
            demo_money.play(story)
    finally:
        db.dispose()


def _play(year: _Year, samples: Sequence[Sample], say: Callable[[str], None]) -> None:
    """All samples side by side, each step in its time; a weekend's step waits for Monday."""
    story = year.story
    waiting = [
        (_office_hours(sample.came_in(year.now)), number, year.life(sample, number))
        for number, sample in enumerate(samples)
    ]
    heapq.heapify(waiting)
    over = 0
    while waiting:
        at, number, life = heapq.heappop(waiting)
        pause = None
        if at < year.now:
            story.now = at
            story.route()
            pause = next(life, None)
            while deliver_due(story.db, story.settings, lambda: story.now):
                story.route()
            if at < year.now - STILL_TO_POST:
                story.post()
        if pause is None:
            over += 1
            if over % 10 == 0 or over == len(samples):
                say(f"Application {over} of {len(samples)}: {samples[number].title}")
        else:
            heapq.heappush(waiting, (_office_hours(at + timedelta(days=pause)), number, life))
    story.now = year.now
    story.route()


def _office_hours(moment: datetime) -> datetime:
    day = moment.replace(hour=8, minute=(moment.minute * 7) % 60, second=0, microsecond=0)
    return day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))


@dataclass(slots=True)
class _Year:
    """The people of the story at work; every `life` yields the days that pass between two steps."""

    story: Story
    words: Words
    now: datetime
    bodies: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    holders: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        people = self.story.people
        self.bodies = {body["code"]: body for body in people["organisations"]}
        for one in people["staff"]:
            for office, role in one["roles"]:
                self.holders.setdefault((office, role), []).append(one["email"])

    def life(self, sample: Sample, number: int) -> Iterator[float]:
        body = self.bodies[sample.organisation]
        signer = next(one["email"] for one in body["members"] if "sign" in one["rights"])
        round_year = 2027 if isinstance(sample.on, int) else date.fromisoformat(sample.on).year + 1
        answers = _answers(sample, body, round_year)
        if sample.copies:
            draft = yield from self.copied(sample, signer, answers)
        else:
            draft = self.story.draft(signer, answers, call=CALLS[round_year])
        if sample.adviser:
            demo_scenes.advised(self.story, signer, sample.adviser, draft)
        if sample.ending == "begun":
            demo_scenes.begun(self.story, signer, draft, 4)
        if sample.ending in ("begun", "draft"):
            return
        case_id = self.story.hand_in(signer, draft)
        yield 2 + number % 3
        if sample.ending in ("new", "withdrawn"):
            if sample.ending == "withdrawn":
                yield 3
                self.story.withdraw(signer, case_id)
            return
        if sample.ending in ("query", "silent", "answered"):
            asked = {"sections": ["budget", "financing"], "question": self.words.next("question")}
            self.act(case_id, number, "query", {"check": asked})
            if sample.ending == "answered":
                yield 3
                demo_scenes.answered(self.story, signer, case_id)
            if sample.ending == "silent":
                yield 25
                yield from self.inadmissible(case_id, number)
            return
        if sample.ending == "inadmissible":
            reasons = {"check": {"reasons": self.words.next("inadmissible")}}
            self.act(case_id, number, "inadmissible", reasons)
            yield 2
            yield from self.inadmissible(case_id, number)
            return
        self.act(case_id, number, "complete", COMPLETE)
        yield 4
        if sample.ending in ("late", "checked"):
            return
        yield from self.reviews(sample, case_id, number)
        if sample.ending in ("review", "recused", "split"):
            return
        if sample.ending in LARGE:
            yield from self.large(sample, case_id, number)
        elif self.step(case_id) == "synthesis":
            yield from self.medium(sample, case_id, number)
        else:
            yield from self.small(sample, case_id, number)
        if sample.ending == "writtenoff":
            self.story.do(signer, case_id, "decline", None)
            yield 1

    def copied(self, sample: Sample, signer: str, answers: Mapping[str, Any]) -> Generator[float, None, UUID]:
        """The report of last year's project, accepted, and the new application made from the old one."""
        mine = queries.my_applications(self.story.db, self.story.actors[signer])
        before = next(one.id for one in mine if one.title == sample.copies)
        report, accounted = demo_scenes.reported(self.story, signer, before)
        yield 6
        self.act(report, 0, "accept", {"check": {"plausible": True, "settled": accounted}})
        return demo_scenes.copied(self.story, signer, before, answers)

    def hand_out(self) -> None:
        """Some have taken the most urgent of what lies with their office."""
        for (office, role), holders in self.holders.items():
            for email in holders[:2] if role in ("reviewer", "coordinator") else ():
                actor = self.story.actors[email]
                free = queries.inbox(self.story.db, actor, now=self.story.now, limit=20).rows
                mine = [one for one in free if one.office == office and one.may_take and not one.holder]
                for one in mine[:2]:
                    self.story.assign(email, one.case_id, one.seat, one.entry)

    def inadmissible(self, case_id: UUID, number: int) -> Iterator[float]:
        reasons = {"decision": {"reasons": self.words.next("inadmissible")}}
        self.act(case_id, number, "confirm", reasons)
        yield 1

    def reviews(self, sample: Sample, case_id: UUID, number: int) -> Iterator[float]:
        """Every mandatory seat; of some samples only the first, or one against."""
        mandatory = [seat for seat in self.open_seats(case_id) if seat.mandatory]
        for place, seat in enumerate(mandatory):
            if sample.ending == "recused":
                person = self.holders[seat.office, seat.role][0]
                self.story.recuse(person, case_id)
                return
            if sample.ending == "review" and place == len(mandatory) - 1:
                return
            if place and sample.ending == "split":
                against = review(self.words.next("no"), area=sample.area)
                against["criteria"] = against["criteria"] | {"need": "2", "costs": "1"}
                self.act(case_id, number, "no", against, seat)
            elif place:
                conditions = self.words.next("conditions")
                said = review(self.words.next("yes"), conditions=conditions, area=sample.area)
                self.act(case_id, number, "yes_with_conditions", said, seat)
            else:
                self.act(case_id, number, "yes", review(self.words.next("yes"), area=sample.area), seat)
            yield 3

    def small(self, sample: Sample, case_id: UUID, number: int) -> Iterator[float]:
        if sample.ending == "rejected":
            reasons = {"decision": {"reasons": self.words.next("reject")}}
            self.act(case_id, number, "reject", reasons)
        elif sample.ending in ("granted", "writtenoff"):
            self.act(case_id, number, "grant", decision(sample.amount, self.words.next("grant")))
        yield 1

    def medium(self, sample: Sample, case_id: UUID, number: int) -> Iterator[float]:
        if sample.ending == "synthesis":
            return
        if sample.ending == "rejected":
            refused = {"proposal": {"reasons": self.words.next("reject")}}
            self.act(case_id, number, "propose_rejection", refused)
            yield 3
            self.act(case_id, number, "reject", {"decision": {"reasons": self.words.next("reject")}})
        else:
            said = proposal(sample.amount, self.words.next("proposal"))
            self.act(case_id, number, "propose", said)
            yield 3
            if sample.ending == "decision":
                return
            if sample.ending == "reworked":
                self.act(case_id, number, "return", {"decision": {"note": self.words.next("rework")}})
                return
            part = sample.amount - 4_000_00 if sample.ending in ("confirm", "writtenoff") else sample.amount
            granted = decision(part, self.words.next("grant"), self.words.next("conditions"))
            self.act(case_id, number, "grant", granted)
        yield 2
        if sample.ending != "signature":
            self.act(case_id, number, "confirm", {"decision": {}})
            yield 1

    def large(self, sample: Sample, case_id: UUID, number: int) -> Iterator[float]:
        """Up to where Finance, or those above the division, have it before them."""
        said = proposal(sample.amount, self.words.next("proposal"), self.words.next("conditions"))
        self.act(case_id, number, "propose", said)
        yield 3
        if sample.ending != "finance":
            while self.step(case_id) in HEARD:
                self.act(case_id, number, "noted", {"statement": {"remarks": ""}})
                yield 2

    def step(self, case_id: UUID) -> str:
        return str(self.dossier(case_id).step)

    def open_seats(self, case_id: UUID) -> list[Seat]:
        return [seat for seat in self.dossier(case_id).seats if seat.outcome is None]

    def dossier(self, case_id: UUID) -> queries.Dossier:
        found = queries.dossier(self.story.db, self.story.actors[AUDITOR], case_id, now=self.story.now)
        assert found is not None
        return found

    def act(
        self, case_id: UUID, number: int, outcome: str, said: Mapping[str, Any], seat: Seat | None = None
    ) -> None:
        """One of those who hold the seat does it; another one, where the rules keep the first from it."""
        seat = seat or self.open_seats(case_id)[0]
        holders = self.holders[seat.office, seat.role]
        for place in range(len(holders)):
            try:
                self.story.do(holders[(number + place) % len(holders)], case_id, outcome, said)
            except (LookupError, FoerderwegError):
                if place == len(holders) - 1:
                    raise
            else:
                return


def _answers(sample: Sample, body: Mapping[str, Any], year: int) -> Mapping[str, Any]:
    answers = application(
        body["name"],
        title=sample.title,
        area=sample.area,
        goals=[sample.goal],
        requested=sample.amount,
        target_group=sample.target_group,
        summary=sample.summary,
        year=year,
    )
    about = answers["organisation"]
    about["address"] = {name: body[name] for name in ("street", "postcode", "town")}
    about["contact_name"] = sample.contact or about["contact_name"]
    if sample.canton:
        [own] = answers["financing"]["sources"]
        francs = sample.canton * 100
        other = {"source": "canton", "label": "Swisslos-Fonds", "status": "asked", "amount": francs}
        answers["financing"]["sources"] = [{**own, "amount": own["amount"] - francs}, other]
    kind = body.get("kind", "non_state")
    if kind == "non_state":
        about["legal_form"] = body["legal_form"]
        return answers
    del about["legal_form"]
    if kind == "institution":
        about["institution"] = body["legal_form"]
        own = sample.amount
        answers["financing"]["sources"][0]["amount"] = own
        answers["budget"]["costs"] = [
            {"kind": "staff", "label": "Lehrpersonen", "amount": sample.amount + own}
        ]
        return answers
    about["responsible"] = f"{body['members'][0]['name']}, Leitung"
    del about["signing"], about["signatories"], answers["declarations"]["non_profit"]
    answers["account"] = {"cost_centre": "20 330 11"}
    return answers
