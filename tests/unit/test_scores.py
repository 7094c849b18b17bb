"""Weighted criteria: every area has its own, they add up, and what is far apart is a dissent."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.builders import KIP3
from web.cli.story import review, scores
from workflow.errors import Invalid, Problem, RouteError
from workflow.funding.forms import Form
from workflow.funding.programme import Programme, load_folder
from workflow.funding.scores import far_apart, weighted_total

BUNDLE = load_folder(KIP3)
PROGRAMME = Programme.parse(BUNDLE.programme)
OPTIONS = PROGRAMME.options(BUNDLE.forms["application"])
REVIEW = Form.parse(BUNDLE.forms["review"], OPTIONS)


@pytest.mark.parametrize("area", PROGRAMME.areas)
def test_every_area_weighs_its_own_criteria(area: str) -> None:
    form = REVIEW.in_area(area)
    criteria = {path for path in form.fields() if path.startswith("criteria.")}
    assert set(form.weights) == criteria == {f"criteria.{code}" for code in scores(area)}
    assert sum(form.weights.values()) == 100
    loaded = form.load(review("Gut.", area=area), outcome="yes", facts={"requested": 10_000_00})
    assert 350 < (weighted_total(form.weights, loaded) or 0) < 401


def test_the_total_is_the_weighted_mean_in_hundredths() -> None:
    weights = {"criteria.a": 30, "criteria.b": 70}
    assert weighted_total(weights, {"criteria": {"a": "5", "b": "2"}}) == 290
    assert weighted_total(weights, {"criteria": {"a": "1", "b": "1"}}) == 100
    assert weighted_total(weights, {"criteria": {"a": "5", "b": "5"}}) == 500


@pytest.mark.parametrize("given", [{}, {"a": "5"}, {"a": "5", "b": None}, {"a": "5", "b": "sehr gut"}])
def test_without_all_scores_there_is_no_total(given: dict[str, Any]) -> None:
    assert weighted_total({"criteria.a": 50, "criteria.b": 50}, {"criteria": given}) is None
    assert weighted_total({}, {"criteria": given}) is None


@pytest.mark.parametrize(
    ("given", "apart"),
    [([], False), ([4], False), ([4, 3], False), ([4, None, 2], True), ([1, 5], True), ([2, 3, 4], True)],
)
def test_two_points_between_scores_are_a_dissent(given: list[int | None], apart: bool) -> None:
    assert far_apart(given) is apart


def test_a_criterion_of_another_area_is_not_taken() -> None:
    with pytest.raises(Invalid) as refused:
        REVIEW.in_area("language").load(review("Gut.", area="interpreting"), outcome="yes")
    assert refused.value.fields == {"criteria.neutrality": [Problem("unknown_field")]}


@pytest.mark.parametrize("amount", [20_000_00, 20_000_01])
def test_a_reduced_amount_is_less_than_what_was_asked_for(amount: int) -> None:
    form, facts = REVIEW.in_area("language"), {"requested": 20_000_00}
    with pytest.raises(Invalid) as refused:
        form.load(review("Zu teuer.", amount=amount), outcome="reduced", facts=facts)
    assert refused.value.fields == {
        "recommendation.amount": [Problem("not_below", {"wanted": 20_000_00})],
    }
    assert form.load(review("Zu teuer.", amount=19_999_95), outcome="reduced", facts=facts)


@pytest.mark.parametrize(
    ("outcome", "missing"),
    [("no", "reasons"), ("yes_with_conditions", "conditions"), ("reduced", "amount"), ("yes", "reasons")],
)
def test_what_a_recommendation_needs(outcome: str, missing: str) -> None:
    whole = {"reasons": "Darum.", "conditions": "Mit Bericht.", "amount": 5_000_00}
    others = {"no": (), "yes": (), "yes_with_conditions": ("conditions",), "reduced": ("amount",)}[outcome]
    said = {code: whole[code] for code in ("reasons", *others) if code != missing}
    with pytest.raises(Invalid) as refused:
        REVIEW.in_area("language").load(
            {"criteria": scores("language"), "recommendation": said},
            outcome=outcome,
            facts={"requested": 20_000_00},
        )
    assert set(refused.value.fields) == {f"recommendation.{missing}"}


@pytest.mark.parametrize(
    "weights",
    [
        {"need": 99},
        {"need": 150, "goals": -50},
        {"need": 50, "nothing": 50},
    ],
)
def test_weights_that_do_not_hold_are_not_published(weights: dict[str, int]) -> None:
    raw = deepcopy(dict(BUNDLE.forms["review"]))
    raw["scoring"]["weights"]["language"] = weights
    with pytest.raises(RouteError, match="form_malformed"):
        Form.parse(raw, OPTIONS)


def test_no_area_goes_without_weights() -> None:
    raw = deepcopy(dict(BUNDLE.forms["review"]))
    del raw["scoring"]["weights"]["language"]
    with pytest.raises(RouteError, match="language"):
        Form.parse(raw, OPTIONS)


def test_forms_published_before_have_no_weights() -> None:
    raw = {key: value for key, value in BUNDLE.forms["review"].items() if key != "scoring"}
    assert Form.parse(raw, OPTIONS).in_area("language").weights == {}
