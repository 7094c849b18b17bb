"""Facts stay: the program's role cannot change them, and a change by their owner shows."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import ProgrammingError

from tests.integration.walks import at_decision, rows
from web.cli.story import Story
from workflow.store import journal


@pytest.fixture
def owner(told: Story) -> Iterator[sa.Engine]:
    engine = sa.create_engine(told.settings.owner_database_url)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    "table", ["events", "postings", "definitions", "dossier_reads", "organisation_reads"]
)
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_program_cannot_change_facts(told: Story, table: str, statement: str) -> None:
    asked = statement.format(table).replace("definitions SET at", "definitions SET published_at")
    with pytest.raises(ProgrammingError) as caught, told.db.begin() as tx:
        tx.execute(sa.text(asked))
    assert isinstance(caught.value.orig, InsufficientPrivilege)


@pytest.mark.parametrize(
    "statement", ["DROP TABLE events", "ALTER TABLE events DISABLE TRIGGER ALL", "CREATE TABLE mine (n int)"]
)
def test_the_program_cannot_change_tables(told: Story, statement: str) -> None:
    with pytest.raises(ProgrammingError) as caught, told.db.begin() as tx:
        tx.execute(sa.text(statement))
    assert isinstance(caught.value.orig, InsufficientPrivilege)


def chain_holds(told: Story, case_id: UUID) -> bool:
    with told.db.connect() as tx:
        return journal.replayed(tx, case_id)[1] == journal.read(tx, case_id).head


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET data = jsonb_set(data, '{by}', '\"someone\"') WHERE version = :version",
        "UPDATE events SET actor = 'someone' WHERE version = :version",
        "UPDATE events SET at = at + interval '1 day' WHERE version = :version",
        "UPDATE events SET command_id = gen_random_uuid() WHERE version = :version",
        "DELETE FROM events WHERE version = :version",
    ],
)
def test_the_chain_shows_what_its_owner_changed(told: Story, owner: sa.Engine, change: str) -> None:
    case_id, other = at_decision(told), at_decision(told, 20_000)
    assert chain_holds(told, case_id)
    [first, *_] = rows(
        told.db, "SELECT version FROM events WHERE case_id = :id AND name = 'Completed'", id=case_id
    )
    with owner.begin() as tx:
        tx.execute(sa.text(f"{change} AND case_id = :id"), {"version": first.version, "id": case_id})
    assert not chain_holds(told, case_id)
    assert chain_holds(told, other)


def test_events_hold_no_words_and_no_names(told: Story) -> None:
    at_decision(told)
    stored = " ".join(str(row.data) for row in rows(told.db, "SELECT data FROM events"))
    for word in ("Deutsch im Quartier", "HEKS", "Gut begründet", "Miriam", "@", "CH93"):
        assert word not in stored
