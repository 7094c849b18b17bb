"""The migrations make the tables of the code, and the check sees it when they do not."""

import sqlalchemy as sa

from web.cli.migrations import differences, migrate
from workflow.store.tables import metadata


def test_migrations_make_the_tables_of_the_code(owner_db_url: str) -> None:
    assert differences(owner_db_url) == []


def test_tables_keep_the_room_that_the_code_says(db: sa.Engine) -> None:
    """alembic compares no such settings."""
    with db.connect() as tx:
        for table in metadata.tables.values():
            room = table.dialect_options["postgresql"]["with"] or {}
            said = [f"{name}={value}" for name, value in room.items()]
            query = sa.text("SELECT coalesce(reloptions, '{}') FROM pg_class WHERE relname = :name")
            assert tx.execute(query, {"name": table.name}).scalar_one() == said, table.name


def test_new_tables_are_not_taken_for_known_to_be_empty(owner_db_url: str) -> None:
    """PostgreSQL plans with a table that it knows to be empty as if it stayed so, and reads all of it."""
    engine = sa.create_engine(owner_db_url)
    query = sa.text("SELECT relname FROM pg_class WHERE relname = ANY(:names) AND reltuples >= 0")
    with engine.begin() as db:
        assert not db.execute(query, {"names": ["cases", "events", "work_items"]}).all()
    engine.dispose()


def test_difference_is_found(owner_db_url: str) -> None:
    engine = sa.create_engine(owner_db_url)
    with engine.begin() as db:
        db.execute(sa.text("ALTER TABLE events DROP COLUMN name CASCADE"))
    engine.dispose()
    found = differences(owner_db_url)
    assert any("name" in str(difference) for difference in found)


def test_second_run_changes_nothing(owner_db_url: str) -> None:
    migrate(owner_db_url)
    assert differences(owner_db_url) == []
