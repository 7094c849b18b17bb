"""Persons, their roles in offices, organisations and who belongs to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import insert

from workflow.store.tables import memberships, organisations, persons, staff_roles

Rows = Sequence[Mapping[str, Any]]


def add(tx: Connection, *, people: Rows, roles: Rows, bodies: Rows, members: Rows) -> None:
    """Add what is not there yet, and leave alone what is. Each row has all columns of its table:

    `people` persons (mail addresses in lower case), `roles` staff_roles, `bodies` organisations, `members`
    memberships.
    """
    _insert(tx, persons, people)
    _insert(tx, staff_roles, roles)
    _insert(tx, organisations, bodies)
    _insert(tx, memberships, members)


def _insert(tx: Connection, table: Table, rows: Rows) -> None:
    if rows:
        tx.execute(insert(table).on_conflict_do_nothing(), rows)
