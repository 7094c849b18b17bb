"""Two at the same instant: what must happen once happens once, whoever is first."""

from __future__ import annotations

import os
from functools import partial
from uuid import UUID, uuid4

import sqlalchemy as sa

from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    HEKS,
    LEAD,
    LEAD_TOO,
    SECOND,
    assert_kept,
    at_check,
    at_once,
    at_review,
    happened,
    language,
    state,
)
from web.cli.story import Story, review
from workflow.connecting import plain
from workflow.engine.commands import Complete, Submit, Withdraw
from workflow.errors import Refused
from workflow.service import Done, advance_due, handle
from workflow.store import agenda, journal, reads

ROUNDS = int(os.environ.get("FOERDERWEG_RACES", "30"))


def vote(told: Story, email: str, case_id: UUID, seat: str, outcome: str) -> Done:
    """A reviewer votes, and the worker that is told of it runs at once."""
    command = Complete(case_id, "review", seat, outcome, state(told, case_id).entry)
    done = handle(told.db, command, told.actors[email], uuid4(), told.now, review("So ist es."))
    advance_due(told.db, told.now)
    return done


def test_two_last_reviewers_close_the_panel_once(told: Story) -> None:
    cases = [at_review(told) for _ in range(ROUNDS)]
    for case_id in cases:
        told.declare(LEAD, case_id)
        told.declare(SECOND, case_id)
    for number, case_id in enumerate(cases):
        second = ("yes", "no")[number % 2]
        results = at_once(
            partial(vote, told, LEAD, case_id, "lead", "yes"),
            partial(vote, told, SECOND, case_id, "second", second),
        )
        assert [type(one) for one in results] == [Done, Done]
        told.route()
        assert happened(told, case_id).count("PanelClosed") == 1
        assert state(told, case_id).step == {"yes": "synthesis", "no": "mediation"}[second]
    assert_kept(told.db)


def test_two_who_reach_for_one_seat(told: Story) -> None:
    for _ in range(5):
        case_id = at_review(told)
        for email in (LEAD, LEAD_TOO):
            told.declare(email, case_id)
        results = at_once(
            partial(vote, told, LEAD, case_id, "lead", "yes"),
            partial(vote, told, LEAD_TOO, case_id, "lead", "no"),
        )
        refused = [one for one in results if isinstance(one, Refused)]
        assert [one.code for one in refused] == ["seat_is_done"]
        acts = state(told, case_id).acts
        assert len([act for act in acts if act.step == "review"]) == 1
    assert_kept(told.db)


def test_withdrawal_and_completion_at_once_leave_one_way(told: Story) -> None:
    for _ in range(5):
        case_id = at_check(told)
        check = Complete(case_id, "formal_check", "", "complete", 1)
        results = at_once(
            partial(handle, told.db, Withdraw(case_id), told.actors[HEKS], uuid4(), told.now),
            partial(handle, told.db, check, told.actors[CHECKER], uuid4(), told.now, COMPLETE),
        )
        refused = [one.code for one in results if isinstance(one, Refused)]
        assert refused in (["step_has_passed"], ["too_late_to_withdraw"])
        told.route()
        assert state(told, case_id).step == {"step_has_passed": "withdrawn"}.get(refused[0], "review")
    assert_kept(told.db)


def test_many_workers_on_the_same_cases_move_each_once(told: Story) -> None:
    cases = [told.draft(HEKS, language()) for _ in range(12)]
    for case_id in cases:
        handle(told.db, Submit(case_id), told.actors[HEKS], uuid4(), told.now)
    work = [partial(advance_due, told.db, told.now, 3) for _ in range(4)]
    moved = 0
    while counts := [one for one in at_once(*work) if isinstance(one, int) and one]:
        moved += sum(counts)
    assert moved == len(cases)
    assert all(happened(told, case_id) == ["Submitted", "Entered"] for case_id in cases)
    assert_kept(told.db)


def test_a_worker_at_work_holds_up_nobody_who_only_refers_to_what_it_holds(told: Story) -> None:
    reader, day = UUID(told.actors[CHECKER].person), told.now.date()
    cases = [told.draft(HEKS, language()) for _ in range(2)]
    handle(told.db, Submit(cases[0]), told.actors[HEKS], uuid4(), told.now)
    hasty = sa.create_engine(told.db.url, connect_args={"options": "-c lock_timeout=2000"})
    with told.db.begin() as worker:
        assert [one.id for one in agenda.claim(worker, told.now, 10)] == cases[:1]
        plain(worker).execute(journal.LOCK_LINES, (list(range(100)),))
        handle(hasty, Submit(cases[1]), told.actors[HEKS], uuid4(), told.now)  # its line is held
        with hasty.begin() as tx:
            reads.note(tx, reader, [cases[0]], day, told.now)
    with told.db.begin() as tx:
        reads.note(tx, reader, [cases[1]], day, told.now)
        assert advance_due(hasty, told.now) == len(cases)
    hasty.dispose()
    assert_kept(told.db)
