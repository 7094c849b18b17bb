"""The made-up year is whole: every stage and ending, believable money, and all of it verifies."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from web.cli import demo_data
from web.cli.system import running_system
from workflow.verify import verify

OF_THEIR_OWN = "FROM applications a LEFT JOIN cases c ON c.id = a.id WHERE c.parent_id IS NULL"


def test_the_year_shows_every_stage_and_ending(tmp_path: Path) -> None:
    said: list[str] = []
    with running_system(
        tmp_path / "data", demo=True, processes=("mail",), postgres_options=("fsync=off",)
    ) as system:
        demo_data.load(system.settings, said.append, now=datetime.now(UTC))
        db = sa.create_engine(system.settings.database_url)
        with db.connect() as tx:

            def all_of(query: str) -> list[object]:
                return list(tx.execute(sa.text(query)).scalars())

            applications = all_of(f"SELECT count(*) {OF_THEIR_OWN}")
            cases = all_of("SELECT count(*) FROM cases")
            drafts = all_of(f"SELECT count(*) {OF_THEIR_OWN} AND c.id IS NULL")
            organisations = all_of("SELECT count(DISTINCT organisation_id) FROM applications")
            stages = set(all_of("SELECT stage FROM cases WHERE parent_id IS NULL"))
            endings = set(all_of("SELECT ending FROM cases WHERE parent_id IS NULL AND ending IS NOT NULL"))
            sizes = set(all_of("SELECT size FROM cases"))
            late = all_of("SELECT count(*) FROM cases WHERE due_at < now()")
            shortest = all_of(
                "SELECT min(available::float / ceiling) FROM budget_lines WHERE year = 2027 AND ceiling > 0"
            )
            events = set(all_of("SELECT name FROM events"))
            parked = all_of("SELECT count(*) FROM agenda WHERE parked_at IS NOT NULL")
        db.dispose()
        report = verify(system.settings.database_url, system.settings.data_dir, jobs=1)
    [count] = applications
    assert isinstance(count, int)
    assert count >= 120
    assert said[-1].startswith(f"Application {count} of {count}")
    assert organisations[0] in range(55, 70)
    everything = {"formal_check", "query", "review", "mediation", "synthesis", "decision", "confirmation"}
    assert stages - {"remedy"} == everything | {"finance", "closed"}  # a period of appeal may run just now
    assert endings == {"granted", "rejected", "inadmissible", "written_off", "withdrawn"}
    assert sizes == {"S", "M", "L", "XL"}
    assert int(str(late[0])) >= 10
    assert 0 < float(str(shortest[0])) < 0.1
    assert {"Recused", "Lapsed", "Reminded", "Escalated", "DeadlinePassed", "PanelClosed", "Paid"} <= events
    assert parked == [0]
    assert report.findings == ()
    assert report.cases == cases[0]
    assert drafts == [4]


@pytest.mark.parametrize("day", [27, 28, 30], ids=["Friday", "Saturday", "Monday"])
def test_what_is_to_be_seen_does_not_hang_on_the_day_of_the_week(tmp_path: Path, day: int) -> None:
    """Before office hours, and behind a weekend on which nobody worked."""
    with running_system(
        tmp_path / "data", demo=True, processes=("mail",), postgres_options=("fsync=off",)
    ) as system:
        now = datetime(2026, 11, day, 0, 10, tzinfo=UTC)
        demo_data.load(system.settings, lambda _: None, (demo_data.PRESENT,), now=now)
        db = sa.create_engine(system.settings.database_url)
        with db.connect() as tx:
            waiting = tx.execute(sa.text("SELECT title, status FROM cases")).all()
        db.dispose()
    statuses = {row.title: row.status for row in waiting}
    assert statuses["Elternbildung auf Albanisch"] == "query"
    assert statuses["Beratung im Hafenquartier"] == "confirm"
    assert statuses["Einstieg ins Handwerk"] == "decision"
    assert statuses["Deutsch am Abend"] == "granted"
