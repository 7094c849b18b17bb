"""Organisations in tests: who belongs to them, who joins, what was written down and told."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.integration.walks import rows
from web.cli.story import Story
from workflow import accounts, organisations
from workflow.accounts import SignedIn
from workflow.engine.case import Actor
from workflow.errors import FoerderwegError
from workflow.people import organisation_id, person_id

HEKS = "miriam.aebi@heks.example"
JONAS = "jonas.wirz@heks.example"
SELIN = "selin.arslan@heks.example"
GGG = "daniela.frey@ggg-migration.example"
COORDINATOR = "regula.keller@integration.bs.example"
LEAD = "barbara.wenger@erwachsenenbildung.bs.example"
ORGANISATION = organisation_id("heks")
OTHER = organisation_id("ggg-migration")
NEW = UUID("00000000-0000-4000-8000-0000000000aa")
RECORD: dict[str, dict[str, Any]] = {
    "organisation": {
        "name": "Verein Neuland",
        "legal_form": "association",
        "uid": "",
        "address": {"street": "Gasse 1", "postcode": "4057", "town": "Basel"},
    },
    "account": {"iban": "CH93 0076 2011 6238 5295 7", "holder": "Verein Neuland"},
    "signing": {"signing": "single"},
}


def who(told: Story, email: str) -> SignedIn:
    """This person as a session sees them now."""
    token = accounts.sign_in_as(told.db, person_id(email), now=told.now).token
    found = accounts.who_is(told.db, token, kind="browser", now=told.now)
    assert found is not None
    return found


def actor(told: Story, email: str) -> Actor:
    return who(told, email).actor


def give(told: Story, email: str, role: str, by: str = HEKS) -> None:
    organisations.set_role(told.db, actor(told, by), ORGANISATION, person_id(email), role, now=told.now)


def joined(told: Story, email: str, role: str, organisation: UUID = ORGANISATION, by: str = HEKS) -> UUID:
    """Invited and accepted."""
    asked = uuid4()
    organisations.invite(
        told.db, actor(told, by), organisation, email, role, now=told.now, invitation_id=asked
    )
    return organisations.answer(told.db, who(told, email), asked, accept=True, now=told.now)


def together(told: Story) -> None:
    """From now on HEKS signs with two: Jonas and Miriam."""
    give(told, JONAS, "signs_with")
    give(told, HEKS, "signs_with")


def register(told: Story, email: str = GGG, new: UUID = NEW, **about: str) -> None:
    given = {**RECORD, "organisation": {**RECORD["organisation"], **about}}
    organisations.register(told.db, actor(told, email), new, given, all_the_same=False, now=told.now)


def refused(code: str) -> Any:
    return pytest.raises(FoerderwegError, match=f"^{code}")


def kinds(told: Story, organisation: UUID) -> list[str]:
    sql = "SELECT kind FROM organisation_log WHERE organisation_id = :id ORDER BY id"
    return [row.kind for row in rows(told.db, sql, id=organisation)]


def notices(told: Story) -> list[tuple[str, str]]:
    found = rows(told.db, "SELECT payload FROM outbox WHERE kind = 'notice' ORDER BY next_try, key")
    return [(row.payload["text"], row.payload["path"]) for row in found]
