"""The S route, chosen by the amount: the lead office alone, then the Leitung decides alone."""

from __future__ import annotations

from uuid import UUID

from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    HEAD,
    HEKS,
    INADMISSIBLE,
    LEAD,
    REASONS,
    SECOND,
    assert_kept,
    at_check,
    costs,
    deliver,
    order,
    rows,
    state,
)
from web.cli.story import Story, decision, review
from workflow.store import queries


def decided(told: Story, vote: str = "yes", francs: int = 9_000) -> UUID:
    """The lead office has voted, the Leitung is to decide."""
    case_id = at_check(told, francs)
    told.do(CHECKER, case_id, "complete", COMPLETE)
    told.do(LEAD, case_id, vote, review("So ist es."))
    return case_id


def test_the_amount_chooses_the_route(told: Story) -> None:
    for francs in (10_000, 10_001, 50_001, 300_001):
        at_check(told, francs)
    sizes = rows(told.db, "SELECT requested, size, route_hash FROM cases ORDER BY requested")
    assert [row.size for row in sizes] == ["S", "M", "L", "XL"]
    assert len({row.route_hash for row in sizes}) == 4


def test_a_grant_in_full_ends_with_an_order(told: Story) -> None:
    case_id = decided(told)
    assert queries.inbox(told.db, told.actors[SECOND], now=told.now).total == 0
    told.do(HEAD, case_id, "grant", decision(9_000_00, REASONS, "Bericht bis Ende Jahr."))
    assert (state(told, case_id).step, state(told, case_id).held) == ("order_granted", 9_000_00)
    deliver(told)
    case = state(told, case_id)
    assert (case.ending, case.held, case.committed) == ("granted", 0, 9_000_00)
    text = order(told, case_id)
    assert all(words in text for words in ("9'000.00", "Bernasconi", "Bericht bis Ende Jahr.", REASONS))
    assert "Iselin" not in text
    assert_kept(told.db)


def test_a_grant_in_part_is_confirmed_first(told: Story) -> None:
    case_id = decided(told, "yes")
    told.do(HEAD, case_id, "grant", decision(5_000_00, REASONS))
    assert (state(told, case_id).step, state(told, case_id).held) == ("confirm_budget", 5_000_00)
    told.do(HEKS, case_id, "accept", costs(5_000))
    deliver(told)
    assert (state(told, case_id).ending, state(told, case_id).committed) == ("granted", 5_000_00)


def test_the_recommendation_does_not_bind(told: Story) -> None:
    case_id = decided(told, "no")
    assert state(told, case_id).step == "decide"
    told.do(HEAD, case_id, "grant", decision(9_000_00, REASONS))
    deliver(told)
    assert state(told, case_id).ending == "granted"


def test_a_rejection_ends_with_an_order(told: Story) -> None:
    case_id = decided(told)
    told.do(HEAD, case_id, "reject", {"decision": {"reasons": "Der Kredit reicht nicht aus."}})
    deliver(told)
    told.wait(days=29)
    assert (state(told, case_id).ending, state(told, case_id).committed) == ("rejected", 0)
    assert "Der Kredit reicht nicht aus." in order(told, case_id)


def test_inadmissible_ends_with_an_order(told: Story) -> None:
    case_id = at_check(told, 9_000)
    told.do(CHECKER, case_id, "inadmissible", INADMISSIBLE)
    told.do(HEAD, case_id, "confirm", {"decision": {"reasons": "Das Projekt ist anderswo."}})
    deliver(told)
    told.wait(days=29)
    assert state(told, case_id).ending == "inadmissible"
    assert "Das Projekt ist anderswo." in order(told, case_id)


def test_silence_about_the_budget_writes_it_off(told: Story) -> None:
    case_id = decided(told)
    told.do(HEAD, case_id, "grant", decision(5_000_00, REASONS))
    told.wait(days=30)
    deliver(told)
    assert (state(told, case_id).step, state(told, case_id).held) == ("remedy_written_off", 0)
    told.wait(days=29)
    assert (state(told, case_id).ending, state(told, case_id).held) == ("written_off", 0)
    assert_kept(told.db)


def test_withdrawn_before_the_decision(told: Story) -> None:
    case_id = decided(told)
    told.withdraw(HEKS, case_id)
    assert state(told, case_id).ending == "withdrawn"
    assert queries.inbox(told.db, told.actors[HEAD], now=told.now).total == 0
