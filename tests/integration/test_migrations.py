"""The migrations make the tables of the code, and the check sees it when they do not."""

import sqlalchemy as sa

from web.cli.migrations import differences, migrate


def test_migrations_make_the_tables_of_the_code(owner_db_url: str) -> None:
    assert differences(owner_db_url) == []


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
