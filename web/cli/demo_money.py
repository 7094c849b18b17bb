"""What a demo's Finance has paid out, and what the administration would carry over to the next year."""

from __future__ import annotations

from web.cli.story import Story
from workflow import proposing
from workflow.engine.commands import Pay
from workflow.service import handle
from workflow.store import queries

FINANCE = "karin.moeschlin@pd.bs.example"
ADMINISTRATOR = "elias.graber@pd.bs.example"
STILL_OPEN = 3
"""So many of the newest grants wait for their first instalment."""

CARRIED = [{"year": 2026, "area": "language", "amounts": {"programme": 40_000_00}}]


def play(story: Story) -> None:
    """First instalments of all but the newest grants; a proposal that waits for a second person."""
    found = queries.payments(story.db, story.actors[FINANCE], now=story.now, limit=500)
    assert found is not None
    for row in found.rows[:-STILL_OPEN]:
        command = Pay(row.case_id, row.instalment[2], row.paid)
        handle(story.db, command, story.actors[FINANCE], story.next_id(), story.now)
    proposing.propose(
        story.db,
        story.actors[ADMINISTRATOR],
        {"programme/carried": CARRIED},
        base=queries.programme(story.db).hash,
        reason="Zwei Sprachkurse beginnen erst im Januar.",
        proposal_id=story.next_id(),
        now=story.now,
    )
