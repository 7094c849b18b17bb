"""What stands before those who decide: the proposal, or what the first of two has decided; the dissent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from workflow.engine.outlook import as_proposed
from workflow.engine.route import Human, Route
from workflow.funding.forms import Form
from workflow.funding.scores import far_apart, score_of
from workflow.store.queries.record import STRAYS, answer_named
from workflow.store.queries.rows import HistoryRow, Statement


@dataclass(frozen=True, slots=True)
class Standing:
    """`amount`: Rappen, None where nothing is granted. `signed`: by somebody who signs, and one more has to.

    `by_panel`: what the one reviewer recommends, where no synthesis is made of it; its `reasons` are then the
    reviewer's own and belong into no order. `doubted_by`: who was to sign next and did not confirm it, or "".
    """

    grants: bool
    amount: int | None
    conditions: str
    reasons: str
    dissent: str
    entry: int
    step: str
    outcome: str
    office: str
    by_name: str
    at: datetime
    signed: bool
    by_panel: bool
    doubted_by: str = ""


def standing(
    route: Route, said: Sequence[Statement], events: Sequence[HistoryRow], requested: int
) -> Standing | None:
    """The newest statement that proposes or decides something; None where none does.

    What was said before a way off the route, or before an appeal brought the case back, was said of something
    else, and stands no more.
    """
    strayed = max((row.version for row in events if row.name in STRAYS), default=0)
    entered = (row for row in events if row.name == "Entered" and row.version > strayed)
    since = next((row.data["entry"] for row in entered), None)
    later: list[Statement] = []
    for one in reversed(said):
        step = route.steps[one.step]
        if not isinstance(step, Human) or since is None or one.entry < since:
            continue
        if step.is_panel:
            found = _of_panel(step, one, said, requested)
        elif reasons := answer_named(one.data, "reasons"):
            found = _of_one(step, one, str(reasons))
        else:
            later.append(one)
            continue
        return replace(found, doubted_by=_doubted_by(route, later, found)) if found else None
    return None


def _doubted_by(route: Route, later: Sequence[Statement], found: Standing) -> str:
    """Whose decision, of those after what stands, was another one: as of who passes it up."""
    for one in later:
        step = route.human(one.step)
        usual = (code for code, outcome in step.outcomes.items() if not outcome.by_clock)
        if step.signs and one.outcome != (as_proposed(step, grants=found.grants) or next(usual, None)):
            return one.by_name
    return ""


@dataclass(frozen=True, slots=True)
class Dissent:
    """Of the newest panel: votes for and against, criteria far apart; and objections that came after it."""

    votes_for: int
    votes_against: int
    apart: int
    objections: int


def dissent(route: Route, said: Sequence[Statement], form_of: Callable[[str], Form]) -> Dissent:
    """`form_of`: a form of the case's programme, weighted for its area."""
    panels = [one for one in said if route.human(one.step).is_panel]
    if not panels:
        return Dissent(0, 0, 0, 0)
    last = [one for one in panels if one.entry == panels[-1].entry]
    votes, form = route.human(last[0].step).votes or {}, form_of(last[0].form_code)
    against = sum(votes[one.outcome] == "against" for one in last)
    apart = sum(far_apart([score_of(one.data, path) for one in last]) for path in form.weights)
    later = [one for one in said if one.entry > last[0].entry]
    objections = sum(bool(answer_named(one.data, "objections")) for one in later)
    return Dissent(len(last) - against, against, apart, objections)


def _of_one(step: Human, one: Statement, reasons: str) -> Standing:
    outcome = step.outcomes[one.outcome]
    amount = answer_named(one.data, "amount")
    return Standing(
        grants=outcome.amount is not None,
        amount=int(amount) if outcome.amount and amount else None,
        conditions=str(answer_named(one.data, "conditions") or ""),
        reasons=reasons,
        dissent=str(answer_named(one.data, "dissent") or ""),
        entry=one.entry,
        step=one.step,
        outcome=one.outcome,
        office=one.office,
        by_name=one.by_name,
        at=one.at,
        signed=step.signs is not None,
        by_panel=False,
    )


def _of_panel(step: Human, one: Statement, said: Sequence[Statement], requested: int) -> Standing | None:
    """One vote alone is a proposal; of several somebody has to make one."""
    if sum(other.entry == one.entry for other in said) > 1 or not step.votes:
        return None
    grants = step.votes[one.outcome] == "for"
    amount = answer_named(one.data, "amount") or requested
    return Standing(
        grants=grants,
        amount=int(amount) if grants else None,
        conditions=str(answer_named(one.data, "conditions") or ""),
        reasons=str(answer_named(one.data, "reasons") or ""),
        dissent="",
        entry=one.entry,
        step=one.step,
        outcome=one.outcome,
        office=one.office,
        by_name=one.by_name,
        at=one.at,
        signed=False,
        by_panel=True,
    )
