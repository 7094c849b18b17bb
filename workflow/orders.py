"""What an order says, gathered from the case's record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.engine.route import APPLICANT_OFFICE, Route
from workflow.engine.tables import Facts
from workflow.funding.letters import Order, Resolution, Sender, remedy, render
from workflow.funding.programme import Programme
from workflow.store import applications, journal, published
from workflow.store.queries.record import (
    acted_as,
    applied_for,
    decision_text,
    history,
    seats,
    signing,
    written,
)
from workflow.store.queries.rows import HistoryRow
from workflow.texts import ZURICH

DRAFT = """#set page(foreground: rotate(-38deg, text(size: 96pt, fill: rgb("#DB1A0030"))[ENTWURF]))
#include "{template}.typ"
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an order would say before it is decided. `granted`: Rappen; `signers`: (name, office, role)."""

    granted: int
    reasons: str
    conditions: str
    signers: Sequence[tuple[str, str, str]]


def draft_order(db: sa.Engine, case_id: UUID, template: str, draft: Draft, *, now: datetime) -> bytes:
    """The letter as it would go out, marked as a draft: PDF."""
    templates, order = templates_and_order(db, case_id, draft)
    marked = {**templates, "draft": DRAFT.format(template=template)}
    return render(marked, "draft", order, now=now)


def templates_and_order(
    db: sa.Engine, case_id: UUID, draft: Draft | None = None
) -> tuple[Mapping[str, str], Order]:
    """The letter templates that the case is pinned to, and what an order about it says."""
    with db.connect() as tx:
        stored = journal.read(tx, case_id)
        by_others = _is_by_others(tx, stored)
        templates = published.letters(tx, stored.programme_hash)
        programme = published.programme(tx, stored.programme_hash)
        route = published.route(tx, stored.route_hash)
        events = history(tx, case_id)
        texts = written(tx, case_id)
        listed = applied_for(tx, case_id)
        answers = written(tx, listed.id).get(listed.content, {})
        away = {row.data["stands_in_for"] for row in events if row.data.get("stands_in_for")}
        names = {person: applications.name_of(tx, UUID(person)) for person in away}
    terms = programme.terms[listed.size]
    decided = [] if draft else signing(route, events)
    deciders = [(office, role) for _, office, role in draft.signers] if draft else acted_as(decided, events)
    signers = [name for name, _, _ in draft.signers] if draft else [row.actor_name for row in decided]
    absent = [row.data.get("stands_in_for", "") for row in decided] or [""] * len(signers)
    internal = APPLICANT_OFFICE in stored.case.facts
    # what was answered to an earlier decision says nothing about this one
    answers_since = events[events.index(decided[-1]) :] if decided else []
    order: Order = {
        "language": programme.languages[0],
        "number": stored.number,
        "programme": programme.own(programme.title),
        "call": programme.own(programme.calls[listed.call].title),
        "sender": _sender(programme, deciders[-1][0] if internal or by_others else None),
        "addressee": [listed.name, listed.street, f"{listed.postcode} {listed.town}"],
        "organisation": listed.name,
        "project": {
            "title": answers["project"]["title"],
            "since": answers["project"]["period_from"],
            "until": answers["project"]["period_to"],
        },
        "area": programme.own(programme.areas[str(stored.case.facts["area"])].title),
        "submitted_on": _day(listed.submitted_at),
        "opened_on": _opened_on(stored.case.facts, listed),
        "requested": listed.requested,
        "asked": int(stored.case.facts.get("requested", 0)),
        "granted": draft.granted if draft else int(stored.case.facts.get("granted", 0)),
        "accounted": int(stored.case.facts.get("accounted", 0)),
        "settled": int(stored.case.facts.get("settled", 0)),
        "reviewed_by": _offices(programme, route, events),
        "reasons": (draft.reasons if draft else decision_text(decided, texts, "reasons")) or "",
        "conditions": _lines(draft.conditions if draft else decision_text(decided, texts, "conditions")),
        "resolution": _resolution(decided, texts),
        "budget_confirmed_on": _answered_on(route, answers_since, "accept"),
        "declined_on": _answered_on(route, answers_since, "decline"),
        "instalments": terms["instalments"],
        "report": programme.own(terms["report"]),
        "report_days": terms["report_days"],
        "repay_days": terms.get("repay_days", 0),
        "remedy": None if internal else remedy(programme, deciders[-1][1]),
        "copies": _offices(programme, route, events),
        "signatures": [
            {"name": name, "function": _function(programme, office, role, names.get(absentee, ""))}
            for name, (office, role), absentee in zip(signers, deciders, absent, strict=True)
        ],
    }
    return templates, order


def _opened_on(facts: Facts, listed: Any) -> str | None:
    """An appeal was lodged when whoever recorded it says; all else came on the day on which it was opened."""
    return str(facts["lodged_on"]) if "lodged_on" in facts else listed.parent_id and _day(listed.opened_at)


def _is_by_others(tx: sa.Connection, stored: journal.Stored) -> bool:
    """The case belongs to another one, whose first instance has no hand in it: an appeal."""
    if not stored.case.parent:
        return False
    parent = journal.read(tx, UUID(stored.case.parent))
    code = parent.case.children[str(stored.id)]["code"]
    return published.route(tx, parent.route_hash).children[code].others


def _function(programme: Programme, office: str, role: str, away: str) -> str:
    """What stands under a name. `away`: in whose place they sign, if in somebody's."""
    if titles := programme.labels["signs_as"].get(role):
        said = programme.own(titles)
    else:
        names = programme.labels["roles"][role], programme.offices[office].title
        said = ", ".join(map(programme.own, names))
    return f"i. V. {away}, {said}" if away else said


def _offices(programme: Programme, route: Route, events: Sequence[HistoryRow]) -> list[str]:
    """The offices that gave a recommendation, each once."""
    there = seats(events)
    voted = [
        there[row.data["entry"], row.data["seat"]][0]
        for row in events
        if row.name == "Completed" and route.human(row.data["step"]).is_panel
    ]
    return [programme.own(programme.offices[office].title) for office in dict.fromkeys(voted)]


def _answered_on(route: Route, events: Sequence[HistoryRow], outcome: str) -> str | None:
    """The day on which the applicant answered so at a step with a form of its own."""
    for row in reversed(events):
        if row.name == "Completed" and row.data["outcome"] == outcome:
            step = route.human(row.data["step"])
            if step.is_applicants and step.form is not None:
                return _day(row.at)
    return None


def _sender(programme: Programme, office: str | None) -> Sender:
    """The programme's own; of an internal decision, or of an appeal, the office that made it."""
    sender, own = programme.sender, programme.offices.get(office or "")
    return {
        "canton": programme.own(programme.canton),
        "department": programme.own(sender["department"]),
        "office": programme.own(own.title if own else sender["office"]),
        "address": programme.own((own and own.address) or sender["address"]),
        "mail": own.mail if own else sender["mail"],
    }


def _resolution(decided: Sequence[HistoryRow], texts: Mapping[str, Any]) -> Resolution | None:
    """The number and date that the form of a decision asked for."""
    number, on = decision_text(decided, texts, "number"), decision_text(decided, texts, "decided_on")
    return {"number": number, "on": on} if number and on else None


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _day(moment: datetime) -> str:
    return moment.astimezone(ZURICH).date().isoformat()
