"""People and organisations from a file: for demos, the job and tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Engine

from workflow import accounts
from workflow.funding.programme import load_yaml
from workflow.store import people

ADDRESS = ("name", "legal_form", "street", "postcode", "town")


def read_people(programme: Path) -> dict[str, Any]:
    """The invented people that come with the programme of this folder."""
    return load_yaml(programme / "demo" / "people.yaml")


def load_people(db: Engine, data: Mapping[str, Any], *, password: str) -> None:
    """Add these people, all with the same password; those who are there already stay as they are."""
    named = [*data["staff"], *(member for body in data["organisations"] for member in body["members"])]
    password_hash = accounts.HASHER.hash(password)
    with db.begin() as tx:
        people.add(
            tx,
            people=[
                {"id": person_id(one["email"]), "email": one["email"], "name": one["name"], "language": "de"}
                | {"password_hash": password_hash}
                for one in named
            ],
            roles=[
                {"person_id": person_id(one["email"]), "office": office, "role": role}
                for one in data["staff"]
                for office, role in one["roles"]
            ],
            bodies=[
                {"id": organisation_id(body["code"])}
                | {name: body[name] for name in ADDRESS}
                | {"kind": body.get("kind", "non_state"), "office": body.get("office")}
                for body in data["organisations"]
            ],
            members=[
                {"person_id": person_id(member["email"]), "rights": member["rights"]}
                | {"organisation_id": organisation_id(body["code"])}
                for body in data["organisations"]
                for member in body["members"]
            ],
        )


def person_id(email: str) -> UUID:
    """The id that a person of such a file gets."""
    return uuid5(NAMESPACE_URL, f"mailto:{email}")


def organisation_id(code: str) -> UUID:
    """The id that an organisation of such a file gets."""
    return uuid5(NAMESPACE_URL, f"organisation:{code}")
