"""The programme folder: complete, sound, and read as it is meant."""

import json
import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import workflow
from workflow.engine.canonical import content_hash
from workflow.engine.parsing import parse_route
from workflow.engine.route import Human
from workflow.engine.soundness import check
from workflow.errors import Refused, RouteError
from workflow.funding.forms import Form
from workflow.funding.plain import load_yaml
from workflow.funding.programme import Bundle, Programme, load_folder
from workflow.publishable import parsed_routes, problems
from workflow.settings import PROGRAMMES

BUNDLE = load_folder(Path(workflow.__file__).parent / "programmes/kip3-basel-stadt")
PROGRAMME = Programme.parse(BUNDLE.programme)
FORMS = {
    code: Form.parse(data, PROGRAMME.options(BUNDLE.forms["application"]))
    for code, data in BUNDLE.forms.items()
}


def mappings(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        yield data
        for part in data.values():
            yield from mappings(part)
    if isinstance(data, list):
        for part in data:
            yield from mappings(part)


def test_every_label_is_there_in_german_french_and_english() -> None:
    labels = [
        m for part in (BUNDLE.programme, BUNDLE.routes, BUNDLE.forms) for m in mappings(part) if "de" in m
    ]
    assert len(labels) > 300
    for label in labels:
        assert set(label) in ({"de", "fr", "en"}, {"de", "fr", "it", "en"})
        assert all(isinstance(text, str) and text.strip() and "ß" not in text for text in label.values())


def test_the_bundle_survives_json() -> None:
    for data in (BUNDLE.programme, BUNDLE.routes, BUNDLE.forms):
        again = json.loads(json.dumps(data))
        assert again == data
        assert content_hash(again) == content_hash(data)


def test_the_catalogue_is_whole() -> None:
    themes, sem, departments = (
        set(PROGRAMME.labels[kind]) for kind in ("themes", "sem_areas", "departments")
    )
    assert len(PROGRAMME.areas) == 8
    assert len(sem) == 7
    assert {area.theme for area in PROGRAMME.areas.values()} == themes
    assert {area.sem for area in PROGRAMME.areas.values()} == sem
    assert {office.department for office in PROGRAMME.offices.values()} == departments
    of_children = {
        child["route"] for raw in BUNDLE.routes.values() for child in raw.get("children", {}).values()
    }
    assert {size.route for size in PROGRAMME.sizes if size.route} | of_children == set(BUNDLE.routes)
    assert set(PROGRAMME.terms) == {size.code for size in PROGRAMME.sizes if size.route}
    assert all(sum(terms["instalments"]) == 100 for terms in PROGRAMME.terms.values())
    for call in PROGRAMME.calls.values():
        assert call.form in BUNDLE.forms
        assert set(call.areas) == set(PROGRAMME.areas)
        assert call.year in PROGRAMME.years


@pytest.mark.parametrize(
    "payer",
    [
        {"name": "Kasse", "iban": "CH93 0076 2011 6238 5295 8"},
        {"name": "Kasse", "iban": "CH44 3199 9123 0008 8901 2"},
        {"name": "Kasse", "iban": "DE89 3704 0044 0532 0130 00"},
        {"name": " ", "iban": "CH93 0076 2011 6238 5295 7"},
        {"iban": "CH93 0076 2011 6238 5295 7"},
        "CH93 0076 2011 6238 5295 7",
    ],
)
def test_a_programme_pays_from_an_account_that_banks_here_debit(payer: object) -> None:
    with pytest.raises(RouteError, match=r"payer_unclear|programme_malformed|missing_key key=name"):
        Programme.parse({**BUNDLE.programme, "payer": payer})
    assert PROGRAMME.payer is not None
    assert Programme.parse({**BUNDLE.programme, "payer": None}).payer is None


def test_the_credit_of_a_year_is_two_point_four_millions() -> None:
    for year in PROGRAMME.years:
        lines = [ceiling for ceiling in PROGRAMME.ceilings if ceiling.year == year]
        assert sum(line.amount for line in lines) == 240_000_000
        assert {(line.area, line.pot) for line in lines} == {
            (area, pot) for area in PROGRAMME.areas for pot in PROGRAMME.labels["pots"]
        }


def asked(francs: int, until: str = "2027-12-31") -> dict[str, str | int]:
    return {"requested": francs * 100, "period_from": "2027-02-01", "period_to": until}


SIZES = [
    (1, "2027-12-31", "S"),
    (10_000, "2027-12-31", "S"),
    (10_001, "2027-12-31", "M"),
    (50_000, "2027-12-31", "M"),
    (50_001, "2027-12-31", "L"),
    (200_000, "2027-12-31", "L"),
    (200_001, "2027-12-31", "XL"),  # more than 200'000 a year
    (300_000, "2028-06-30", "L"),
    (300_001, "2028-06-30", "XL"),
]


@pytest.mark.parametrize(("francs", "until", "size"), SIZES)
def test_size_follows_the_amount_and_the_years(francs: int, until: str, size: str) -> None:
    assert PROGRAMME.size_for(asked(francs, until), date(2027, 1, 1)).code == size


def test_a_size_without_a_route_is_refused_with_the_figure() -> None:
    sizes = [
        {**raw, "route": None if raw["code"] == "XL" else raw["route"]} for raw in BUNDLE.programme["sizes"]
    ]
    with pytest.raises(Refused) as caught:
        Programme.parse({**BUNDLE.programme, "sizes": sizes}).size_for(asked(300_001), date(2027, 1, 1))
    assert caught.value.code == "size_not_open"
    assert caught.value.params == {"size": "XL", "amount": 30_000_100, "limit": 20_000_000}


def test_more_than_the_largest_size_is_refused_with_the_figure() -> None:
    programme = Programme.parse({**BUNDLE.programme, "sizes": BUNDLE.programme["sizes"][:2]})
    with pytest.raises(Refused) as caught:
        programme.size_for(asked(50_001), date(2027, 1, 1))
    assert caught.value.params == {"size": "", "amount": 5_000_100, "limit": 5_000_000}


def test_the_size_of_several_together_is_that_of_their_sum() -> None:
    programme = Programme.parse({**BUNDLE.programme, "sizes": BUNDLE.programme["sizes"][:2]})
    sizes = [programme.size_with(more, asked(9_000), date(2027, 1, 1)) for more in (100_000, 100_001)]
    assert sizes == ["S", "M"]
    assert programme.size_with(4_100_001, asked(9_000), date(2027, 1, 1)) == ""


def test_a_limit_with_a_date_counts_from_then_on() -> None:
    later = {"code": "S", "max": 2_000_000, "route": "small", "valid_from": "2027-01-01"}
    programme = Programme.parse({**BUNDLE.programme, "sizes": [*BUNDLE.programme["sizes"], later]})
    assert programme.size_for(asked(15_000), date(2026, 12, 31)).code == "M"
    assert programme.size_for(asked(15_000), date(2027, 1, 1)).code == "S"


def test_a_call_closes_at_midnight_in_basel() -> None:
    call = PROGRAMME.calls["project-round-2027"]
    assert call.opens == datetime(2026, 7, 31, 22, tzinfo=UTC)
    assert call.is_open(datetime(2027, 9, 30, 21, 59, 59, tzinfo=UTC))
    assert not call.is_open(datetime(2027, 9, 30, 22, tzinfo=UTC))
    assert not PROGRAMME.calls["project-round-2026"].is_open(datetime(2026, 11, 23, tzinfo=UTC))


def test_holidays_are_those_of_basel() -> None:
    closed = PROGRAMME.office_holidays([2027])
    assert date(2027, 5, 1) in closed
    assert date(2027, 3, 26) in closed
    assert date(2027, 1, 2) not in closed  # Berchtoldstag is none in Basel
    assert date(2027, 5, 27) not in closed  # nor is Corpus Christi


def test_holidays_have_names_those_of_the_programme_too() -> None:
    own = {"day": "2027-02-15", "title": {"de": "Morgestraich", "fr": "Carnaval"}}
    programme = replace(PROGRAMME, holidays={**PROGRAMME.holidays, "extra": [own, "2027-02-16"]})
    german, french = (programme.holiday_names([2027], lang) for lang in ("de", "fr"))
    days = [date(2027, 2, 15), date(2027, 2, 16), date(2027, 3, 26)]
    assert [german[day] for day in days] == ["Morgestraich", "2027-02-16", "Karfreitag"]
    assert [french[day] for day in days] == ["Carnaval", "2027-02-16", "Vendredi saint"]
    assert programme.office_holidays([2027]) >= set(days)


@pytest.mark.parametrize("code", BUNDLE.routes)
def test_routes_are_sound(code: str) -> None:
    route = parse_route({**BUNDLE.routes[code], "tables": BUNDLE.programme["tables"]})
    found = check(
        route,
        offices=PROGRAMME.offices,
        roles=PROGRAMME.labels["roles"],
        stages=PROGRAMME.labels["stages"],
        statuses=PROGRAMME.labels["statuses"],
        forms=BUNDLE.forms,
        letters=set(BUNDLE.letters) - {"frame"},
        routes=parsed_routes(BUNDLE, PROGRAMME),
    )
    assert found == []


def test_forms_speak_of_outcomes_and_facts_that_their_steps_have() -> None:
    choices: dict[str, set[str]] = {}
    for raw in BUNDLE.routes.values():
        for step in raw["steps"].values():
            if "form" in step:
                outcomes = set(step.get("votes", step["outcomes"]))
                assert set(step.get("vote_titles", step["outcomes"])) == outcomes
                choices.setdefault(step["form"], set()).update(outcomes)
                fields = FORMS[step["form"]].fields()
                assert {field.fact for field in fields.values() if field.fact} <= set(raw["facts"])
                reopens = {out["reopens"] for out in step["outcomes"].values() if "reopens" in out}
                assert all(fields[path].type == "choices" for path in reopens)
    of_children = {
        child["form"] for raw in BUNDLE.routes.values() for child in raw.get("children", {}).values()
    }
    assert set(choices) == set(FORMS) - {"application", "organisation"} - of_children
    for code, outcomes in choices.items():
        assert all(field.outcomes <= outcomes for field in FORMS[code].fields().values()), code
        assert all(rule.outcomes <= outcomes for rule in FORMS[code].rules), code


def test_every_role_that_signs_has_an_authority_that_hears_an_appeal() -> None:
    routes = [parse_route({**raw, "tables": BUNDLE.programme["tables"]}) for raw in BUNDLE.routes.values()]
    steps = [step for route in routes for step in route.steps.values() if isinstance(step, Human)]
    signing = {step.seats[0].who.meant({}, date(2026, 9, 7))[1] for step in steps if step.signs}
    assert signing == set(PROGRAMME.remedy["authorities"])


def test_an_appeal_comes_to_whom_the_order_names_and_never_to_who_decided() -> None:
    def said(bundle: Bundle) -> list[str]:
        return [str(one) for one in problems(bundle)]

    at = "at=remedy.authorities"
    assert said(BUNDLE) == []
    by_area = deepcopy(BUNDLE)
    by_area.routes["appeal"]["steps"]["instance"]["rows"][0]["when"] = {"area": "language"}
    assert said(by_area) == [f"hears_itself {at}.department_head role=department_head step=decide"]
    to_who_decided = deepcopy(BUNDLE)
    rows = to_who_decided.routes["appeal"]["steps"]["instance"]["rows"]
    rows[0]["when"]["decided_by"].append("department_head")
    assert said(to_who_decided) == [f"hears_itself {at}.department_head role=department_head step=decide"]
    recorded_alone = deepcopy(BUNDLE)
    recorded_alone.programme["tables"]["appeal_recorder"]["rows"] = []
    assert said(recorded_alone) == [f"hears_itself {at}.chancellery role=chancellery step=recorded"]
    named_otherwise = deepcopy(BUNDLE)
    named_otherwise.programme["remedy"]["authorities"]["head"]["office"] = "government"
    assert said(named_otherwise) == [f"heard_elsewhere {at}.head role=head route=appeal"]


def test_an_order_asks_for_no_report_that_nobody_can_hand_in() -> None:
    unasked = deepcopy(BUNDLE)
    del unasked.routes["small"]["steps"]["granted"]["expects"]
    unasked.routes["small"]["extend"]["from"].remove("granted")
    said = "report_not_expected at=terms.S letter=order_granted route=small"
    assert [str(one) for one in problems(unasked)] == [said]
    unasked.letters["order_granted"] = unasked.letters["order_granted"].replace("#data.report.", "nichts.")
    assert list(problems(unasked)) == []


def test_words_stay_words_and_keys_stand_once(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("{yes: no, on: off, day: 2027-03-01, flag: true, none: null}")
    assert load_yaml(file) == {"yes": "no", "on": "off", "day": "2027-03-01", "flag": True, "none": None}
    file.write_text("a: 1\na: 2\n")
    with pytest.raises(RouteError, match="stands twice"):
        load_yaml(file)


def test_a_letter_in_another_encoding_and_a_file_of_another_ending_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "canton"
    shutil.copytree(PROGRAMMES / "demo-canton", folder)
    (folder / "routes" / ".simple.yaml.swp").write_bytes(b"what an editor leaves behind")
    assert load_folder(folder) == load_folder(PROGRAMMES / "demo-canton")
    (folder / "routes" / "third.yml").write_text("route: third")
    with pytest.raises(RouteError, match=r"not_yaml at=routes/third.yml"):
        load_folder(folder)
    (folder / "routes" / "third.yml").unlink()
    (folder / "letters" / "refused.typ").write_bytes("Décision".encode("latin-1"))
    with pytest.raises(RouteError, match=r"unreadable at=letters/refused.typ"):
        load_folder(folder)


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        (
            ("remedy", "authorities", "chancellery", "address"),
            None,
            "wrong_value at=remedy.authorities.chancellery.address",
        ),
        (
            ("remedy", "authorities", "head", "authority"),
            {},
            "wrong_value at=remedy.authorities.head.authority",
        ),
        (("terms",), {"S": BUNDLE.programme["terms"]["S"]}, "no_terms at=terms.M"),
        (("terms", "M", "report"), None, "wrong_value at=terms.M.report"),
        (("terms", "M", "report"), "Schlussbericht", "wrong_value at=terms.M.report"),
        (
            ("tables", "head", "rows"),
            [{"when": {"aera": "language"}, "then": "integration:head"}],
            "not_there at=tables.head key=aera",
        ),
        (
            ("tables", "head", "rows"),
            [{"when": {"area": ["language", "sprache"]}, "then": "integration:head"}],
            "not_there at=tables.head.area key=sprache",
        ),
        (("carry_over", "child"), "reprot", "unknown_child at=carry_over child=reprot"),
        (("sem_report", "child"), "reprot", "unknown_child at=sem_report child=reprot"),
        (("carry_over", "figures", "plan.spent"), "accounts.costs.nothing", "no_figure"),
        (("carry_over", "figures", "plan.spent"), "accounts.costs", "no_figure"),
        (("carry_over", "figures", "plan.spent"), "results.goals", "no_figure"),
        (("carry_over", "figures", "plan.spent"), "accounts.spent", "no_figure"),
        (("carry_over", "figures", "plan.need"), "accounts.costs.spent", "no_figure"),
        (("carry_over", "figures", "plan.reached"), "accounts.costs.spent", "no_figure"),
    ],
)
def test_what_an_order_or_a_copy_would_stumble_over_is_not_published(
    part: tuple[str, ...], value: Any, said: str
) -> None:
    bundle = deepcopy(BUNDLE)
    place: Any = bundle.programme
    for name in part[:-1]:
        place = place[name]
    place[part[-1]] = value
    found = problems(bundle)[0]
    assert str(found).startswith(said)
