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
    FINANCE,
    HEAD,
    HEKS,
    REASONS,
    SECOND,
    SYNTHESIS,
    THIRD,
    assert_balanced,
    assert_kept,
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
from workflow.engine.commands import Complete, Pay
from workflow.errors import Invalid, Refused
from workflow.service import Done, handle
from workflow.store import published, queries, verifying

INTEGRATION = "nadine.oser@integration.bs.example"
LINE = {"programme": "kip3-basel-stadt", "year": 2027, "area": "interpreting", "pot": "lump_sum"}
CREDIT = 40_000_00


def money(told: Story, area: str) -> dict[str, int]:
    """The line of an area for refugees, in Rappen."""
    [line] = rows(
        told.db,
        "SELECT available, reserved, committed, paid FROM budget_lines"
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
    assert money(told, "interpreting") == {
        "available": left,
        "reserved": CREDIT - left,
        "committed": 0,
        "paid": 0,
    }
    assert state(told, asked[loser][0]).held == 0
    assert_balanced(told.db)
    propose(told, loser, asked[loser][0], left // 100)
    assert money(told, "interpreting") == {"available": 0, "reserved": CREDIT, "committed": 0, "paid": 0}
    assert_balanced(told.db)


def test_many_reach_and_never_more_than_the_credit_is_given(told: Story) -> None:
    cases = [interpreting(told, 12_000) for _ in range(5)]
    for case_id in cases:
        told.declare(SYNTHESIS, case_id)
    results = at_once(*(partial(propose, told, SYNTHESIS, case_id, 12_000) for case_id in cases))
    refused = [one for one in results if isinstance(one, Refused)]
    assert [(one.code, one.params["left"]) for one in refused] == [("not_enough_money", 4_000_00)] * 2
    assert money(told, "interpreting") == {
        "available": 4_000_00,
        "reserved": 36_000_00,
        "committed": 0,
        "paid": 0,
    }
    assert_balanced(told.db)


def test_a_grant_turns_the_reservation_into_a_commitment(told: Story) -> None:
    before = money(told, "language")["available"]
    case_id = at_decision(told)
    assert money(told, "language") == {
        "available": before - 38_000_00,
        "reserved": 38_000_00,
        "committed": 0,
        "paid": 0,
    }
    told.do(HEAD, case_id, "grant", decision(30_000_00, REASONS))
    assert money(told, "language")["reserved"] == 38_000_00  # one person alone moves nothing
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    assert money(told, "language")["reserved"] == 30_000_00
    told.do(HEKS, case_id, "accept", costs(30_000))
    deliver(told)
    assert money(told, "language") == {
        "available": before - 30_000_00,
        "reserved": 0,
        "committed": 30_000_00,
        "paid": 0,
    }
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
    told.wait(days=29)  # until nobody can appeal any more
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
    assert all(row.whole == row.left + row.reserved + row.committed + row.paid for row in found.money)
    for stage in ("decision", "synthesis"):
        page = queries.cases(told.db, viewer, queries.Filters(stage=stage), now=told.now)
        assert page is not None
        assert page.total == stages[stage].count
        assert sum(row.requested for row in page.rows) == stages[stage].amount


def granted(told: Story) -> UUID:
    """CHF 30'000 are committed, to be paid 80 and 20 per cent."""
    case_id = at_confirmation(told)
    told.do(HEKS, case_id, "accept", costs(30_000))
    deliver(told)
    return case_id


def pay(told: Story, case_id: UUID, amount: int, seen: int, reason: str = "") -> Done:
    command = Pay(case_id, amount, seen)
    return handle(told.db, command, told.actors[FINANCE], uuid4(), told.now, {"reason": reason})


def test_what_is_paid_leaves_the_commitment_and_can_come_back(told: Story) -> None:
    before = money(told, "language")["available"]
    case_id = granted(told)
    found = queries.payments(told.db, told.actors[FINANCE], now=told.now)
    assert found is not None
    [row] = found.rows
    assert (row.open, row.instalment, row.may_pay) == (30_000_00, (1, 2, 24_000_00), True)
    pay(told, case_id, 24_000_00, 0)
    left = {"available": before - 30_000_00, "reserved": 0}
    assert money(told, "language") == {**left, "committed": 6_000_00, "paid": 24_000_00}
    with pytest.raises(Refused, match="amount_over_open"):
        pay(told, case_id, 6_000_01, 24_000_00)
    with pytest.raises(Refused, match="paid_meanwhile"):
        pay(told, case_id, 6_000_00, 0)
    with pytest.raises(Invalid):
        pay(told, case_id, -4_000_00, 24_000_00)
    pay(told, case_id, -4_000_00, 24_000_00, "Falsch erfasst.")
    assert money(told, "language") == {**left, "committed": 10_000_00, "paid": 20_000_00}
    assert_kept(told.db)
    seen = queries.application(told.db, told.actors[HEKS], case_id)
    assert seen is not None
    assert (seen.granted, seen.paid, seen.paid_at) == (30_000_00, 20_000_00, told.now)
    viewer = told.actors[SYNTHESIS]
    for name, there in (("committed", 10_000_00), ("paid", 20_000_00), ("reserved", 0)):
        page = queries.cases(told.db, viewer, queries.Filters(money=name, year="2027"), now=told.now)
        assert page is not None
        amounts = {"committed": sum(one.committed - one.paid for one in page.rows)}
        amounts |= {
            "paid": sum(one.paid for one in page.rows),
            "reserved": sum(one.held for one in page.rows),
        }
        assert amounts[name] == there


def test_two_of_finance_record_the_same_instalment_and_it_is_paid_once(told: Story) -> None:
    case_id = granted(told)
    results = at_once(*(partial(pay, told, case_id, 15_000_00, 0) for _ in range(4)))
    refused = [one for one in results if isinstance(one, Refused)]
    assert [one.code for one in refused] == ["paid_meanwhile"] * 3
    assert money(told, "language")["paid"] == 15_000_00
    assert_kept(told.db)


def test_what_is_left_of_a_year_goes_on_to_the_next_and_stays_in_balance(told: Story) -> None:
    before = [LINE | {"year": year} for year in (2026, 2027)]

    def carry(amount: int) -> None:
        with told.db.begin() as tx:
            for line, sign in zip(before, (-1, 1), strict=True):
                published.set_ceiling(tx, line, CREDIT, told.now, carried=sign * amount)

    carry(10_000_00)
    assert money(told, "interpreting")["available"] == CREDIT + 10_000_00
    assert_balanced(told.db)
    propose_all = interpreting(told, 38_000)
    told.do(SYNTHESIS, propose_all, "propose", proposal(38_000_00, "Nötig."))
    carry(0)
    with pytest.raises(Refused, match="ceiling_in_use"):
        carry(CREDIT + 1)
    assert_balanced(told.db)
    with told.db.begin() as tx:
        published.set_ceiling(tx, before[0], CREDIT, told.now, carried=-5_00)
        found = verifying.check_money(tx)
        assert [one.code for one in found] == ["balance_differs"]  # it went from one year, and to none
        tx.rollback()
