"""Who may approve, said once more and on its own: from rows, the route's YAML and the file of people alone.

Nothing of the engine is asked, so that a mistake in its rules shows as a difference here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from workflow.people import organisation_id, person_id

EVENTS = """
SELECT e.case_id, e.name, e.data, d.content->'steps' AS steps, d.content->'ways' AS ways
FROM events e JOIN cases c ON c.id = e.case_id JOIN definitions d ON d.hash = c.route_hash
ORDER BY e.position"""


@dataclass
class Person:
    roles: set[tuple[str, str]] = field(default_factory=set)
    rights: dict[str, set[str]] = field(default_factory=dict)


@dataclass
class Story:
    """What has been said of one case so far."""

    applicant: str = ""
    own_office: str | None = None
    entry: int = 0
    seats: dict[str, tuple[str, str]] = field(default_factory=dict)
    done: list[tuple[str, int, str]] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)
    recused: set[str] = field(default_factory=set)
    proposed: str = ""


def of_file(people: Mapping[str, Any]) -> dict[str, Person]:
    """By id, everybody of a people.yaml."""
    found: dict[str, Person] = {}
    for one in people["staff"]:
        found.setdefault(str(person_id(one["email"])), Person()).roles |= set(map(tuple, one["roles"]))
    for body in people["organisations"]:
        for one in body["members"]:
            rights = found.setdefault(str(person_id(one["email"])), Person()).rights
            rights[str(organisation_id(body["code"]))] = set(one["rights"])
    return found


def unlawful(db: sa.Engine, people: Mapping[str, Person]) -> list[str]:
    """Everything done in these cases by somebody who might not."""
    with db.connect() as tx:
        return list(broken(tx.execute(sa.text(EVENTS)).all(), people))


def broken(rows: Iterable[Any], people: Mapping[str, Person]) -> Iterable[str]:
    """The same of rows of (case_id, name, data, steps, ways), in their order."""
    stories: dict[Any, Story] = {}
    for row in rows:
        told, data = stories.setdefault(row.case_id, Story()), row.data
        match row.name:
            case "Submitted":
                told.applicant, told.own_office = data["applicant"], data["facts"].get("applicant_office")
                told.recused |= set(data.get("recused", ()))
            case "Entered" | "Reseated":
                told.entry = data["entry"]
                told.seats = {seat["code"]: (seat["office"], seat["role"]) for seat in data["seats"]}
            case "Declared":
                told.declared.add(data["by"])
            case "Recused":
                told.recused.add(data["by"])
                told.declared.discard(data["by"])
            case "Completed":
                why = why_not(told, data, row.steps[data["step"]], people[data["by"]])
                if why:
                    yield f"{row.case_id}: {data['by']} at {data['step']}: {why}"
                told.done.append((data["step"], data["entry"], data["by"]))
            case "WayProposed":
                told.proposed = data["by"]
            case "WayTaken":
                if "second" in row.ways[data["way"]] and told.proposed in ("", data["by"]):
                    yield f"{row.case_id}: {data['by']} alone took {data['way']}"


def why_not(told: Story, data: Mapping[str, Any], step: Mapping[str, Any], one: Person) -> str:
    """Which rule this approval breaks; empty: none."""
    by, (office, role) = data["by"], told.seats.get(data["seat"], ("", ""))
    if role == "applicant":
        signs = one.rights.get(told.applicant, set()) & {"sign", "cosign"}
        return "" if signs else "does not sign for the applicant"
    gate = step.get("gate") or {"but": [role for _, role in one.roles]}
    free = set(gate["but"]) if isinstance(gate, Mapping) else set()
    rules = {
        "another visit": data["entry"] != told.entry,
        "not the role": (office, role) not in one.roles,
        "own organisation": told.applicant in one.rights,
        "own office": told.own_office is not None and told.own_office in {office for office, _ in one.roles},
        "recused": by in told.recused,
        "not declared": not free & {role for _, role in one.roles} and by not in told.declared,
        "four eyes": any(who == by and at in step.get("not_by", ()) for at, _, who in told.done),
        "two seats": any(who == by and entry == data["entry"] for _, entry, who in told.done),
    }
    return ", ".join(rule for rule, is_broken in rules.items() if is_broken)
