"""Which part of a grant is due: some wait for a report that has been accepted."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.builders import KIP3
from workflow.errors import RouteError
from workflow.funding.instalments import Next, following
from workflow.funding.programme import load_folder
from workflow.publishable import checked_bundle

BUNDLE = load_folder(KIP3)
GRANTED = 100_000_00
L: dict[str, Any] = BUNDLE.programme["terms"]["L"]


@pytest.mark.parametrize(
    ("paid", "accepted", "number", "amount", "due", "waits"),
    [
        (0, (), 1, 50_000_00, 50_000_00, None),
        (20_000_00, (), 1, 30_000_00, 30_000_00, None),
        (50_000_00, (), 2, 40_000_00, 0, "interim"),
        (50_000_00, ("interim",), 2, 40_000_00, 40_000_00, None),
        (90_000_00, ("interim",), 3, 10_000_00, 0, "report"),
        (
            50_000_00,
            ("report",),
            2,
            40_000_00,
            50_000_00,
            None,
        ),  # the final report says more than the interim
        (60_000_00, (), 2, 30_000_00, 0, "interim"),  # somebody has paid ahead
        (90_000_00, (), 3, 10_000_00, 0, "report"),
        (100_000_00, ("report",), 0, 0, 0, None),
    ],
)
def test_an_instalment_waits_for_its_report(
    paid: int, accepted: tuple[str, ...], number: int, amount: int, due: int, waits: str | None
) -> None:
    found = following(GRANTED, paid, L, accepted)
    assert (found.number, found.count, found.amount, found.due) == (number, 3, amount, due)
    assert (found.waits.child if found.waits else None) == waits


def test_each_yearly_instalment_waits_for_a_report_of_its_own() -> None:
    terms = BUNDLE.programme["terms"]["XL"]
    due = [following(GRANTED, 0, terms, ("interim",) * reports).due for reports in range(5)]
    assert due == [23_000_00, 45_000_00, 68_000_00, 90_000_00, 90_000_00]
    second = following(GRANTED, 45_000_00, terms, ("interim",))
    assert second.waits is not None
    assert (second.number, second.waits.text["de"]) == (3, "Genehmigung des zweiten Zwischenberichts")
    assert following(GRANTED, 0, terms, ("report",)).due == GRANTED


def test_terms_that_say_nothing_of_reports_pay_one_after_the_other() -> None:
    assert following(10_000_00, 6_000_00, {"instalments": [60, 40]}, ()) == Next(2, 2, 4_000_00, 4_000_00)
    assert following(10_000_00, 0, {}, ()) == Next(1, 1, 10_000_00, 10_000_00)


@pytest.mark.parametrize(
    ("size", "waits", "said"),
    [
        ("M", [{"from": 3, "child": "report"}], "waits_unclear at=terms.M"),
        ("M", [{"from": "2", "child": "report"}], "wrong_value at=terms.M.waits.0.from"),
        ("M", [{"child": "report"}], "missing_key at=terms.M.waits.0.from"),
        ("L", [{"from": 3, "child": "report"}, {"from": 2, "child": "interim"}], "waits_unclear at=terms.L"),
        ("M", [{"from": 2, "child": "interim"}], "unknown_child at=terms.M child=interim"),
        ("M", [{"from": 2, "child": "amendment"}], "never_accepted at=terms.M child=amendment"),
    ],
)
def test_what_an_instalment_waits_for_can_come(size: str, waits: list[dict[str, Any]], said: str) -> None:
    bundle = deepcopy(BUNDLE)
    text = bundle.programme["terms"]["M"]["waits"][0]["text"]
    bundle.programme["terms"][size]["waits"] = [one | {"text": text} for one in waits]
    with pytest.raises(RouteError, match=said):
        checked_bundle(bundle)
