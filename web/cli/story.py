"""Plays people through the one door, on a clock of its own: for the demo's data and for tests."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow import drafts
from workflow.engine.case import Actor
from workflow.engine.commands import Assign, Command, Complete, Declare, Recuse, Submit, Withdraw
from workflow.people import organisation_id, person_id
from workflow.service import Done, advance_due, handle
from workflow.settings import Settings
from workflow.store import queries
from workflow.texts import ZURICH

PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj
4 0 obj<</Length 44>>stream
BT /F 18 Tf 72 760 Td (Vereinsstatuten) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""
ATTACHED = {
    "attachments.statutes": "Statuten.pdf",
    "attachments.accounts": "Jahresrechnung.pdf",
    "attachments.cost_plan": "Kostenplan.pdf",
}
"""What an application of a non-state organisation above CHF 10'000 has to bring along."""
ELIGIBLE = {
    "place": "yes",
    "other_canton_only": "no",
    "non_profit": "yes",
    "public_access": "yes",
    "regular_structure": "no",
}


TO_SEND = sa.text(
    "SELECT case_id, office, role FROM work_items WHERE step LIKE 'dispatch%' AND closed_at IS NULL"
)


def actors(people: Mapping[str, Any]) -> dict[str, Actor]:
    """Everybody in a file of people, by mail address."""
    found = {
        one["email"]: Actor(
            str(person_id(one["email"])), frozenset((office, role) for office, role in one["roles"])
        )
        for one in people["staff"]
    }
    for body in people["organisations"]:
        for one in body["members"]:
            before = found.get(one["email"], Actor(str(person_id(one["email"]))))
            rights = {str(organisation_id(body["code"])): frozenset(one["rights"])}
            found[one["email"]] = replace(before, organisations={**before.organisations, **rights})
    return found


@dataclass(slots=True)
class Story:
    """A virtual clock and the people; `count` makes ids that are the same in every run of one `seed`."""

    db: sa.Engine
    settings: Settings
    people: Mapping[str, Any]
    now: datetime
    seed: str = "story"
    actors: dict[str, Actor] = field(default_factory=dict)
    count: int = 0

    def __post_init__(self) -> None:
        self.actors = actors(self.people)

    def next_id(self) -> UUID:
        self.count += 1
        return person_id(f"{self.seed}-{self.count}@ids.example")

    def wait(self, **time: float) -> None:
        """Let time pass, half a day at a time, while the rules do what they do."""
        until = self.now + timedelta(**time)
        while self.now < until:
            self.now = min(until, self.now + timedelta(hours=12))
            self.route()

    def route(self) -> None:
        """What workers do: until nothing is due."""
        while advance_due(self.db, self.now):
            pass

    def draft(self, email: str, answers: Mapping[str, Any], call: str = "project-round-2027") -> UUID:
        """A filled-in working copy with its statutes, not yet submitted."""
        actor = self.actors[email]
        [organisation] = actor.organisations
        application_id = drafts.start(
            self.db,
            actor,
            organisation_id=UUID(organisation),
            call=call,
            eligibility=ELIGIBLE,
            now=self.now,
            application_id=self.next_id(),
        )
        drafts.save(self.db, actor, application_id, answers, revision=1, now=self.now)
        self.attach_missing(email, application_id)
        return application_id

    def attach_missing(self, email: str, application_id: UUID) -> None:
        """What this organisation has to attach to its draft, by rule."""
        actor = self.actors[email]
        page = queries.application(self.db, actor, application_id)
        if page is None:
            raise LookupError(application_id)
        fields = page.form.fields()
        for path in page.form.missing(page.answers):
            if path in fields and fields[path].type == "file":
                self._attach(actor, application_id, path)

    def _attach(self, actor: Actor, application_id: UUID, path: str) -> None:
        drafts.attach(
            self.db,
            actor,
            application_id,
            path,
            ATTACHED.get(path, "Beilage.pdf"),
            io.BytesIO(PDF),
            settings=self.settings,
            now=self.now,
            file_id=self.next_id(),
        )

    def submit(self, email: str, answers: Mapping[str, Any], call: str = "project-round-2027") -> UUID:
        """An application on its way, with the first step entered."""
        return self.hand_in(email, self.draft(email, answers, call))

    def hand_in(self, email: str, application_id: UUID) -> UUID:
        """Submit a complete draft."""
        handle(self.db, Submit(application_id), self.actors[email], self.next_id(), self.now)
        self.route()
        return application_id

    def do(self, email: str, case_id: UUID, outcome: str, answers: Mapping[str, Any] | None = None) -> Done:
        """One person completes the seat that is theirs, after declaring no conflict where that is asked."""
        actor = self.actors[email]
        if any(offer.action == "declare" for offer in self._offers(actor, case_id)[0]):
            self.declare(email, case_id)
        offers, entry = self._offers(actor, case_id)
        seat = next((one for one in offers if one.action == "complete" and outcome in one.outcomes), None)
        if seat is None:
            raise LookupError(f"{email} may not {outcome} now: {offers}")
        command = Complete(case_id, seat.step, seat.seat, outcome, entry)
        done = handle(self.db, command, actor, self.next_id(), self.now, answers)
        self.route()
        return done

    def post(self) -> int:
        """The orders that are made go out today, by whoever does that: how many went."""
        with self.db.connect() as tx:
            waiting = tx.execute(TO_SEND).all()
        for row in waiting:
            who = [email for email, one in self.actors.items() if (row.office, row.role) in one.offices]
            for email in who:
                try:
                    self.do(email, row.case_id, "sent", dispatch(self.now))
                except LookupError:
                    continue  # not this one: recused, or of the office that applied
                break
        return len(waiting)

    def declare(self, email: str, case_id: UUID) -> None:
        handle(self.db, Declare(case_id), self.actors[email], self.next_id(), self.now)

    def recuse(self, email: str, case_id: UUID) -> None:
        handle(self.db, Recuse(case_id), self.actors[email], self.next_id(), self.now)

    def assign(self, email: str, case_id: UUID, seat: str, entry: int) -> None:
        """One person takes what lies with their office."""
        actor = self.actors[email]
        command = Assign(case_id, seat, entry, actor.person)
        handle(self.db, command, actor, self.next_id(), self.now)

    def aside(self, email: str, command: Command, reason: str = "Begründet.") -> Done:
        """Off the straight way, with a reason."""
        said = {"reason": reason}
        done = handle(self.db, command, self.actors[email], self.next_id(), self.now, said)
        self.route()
        return done

    def withdraw(self, email: str, case_id: UUID) -> None:
        handle(self.db, Withdraw(case_id), self.actors[email], self.next_id(), self.now)
        self.route()

    def _offers(self, actor: Actor, case_id: UUID) -> tuple[tuple[Any, ...], int]:
        page: Any = (
            queries.application(self.db, actor, case_id) if actor.organisations else None
        ) or queries.dossier(self.db, actor, case_id, now=self.now)
        return (page.offers, page.entry) if page else ((), 0)


