"""Area × size × conditions → offices, read from the programme's tables and routes."""

from itertools import product
from pathlib import Path

import pytest

import workflow
from workflow.engine.route import NO_OFFICE, Human, parse_route
from workflow.engine.tables import Facts, parse_table, pick
from workflow.funding.programme import Programme, load_folder

BUNDLE = load_folder(Path(workflow.__file__).parent / "programmes/kip3-basel-stadt")
PROGRAMME = Programme.parse(BUNDLE.programme)
TABLES = {code: parse_table(raw, code) for code, raw in PROGRAMME.tables.items()}
ROUTES = {
    code: parse_route({**raw, "tables": BUNDLE.programme["tables"]}) for code, raw in BUNDLE.routes.items()
}
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
        office, _ = seat.who.meant(facts)
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


def test_the_fachstelle_is_nowhere_in_its_own_measure() -> None:
    facts: Facts = {"area": "language", "target_group": "population", "applicant_office": "integration"}
    for route in ROUTES.values():
        for step in route.steps.values():
            for seat in step.seats if isinstance(step, Human) else ():
                assert seat.who.meant(facts)[0] != "integration"


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
    assert pick(TABLES["pot"], {"target_group": group})[0] == expected
