"""Signing in: the right password, sessions that end, guessing that is slowed down."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from tests.integration.walks import CHECKER, HEKS, at_once, rows
from web.cli.story import Story
from workflow import accounts
from workflow.accounts import MOST_ATTEMPTS, SESSION_HOURS, WINDOW, Session, sign_in, sign_out, who_is
from workflow.errors import NotAllowed, NotFound, TryLater
from workflow.people import person_id

PASSWORD = "geheim"


def enter(told: Story, email: str = HEKS, password: str = PASSWORD, source: str = "10.0.0.1") -> Session:
    return sign_in(told.db, email, password, source=source, kind="browser", now=told.now)


def guess(told: Story, email: str = HEKS, source: str = "10.0.0.1") -> str:
    with pytest.raises((NotAllowed, TryLater)) as caught:
        enter(told, email, "geraten", source)
    return str(caught.value.code)


def test_the_right_password_opens_a_session_of_that_person(told: Story) -> None:
    session = enter(told, f"  {CHECKER.upper()} ")
    found = who_is(told.db, session.token, kind="browser", now=told.now)
    assert found is not None
    assert (found.person_id, found.email, found.language) == (person_id(CHECKER), CHECKER, "de")
    assert found.actor == told.actors[CHECKER]
    assert session.token not in str(rows(told.db, "SELECT * FROM sessions"))


@pytest.mark.parametrize(
    ("email", "password"), [(HEKS, "falsch"), (HEKS, ""), ("niemand@heks.example", PASSWORD)]
)
def test_the_wrong_one_opens_nothing_and_does_not_say_what_was_wrong(
    told: Story, email: str, password: str
) -> None:
    with pytest.raises(NotAllowed, match="wrong_credentials"):
        enter(told, email, password)
    assert rows(told.db, "SELECT FROM sessions") == []


def test_too_many_guesses_must_wait_even_with_the_right_password(told: Story) -> None:
    assert [guess(told) for _ in range(MOST_ATTEMPTS)] == ["wrong_credentials"] * MOST_ATTEMPTS
    with pytest.raises(TryLater) as caught:
        enter(told)
    assert (caught.value.code, caught.value.params) == ("too_many_attempts", {"minutes": 15})
    assert guess(told, source="10.0.0.2") == "too_many_attempts"  # the same person from elsewhere
    assert guess(told, CHECKER) == "too_many_attempts"  # another person from the same place
    assert enter(told, CHECKER, source="10.0.0.2").token
    told.now += WINDOW
    assert enter(told).token


def test_a_right_password_forgets_the_slips_of_its_person_and_not_those_of_the_place(told: Story) -> None:
    for place in range(2):
        codes = [guess(told, source=f"10.0.1.{place}") for _ in range(MOST_ATTEMPTS - 1)]
        assert codes == ["wrong_credentials"] * (MOST_ATTEMPTS - 1)
        enter(told, source=f"10.0.2.{place}")
    enter(told, source="10.0.1.0")  # the right one is no slip
    assert guess(told, source="10.0.1.0") == "wrong_credentials"
    assert guess(told, CHECKER, source="10.0.1.0") == "too_many_attempts"


def test_guesses_side_by_side_count_too(told: Story) -> None:
    results = at_once(*[partial(enter, told, HEKS, "geraten")] * MOST_ATTEMPTS)
    assert {one.code for one in results if isinstance(one, NotAllowed)} == {"wrong_credentials"}
    assert guess(told) == "too_many_attempts"


def test_signing_out_ends_the_session_at_once(told: Story) -> None:
    one, other = enter(told), enter(told)
    sign_out(told.db, one.token)
    assert who_is(told.db, one.token, kind="browser", now=told.now) is None
    assert who_is(told.db, other.token, kind="browser", now=told.now) is not None


def test_a_session_ends_by_itself(told: Story) -> None:
    session = enter(told)
    assert session.until == told.now + timedelta(hours=SESSION_HOURS["browser"])
    last = session.until - timedelta(microseconds=1)
    assert who_is(told.db, session.token, kind="browser", now=last) is not None
    assert who_is(told.db, session.token, kind="browser", now=session.until) is None


def test_a_session_is_of_one_kind(told: Story) -> None:
    session = enter(told)
    assert who_is(told.db, session.token, kind="api", now=told.now) is None
    assert who_is(told.db, session.token + "x", kind="browser", now=told.now) is None
    assert who_is(told.db, "", kind="browser", now=told.now) is None


def test_the_one_click_of_a_demo_knows_only_people_who_are_there(told: Story) -> None:
    session = accounts.sign_in_as(told.db, person_id(CHECKER), now=told.now)
    assert who_is(told.db, session.token, kind="browser", now=told.now) is not None
    with pytest.raises(NotFound, match="no_such_person"):
        accounts.sign_in_as(told.db, person_id("niemand@heks.example"), now=told.now)
    assert {one.email for one in accounts.demo_people(told.db)} == set(told.actors)