def application(
    organisation: str,
    *,
    title: str,
    area: str,
    goals: list[str],
    requested: int,
    target_group: str = "support_needed",
    summary: str = "Ein offenes Angebot für Menschen, die neu in Basel leben.",
    year: int = 2027,
    **particulars: bool,
) -> dict[str, Any]:
    """Complete answers but for the statutes; `requested` in Rappen, own means a quarter on top."""
    own = requested // 400 * 100
    fees = (requested + own) // 300 * 100
    return {
        "organisation": {
            "name": organisation,
            "legal_form": "association",
            "address": {"street": "Güterstrasse 1", "postcode": "4053", "town": "Basel"},
            "contact_name": "Alex Beispiel",
            "contact_email": "kontakt@verein.example",
            "signing": "single",
            "signatories": "Alex Beispiel, Präsidium",
        },
        "project": {
            "title": title,
            "area": area,
            "goals": goals,
            "period_from": f"{year}-01-11",
            "period_to": f"{year}-12-17",
            "place": "Basel",
            "summary": summary,
        },
        "people": {
            "target_group": target_group,
            "participants": [{"group": target_group, "number": 48}],
        },
        "particulars": particulars,
        "plan": {
            "need": "Die bestehenden Angebote sind ausgebucht; auf der Warteliste stehen über 60 Personen.",
            "activities": "Zwei Kurse zu je 20 Treffen, begleitet von Freiwilligen aus dem Quartier.",
            "targets": [{"goal": "Teilnehmende erreicht", "indicator": "participants", "value": 48}],
        },
        "budget": {
            "costs": [
                {"kind": "fees", "label": "Kursleitung", "amount": requested + own - 2 * fees},
                {"kind": "staff", "label": "Koordination", "amount": fees},
                {"kind": "rent", "label": "Kursräume", "amount": fees},
            ]
        },
        "financing": {
            "requested": requested,
            "sources": [{"source": "own_cash", "label": "Vereinskasse", "status": "paid", "amount": own}],
        },
        "account": {"iban": "CH93 0076 2011 6238 5295 7", "holder": organisation},
        "declarations": {"truthful": True, "all_funding": True, "non_profit": True},
    }


COMPLETE = {"check": {"complete": True, "responsible": True}}
"""A formal check that finds nothing missing."""
SCORES = {"need": "4", "goals": "4", "access": "4", "quality": "4", "costs": "3"}
OWN_CRITERIA = {
    "counselling": "referral",
    "discrimination": "independence",
    "early_childhood": "parents",
    "employability": "labour_market",
    "interpreting": "neutrality",
}


def scores(area: str) -> dict[str, str]:
    """A score for each criterion of this funding area."""
    return SCORES | ({OWN_CRITERIA[area]: "4"} if area in OWN_CRITERIA else {})


def review(
    reasons: str, *, conditions: str = "", amount: int | None = None, area: str = "language"
) -> dict[str, Any]:
    """A filled-in criteria form of this area; `amount` in Rappen for a reduced recommendation."""
    said: dict[str, Any] = {"reasons": reasons}
    if conditions:
        said["conditions"] = conditions
    if amount:
        said["amount"] = amount
    return {"criteria": scores(area), "recommendation": said}


def proposal(amount: int, reasons: str, conditions: str = "") -> dict[str, Any]:
    """A synthesis that proposes so many Rappen."""
    return {"proposal": {"amount": amount, "reasons": reasons, "conditions": conditions}}


def decision(amount: int, reasons: str, conditions: str = "") -> dict[str, Any]:
    """A decision to grant so many Rappen."""
    return {"decision": {"amount": amount, "reasons": reasons, "conditions": conditions}}


def dispatch(now: datetime) -> dict[str, Any]:
    """An order went out on this day."""
    sent_on = now.astimezone(ZURICH).date().isoformat()
    return {"dispatch": {"sent_on": sent_on, "by": "a_post_plus", "number": "98.03.018203.15937612"}}
