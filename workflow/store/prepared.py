"""The hottest statements: prepared once a connection, then sent by libpq's own call.

psycopg's cursor spends 130 µs of CPU on a case that is read, and parses a statement with more than 50
parameters again each time; this spends 35. See docs/decisions/2026-11-26-core.md.
"""

from __future__ import annotations

import itertools
import select
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg.abc import Transformer as Reader
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

MOST = 100
"""So many statements a connection keeps prepared; the one prepared first makes room."""

OUTGROWN = b"0A000"
"""What PostgreSQL says of one that reads all columns of a table which a newer version has given another."""
UNKNOWN = b"26000"
"""One that made room for another which was asked together with it."""

Asked = tuple[bytes, Sequence[object], bool]
"""What `sent` is given: statement, values, keep."""

_numbers = itertools.count()
_prepared: WeakKeyDictionary[psycopg.Connection[Any], dict[bytes, bytes]] = WeakKeyDictionary()


def rows(connection: psycopg.Connection[Any], statement: bytes, values: Iterable[object]) -> list[Any]:
    """The rows of a statement with $1, $2 …, whose values are sent as text. Raises psycopg's errors.

    Begins the transaction if the connection is to have one, as a cursor does.
    """
    return loaded(Transformer(connection), sent(connection, statement, values), tuple)


def sent(
    connection: psycopg.Connection[Any], statement: bytes, values: Iterable[object], *, keep: bool = True
) -> PGresult:
    """The same, its result as it came. `keep`: prepared; else it is planned for these values."""
    link = connection.pgconn
    if not connection.autocommit and link.transaction_status == TransactionStatus.IDLE:
        _good(connection, link.exec_(b"BEGIN"))
    texts = _texts(values)
    if not keep:
        return _good(connection, link.exec_params(statement, texts))
    result = link.exec_prepared(_name_of(connection, statement), texts)  # type: ignore[arg-type]  # None is NULL
    if result.error_field(DiagnosticField.SQLSTATE) == OUTGROWN:
        del _prepared[connection][statement]
        if connection.autocommit:  # else the transaction is lost, and the next one prepares it anew
            result = link.exec_prepared(_name_of(connection, statement), texts)  # type: ignore[arg-type]
    return _good(connection, result)


def sent_together(connection: psycopg.Connection[Any], asked: Sequence[Asked]) -> list[PGresult]:
    """`sent` of each, for one way there and back.

    Neither side goes to sleep between them and has to be woken up, which costs more than most of them.
    """
    if not connection.autocommit:
        return [sent(connection, what, values, keep=keep) for what, values, keep in asked]
    ready = [(keep and _name_of(connection, what), what, _texts(values)) for what, values, keep in asked]
    link = connection.pgconn
    link.enter_pipeline_mode()
    try:
        for name, what, texts in ready:
            if name:
                link.send_query_prepared(name, texts)
            else:
                link.send_query_params(what, texts)
        link.pipeline_sync()
        results = _piped(link, len(asked))
        link.exit_pipeline_mode()
    except BaseException:
        link.finish()  # nobody could tell whose the next result is
        raise
    for result in results:
        if result.error_field(DiagnosticField.SQLSTATE) in (OUTGROWN, UNKNOWN):
            return [sent(connection, what, values, keep=keep) for what, values, keep in asked]
        _good(connection, result)
    return results


def _piped(link: PGconn, count: int) -> list[PGresult]:
    """So many results, None after each, and the pipeline's end. Waits here: PQgetResult keeps the GIL."""
    waits = select.poll()
    waits.register(link.socket, select.POLLIN | select.POLLOUT)
    while link.flush():  # more than the socket takes at once
        waits.poll()
        link.consume_input()
    waits.modify(link.socket, select.POLLIN)
    came = []
    for _ in range(2 * count + 1):
        while link.is_busy():
            waits.poll()
            link.consume_input()
        came.append(link.get_result())
    return [one for one in came[:-1] if one is not None]


def loaded(reader: Reader, result: PGresult, make: Callable[[Sequence[Any]], Any]) -> list[Any]:
    """The rows of a result as Python's values, each as `make` makes it. `reader` knows the types it met."""
    reader.set_pgresult(result)
    return reader.load_rows(0, result.ntuples, make)


def _texts(values: Iterable[object]) -> list[bytes | None]:
    return [None if value is None else str(value).encode() for value in values]


def _name_of(connection: psycopg.Connection[Any], statement: bytes) -> bytes:
    known = _prepared.setdefault(connection, {})
    if statement not in known:
        name = b"hot%d" % next(_numbers)
        if len(known) == MOST:
            oldest = known.pop(next(iter(known)))
            _good(connection, connection.pgconn.exec_(b"DEALLOCATE " + oldest))
        _good(connection, connection.pgconn.prepare(name, statement))
        known[statement] = name
    return known[statement]


def _good(connection: psycopg.Connection[Any], result: PGresult) -> PGresult:
    if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        return result
    if connection.pgconn.status == ConnStatus.BAD:
        raise psycopg.OperationalError(result.get_error_message(connection.info.encoding))
    raise error_from_result(result, connection.info.encoding)
