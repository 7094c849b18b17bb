"""Area × size × conditions → offices, read from the programme's tables and routes."""

from datetime import date, datetime, time, timedelta
from itertools import product
from pathlib import Path

import pytest

import workflow
from workflow.engine.advance import advance
from workflow.engine.calendar import Calendar
from workflow.engine.case import Case
from workflow.engine.events import Entered
from workflow.engine.parsing import parse_route
from workflow.engine.route import NO_OFFICE, Choice, Human
from workflow.engine.tables import Facts, parse_table, pick
from workflow.funding.programme import Programme, load_folder
from workflow.texts import ZURICH

BUNDLE = load_folder(Path(workflow.__file__).parent / "programmes/kip3-basel-stadt")
PROGRAMME = Programme.parse(BUNDLE.programme)
TABLES = {code: parse_table(raw, code) for code, raw in PROGRAMME.tables.items()}
ROUTES = {
    code: parse_route({**raw, "tables": BUNDLE.programme["tables"]}) for code, raw in BUNDLE.routes.items()
}
TODAY = date(2026, 9, 7)
REFUGEES = ("provisionally_admitted", "recognised_refugees")
OTHERS = ("support_needed", "professionals", "population")

LEAD = {
    "first_information": "population_services",
    "counselling": "integration",
    "discrimination": "integration",
    "language": "adult_education",
    "early_childhood": "early_support",
    "employability": "social_welfare",
    "interpreting": "integration",
    "living_together": "integration",
}
SECOND: list[tuple[str, tuple[str, ...], Facts, str]] = [
    ("first_information", REFUGEES + OTHERS, {}, "integration"),
    ("counselling", REFUGEES, {}, "social_welfare"),
    ("counselling", OTHERS, {}, "population_services"),
    ("discrimination", REFUGEES + OTHERS, {}, "human_resources"),
    ("language", REFUGEES, {}, "social_welfare"),
    ("language", REFUGEES, {"child_care": True}, "social_welfare"),
    ("language", OTHERS, {"child_care": True}, "early_support"),
    ("language", OTHERS, {"child_care": False}, "integration"),
    ("early_childhood", REFUGEES + OTHERS, {"parents_german": True}, "adult_education"),
    ("early_childhood", REFUGEES + OTHERS, {"child_care": True}, "integration"),
    (
        "employability",
        REFUGEES + OTHERS,
        {"placements_administration": True, "training": True},
        "human_resources",
    ),
    ("employability", REFUGEES + OTHERS, {"training": True}, "adult_education"),
    ("employability", REFUGEES + OTHERS, {"training": False}, "integration"),
    ("interpreting", REFUGEES + OTHERS, {}, "social_welfare"),
    ("living_together", REFUGEES + OTHERS, {"in_riehen": True, "both_cantons": True}, "population_services"),
]
CASES = [(area, group, flags, second) for area, groups, flags, second in SECOND for group in groups]


def seats(size: str, facts: Facts) -> dict[str, tuple[str, bool]]:
    """The seats of the review: code → (office, mandatory)."""
    step = ROUTES[size].steps["review"]
    assert isinstance(step, Human)
    found = {}
    for seat in step.seats:
        office, _ = seat.who.meant(facts, TODAY)
        if office != NO_OFFICE:
            found[seat.code] = (office, seat.mandatory)
    return found


def test_the_cases_cover_every_area_and_target_group() -> None:
    covered = {(area, group) for area, group, _, _ in CASES}
    assert covered == {
        (area, group) for area in PROGRAMME.areas for group in PROGRAMME.labels["target_groups"]
    }


@pytest.mark.parametrize(("area", "group", "flags", "second"), CASES)
def test_a_medium_application_goes_to_two_offices(area: str, group: str, flags: Facts, second: str) -> None:
    found = seats("medium", {"area": area, "target_group": group, **flags})
    assert {code: found[code] for code in ("lead", "second")} == {
        "lead": (LEAD[area], True),
        "second": (second, True),
    }
    assert LEAD[area] != second


@pytest.mark.parametrize(("area", "group", "flags", "second"), CASES)
def test_a_small_application_goes_to_the_lead_office_alone(
    area: str, group: str, flags: Facts, second: str
) -> None:
    assert second
    assert seats("small", {"area": area, "target_group": group, **flags}) == {"lead": (LEAD[area], True)}


OWN = [one.code for one in PROGRAMME.offices.values() if one.own_measures]
FLAGS = ("child_care", "parents_german", "training", "placements_administration")


@pytest.mark.parametrize("applicant", OWN)
@pytest.mark.parametrize("area", PROGRAMME.areas)
@pytest.mark.parametrize("group", [REFUGEES[0], OTHERS[0]])
def test_two_other_offices_review_an_offices_own_measure(applicant: str, area: str, group: str) -> None:
    for flags in product((False, True), repeat=len(FLAGS)):
        facts: Facts = {"area": area, "target_group": group, **dict(zip(FLAGS, flags, strict=True))}
        usual = seats("medium", facts)
        found = seats("medium", {**facts, "applicant_office": applicant})
        reviewing = [found["lead"][0], found["second"][0]]
        assert applicant not in reviewing
        assert len(set(reviewing)) == 2
        if applicant not in (usual["lead"][0], usual["second"][0]):
            assert found == usual
        assert seats("small", {**facts, "applicant_office": applicant}) == {"lead": found["lead"]}


