"""Organisations that registered twice become one; both ids go on meaning it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Flask

from tests.browsing import signed_in
from tests.integration.members import (
    COORDINATOR,
    GGG,
    HEKS,
    JONAS,
    LEAD,
    NEW,
    ORGANISATION,
    SELIN,
    actor,
    joined,
    notices,
    refused,
    register,
)
from tests.integration.walks import assert_kept, at_once, language, rows
from web.cli.story import Story
from workflow import organisations
from workflow.engine.commands import Submit, Withdraw
from workflow.errors import NotFound
from workflow.people import organisation_id
from workflow.service import Done, handle
from workflow.store import queries, sign_in


def test_what_was_registered_twice_becomes_one_and_both_ids_are_theirs(told: Story, app: Flask) -> None:
    case_id = told.submit(HEKS, language())
    draft = told.draft(HEKS, language())
    register(told)
    with refused("unconfirmed_stays"):
        organisations.merge(told.db, actor(told, COORDINATOR), ORGANISATION, NEW, now=told.now)
    organisations.decide(told.db, actor(told, COORDINATOR), NEW, confirm=True, now=told.now)
    organisations.merge(told.db, actor(told, COORDINATOR), ORGANISATION, NEW, now=told.now)
    for email in (HEKS, GGG):
        assert queries.application(told.db, actor(told, email), case_id) is not None
        assert queries.application(told.db, actor(told, email), draft) is not None
        assert len(queries.my_organisations(told.db, actor(told, email))) == (1 if email == HEKS else 2)
    [event] = rows(told.db, "SELECT data FROM events WHERE name = 'Submitted'")
    assert event.data["applicant"] == str(ORGANISATION)  # events hold what they held
    page = signed_in(app, GGG).open(f"/organisations/{ORGANISATION}")
    assert page.url.endswith(f"/organisations/{NEW}")
    handle(told.db, Withdraw(case_id), actor(told, GGG), uuid4(), told.now)
    told.route()
    assert_kept(told.db)
    with told.db.connect() as tx:
        mails = {row.email for row in sign_in.addresses_of_members(tx, ORGANISATION)}
    assert mails == {HEKS, JONAS, GGG}
    assert ("organisation_merged", f"organisations/{NEW}") in notices(told)
    with refused("same_organisation"):
        organisations.merge(told.db, actor(told, COORDINATOR), ORGANISATION, NEW, now=told.now)
    third = organisation_id("stimmen")
    organisations.merge(told.db, actor(told, COORDINATOR), NEW, third, now=told.now)
    assert queries.application(told.db, actor(told, HEKS), case_id) is not None  # an alias of an alias


def test_who_registered_what_there_was_already_gets_nothing_of_it(told: Story, app: Flask) -> None:
    case_id = told.submit(HEKS, language())
    register(told)
    joined(told, SELIN, "drafts", NEW, GGG)  # of HEKS already, and reads there
    joined(told, LEAD, "advises", NEW, GGG)
    before = [one.rights for one in of(told, ORGANISATION) if one.email == SELIN]
    organisations.merge(told.db, actor(told, COORDINATOR), NEW, ORGANISATION, now=told.now)
    assert queries.application(told.db, actor(told, GGG), case_id) is None
    there = {one.email: one.rights for one in of(told, ORGANISATION)}
    assert GGG not in there
    assert [there[SELIN]] == before
    assert there[LEAD] == []  # has advised one of theirs, and reviews nothing
    assert of(told, NEW) == []
    told_of = [
        ("organisation_merged", f"organisations/{ORGANISATION}"),
        ("organisation_taken", "applications"),
    ]
    assert [one for one in notices(told) if one in told_of] == told_of
    [own] = rows(told.db, "SELECT payload FROM outbox WHERE payload->>'text' = 'organisation_taken'")
    assert own.payload["person"] == actor(told, GGG).person
    page = signed_in(app, HEKS).open(f"/organisations/{ORGANISATION}").words()
    assert "Daniela Frey" in page  # whom to invite


def of(told: Story, organisation: UUID) -> Sequence[Any]:
    sql = "SELECT p.email, m.rights FROM memberships m JOIN persons p ON p.id = m.person_id"
    return rows(told.db, f"{sql} WHERE organisation_id = :id", id=organisation)


def test_two_of_different_kinds_stay_two(told: Story) -> None:
    school = organisation_id("gewerbeschule")
    with refused("kinds_differ"):
        organisations.merge(told.db, actor(told, COORDINATOR), ORGANISATION, school, now=told.now)


def test_merges_and_submissions_at_once_lose_nothing(told: Story) -> None:
    both = [ORGANISATION, organisation_id("stimmen")]
    for _ in range(10):
        gone, stays = both
        draft = told.draft(HEKS, language())
        merged, done = at_once(
            partial(organisations.merge, told.db, actor(told, COORDINATOR), gone, stays, now=told.now),
            partial(handle, told.db, Submit(draft), actor(told, HEKS), uuid4(), told.now),
        )
        assert merged is None
        if isinstance(
            done, NotFound
        ):  # who asked was looked up before the merge: the next click is theirs again
            handle(told.db, Submit(draft), actor(told, HEKS), uuid4(), told.now)
        else:
            assert isinstance(done, Done)
        for table in ("cases", "applications", "memberships"):
            assert rows(told.db, f"SELECT * FROM {table} WHERE organisation_id = :id", id=gone) == []
        both.reverse()
        with told.db.begin() as tx:  # apart again: the one that stayed goes next
            alive = sa.text("UPDATE organisations SET merged_into = NULL WHERE id = :id")
            tx.execute(alive, {"id": gone})
    assert_kept(told.db)
