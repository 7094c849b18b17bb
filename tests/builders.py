"""What tests build with: a published programme with its people, and a clock that stands where it is put."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from web.cli.story import Story
from workflow.people import load_people, read_people
from workflow.publish import publish_folder
from workflow.settings import PROGRAMMES, Settings

KIP3 = PROGRAMMES / "kip3-basel-stadt"
MONDAY = datetime(2026, 9, 7, 7, 0, tzinfo=UTC)
"""A working day within the first call, nine o'clock in Basel."""


def settings_for(db_url: str, owner_db_url: str, redis_url: str, data_dir: Path) -> Settings:
    """Settings of a test's own places; mails go nowhere."""
    return Settings(
        database_url=db_url,
        owner_database_url=owner_db_url,
        redis_url=redis_url,
        smtp_url="smtp://127.0.0.1:1",
        data_dir=data_dir,
        base_url="http://127.0.0.1:8000",
        mail_from="foerderweg@example.org",
        secret_key="s" * 32,
    )


def story(db: sa.Engine, settings: Settings, *, now: datetime = MONDAY) -> Story:
    """KIP 3 published, its invented people loaded, all with the password «geheim»."""
    publish_folder(db, KIP3, now)
    people = read_people(KIP3)
    load_people(db, people, password="geheim")
    return Story(db, settings, people, now)
