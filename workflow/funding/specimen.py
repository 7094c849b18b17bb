"""Made-up data for looking at a letter before anybody gets one."""

from __future__ import annotations

from collections.abc import Iterator

from workflow.funding.letters import Order, Remedy, remedy
from workflow.funding.programme import Programme


def specimens(programme: Programme) -> Iterator[Order]:
    """With conditions and without, and by each who decides; of an office's own measure without a remedy."""
    remedies: list[Remedy | None] = [remedy(programme, role) for role in programme.remedy["authorities"]]
    if any(office.own_measures for office in programme.offices.values()):
        remedies.append(None)
    order = specimen(programme)
    for one in remedies:
        yield {**order, "remedy": one}
        yield {**order, "remedy": one, "conditions": []}


def specimen(programme: Programme) -> Order:
    """An order of this programme about a project that nobody handed in."""
    year = max(programme.years)
    size = next(iter(programme.terms))
    terms = programme.terms[size]
    offices = [programme.own(one.title) for one in programme.offices.values()]
    calls = [programme.own(one.title) for one in programme.calls.values()]
    return {
        "language": programme.languages[0],
        "number": f"{programme.number}-{year}-00000",
        "programme": programme.own(programme.title),
        "call": calls[0] if calls else "–",
        "sender": {
            "canton": programme.own(programme.canton),
            "department": programme.own(programme.sender["department"]),
            "office": programme.own(programme.sender["office"]),
            "address": programme.own(programme.sender["address"]),
            "mail": programme.sender["mail"],
        },
        "addressee": ["Muster & Beispiel", "Musterweg 1", "4000 Musterstadt"],
        "organisation": "Muster & Beispiel",
        "project": {"title": "Muster", "since": f"{year}-02-01", "until": f"{year}-11-30"},
        "area": programme.own(next(iter(programme.areas.values())).title),
        "submitted_on": f"{year - 1}-09-30",
        "opened_on": f"{year}-05-01",
        "requested": 12_345_50,
        "asked": 12_345_50,
        "granted": 10_000_00,
        "accounted": 9_000_00,
        "settled": 8_000_00,
        "reviewed_by": offices[:1],
        "reasons": "Lorem ipsum dolor sit amet.\nConsetetur sadipscing elitr.",
        "conditions": ["Lorem ipsum.", "Dolor sit amet."],
        "resolution": None,
        "budget_confirmed_on": f"{year - 1}-12-01",
        "declined_on": None,
        "instalments": terms["instalments"],
        "report": programme.own(terms["report"]),
        "report_days": terms["report_days"],
        "repay_days": terms.get("repay_days", 0),
        "remedy": remedy(programme, next(iter(programme.remedy["authorities"]))),
        "copies": offices[:1],
        "signatures": [{"name": "M. Muster", "function": offices[0]}],
    }
