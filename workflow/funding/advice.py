"""Which way in: needs in people's own words, and whom to ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflow.funding.questions import Labels


@dataclass(frozen=True, slots=True)
class Need:
    """What somebody wants to do, as they would say it, and the funding area that it belongs to."""

    code: str
    area: str
    text: Labels


@dataclass(frozen=True, slots=True)
class Contact:
    """Who answers questions about an application. `areas`: of these alone (none named: of every one)."""

    office: str
    areas: frozenset[str]
    text: Labels | None = None
    phone: str = ""


def parse_needs(data: Sequence[Mapping[str, Any]]) -> tuple[Need, ...]:
    """Needs from their YAML shape; raises KeyError for what is missing."""
    return tuple(Need(raw["code"], raw["area"], raw["text"]) for raw in data)


def parse_contacts(data: Sequence[Mapping[str, Any]]) -> tuple[Contact, ...]:
    """Contacts from their YAML shape, the most special first; raises KeyError for what is missing."""
    return tuple(
        Contact(raw["office"], frozenset(raw.get("areas", ())), raw.get("text"), raw.get("phone", ""))
        for raw in data
    )


def contact_for(contacts: Sequence[Contact], area: str) -> Contact | None:
    """The first contact who answers for this area."""
    return next((one for one in contacts if not one.areas or area in one.areas), None)
