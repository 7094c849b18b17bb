"""When a mail is wanted: once a day, never in quiet hours, over weekends and changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.mail_times import AT_ONCE, MailTimes, wanted_at
from workflow.texts import ZURICH

DAILY = MailTimes(digest_hour=7)
NIGHTS = MailTimes(quiet_from=18, quiet_until=7)
NOON = MailTimes(quiet_from=12, quiet_until=14)
FREE = MailTimes(quiet_from=18, quiet_until=7, quiet_weekend=True)
ALL = MailTimes(digest_hour=22, quiet_from=18, quiet_until=7, quiet_weekend=True)


def zurich(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZURICH)


@pytest.mark.parametrize(
    ("times", "at", "wanted"),
    [
        (AT_ONCE, "2026-11-26 03:00", None),
        (DAILY, "2026-11-26 06:59", "2026-11-26 07:00"),
        (DAILY, "2026-11-26 07:00", "2026-11-27 07:00"),
        (DAILY, "2026-03-28 20:00", "2026-03-29 07:00"),  # summer time begins in between
        (NIGHTS, "2026-11-26 17:59", None),
        (NIGHTS, "2026-11-26 18:00", "2026-11-27 07:00"),
        (NIGHTS, "2026-11-26 06:30", "2026-11-26 07:00"),
        (NIGHTS, "2026-11-26 07:00", None),
        (NIGHTS, "2026-10-24 23:30", "2026-10-25 07:00"),  # summer time ends in between
        (NOON, "2026-11-26 13:59", "2026-11-26 14:00"),
        (FREE, "2026-11-27 18:05", "2026-11-30 07:00"),  # a Friday evening
        (FREE, "2026-11-28 12:00", "2026-11-30 07:00"),
        (ALL, "2026-11-26 08:00", "2026-11-27 07:00"),  # the daily hour lies in the quiet ones
    ],
)
def test_the_moment(times: MailTimes, at: str, wanted: str | None) -> None:
    assert wanted_at(times, zurich(at).astimezone(UTC)) == (zurich(wanted) if wanted else None)


def test_what_is_urgent_waits_for_quiet_hours_alone() -> None:
    assert wanted_at(DAILY, zurich("2026-11-26 08:00"), urgent=True) is None
    assert wanted_at(ALL, zurich("2026-11-26 20:00"), urgent=True) == zurich("2026-11-27 07:00")


HOURS = st.none() | st.integers(0, 23)


@given(HOURS, HOURS, HOURS, st.booleans(), st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)))
def test_within_four_days_and_then_it_is_wanted(
    digest: int | None, since: int | None, until: int | None, weekend: bool, moment: datetime
) -> None:
    times, now = MailTimes(digest, since, until, weekend), moment.replace(tzinfo=UTC)
    if times.problems():
        return
    at = wanted_at(times, now)
    if at is not None:
        assert now < at <= now + timedelta(days=4)
        assert wanted_at(times, at, urgent=True) is None


@pytest.mark.parametrize(
    ("times", "field"),
    [
        (MailTimes(digest_hour=24), "digest_hour"),
        (MailTimes(quiet_from=18), "quiet_until"),
        (MailTimes(quiet_until=7), "quiet_from"),
        (MailTimes(quiet_from=7, quiet_until=7), "quiet_until"),
    ],
)
def test_what_makes_no_sense(times: MailTimes, field: str) -> None:
    assert list(times.problems()) == [field]
