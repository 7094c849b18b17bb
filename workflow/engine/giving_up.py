"""What an applicant gives up takes as many signatures as asking for it took."""

from __future__ import annotations

from workflow.engine.canonical import content_hash
from workflow.engine.case import Actor, Case
from workflow.engine.commands import Command, Complete, Withdraw
from workflow.engine.route import APPLICANT, Human, Route
from workflow.errors import Refused


def gives_up(route: Route, case: Case, command: Command) -> bool:
    """Taking an application back, and choosing what releases the money that is reserved for it."""
    if isinstance(command, Withdraw):
        return True
    step = route.steps.get(command.step) if isinstance(command, Complete) else None
    if not isinstance(command, Complete) or not isinstance(step, Human):
        return False
    mine = any(seat.code == command.seat and seat.role == APPLICANT for seat in case.seats)
    outcome = step.outcomes.get(command.outcome)
    return mine and outcome is not None and outcome.money == "release"


def signed(case: Case, command: Command) -> str:
    """The hash of what two people of an applicant sign, at this visit of the step and not later."""
    outcome = command.outcome if isinstance(command, Complete) else ""
    return content_hash({"gives_up": [case.entry, outcome]})


def co_signer(actor: Actor, applicant: str, signed_with: str) -> str:
    """Who signs together with this person; empty for who signs alone. Refused (second_signature_needed)."""
    if "sign" in actor.rights_in(applicant):
        return ""
    if signed_with in ("", actor.person):
        raise Refused("second_signature_needed")
    return signed_with
