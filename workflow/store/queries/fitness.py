"""Is this database fit to be worked on? For whoever starts or watches an installation."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from workflow.store.queries.versions import newest_revision
from workflow.store.tables import programmes

LEAST_SERVER = 15


@dataclass(frozen=True, slots=True)
class Fitness:
    """`server`: PostgreSQL's major version; `tables`: missing | older | newer | right."""

    server: int
    tables: str
    has_programme: bool
    may_change_facts: bool


def table_names(url: str) -> list[str]:
    """All tables of a database, by its URL."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as tx:
        return sa.inspect(tx).get_table_names()


def fitness(db: sa.Engine) -> Fitness:
    """What this role finds in this database; raises what the driver raises when there is none."""
    with db.connect() as tx:
        server = int(tx.execute(sa.text("SHOW server_version_num")).scalar_one()) // 10000
        if not sa.inspect(tx).has_table("alembic_version"):
            return Fitness(server, "missing", False, False)
        there = str(tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none())
        if there != (newest := newest_revision()):
            return Fitness(server, "older" if there < newest else "newer", False, False)
        programme = tx.execute(sa.select(programmes.c.code).limit(1)).one_or_none()
        rights = "SELECT has_table_privilege('events', 'UPDATE') OR has_table_privilege('events', 'DELETE')"
        return Fitness(server, "right", programme is not None, bool(tx.execute(sa.text(rights)).scalar_one()))
