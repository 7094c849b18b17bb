"""Whose account grants are paid from, as the programme says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from workflow.errors import RouteError
from workflow.funding.answers import Limits, read_iban, read_text

DOMESTIC = ("CH", "LI")
"""Countries between whose accounts banks here pay in francs as at home."""


@dataclass(frozen=True, slots=True)
class Payer:
    """`iban`: without spaces, of Switzerland or Liechtenstein, no QR-IBAN."""

    name: str
    iban: str


def parse_payer(raw: Mapping[str, Any] | None) -> Payer | None:
    """None where a programme makes no payment files; RouteError (payer_unclear) for what no bank debits."""
    if raw is None:
        return None
    try:
        payer = Payer(read_text(raw["name"], Limits()), read_iban(raw["iban"], Limits()))
    except ValidationError:
        raise RouteError("payer_unclear", at="payer") from None
    if not payer.name or not payer.iban.startswith(DOMESTIC):
        raise RouteError("payer_unclear", at="payer")
    return payer
