"""What those who decide bring about: for each outcome of a step, the way it opens, to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from workflow.engine.ahead import usual
from workflow.engine.case import Case
from workflow.engine.route import APPLICANT, Call, Choice, Human, Route


@dataclass(frozen=True, slots=True)
class Outlook:
    """`steps`: codes in their usual order to the ending, or to where somebody of the staff works on it again.

    `signers`: (office, role) of who signs then; `letter`: the template of the letter that is made without
    anybody deciding anew, None where there is none.
    """

    steps: tuple[str, ...]
    signers: tuple[tuple[str, str], ...]
    letter: str | None


def outlook(route: Route, case: Case, step: Human, outcome: str, amount: int | None, on: date) -> Outlook:
    """What usually follows when `step` ends so on this day. `amount`: what is granted, in Rappen."""
    chosen = step.outcomes[outcome]
    facts = dict(case.facts)
    if chosen.amount and amount is not None:
        facts[chosen.amount] = amount
    codes: list[str] = []
    signers: list[tuple[str, str]] = []
    letter, anew = None, False
    for code in usual(route, chosen.to, facts, on):
        match route.steps[code]:
            case Choice():
                continue
            case Call(call="letter", template=template) if not anew:
                letter = letter or template
            case Human(signs=None) as one if one.seats[0].who.role != APPLICANT:
                codes.append(code)
                break
            case Human(signs=str() as signs) as one:
                signers.append(one.seats[0].who.meant(facts, on))
                anew = anew or signs == "alone"
            case _:
                pass
        codes.append(code)
    return Outlook(tuple(codes), tuple(signers), letter)


def as_proposed(step: Human, *, grants: bool) -> str | None:
    """The outcome with which somebody who signs follows what is proposed: the first that fits.

    A grant is an outcome with an amount. None: this step cannot say so, or nobody signs here.
    """
    if not step.signs or step.is_panel or step.is_applicants:
        return None
    fitting = (one.code for one in step.outcomes.values() if bool(one.amount) == grants and not one.by_clock)
    return next(fitting, None)
