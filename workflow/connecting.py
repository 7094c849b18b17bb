"""How web and workers are connected: a process that stands still must not hold up the others for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa

LIMITS = {
    # A process that was stopped in the middle of a transaction loses it, and its locks, after this time.
    "idle_in_transaction_session_timeout": "10s",
    # Who waits longer for a lock is told to try again, instead of waiting with all who wait behind.
    "lock_timeout": "15s",
    "statement_timeout": "60s",
    # Compiling a statement takes longer than any page's; over a million cases PostgreSQL would think it pays.
    "jit": "off",
}
REST_SECONDS = 1.0
"""A connection that lay idle longer is tried before it is used: the server may have gone in between."""

IDLE_TOO_LONG = "25P03"


@sa.event.listens_for(sa.Pool, "connect")
def _left_to_us(connection: Any, _record: Any) -> None:
    """Of whatever engine: psycopg would forget all prepared statements at each ROLLBACK, ours as well."""
    connection.prepare_threshold = None


def is_away(error: BaseException) -> bool:
    """The database is silent, gave up on this connection, or none was free: no question is to blame."""
    invalidated = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    plain = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    gave_up = invalidated or getattr(plain, "sqlstate", None) == IDLE_TOO_LONG
    broken = isinstance(plain, psycopg.InterfaceError | psycopg.OperationalError)
    return gave_up or is_busy(error) or broken


def is_busy(error: BaseException) -> bool:
    """All of this process's own connections are taken."""
    return isinstance(error, sa.exc.TimeoutError)


def is_unfit(error: BaseException) -> bool:
    """What somebody sent is nothing that PostgreSQL can hold, such as a text with the character NUL."""
    return isinstance(error, sa.exc.DataError | psycopg.DataError)


def connect(url: str, **pool: Any) -> sa.Engine:
    """An engine whose connections the database gives up on when they stand still. `pool`: its settings."""
    # hide_parameters: messages of database errors would carry what people wrote
    options = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())
    arguments = {"options": options, "connect_timeout": 5}
    db = sa.create_engine(url, hide_parameters=True, connect_args=arguments, **pool)

    def came_back(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    def goes_out(connection: Any, record: Any, _proxy: Any) -> None:
        rests_since = record.info.get("rests_since")
        if rests_since is None or time.monotonic() - rests_since < REST_SECONDS:
            return
        try:
            db.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise sa.exc.InvalidatePoolError from error  # the pool then makes a new one

    sa.event.listen(db, "checkin", came_back)
    sa.event.listen(db, "checkout", goes_out)
    return db


@contextmanager
def autocommit(db: sa.Engine) -> Iterator[sa.Connection]:
    """A connection on which each statement is a transaction of its own, without a BEGIN and a COMMIT.

    For reading it shows the same: in READ COMMITTED each statement has a moment of its own anyway.
    """
    with db.connect() as connection:
        below = plain(connection)
        below.autocommit = True  # as isolation_level="AUTOCOMMIT", for a third of its price
        try:
            yield connection
        finally:
            if not below.closed:
                below.autocommit = False


def plain(tx: sa.Connection) -> psycopg.Connection[Any]:
    """The connection below SQLAlchemy's, for the hot statements: half the price. Raises psycopg's errors."""
    found = tx.connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found
