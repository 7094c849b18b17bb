"""Who filled in an application for its organisation as an adviser, and on whose word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.store import signatures


@dataclass(frozen=True, slots=True)
class Advised:
    """An adviser saved this section for the organisation, `at` last.

    The consent: `consent_by` (a name; empty where people were imported) invited them, they said yes at
    `since`; `ended`: it has been taken back since.
    """

    section: str
    name: str
    at: datetime
    consent_by: str
    since: datetime
    ended: bool


def advised(tx: sa.Connection, application_id: UUID) -> list[Advised]:
    """The latest first."""
    return advised_of(signatures.advised(tx, application_id))


def advised_of(rows: Iterable[Any]) -> list[Advised]:
    """Of rows of signatures.CONSENTS."""
    return [
        Advised(one.section, one.name, one.at, one.consent_by or "", one.since, one.ended) for one in rows
    ]
