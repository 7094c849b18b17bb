"""Money: never more than there is, always in balance, free again when a case lets it go."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    DIVISION,
    HEAD,
    HEKS,
    REASONS,
    SECOND,
    SYNTHESIS,
    THIRD,
    assert_balanced,
    at_confirmation,
    at_decision,
    at_once,
    at_synthesis,
    costs,
    deliver,
    rows,
    state,
)
from web.cli.story import Story, application, decision, proposal, review
from workflow.engine.commands import Complete
from workflow.errors import Invalid, Refused
from workflow.service import Done, handle
from workflow.store import published, queries

INTEGRATION = "nadine.oser@integration.bs.example"
LINE = {"programme": "kip3-basel-stadt", "year": 2027, "area": "interpreting", "pot": "lump_sum"}
CREDIT = 40_000_00


def money(told: Story, area: str) -> dict[str, int]:
    """The line of an area for refugees, in Rappen."""
    [line] = rows(
        told.db,
        "SELECT available, reserved, committed FROM budget_lines"
        " WHERE year = 2027 AND area = :area AND pot = 'lump_sum'",
        area=area,
    )
    return dict(line._mapping)


def interpreting(told: Story, francs: int) -> UUID:
    """At the synthesis, in the area whose credit is CHF 40'000; Appellationsgericht is only asked."""
    answers = application(
        "HEKS",
        title="Dolmetschen am Schalter",
        area="interpreting",
        goals=["interpreting_access"],
        requested=francs * 100,
        target_group="recognised_refugees",
    )
    case_id = told.submit(HEKS, answers)
    told.do(CHECKER, case_id, "complete", COMPLETE)
    told.do(INTEGRATION, case_id, "yes", review("Nötig.", area="interpreting"))
    told.do(SECOND, case_id, "yes", review("Nötig.", area="interpreting"))
    assert state(told, case_id).step == "synthesis"
    return case_id


def propose(told: Story, email: str, case_id: UUID, francs: int) -> Done:
    entry = state(told, case_id).entry
    command = Complete(case_id, "synthesis", "", "propose", entry)
    answers = proposal(francs * 100, "Nötig.")
    return handle(told.db, command, told.actors[email], uuid4(), told.now, answers)


