"""Over HTTP, side by side, for more than there is: the credit is given out to the last, and never passed."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from tests.chaos.crowd import CLIENTS, Request, sending
from tests.chaos.test_kills import CHECKER, HEAD, HEKS, assert_recovered, bearer
from tests.chaos.whole import wait_for
from web.cli.story import Story, application, decision, review
from web.cli.system import System
from workflow.store import queries

INTEGRATION = "nadine.oser@integration.bs.example"
FRANCS = 9_000
LINE = (
    "SELECT available, reserved FROM budget_lines"
    " WHERE area = 'interpreting' AND pot = 'programme' AND year = 2027"
)


def test_the_last_francs_of_an_area_over_http(system: System, told: Story) -> None:
    system.stop("worker")
    requests = [granting(told, before_decision(told)) for _ in range(CLIENTS)]
    left = line(told).available
    enough = left // (FRANCS * 100)
    assert 0 < enough < CLIENTS
    with sending(system.base_url, requests) as heard:
        wait_for(lambda: len(heard.all) == len(requests))
    assert sorted(answer.status_code for answer in heard.answers) == [200] * enough + [409] * (
        CLIENTS - enough
    )
    refused = [answer.json() for answer in heard.answers if answer.status_code == 409]
    assert {one["code"] for one in refused} == {"not_enough_money"}
    assert line(told).available == left - enough * FRANCS * 100
    system.start("worker")
    assert_recovered(system, told)  # or another version's worker meets what is due, in the test after this


def before_decision(told: Story) -> UUID:
    """A small application for interpreting that waits for the head, who has declared no conflict."""
    answers = application(
        "HEKS",
        title="Dolmetschen",
        area="interpreting",
        goals=["interpreting_access"],
        requested=FRANCS * 100,
    )
    case_id = told.submit(HEKS, answers)
    told.do(CHECKER, case_id, "complete", {"check": {"complete": True, "responsible": True}})
    told.do(INTEGRATION, case_id, "yes", review("Nötig.", area="interpreting"))
    told.declare(HEAD, case_id)
    return case_id


def granting(told: Story, case_id: UUID) -> Request:
    dossier = queries.dossier(told.db, told.actors[HEAD], case_id, now=told.now)
    assert dossier is not None
    what = {"step": "decide", "seat": "", "entry": dossier.entry, "outcome": "grant"}
    body = {**what, "answers": decision(FRANCS * 100, "Im Rahmen des Kredits.")}
    return Request(f"/cases/{case_id}/completions", bearer(told, HEAD), told.next_id(), body)


def line(told: Story) -> sa.Row[tuple[int, int]]:
    with told.db.connect() as tx:
        return tx.execute(sa.text(LINE)).one()
