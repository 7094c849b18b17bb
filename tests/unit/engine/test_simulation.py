"""Made-up people play real routes: the same seed, the same play; whoever is missing is felt."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.builders import CLOCK, MONDAY, panel, small_route, task
from workflow.engine.parsing import parse_route
from workflow.engine.route import Route
from workflow.engine.simulation import Habits, Worker, bottlenecks, percentile, simulate
from workflow.engine.tables import Facts

DESK, REVIEWERS = frozenset({("desk", "clerk")}), frozenset({("a", "reviewer")})
ROUTE = parse_route(
    small_route(
        {
            "check": task({"on": "review", "ask": "query"}),
            "query": task({"answered": "check"}, who="applicant", at_most=2),
            "review": panel({"a": True}, {"agreed": "decide", "rejected": "end", "split": "end"}),
            "decide": task({"on": "sign"}, not_by=["check"]),
            "sign": {
                "kind": "wait",
                "stage": "work",
                "status": "open",
                "due": 20,
                "message": "signed",
                "who": {"office": "desk", "role": "clerk"},
                "outcomes": {"received": {"to": "end"}, "elapsed": {"to": "end"}},
            },
        }
    )
)
ARRIVALS: list[tuple[datetime, Facts]] = [(MONDAY + timedelta(hours=3 * n), {}) for n in range(60)]
CLERKS = tuple(Worker(name, DESK) for name in ("Anna", "Ben", "Gina", "Hugo"))
PEOPLE = (*CLERKS, Worker("Cora", REVIEWERS), Worker("Dan", REVIEWERS))


def route_of(_facts: Facts) -> Route:
    return ROUTE


def play(people: tuple[Worker, ...] = PEOPLE, seed: int = 1, pickup: float = 2.0) -> list[float]:
    told: list[int] = []
    played = simulate(route_of, ARRIVALS, people, CLOCK, Habits(pickup_days=pickup), seed, told.append)
    assert [one.ending for one in played] == ["over"] * 60
    assert told == list(range(1, 61))
    return [float(one.days) for one in played]


def test_every_case_ends_and_the_same_seed_plays_the_same() -> None:
    assert play() == play()
    assert play(seed=2) != play()


def test_with_one_reviewer_away_the_others_take_longer() -> None:
    away = frozenset(date(2026, 9, 7) + timedelta(days=number) for number in range(365))
    fewer = (*PEOPLE[:-1], Worker("Dan", REVIEWERS, away=away))
    assert percentile(play(fewer, pickup=0.1), 0.9) > percentile(play(pickup=0.1), 0.9)


def test_the_longest_wait_is_named_first() -> None:
    slow = Habits(hours={"reviewer": 20.0, "clerk": 0.1})
    played = simulate(route_of, ARRIVALS, PEOPLE, CLOCK, slow, 1)
    assert next(bottlenecks(played))[0] == "a:reviewer"
    assert percentile([], 0.5) == 0.0


def test_a_case_for_which_nobody_is_left_stands_still_and_is_told() -> None:
    played = simulate(route_of, ARRIVALS, (CLERKS[0], *PEOPLE[-2:]), CLOCK, Habits(), 1)
    assert None in {one.ending for one in played}  # the only clerk has done the check
