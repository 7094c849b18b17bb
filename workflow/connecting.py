"""How web and workers are connected: a process that stands still must not hold up the others for ever."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

LIMITS = {
    # A process that was stopped in the middle of a transaction loses it, and its locks, after this time.
    "idle_in_transaction_session_timeout": "10s",
    # Who waits longer for a lock is told to try again, instead of waiting with all who wait behind.
    "lock_timeout": "15s",
    "statement_timeout": "60s",
}


IDLE_TOO_LONG = "25P03"


def is_away(error: BaseException) -> bool:
    """The database did not answer, or gave up on this connection: nothing that was asked is to blame."""
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    gave_up = error.connection_invalidated or getattr(error.orig, "sqlstate", None) == IDLE_TOO_LONG
    return gave_up or isinstance(error, sa.exc.InterfaceError | sa.exc.OperationalError)


def connect(url: str, **pool: Any) -> sa.Engine:
    """An engine whose connections the database gives up on when they stand still. `pool`: its settings."""
    # hide_parameters: messages of database errors would carry what people wrote
    options = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())
    arguments = {"options": options, "connect_timeout": 5}
    return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments, **pool)
