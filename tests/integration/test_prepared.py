"""Statements that a connection has prepared: after a rollback, when there are too many, when they fail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.adapt import Transformer

from tests.integration.conftest import Servers
from web.cli.story import Story
from workflow.connecting import LIMITS, autocommit, connect, is_away, plain
from workflow.store import prepared


def kept(tx: sa.Connection) -> int:
    return int(tx.execute(sa.text("SELECT count(*) FROM pg_prepared_statements")).scalar_one())


def test_a_rollback_forgets_no_statement(told: Story) -> None:
    with told.db.connect() as tx:
        assert prepared.rows(plain(tx), b"SELECT $1::int, $2::text", (7, None)) == [(7, None)]
        before = kept(tx)
        plain(tx).rollback()
        assert prepared.rows(plain(tx), b"SELECT $1::int, $2::text", (8, "o")) == [(8, "o")]
        assert kept(tx) == before


def test_the_first_makes_room_when_there_are_too_many(told: Story) -> None:
    with told.db.connect() as tx:
        for number in (*range(prepared.MOST + 10), 0):
            assert prepared.rows(plain(tx), b"SELECT $1::int + %d" % number, (1,)) == [(1 + number,)]
        assert kept(tx) == prepared.MOST


def test_one_that_cannot_be_prepared_takes_no_name_from_another(told: Story) -> None:
    with told.db.connect() as tx:
        for number in range(prepared.MOST):
            prepared.rows(plain(tx), b"SELECT %d" % number, ())
        with pytest.raises(psycopg.errors.UndefinedTable):
            prepared.rows(plain(tx), b"SELECT * FROM nowhere", ())
        plain(tx).rollback()
        assert prepared.rows(plain(tx), b"SELECT 'a'", ()) == [("a",)]


def test_it_is_part_of_the_transaction(told: Story) -> None:
    with told.db.connect() as tx:
        prepared.rows(plain(tx), b"CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT $1::int", (1,))
        assert prepared.rows(plain(tx), b"SELECT count(*) FROM gone", ()) == [(1,)]


def test_what_fails_says_what_it_is(told: Story) -> None:
    with told.db.connect() as tx:
        with pytest.raises(psycopg.errors.DivisionByZero):
            prepared.rows(plain(tx), b"SELECT 1 / $1::int", (0,))
        plain(tx).rollback()
        with pytest.raises(psycopg.errors.UndefinedTable):
            prepared.rows(plain(tx), b"SELECT * FROM nowhere", ())
        plain(tx).rollback()
        assert prepared.rows(plain(tx), b"SELECT 1 / $1::int", (1,)) == [(1,)]


def test_a_lost_connection_is_nobodys_fault(told: Story) -> None:
    with told.db.connect() as tx, told.db.connect() as other:
        pid = plain(tx).info.backend_pid
        other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(psycopg.OperationalError) as error:
            prepared.rows(plain(tx), b"SELECT 1", ())
        assert is_away(error.value)
        tx.invalidate()


def test_a_table_that_gets_a_column_meanwhile_is_read_on(told: Story, servers: Servers) -> None:
    query = b"SELECT * FROM growing"
    name = sa.make_url(told.settings.database_url).database or ""
    with (
        servers.postgres.connect(name) as owner,
        autocommit(told.db) as tx,
        told.db.connect() as within,
    ):
        owner.execute("CREATE TABLE growing AS SELECT 1 AS one")
        owner.execute("GRANT SELECT ON growing TO PUBLIC")
        assert prepared.rows(plain(tx), query, ()) == [(1,)]
        assert prepared.rows(plain(within), query, ()) == [(1,)]
        plain(within).rollback()
        owner.execute("ALTER TABLE growing ADD COLUMN two int DEFAULT 2")
        assert prepared.rows(plain(tx), query, ()) == [(1, 2)]
        with pytest.raises(psycopg.errors.FeatureNotSupported):  # of no use to a transaction that is lost
            prepared.rows(plain(within), query, ())
        plain(within).rollback()
        assert prepared.rows(plain(within), query, ()) == [(1, 2)]


TOGETHER: list[prepared.Asked] = [
    (b"SELECT $1::int, pg_backend_pid()", (7,), True),
    (b"SELECT 1 WHERE $1::text IS NOT NULL", (None,), True),
    (b"SELECT repeat($1, 300000), $2::uuid", ("x", UUID(int=1)), False),
]


def together(tx: sa.Connection, asked: Sequence[prepared.Asked]) -> list[list[Any]]:
    results = prepared.sent_together(plain(tx), asked)
    reader = Transformer(plain(tx))
    return [prepared.loaded(reader, result, tuple) for result in results]


def test_several_together_answer_as_each_does_alone(told: Story) -> None:
    with autocommit(told.db) as tx, told.db.connect() as within:
        assert together(tx, []) == []
        for _ in range(2):
            alone = [prepared.rows(plain(tx), what, values) for what, values, _ in TOGETHER]
            assert together(tx, TOGETHER) == alone
        assert [len(rows) for rows in together(within, TOGETHER)] == [1, 0, 1]
        many: list[prepared.Asked] = [
            (b"SELECT $1::int + %d" % number, (1,), True) for number in range(prepared.MOST + 10)
        ]
        assert together(tx, many)[-1] == [(prepared.MOST + 10,)]
        large: list[prepared.Asked] = [
            (b"SELECT length($1), repeat('y', 500000)", ("x" * 3_000_000,), False)
        ] * 3
        assert {rows[0][0] for rows in together(tx, large)} == {3_000_000}  # neither side waits for the other


def test_what_fails_together_says_what_it_is(told: Story) -> None:
    with autocommit(told.db) as tx:
        with pytest.raises(psycopg.errors.DivisionByZero):
            together(tx, [TOGETHER[0], (b"SELECT 1 / $1::int", (0,), True), TOGETHER[2]])
        with pytest.raises(psycopg.errors.UndefinedTable):
            together(tx, [TOGETHER[0], (b"SELECT * FROM nowhere", (), True)])
        assert together(tx, TOGETHER)[0][0][0] == 7


def test_a_connection_that_is_lost_while_several_are_asked(told: Story) -> None:
    with autocommit(told.db) as tx:
        with pytest.raises(psycopg.OperationalError) as error:
            together(tx, [*TOGETHER, (b"SELECT pg_terminate_backend(pg_backend_pid())", (), False)])
        assert is_away(error.value)
        tx.invalidate()


def test_a_table_that_gets_a_column_meanwhile_is_read_on_together(told: Story, servers: Servers) -> None:
    name = sa.make_url(told.settings.database_url).database or ""
    with servers.postgres.connect(name) as owner, autocommit(told.db) as tx:
        owner.execute("CREATE TABLE widening AS SELECT 1 AS one")
        owner.execute("GRANT SELECT ON widening TO PUBLIC")
        asked: list[prepared.Asked] = [TOGETHER[0], (b"SELECT * FROM widening", (), True)]
        assert together(tx, asked)[1] == [(1,)]
        owner.execute("ALTER TABLE widening ADD COLUMN two int DEFAULT 2")
        assert together(tx, asked)[1] == [(1, 2)]


def test_every_limit_holds_on_every_connection_and_the_manual_gives_them_to_the_role(told: Story) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "operate.md").read_text("utf-8")
    db = connect(told.settings.database_url)
    with db.connect() as tx:
        for name, value in LIMITS.items():
            assert tx.execute(sa.text(f"SHOW {name}")).scalar_one() in (value, {"60s": "1min"}.get(value))
            assert f"ALTER ROLE foerderweg_app SET {name} = '{value}';" in manual
    db.dispose()
    assert manual.count("ALTER ROLE foerderweg_app SET") == len(LIMITS)