def test_two_reach_for_the_last_francs_and_one_gets_them(told: Story) -> None:
    asked = {SYNTHESIS: (interpreting(told, 38_000), 38_000), THIRD: (interpreting(told, 30_000), 30_000)}
    for email, (case_id, _) in asked.items():
        told.declare(email, case_id)
    results = dict(
        zip(asked, at_once(*(partial(propose, told, email, *asked[email]) for email in asked)), strict=True)
    )
    [loser] = [email for email, result in results.items() if isinstance(result, Refused)]
    [winner] = set(asked) - {loser}
    refusal = results[loser]
    assert isinstance(refusal, Refused)
    left = CREDIT - asked[winner][1] * 100
    assert (refusal.code, refusal.params) == (
        "not_enough_money",
        {"amount": asked[loser][1] * 100, "left": left},
    )
    assert money(told, "interpreting") == {"available": left, "reserved": CREDIT - left, "committed": 0}
    assert state(told, asked[loser][0]).held == 0
    assert_balanced(told.db)
    propose(told, loser, asked[loser][0], left // 100)
    assert money(told, "interpreting") == {"available": 0, "reserved": CREDIT, "committed": 0}
    assert_balanced(told.db)


def test_many_reach_and_never_more_than_the_credit_is_given(told: Story) -> None:
    cases = [interpreting(told, 12_000) for _ in range(5)]
    for case_id in cases:
        told.declare(SYNTHESIS, case_id)
    results = at_once(*(partial(propose, told, SYNTHESIS, case_id, 12_000) for case_id in cases))
    refused = [one for one in results if isinstance(one, Refused)]
    assert [(one.code, one.params["left"]) for one in refused] == [("not_enough_money", 4_000_00)] * 2
    assert money(told, "interpreting") == {"available": 4_000_00, "reserved": 36_000_00, "committed": 0}
    assert_balanced(told.db)


def test_a_grant_turns_the_reservation_into_a_commitment(told: Story) -> None:
    before = money(told, "language")["available"]
    case_id = at_decision(told)
    assert money(told, "language") == {"available": before - 38_000_00, "reserved": 38_000_00, "committed": 0}
    told.do(HEAD, case_id, "grant", decision(30_000_00, REASONS))
    assert money(told, "language")["reserved"] == 38_000_00  # one person alone moves nothing
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    assert money(told, "language")["reserved"] == 30_000_00
    told.do(HEKS, case_id, "accept", costs(30_000))
    deliver(told)
    assert money(told, "language") == {"available": before - 30_000_00, "reserved": 0, "committed": 30_000_00}
    assert_balanced(told.db)
    accounts = rows(
        told.db,
        "SELECT account, sum(amount) AS n FROM postings WHERE case_id = :id GROUP BY account",
        id=case_id,
    )
    assert {row.account: row.n for row in accounts} == {
        "available": -30_000_00,
        "reserved": 0,
        "committed": 30_000_00,
    }
    assert {
        row.target_group
        for row in rows(told.db, "SELECT target_group FROM postings WHERE case_id IS NOT NULL")
    } == {"recognised_refugees"}


@pytest.mark.parametrize("how", ["withdrawn", "rejected", "declined", "silent"])
def test_what_is_not_granted_is_free_again(told: Story, how: str) -> None:
    before = money(told, "language")
    case_id = at_decision(told) if how in ("withdrawn", "rejected") else at_confirmation(told)
    assert money(told, "language") != before
    if how == "withdrawn":
        told.withdraw(HEKS, case_id)
    elif how == "rejected":
        told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Doch nicht."}})
        told.do(DIVISION, case_id, "confirm", {"decision": {}})
    elif how == "declined":
        told.do(HEKS, case_id, "decline", {})
    else:
        told.wait(days=40)
    deliver(told)
    assert money(told, "language") == before
    told.wait(days=25)  # until nobody can appeal any more
    endings = {"declined": "written_off", "silent": "written_off"}
    assert state(told, case_id).ending == endings.get(how, how)
    assert money(told, "language") == before
    assert_balanced(told.db)


def test_no_more_than_was_asked_for_and_no_more_than_was_reserved(told: Story) -> None:
    case_id = at_synthesis(told, 20_000)
    with pytest.raises(Invalid):
        told.do(SYNTHESIS, case_id, "propose", proposal(20_000_01, "Mehr."))
    told.do(SYNTHESIS, case_id, "propose", proposal(15_000_00, "Weniger."))
    with pytest.raises(Invalid):
        told.do(HEAD, case_id, "grant", decision(15_000_01, "Mehr."))
    assert money(told, "language")["reserved"] == 15_000_00


def test_a_credit_can_grow_but_not_shrink_under_what_is_reserved(told: Story) -> None:
    propose_all = interpreting(told, 30_000)
    told.do(SYNTHESIS, propose_all, "propose", proposal(30_000_00, "Nötig."))
    for ceiling, left in ((50_000_00, 20_000_00), (30_000_00, 0)):
        with told.db.begin() as tx:
            published.set_ceiling(tx, LINE, ceiling, told.now)
        assert money(told, "interpreting")["available"] == left
    with pytest.raises(Refused, match="ceiling_in_use"), told.db.begin() as tx:
        published.set_ceiling(tx, LINE, 29_999_99, told.now)
    assert_balanced(told.db)


def test_the_pipeline_adds_up_to_the_ledger(told: Story) -> None:
    at_decision(told)
    interpreting(told, 30_000)
    viewer = told.actors[SYNTHESIS]
    found = queries.pipeline(told.db, viewer, queries.Filters(), now=told.now)
    assert found is not None
    stages: dict[str, Any] = {row.stage: row for row in found.stages}
    assert (stages["decision"].count, stages["decision"].amount) == (1, 38_000_00)
    assert (stages["synthesis"].count, stages["synthesis"].amount) == (1, 30_000_00)
    areas = {row.area: row for row in found.money if row.year == 2027}
    assert areas["language"].reserved == 38_000_00
    assert all(row.ceiling == row.left + row.reserved + row.committed for row in found.money)
    for stage in ("decision", "synthesis"):
        page = queries.cases(told.db, viewer, queries.Filters(stage=stage), now=told.now)
        assert page is not None
        assert page.total == stages[stage].count
        assert sum(row.requested for row in page.rows) == stages[stage].amount