SIZES = ("small", "medium", "large", "xlarge")
REVIEW_DAYS = {"small": 10, "medium": 15, "large": 20, "xlarge": 20}
FORMAL_DAYS = {"small": 5, "medium": 5, "large": 10, "xlarge": 10}
DECIDERS = {
    "small": ["integration:head"],
    "medium": ["integration:head", "presidential:division_head"],
    "large": ["presidential:department_head"],
    "xlarge": ["government:chancellery"],
}
HEARD = {
    "small": [],
    "medium": [],
    "large": ["presidential:finance", "steering_group:reviewer"],
    "xlarge": ["presidential:finance", "finance_department:finance", "steering_group:reviewer"],
}
SECOND_OF_ALL = {
    "first_information": "integration",
    "counselling": "population_services",
    "discrimination": "human_resources",
    "language": "integration",
    "early_childhood": "integration",
    "employability": "integration",
    "interpreting": "social_welfare",
    "living_together": "population_services",
}
# The last day of 5, 10, 15 and 20 working days, counted by hand from a calendar of Basel.
DEADLINES = {
    date(2027, 3, 22): {
        5: date(2027, 3, 31),
        10: date(2027, 4, 7),
        15: date(2027, 4, 14),
        20: date(2027, 4, 21),
    },
    date(2027, 2, 15): {
        5: date(2027, 2, 22),
        10: date(2027, 3, 1),
        15: date(2027, 3, 8),
        20: date(2027, 3, 15),
    },
    date(2026, 12, 21): {
        5: date(2026, 12, 29),
        10: date(2027, 1, 6),
        15: date(2027, 1, 13),
        20: date(2027, 1, 20),
    },
}
"""Before Easter, on the Monday of Fasnacht (whose days are working days), before Christmas."""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("area", PROGRAMME.areas)
def test_area_and_size_say_who_reviews_who_decides_and_by_when(area: str, size: str) -> None:
    facts: Facts = {"area": area, "target_group": "support_needed"}
    expected = {"lead": (LEAD[area], True)}
    if size != "small":
        expected["second"] = (SECOND_OF_ALL[area], True)
    if size in ("large", "xlarge"):
        expected["fachstelle"] = ("integration", True)
    mandatory = {code: seat for code, seat in seats(size, facts).items() if seat[1]}
    assert mandatory == expected
    assert straight_way(size, facts, "signs") == DECIDERS[size]
    assert straight_way(size, facts, "heard") == HEARD[size]
    assert due(size, "review") == REVIEW_DAYS[size]
    assert due(size, "formal_check") == FORMAL_DAYS[size]
    for start, days in DEADLINES.items():
        assert deadline(size, "review", facts, start) == days[REVIEW_DAYS[size]]
        assert deadline(size, "formal_check", facts, start) == days[FORMAL_DAYS[size]]


def straight_way(size: str, facts: Facts, part: str) -> list[str]:
    """Who acts from the review to a grant, as office:role: those who sign, or are heard before."""
    route, code, found = ROUTES[size], "review", []
    onward = {"review": "agreed", "synthesis": "propose", "decide_head": "grant", "decide": "grant"}
    onward |= {
        "finance_check": "noted",
        "pre_check": "noted",
        "consultation": "noted",
        "confirm_grant": "confirm",
    }
    while code in onward:
        step = route.human(code)
        who = ":".join(step.seats[0].who.meant(facts, TODAY))
        if (part == "signs" and step.signs) or (part == "heard" and step.form == "consultation"):
            found.append(who)
        code = step.outcomes[onward[code]].to or ""
        following = ROUTES[size].steps.get(code)
        code = pick(following.table, facts, TODAY)[0] if isinstance(following, Choice) else code
    return found


def due(size: str, code: str) -> int:
    days = ROUTES[size].human(code).due
    assert isinstance(days, int)
    return days


def deadline(size: str, code: str, facts: Facts, start: date) -> date:
    """The last day in Basel on which this step, begun at nine in the morning of `start`, is in time."""
    nine = datetime.combine(start, time(9), ZURICH)
    calendar = Calendar(ZURICH, PROGRAMME.office_holidays([2026, 2027]))
    case = Case(version=1, to=code, facts={"requested": 1, **facts})
    entered = advance(ROUTES[size], case, nine, calendar)[0]
    assert isinstance(entered, Entered)
    assert entered.due_at is not None
    return (datetime.fromisoformat(entered.due_at) - timedelta(microseconds=1)).astimezone(ZURICH).date()


def test_the_fachstelle_is_nowhere_in_its_own_measure() -> None:
    facts: Facts = {"area": "language", "target_group": "population", "applicant_office": "integration"}
    for route in ROUTES.values():
        for step in route.steps.values():
            for seat in step.seats if isinstance(step, Human) else ():
                assert seat.who.meant(facts, TODAY)[0] != "integration"


@pytest.mark.parametrize(
    ("facts", "advisory"),
    [
        ({"area": "interpreting"}, {"court": "court_of_appeal"}),
        ({"area": "interpreting", "in_riehen": True}, {"court": "court_of_appeal"}),
        ({"area": "living_together"}, {}),
        ({"area": "living_together", "in_riehen": True}, {"riehen": "riehen"}),
        (
            {"area": "living_together", "in_riehen": True, "in_bettingen": True, "both_cantons": True},
            {"riehen": "riehen", "bettingen": "bettingen", "basel_landschaft": "basel_landschaft"},
        ),
        ({"area": "language", "in_riehen": True, "both_cantons": True}, {}),
    ],
)
def test_advisory_seats_are_added_and_never_mandatory(facts: Facts, advisory: dict[str, str]) -> None:
    found = {code: seat for code, seat in seats("medium", facts).items() if code not in ("lead", "second")}
    assert found == {code: (office, False) for code, office in advisory.items()}


@pytest.mark.parametrize("group", REFUGEES + OTHERS)
def test_the_pot_follows_the_target_group(group: str) -> None:
    expected = "lump_sum" if group in REFUGEES else "programme"
    assert pick(TABLES["pot"], {"target_group": group}, TODAY)[0] == expected
