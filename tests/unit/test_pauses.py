"""How long an effect waits after an attempt that failed, however many there were."""

from __future__ import annotations

from datetime import timedelta

import pytest

from workflow.store.outbox import LONGEST_PAUSE, pause


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, 16), (60, 16), (10**6, 16)]
)
def test_pauses_double_up_to_the_longest(attempt: int, seconds: int) -> None:
    assert pause(attempt) == timedelta(seconds=seconds) <= LONGEST_PAUSE
