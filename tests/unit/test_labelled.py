"""Texts of a programme in its languages: all for staff, and what applicants read in more."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workflow.errors import RouteError
from workflow.funding.labelled import check_labels, misread_texts
from workflow.funding.programme import Bundle, Programme, load_folder
from workflow.settings import PROGRAMMES
from workflow.texts import LANGUAGES

BUNDLE = load_folder(PROGRAMMES / "kip3-basel-stadt")
PROGRAMME = Programme.parse(BUNDLE.programme)


def without(path: str, language: str) -> Bundle:
    """The programme's folder without one language of the text at this path."""
    changed = copy.deepcopy(BUNDLE)
    kind, _, rest = path.partition(".")
    part: Any = {"programme": changed.programme, "routes": changed.routes, "forms": changed.forms}[kind]
    for name in rest.split("."):
        part = next(one for one in part if one["code"] == name) if isinstance(part, list) else part[name]
    del part[language]
    return replace(changed)


def test_applicants_read_it_in_four_languages() -> None:
    assert set(PROGRAMME.spoken) == {"de", "en", "fr", "it"}
    check_labels(BUNDLE, PROGRAMME)


@pytest.mark.parametrize(
    "path",
    [
        "programme.statuses.query.stop",
        "programme.offices.riehen.title",
        "forms.application.title",
        "forms.report.sections.results.title",
        "forms.revised_budget.title",
        "routes.medium.children.report.title",
        "routes.medium.steps.confirm_budget.outcomes.accept.title",
    ],
)
@pytest.mark.parametrize("language", ["fr", "it"])
def test_what_an_applicant_reads_is_missed(path: str, language: str) -> None:
    with pytest.raises(RouteError, match=f"not_translated at={path} language={language}"):
        check_labels(without(path, language), PROGRAMME)


@pytest.mark.parametrize("path", ["forms.review.title", "programme.stages.review.title"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_staff_alone_read_is_missed_in_the_languages_of_the_programme(path: str, language: str) -> None:
    with pytest.raises(RouteError, match=f"not_translated at={path} language={language}"):
        check_labels(without(path, language), PROGRAMME)


def test_what_staff_alone_read_needs_no_language_of_applicants() -> None:
    assert "it" in PROGRAMME.spoken
    assert "it" not in BUNDLE.forms["review"]["title"]


@pytest.mark.parametrize(
    "folder", sorted(one for one in PROGRAMMES.iterdir() if one.is_dir()), ids=lambda one: one.name
)
def test_staff_read_a_programme_in_each_language_that_its_pages_offer_them(folder: Path) -> None:
    bundle = load_folder(folder)
    programme = Programme.parse(bundle.programme)
    offered = tuple(one for one in programme.spoken if one in LANGUAGES)
    check_labels(bundle, replace(programme, languages=offered))


def test_a_code_that_is_spelt_as_a_language_makes_no_text() -> None:
    assert (
        list(misread_texts({"seats": {"de": {"office": "a"}, "it": {"office": "b"}, "lead": {}}}, "")) == []
    )
    [cut] = misread_texts({"address": {"de": "Marktplatz 1", "1999 Arve": None}}, "")
    assert str(cut) == "text_cut at=address key=1999 Arve"
