"""Weighted criteria: which count in a funding area, how much, and what scores add up to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflow.errors import RouteError
from workflow.funding.questions import Field

WHOLE = 100
LOWEST, HIGHEST = 1, 5
FAR_APART = 2
"""So many points between two scores are a dissent."""

Weights = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scoring:
    """`areas`: code of a funding area → code of a criterion → per cent; what has no weight is not asked."""

    section: str
    areas: Mapping[str, Weights]

    def weights(self, area: str) -> Weights:
        """Path → per cent of the criteria that count in this area."""
        return {f"{self.section}.{code}": weight for code, weight in self.areas[area].items()}


def parse_scoring(
    raw: Mapping[str, Any], known: Mapping[str, Field], areas: Collection[str], at: str
) -> Scoring:
    """RouteError (form_malformed) unless each area's weights add up to 100 and weigh scores from 1 to 5."""
    found = Scoring(raw["section"], raw["weights"])
    if set(found.areas) != set(areas):
        raise RouteError("form_malformed", at=f"{at}.scoring", key=f"{sorted(set(areas) ^ set(found.areas))}")
    for area, weights in found.areas.items():
        if sum(weights.values()) != WHOLE or any(weight <= 0 for weight in weights.values()):
            raise RouteError("form_malformed", at=f"{at}.scoring.{area}", key="weights")
        for path in found.weights(area):
            options = {option.code for option in known[path].options} if path in known else set()
            if options != {str(score) for score in range(LOWEST, HIGHEST + 1)}:
                raise RouteError("form_malformed", at=f"{at}.scoring.{area}", key=path)
    return found


def weighted_total(weights: Weights, answers: Mapping[str, Any]) -> int | None:
    """Hundredths of a point, 100 to 500; None while a criterion has no score."""
    scores = {path: score_of(answers, path) for path in weights}
    given = {path: score for path, score in scores.items() if score is not None}
    if not weights or len(given) < len(weights):
        return None
    return sum(weights[path] * score for path, score in given.items())


def score_of(answers: Mapping[str, Any], path: str) -> int | None:
    """The score that stands at this path, if there is one."""
    section, code = path.split(".")
    value = answers.get(section, {}).get(code)
    return int(value) if isinstance(value, str) and value in "12345" and len(value) == 1 else None


def far_apart(scores: Sequence[int | None]) -> bool:
    """Whether two of these scores differ so much that it is a dissent."""
    given = [score for score in scores if score is not None]
    return len(given) > 1 and max(given) - min(given) >= FAR_APART
