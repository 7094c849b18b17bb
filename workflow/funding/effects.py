"""Who is told what when something happens: all of it on this one screen.

Mails carry no content of a case: they say that something waits, and link to the portal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from workflow.engine import events as ev
from workflow.engine.case import Case, Seat
from workflow.engine.route import APPLICANT, OPERATOR


@dataclass(frozen=True, slots=True)
class Effect:
    """Something to bring about outside, once per key. `kind`: mail | letter | parent | notice."""

    key: str
    kind: str
    payload: Mapping[str, Any]


def effects_of(case_id: UUID, event: ev.Event, before: Case, after: Case) -> Iterator[Effect]:
    """The effects of one event; `before` and `after` are the case on its two sides."""

    def to_applicant(text: str) -> Effect:
        payload = {"text": text, "organisation": after.applicant}
        return Effect(f"{case_id}:{after.version}:mail:applicant", "mail", payload)

    def to_office(text: str, office: str, role: str) -> Effect:
        payload = {"text": text, "office": office, "role": role}
        return Effect(f"{case_id}:{after.version}:mail:{office}/{role}", "mail", payload)

    def to_seats(text: str, seats: tuple[Seat, ...]) -> Iterator[Effect]:
        for office, role in dict.fromkeys((seat.office, seat.role) for seat in seats):
            if role == APPLICANT:
                yield to_applicant(f"applicant_{text}")
            elif role != OPERATOR:
                yield to_office(f"office_{text}", office, role)

    match event:
        case ev.Submitted():
            if not event.asked_by:
                yield to_applicant("applicant_opened" if event.parent else "applicant_received")
        case ev.Entered():
            yield from to_seats("turn", after.open_seats)
        case ev.Reseated():
            had = {seat.code: (seat.office, seat.role) for seat in before.open_seats}
            moved = (one for one in after.open_seats if (one.office, one.role) != had.get(one.code))
            yield from to_seats("turn", tuple(moved))
        case ev.Reminded():
            yield from to_seats("reminder", before.open_seats)
        case ev.Nudged():
            yield from to_seats("reminder", after.open_seats)
        case ev.Escalated():
            for seat in before.open_seats:
                yield to_office("office_escalation", seat.office, "office_head")
            yield from to_seats("turn", tuple(one for one in after.open_seats if one.code in event.freed))
        case ev.Unstaffed():
            for seat in after.open_seats:
                if seat.code == event.seat:
                    yield to_office("office_unstaffed", seat.office, "office_head")
        case ev.WayProposed():
            yield to_office("office_turn", event.office, event.role)
        case ev.Called():
            payload = {"entry": event.entry, "attempt": event.attempt, "step": event.step}
            key = f"{case_id}:{event.entry}:{event.call}:{event.attempt}"
            yield Effect(key, event.call, {**payload, "template": event.template})
        case ev.CallReturned() if not event.unsent:
            yield to_applicant("applicant_letter")
        case ev.Completed() if after.sent != before.sent:
            yield to_applicant("applicant_letter")
        case ev.ChildDue():
            yield to_applicant("applicant_report_late" if event.days > 0 else "applicant_report_due")
            if event.stops:
                yield to_office("office_report_missing", event.office, event.role)
        case ev.ChildEnded() if event.settled is not None:
            yield to_applicant("applicant_settled")
        case ev.ChildEnded() if event.office:
            yield to_office("office_appeal_ended", event.office, event.role)
        case ev.Paid() if event.amount > 0:
            yield to_applicant("applicant_paid")
        case ev.Ended() if after.parent:
            payload = {"parent": after.parent, "ending": event.ending}
            yield Effect(f"{case_id}:ended:parent", "parent", payload)
            if after.asked_by:
                path = f"desk/cases/{after.parent}#talk-inquiries"
                told = {"text": "inquiry_answered", "person": after.asked_by, "path": path}
                yield Effect(f"{case_id}:ended:asker", "notice", told)
        case _:
            return
