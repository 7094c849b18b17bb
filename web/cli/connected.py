"""What commands that work on a real installation share: its settings, its database, and how they refuse."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from workflow.errors import FoerderwegError
from workflow.settings import Settings, SettingsError, programme_folder
from workflow.store import queries


class CommandError(Exception):
    """A command cannot do what it is asked; the message is for the person at the command line."""


def folder_named(name: str) -> Path:
    """A programme's folder, as an argument of a command."""
    try:
        return programme_folder(name)
    except SettingsError as error:
        raise ArgumentTypeError(f"{name!r} is not {error.expected}") from error


@contextmanager
def database(env: Mapping[str, str]) -> Iterator[tuple[sa.Engine, Settings]]:
    """The migrated database that this environment names; raises SettingsError and CommandError."""
    settings = Settings.from_env(env)
    engine = sa.create_engine(settings.database_url, hide_parameters=True)
    try:
        if not queries.migrated(engine):
            raise CommandError("the tables are not those of this version: run `foerderweg migrate` first")
        yield engine, settings
    except FoerderwegError as error:
        raise CommandError(str(error)) from error
    finally:
        engine.dispose()
