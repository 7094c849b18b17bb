"""Amounts: read as people write them, shown as Switzerland does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.funding.money import format_amount, format_chf, instalment, paid_of, parse_chf, split


@pytest.mark.parametrize(
    ("text", "rappen"),
    [
        ("12'345.50", 1_234_550),
        ("12’345.50", 1_234_550),
        ("12345", 1_234_500),
        ("38'000.–", 3_800_000),
        ("38'000.--", 3_800_000),
        ("CHF 38000.5", 3_800_050),
        ("Fr. 12 345,05", 1_234_505),
        ("12\u202f345", 1_234_500),
        ("-0.05", -5),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, rappen: int) -> None:
    assert parse_chf(text) == rappen


@pytest.mark.parametrize(
    "text", ["", "abc", "38.000", "1'00", "1.2.3", "12'34", "١٢", "1e5", "EUR 5", "5.123", "--5"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_chf(text)


def test_amounts_are_shown_with_a_straight_apostrophe() -> None:
    assert format_chf(1_234_550) == "CHF 12'345.50"
    assert format_amount(-5) == "-0.05"


@given(st.integers(-(10**14), 10**14))
def test_every_amount_reads_back(rappen: int) -> None:
    assert parse_chf(format_chf(rappen)) == rappen


@given(st.integers(0, 10**11), st.sampled_from([[100], [80, 20], [50, 40, 10], [23, 22, 23, 22, 10]]))
def test_instalments_add_up_to_what_was_granted(rappen: int, percents: list[int]) -> None:
    parts = split(rappen, percents)
    assert sum(parts) == rappen
    assert all(
        abs(part - rappen * percent / 100) < len(percents)
        for part, percent in zip(parts, percents, strict=True)
    )


@given(st.integers(1, 10**11), st.integers(0, 100), st.sampled_from([[100], [80, 20], [50, 40, 10]]))
def test_what_is_paid_fills_the_instalments_in_their_order(
    rappen: int, percent_paid: int, percents: list[int]
) -> None:
    parts, paid = split(rappen, percents), rappen * percent_paid // 100
    done = paid_of(parts, paid)
    assert sum(done) == paid
    number, left = instalment(rappen, paid, percents)
    assert [
        (at, part - so_far)
        for at, (part, so_far) in enumerate(zip(parts, done, strict=True), 1)
        if part > so_far
    ][:1] == ([(number, left)] if number else [])
