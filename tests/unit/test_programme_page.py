"""What programme.yaml says is read, or refused with the place: else it fails on every page, or in silence."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.builders import KIP3
from workflow.funding.plain import read_part
from workflow.funding.programme import Bundle, load_folder
from workflow.funding.programme_page import misread
from workflow.publishable import problems

BUNDLE = load_folder(KIP3)
CALL = "project-round-2027"
Page = dict[str, Any]
Change = Callable[[Page], object]


def of(page: Page, kind: str, code: str) -> Page:
    found: Page = next(one for one in page[kind] if one["code"] == code)
    return found


def question(page: Page) -> Page:
    found: Page = of(page, "calls", CALL)["eligibility"][0]
    return found


def again(page: Page, kind: str) -> None:
    page[kind].append(deepcopy(page[kind][0]))


MISTAKES: dict[str, tuple[Change, str]] = {
    "a key misspelt": (
        lambda it: it["sender"].update(mial=it["sender"].pop("mail")),
        "unknown_key at=sender.mial key=mial",
    ),
    "a key missing": (lambda it: it["sender"].pop("mail"), "missing_key at=sender.mail key=mail"),
    "a part that nobody reads": (lambda it: it.update(contact=[]), "unknown_key at=contact key=contact"),
    "a part missing": (lambda it: it.pop("offices"), "missing_key at=offices key=offices"),
    "a part of another kind": (lambda it: it.update(sender=[]), "wrong_value at=sender key=sender"),
    "a title in no language": (
        lambda it: of(it, "calls", CALL).update(title="Eingabe"),
        f"wrong_value at=calls.{CALL}.title key=title",
    ),
    "a title in no known language": (
        lambda it: of(it, "calls", CALL).update(title={"xx": "Eingabe"}),
        f"wrong_value at=calls.{CALL}.title key=title",
    ),
    "a text of a question missing": (
        lambda it: question(it).pop("text"),
        f"missing_key at=calls.{CALL}.eligibility.place.text key=text",
    ),
    "a text that is a number": (
        lambda it: it["sender"]["address"].update(de=4001),
        "wrong_value at=sender.address.de key=de",
    ),
    "an empty text": (
        lambda it: it["sender"]["address"].update(fr=" "),
        "not_translated at=sender.address language=fr",
    ),
    "an address without quotes": (
        lambda it: it["sender"].update(
            address=read_part("{de: Marktplatz 1, 1999 Arve, fr: P, it: P, en: P}", "")
        ),
        "text_cut at=sender.address key=1999 Arve",
    ),
    "an amount as text": (
        lambda it: of(it, "sizes", "S").update(max="10'000"),
        "wrong_value at=sizes.S.max key=max",
    ),
    "an amount as text in a row without a code": (
        lambda it: it["ceilings"][0]["amounts"].update(lump_sum="1"),
        "wrong_value at=ceilings.first_information.amounts.lump_sum key=lump_sum",
    ),
    "a day that is none": (
        lambda it: of(it, "sizes", "S").update(valid_from="1. Januar"),
        "wrong_value at=sizes.S.valid_from key=valid_from",
    ),
    "a moment without a time": (
        lambda it: of(it, "calls", CALL).update(opens="2026-08-01"),
        f"wrong_value at=calls.{CALL}.opens key=opens",
    ),
    "a flag as text": (
        lambda it: of(it, "offices", "riehen").update(own_measures="no"),
        "wrong_value at=offices.riehen.own_measures key=own_measures",
    ),
    "an answer that nobody can give": (
        lambda it: question(it).update(wanted="ja"),
        f"wrong_value at=calls.{CALL}.eligibility.place.wanted key=wanted",
    ),
    "a number with a slash": (lambda it: it.update(number="KIP/3"), "wrong_value at=number key=number"),
    "a row of a table misspelt": (
        lambda it: it["tables"]["pot"]["rows"][0].update(valid_form="2027-01-01"),
        "unknown_key at=tables.pot.rows.0.valid_form key=valid_form",
    ),
    "a call without areas": (
        lambda it: of(it, "calls", CALL).update(areas=[]),
        f"missing_key at=calls.{CALL}.areas key=areas",
    ),
    "a language that nobody speaks": (
        lambda it: it.update(applicant_languages=["xx"]),
        "wrong_value at=applicant_languages.0 key=applicant_languages",
    ),
    **{
        f"{kind} twice": (
            lambda it, kind=kind: again(it, kind),  # type: ignore[misc]
            f"stands_twice at={kind}.{BUNDLE.programme[kind][0]['code']}",
        )
        for kind in ("calls", "areas", "offices", "roles", "statuses", "pots")
    },
    "a size twice": (lambda it: again(it, "sizes"), "sizes_unclear at=sizes.S"),
    "a goal twice": (
        lambda it: of(it, "areas", "counselling")["goals"].append(it["areas"][0]["goals"][0]),
        "stands_twice at=areas.goals.welcome key=welcome",
    ),
    "a question twice": (
        lambda it: of(it, "calls", CALL)["eligibility"].append(question(it)),
        f"stands_twice at=calls.{CALL}.eligibility.place key=place",
    ),
    "a credit twice": (
        lambda it: it["ceilings"].append({"years": [2027], "area": "language", "amounts": {"programme": 1}}),
        "stands_twice at=ceilings.language.2027.programme key=programme",
    ),
    "a theme that is not there": (
        lambda it: of(it, "areas", "language").update(theme="x"),
        "not_there at=areas.language.theme key=x",
    ),
    "an area of the SEM that is not there": (
        lambda it: of(it, "areas", "language").update(sem="x"),
        "not_there at=areas.language.sem key=x",
    ),
    "a department that is not there": (
        lambda it: of(it, "offices", "riehen").update(department="x"),
        "not_there at=offices.riehen.department key=x",
    ),
    "an area of an indicator that is not there": (
        lambda it: of(it, "indicators", "lessons").update(areas=["x"]),
        "not_there at=indicators.lessons.areas key=x",
    ),
    "an area of a contact that is not there": (
        lambda it: it["contacts"][0].update(areas=["x"]),
        "not_there at=contacts.population_services.areas key=x",
    ),
    "a pot that is not there": (
        lambda it: it["ceilings"][0]["amounts"].update(x=1),
        "not_there at=ceilings.first_information.amounts key=x",
    ),
    "an instance that is not there": (
        lambda it: it["remedy"]["authorities"]["head"].update(office="x"),
        "not_there at=remedy.authorities.head.office key=x",
    ),
}


def found(bundle: Bundle) -> list[str]:
    return [str(one) for one in problems(bundle)]


@pytest.mark.parametrize(("mistake", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_found_where_it_stands(mistake: Change, said: str) -> None:
    bundle = deepcopy(BUNDLE)
    mistake(bundle.programme)
    assert any(one.startswith(said) for one in found(bundle)), found(bundle)


@pytest.mark.parametrize("kind", ["languages", "years", "areas", "sizes", "terms"])
def test_a_programme_without_any_is_none(kind: str) -> None:
    bundle = deepcopy(BUNDLE)
    bundle.programme[kind].clear()
    assert f"missing_key at={kind} key={kind}" in found(bundle)


@pytest.mark.parametrize("wanted", [True, False, "yes", "no"])
def test_a_question_is_answered_with_yes_or_no_in_either_way(wanted: Any) -> None:
    bundle = deepcopy(BUNDLE)
    question(bundle.programme)["wanted"] = wanted
    assert found(bundle) == []


def test_everything_that_is_misread_is_said_at_once() -> None:
    bundle = deepcopy(BUNDLE)
    del bundle.programme["sender"]["mail"], bundle.programme["title"]
    bundle.routes["small"]["steps"]["decide"]["gates"] = True
    assert {one.partition(" ")[2] for one in found(bundle)} == {
        "at=sender.mail key=mail",
        "at=title key=title",
        "at=decide key=gates route=small",
    }


@pytest.mark.parametrize("key", ["title", "sections"])
def test_a_form_without_what_makes_it_one_is_named(key: str) -> None:
    bundle = deepcopy(BUNDLE)
    del bundle.forms["application"][key]
    assert found(bundle) == [f"missing_key at=forms.application key={key}"]


def test_a_text_of_a_route_or_a_form_is_not_cut_either() -> None:
    cut = read_part("{de: Prüfen, ob alles da ist, fr: F, it: I, en: E}", "")
    bundle = deepcopy(BUNDLE)
    bundle.routes["small"]["steps"]["decide"]["title"] = cut
    bundle.forms["decision"]["sections"][0]["fields"][0]["label"] = cut
    code = bundle.forms["decision"]["sections"][0]["fields"][0]["code"]
    assert found(bundle) == [
        "text_cut at=steps.decide.title key=ob alles da ist route=small",
        f"text_cut at=forms.decision.sections.decision.fields.{code}.label key=ob alles da ist",
    ]


def test_an_empty_part_that_may_be_missing_is_missing() -> None:
    for key in ("carry_over", "sem_report"):
        assert list(misread({**BUNDLE.programme, key: {}})) == []
        assert list(misread({**BUNDLE.programme, key: None})) == []
