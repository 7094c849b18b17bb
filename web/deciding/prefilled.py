"""A decision as it was proposed: what its form says before the person who decides has touched it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflow.funding.forms import Form
from workflow.store.queries import Standing


@dataclass(frozen=True, slots=True)
class Given:
    """What a form shows that nobody has written in yet; `outcome` is the person's to choose."""

    answers: Mapping[str, Any]
    outcome: str = ""


def prefilled(form: Form, outcome: str, proposal: Standing | None) -> dict[str, dict[str, Any]]:
    """The answers to the fields amount, conditions and reasons; of other outcomes than this none.

    A reviewer's reasons are for the office: they are not put into an order.
    """
    known = _said(proposal) if proposal else {}
    found: dict[str, dict[str, Any]] = {section.code: {} for section in form.sections}
    for path, one in form.fields().items():
        section, code = path.split(".")
        if one.exists_for(outcome or None) and known.get(code):
            found[section][code] = known[code]
    return found


def missing(form: Form, outcome: str, answers: Mapping[str, Any]) -> list[str]:
    """Paths of what this outcome still asks for."""
    fields = form.fields()
    return [path for path in form.missing(answers) if path in fields and fields[path].exists_for(outcome)]


def _said(proposal: Standing) -> Mapping[str, Any]:
    reasons = "" if proposal.by_panel else proposal.reasons
    return {"amount": proposal.amount, "conditions": proposal.conditions, "reasons": reasons}
