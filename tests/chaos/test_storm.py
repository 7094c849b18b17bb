"""A short storm with a fixed seed; `make chaos` is the long one."""

from __future__ import annotations

from tests.chaos.storm import storm

APPLICATIONS, SEED, FAULTS = 100, 1, 16


def test_after_a_storm_everything_is_as_it_must_be() -> None:
    said: list[str] = []
    outcome = storm(APPLICATIONS, SEED, FAULTS, said.append)
    assert outcome.submitted == APPLICATIONS
    assert len(outcome.faults) >= 13, "not every kind of fault came"
    assert outcome.doubled_messages, "no message came twice"
    assert outcome.whole, (outcome, said)
