"""What was paid of what a case has committed: recorded by whom the route names, never more than is open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from workflow.engine import commands as cmd
from workflow.engine import events as ev
from workflow.engine.aside import refusal_of, require, stands_at
from workflow.engine.case import Actor, Case
from workflow.engine.commands import Offer
from workflow.engine.route import Human, Route
from workflow.errors import FoerderwegError, NotAllowed, Refused


def paid(
    route: Route, case: Case, command: cmd.Pay, actor: Actor, on: date, *, stopped: bool = False
) -> ev.Event:
    """The fact that this command makes; raises Refused (with the figure) or NotAllowed.

    `stopped`: by the case that this one belongs to.
    """
    require(_refusal(route, case, actor, on))
    if command.paid != case.paid:
        raise Refused("paid_meanwhile", amount=case.paid)
    if not command.amount:
        raise Refused("amount_missing")
    if command.amount > 0 and (stopped or case.stopped):
        raise Refused("report_missing")
    if command.amount > case.committed - case.paid:
        raise Refused("amount_over_open", amount=command.amount, left=case.committed - case.paid)
    if -command.amount > case.paid:
        raise Refused("amount_over_paid", amount=-command.amount, limit=case.paid)
    return ev.Paid(actor.person, command.amount, command.content)


def allowed(route: Route, case: Case, actor: Actor, on: date) -> Iterator[Offer]:
    """Recording a payment; `outcomes`: the Rappen that may still be paid, and those that are paid."""
    if _refusal(route, case, actor, on) is None:
        left = 0 if case.stopped else case.committed - case.paid
        yield Offer("pay", case.step or "", outcomes=(str(left), str(case.paid)))


def _refusal(route: Route, case: Case, actor: Actor, on: date) -> FoerderwegError | None:
    if route.payments is None or not stands_at(case, route.payments.start) or not case.committed:
        return Refused("nothing_to_pay")
    if any(act.by == actor.person and _signs(route, act.step) for act in case.acts):
        return NotAllowed("four_eyes")  # who has decided on money does not pay it out, as a deputy either
    return refusal_of(route.payments.who.meant(case.facts, on), case, actor)


def _signs(route: Route, code: str) -> bool:
    step = route.steps.get(code)
    return isinstance(step, Human) and step.signs is not None
