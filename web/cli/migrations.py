"""Runs the migrations, and checks that they make exactly the tables of the code."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

import workflow.store
from workflow.store.tables import metadata


def migrate(owner_url: str) -> None:
    """Run every migration that the database has not seen yet; `owner_url` is the tables' owner's."""
    with migrating(owner_url) as config:
        command.upgrade(config, "head")


@contextmanager
def migrating(owner_url: str) -> Iterator[Config]:
    """What alembic's commands take, over one transaction of the owner."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    folder = Path(workflow.store.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    with _connection(owner_url) as connection:
        config.attributes["connection"] = connection
        yield config


def differences(owner_url: str) -> list[Any]:
    """What alembic would still change in a migrated database to make it the tables of the code."""
    with _connection(owner_url) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))


@contextmanager
def _connection(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        yield connection
