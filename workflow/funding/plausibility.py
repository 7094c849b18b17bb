"""Whether figures make sense: what a budget adds up to, the shares of limits, the year; in Rappen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workflow.funding.budget import Values, amount
from workflow.funding.forms import Form

COSTS, SOURCES = "budget.costs.amount", "financing.sources.amount"
OWN = {"source": ["own_cash", "own_in_kind"]}
CANTON = {"source": ["canton"]}
OVERHEAD = {"kind": ["overhead"]}
FAR_ABOVE = 150
"""Per cent of the median from which on a cost for each person is called far above comparable grants."""


@dataclass(frozen=True, slots=True)
class Budget:
    """`most_overhead`: per cent that the form allows; None: it sets no limit."""

    costs: int
    requested: int
    sources: int
    overhead: int
    most_overhead: int | None
    own: int
    canton: int
    people: int

    @property
    def meets(self) -> bool:
        return self.costs == self.requested + self.sources

    @property
    def per_person(self) -> int | None:
        return self.requested // self.people if self.people else None

    @property
    def overhead_fits(self) -> bool:
        return self.most_overhead is None or self.overhead * 100 <= self.costs * self.most_overhead

    def percent(self, part: int) -> int:
        """Of the costs, rounded up: a share just above a limit never reads as on it."""
        return -(-part * 100 // self.costs) if self.costs else 0

    def is_far_above(self, median: int | None) -> bool:
        """It asks for much more for each person than comparable grants got."""
        return bool(median and self.per_person and self.per_person * 100 > median * FAR_ABOVE)


def budget_of(form: Form, answers: Values) -> Budget | None:
    """None for a form without costs."""
    if not answers.get("budget", {}).get("costs"):
        return None
    return Budget(
        costs=amount(answers, COSTS),
        requested=amount(answers, "financing.requested"),
        sources=amount(answers, SOURCES),
        overhead=amount(answers, COSTS, OVERHEAD),
        most_overhead=_limit(form),
        own=amount(answers, SOURCES, OWN),
        canton=amount(answers, SOURCES, CANTON),
        people=amount(answers, "people.participants.number"),
    )


def runs_in(answers: Values, year: int) -> bool:
    """Whether the project has a day in this year, as far as it says when it takes place."""
    said = answers.get("project", {})
    first, last = (str(said.get(name) or "") for name in ("period_from", "period_to"))
    return not (last and last < f"{year}-01-01") and not first > f"{year}-12-31"


def _limit(form: Form) -> int | None:
    limits: Sequence[int] = [
        int(rule.params["at_most"])
        for rule in form.rules
        if "at_most" in rule.params and rule.params.get("where") == OVERHEAD
    ]
    return min(limits, default=None)
