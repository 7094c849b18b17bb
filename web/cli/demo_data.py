"""The demo's applications: a dozen and more on their way, made through the one door on a virtual clock."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from tasks.deliver import deliver_due
from web.cli.story import Story, application, decision, proposal, review
from workflow import log
from workflow.funding.programme import load_yaml
from workflow.people import load_people, read_people
from workflow.settings import Settings

PASSWORD = "foerderweg"
"""Everybody's in a demo, for signing in through the API; the pages need one click."""

CHECKERS = ("regula.keller@integration.bs.example", "sarah.leuenberger@integration.bs.example")
SYNTHESIS = "mehmet.demir@integration.bs.example"
HEAD = "andrea.bernasconi@integration.bs.example"
DIVISION = "thomas.iselin@pd.bs.example"
REVIEWERS = {
    "integration": "nadine.oser@integration.bs.example",
    "social_welfare": "esther.kunz@sozialhilfe.bs.example",
    "adult_education": "barbara.wenger@erwachsenenbildung.bs.example",
    "early_support": "nicole.schaer@fruehfoerderung.bs.example",
    "human_resources": "oliver.meier@hr.bs.example",
    "population_services": "manuela.grieder@bdm.bs.example",
}
COMPLETE = {"check": {"complete": True, "responsible": True}}


@dataclass(frozen=True, slots=True)
class Sample:
    """One application: who applies, for what, when (days ago), and how far it has come since.

    `offices`: lead first, then the second; `ending`: one of those that the file of samples lists.
    """

    email: str
    organisation: str
    title: str
    area: str
    goal: str
    francs: int
    days: int
    ending: str
    offices: list[str]
    target_group: str
    summary: str


def load(settings: Settings, say: Callable[[str], None]) -> None:
    """People, organisations and their applications, up to now; what ran already is left alone."""
    log.configure(logging.ERROR)  # mails of the made-up past are no news
    db = sa.create_engine(settings.database_url)
    try:
        people = read_people(settings.programme)
        load_people(db, people, password=PASSWORD)
        now = datetime.now(UTC)
        story = Story(db, settings, people, now, seed=f"demo-{now.isoformat()}")
        listed = load_yaml(settings.programme / "demo" / "applications.yaml")["applications"]
        _play(story, [Sample(**one) for one in listed], now, say)
    finally:
        db.dispose()


def _play(story: Story, samples: Sequence[Sample], now: datetime, say: Callable[[str], None]) -> None:
    """All samples side by side, each step in its time; a weekend's step waits for Monday."""
    waiting = [
        (_office_hours(now - timedelta(days=sample.days)), number, _life(story, sample))
        for number, sample in enumerate(samples)
    ]
    heapq.heapify(waiting)
    over = 0
    while waiting:
        at, number, life = heapq.heappop(waiting)
        if at >= now:
            over += 1
            continue
        story.now = at
        story.route()
        pause = next(life, None)
        while deliver_due(story.db, story.settings, lambda: story.now):
            story.route()
        if pause is None:
            over += 1
            say(f"Application {over} of {len(samples)}: {samples[number].title}")
        else:
            heapq.heappush(waiting, (_office_hours(at + timedelta(days=pause)), number, life))
    story.now = now
    story.route()


def _office_hours(moment: datetime) -> datetime:
    day = moment.replace(hour=8, minute=(moment.minute * 7) % 60, second=0, microsecond=0)
    return day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))


def _life(story: Story, sample: Sample) -> Iterator[float]:
    """What people do with one application; yields the days that pass between two steps."""
    case_id = story.submit(sample.email, _answers(sample))
    yield 2
    if sample.ending in ("new", "withdrawn"):
        if sample.ending == "withdrawn":
            yield 3
            story.withdraw(sample.email, case_id)
        return
    checker = CHECKERS[sample.days % 2]
    if sample.ending == "query":
        question = "Bitte ergänzen Sie das Budget: Wie setzen sich die Kosten der Koordination zusammen?"
        asked = {"sections": ["budget", "financing"], "question": question}
        story.do(checker, case_id, "query", {"check": asked})
        return
    story.do(checker, case_id, "complete", COMPLETE)
    yield 4
    if sample.ending == "late":
        return
    yield from _reviews(story, sample, case_id)
    if len(sample.offices) == 1:
        yield from _small(story, sample, case_id)
    else:
        yield from _medium(story, sample, case_id)


def _reviews(story: Story, sample: Sample, case_id: UUID) -> Iterator[float]:
    lead = REVIEWERS[sample.offices[0]]
    if sample.ending == "review":
        if len(sample.offices) > 1:
            story.do(lead, case_id, "yes", review("Der Bedarf ist ausgewiesen, das Vorgehen überzeugt."))
        return
    story.do(lead, case_id, "yes", review("Der Bedarf ist ausgewiesen, das Vorgehen überzeugt."))
    for office in sample.offices[1:]:
        yield 3
        second = REVIEWERS[office] if office != sample.offices[0] else "david.suter@integration.bs.example"
        if sample.ending == "split":
            story.do(
                second, case_id, "no", review("Ein gleiches Angebot besteht schon in der Nachbarschaft.")
            )
        else:
            said = review("Sinnvoll.", conditions="Die Kursleitung weist eine Ausbildung nach.")
            story.do(second, case_id, "yes_with_conditions", said)
    yield 3


def _small(story: Story, sample: Sample, case_id: UUID) -> Iterator[float]:
    amount = sample.francs * 100
    if sample.ending == "rejected":
        reasons = "Das Vorhaben richtet sich vor allem an die Mitglieder des Vereins."
        story.do(HEAD, case_id, "reject", {"decision": {"reasons": reasons}})
    elif sample.ending == "granted":
        story.do(HEAD, case_id, "grant", decision(amount, "Das Angebot ergänzt das Bestehende gut."))
    yield 1


def _medium(story: Story, sample: Sample, case_id: UUID) -> Iterator[float]:
    amount = sample.francs * 100
    part = amount - 4_000_00
    if sample.ending in ("split", "synthesis", "review"):
        return
    story.do(SYNTHESIS, case_id, "propose", proposal(amount, "Beide Stellen empfehlen das Projekt."))
    yield 3
    if sample.ending == "decision":
        return
    granted = part if sample.ending == "confirm" else amount
    reasons = "Das Projekt schliesst eine Lücke im bestehenden Angebot."
    story.do(
        HEAD, case_id, "grant", decision(granted, reasons, "Die Kursleitung weist eine Ausbildung nach.")
    )
    yield 2
    if sample.ending != "signature":
        story.do(DIVISION, case_id, "confirm", {"decision": {}})
        yield 1


def _answers(sample: Sample) -> Mapping[str, Any]:
    return application(
        sample.organisation,
        title=sample.title,
        area=sample.area,
        goals=[sample.goal],
        requested=sample.francs * 100,
        target_group=sample.target_group,
        summary=sample.summary,
    )
