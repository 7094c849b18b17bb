"""From what a form or a program says to the command off the straight way that it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from workflow.engine.commands import Command, Extend, Nudge, Receive, Resume, Suspend, TakeWay
from workflow.errors import Refused


def aside_of(case_id: UUID, said: Mapping[str, Any]) -> Command:
    """The command of `said`: action, entry, and way and to, message or days. Raises Refused."""
    match said["action"]:
        case "receive":
            return Receive(case_id, said["message"], said["entry"])
        case "way":
            return TakeWay(case_id, said["way"], said["to"], said["entry"])
        case "suspend":
            return Suspend(case_id, said["entry"])
        case "resume":
            return Resume(case_id)
        case "extend":
            return Extend(case_id, said["days"], said["entry"])
        case "nudge":
            return Nudge(case_id, said["entry"])
        case other:
            raise Refused("no_such_outcome", outcome=str(other))
