"""Money is whole Rappen inside, CHF 12'345.50 outside; so are the accounts it goes to, in fours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from workflow.texts import ZURICH

# Thousands apart as keyboards and spreadsheets write them; «.–» and «.--» stand for no Rappen.
_AMOUNT = re.compile(
    r"(?:CHF|Fr\.)?(-?)(\d{1,3}(?:['’\u02bc]\d{3})+|\d+)(?:[.,](?:(\d{1,2})|[-–—]{1,2}))?",
    re.ASCII | re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")


def format_amount(rappen: int) -> str:
    """12'345.50, without the currency: for inputs and columns of figures."""
    francs, rest = divmod(abs(rappen), 100)
    return f"{'-' if rappen < 0 else ''}{francs:,}".replace(",", "'") + f".{rest:02d}"


def format_chf(rappen: int) -> str:
    """CHF 12'345.50 (apostrophe U+0027), from Rappen."""
    return f"CHF {format_amount(rappen)}"


def format_iban(iban: str) -> str:
    """CH93 0076 2011 6238 5295 7, as it stands on paper."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def parse_chf(text: str) -> int:
    """Rappen from 12'345.50, 12’345.50, 12345, 38'000.–, CHF 38000.5; ValueError for anything else."""
    match = _AMOUNT.fullmatch(_SPACES.sub("", text))
    if match is None:
        raise ValueError(f"not an amount of money: {text[:40]!r}")
    sign, francs, rest = match.groups()
    rappen = int(re.sub(r"\D", "", francs)) * 100 + int((rest or "0").ljust(2, "0"))
    return -rappen if sign else rappen


def instalment(granted: int, paid: int, percents: Sequence[int]) -> tuple[int, int]:
    """(number from 1, Rappen) of what is to be paid next, so many having been paid; (0, 0): nothing more."""
    so_far = 0
    for number, part in enumerate(split(granted, percents), 1):
        so_far += part
        if so_far > paid:
            return number, so_far - paid
    return 0, 0


def paid_of(parts: Sequence[int], paid: int) -> list[int]:
    """How many Rappen of each part are paid, so many having been paid in all: the first ones first."""
    return [max(0, min(part, paid - sum(parts[:before]))) for before, part in enumerate(parts)]


def split(rappen: int, percents: Sequence[int]) -> list[int]:
    """An amount in parts of so many per cent, each rounded down; the last one is what is left."""
    parts = [rappen * percent // 100 for percent in percents[:-1]]
    return [*parts, rappen - sum(parts)]


def in_force_from(posted: date, days: int) -> date:
    """From this day on an order cannot be appealed against: so many calendar days after its posting."""
    return posted + timedelta(days=days + 1)


def repaid_by(since: datetime, days: int) -> date:
    """The last day for paying back what a settlement at `since` has found to be too much: calendar days."""
    return since.astimezone(ZURICH).date() + timedelta(days=days)
