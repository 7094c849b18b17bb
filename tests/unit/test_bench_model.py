"""The queueing model agrees with what is known in closed form."""

from __future__ import annotations

import pytest

from tests.bench.size.model import costs, needs, waiting


def test_one_server_waits_as_the_textbook_says() -> None:
    # M/M/1 at half its rate: as long before service as in it
    assert waiting(a_second=50, service=0.01, servers=1) == pytest.approx(10)
    # M/M/2 at half of its rate: a third of the service time
    assert waiting(a_second=100, service=0.01, servers=2) == pytest.approx(10 / 3)
    assert waiting(a_second=200, service=0.01, servers=2) is None


def test_what_costs_most_fills_first() -> None:
    report = {"lines": [{"what": "all", "requests": 100}], "seconds": {"web": 2.0, "postgres": 0.5}}
    cost = costs(report)
    assert cost == {"web": 20.0, "postgres": 5.0}
    one, ten, hundred = needs(cost, a_second=10)
    assert (one.first, one.planned) == ("web", {"web": 1, "postgres": 1})
    assert ten.wait is None
    assert hundred.planned["web"] == 29
