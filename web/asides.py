"""From what a form or a program says to the command off the straight way that it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from workflow.engine.commands import Command, Extend, Nudge, Pay, Receive, Resume, Suspend, TakeWay
from workflow.errors import Refused
from workflow.funding.money import parse_chf


def posted_aside(form: Mapping[str, str], entry: int) -> dict[str, Any]:
    """What a page's form says, for `aside_of`; a figure that is none is 0, and refused by the door."""
    said: dict[str, Any] = {
        name: form.get(name, "") for name in ("action", "way", "to", "message", "agrees_with")
    }
    days = form.get("days", "")
    said["days"] = int(days) if days.isascii() and days.isdecimal() and len(days) < 4 else 0
    for name in ("amount", "paid"):
        try:
            said[name] = parse_chf(form.get(name, ""))
        except ValueError:
            said[name] = 0
    return {**said, "entry": entry}


def aside_of(case_id: UUID, said: Mapping[str, Any]) -> Command:
    """The command of `said`: action, entry, and way and to, message, days or amount. Raises Refused."""
    match said["action"]:
        case "receive":
            return Receive(case_id, said["message"], said["entry"])
        case "way":
            seen = said["agrees_with"]
            return TakeWay(case_id, said["way"], said["to"], said["entry"], agrees_with=seen)
        case "suspend":
            return Suspend(case_id, said["entry"])
        case "resume":
            return Resume(case_id)
        case "extend":
            return Extend(case_id, said["days"], said["entry"])
        case "nudge":
            return Nudge(case_id, said["entry"])
        case "pay":
            return Pay(case_id, said["amount"], said["paid"])
        case other:
            raise Refused("no_such_outcome", outcome=str(other))
