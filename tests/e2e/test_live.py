"""`demo --live`: made-up people apply and work through the API, and cases move."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from tests.chaos.whole import wait_for
from tests.integration.walks import rows
from web.cli.demo_data import PASSWORD
from web.cli.live import Live
from web.cli.system import running_system
from workflow.people import load_people, read_people


def test_made_up_people_move_the_pipeline(tmp_path: Path) -> None:
    with running_system(
        tmp_path / "data",
        demo=True,
        processes=("mail", "worker", "web"),
        postgres_options=("fsync=off",),
    ) as system:
        settings = system.settings
        db = sa.create_engine(settings.database_url)
        load_people(db, read_people(settings.programme), password=PASSWORD)
        live = Live(system.base_url, settings.programme, seed=7)
        for _ in range(3):
            live.apply()
        wait_for(lambda: len(rows(db, "SELECT FROM cases WHERE step = 'formal_check'")) == 3)
        turns = 0
        while not rows(db, "SELECT FROM cases WHERE stage IN ('synthesis', 'decision', 'closed')"):
            live.turn()
            turns += 1
            assert turns < 60
        acts = rows(db, "SELECT DISTINCT actor FROM events WHERE name = 'Completed'")
        assert len(acts) >= 2
        db.dispose()
        for program in live.programs.values():
            program.http.close()
