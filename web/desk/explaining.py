"""Why a case stands where it stands, in words: what was read, and why somebody may not act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from web.desk.words import Words
from web.language import gettext, lang
from workflow.funding.forms import Form
from workflow.funding.money import format_chf
from workflow.texts import label
from workflow.texts import marked as _

REASONS = {
    "declare_first": _("darf, sobald geklärt ist, dass kein Ausstandsgrund besteht"),
    "linked": _("steht mit der Trägerschaft in Verbindung und hat sich zum Ausstand noch nicht erklärt"),
    "own_organisation": _("gehört zur gesuchstellenden Trägerschaft"),
    "own_office": _("gehört zur Stelle, deren Vorhaben es ist"),
    "recused": _("ist im Ausstand"),
    "four_eyes": _("hat einen früheren Schritt erledigt (Vier-Augen-Prinzip)"),
    "one_seat_each": _("hat bei diesem Schritt schon Stellung genommen"),
    "own_review": _("gehört zu einer Stelle, die schon mitgewirkt hat"),
}


GIVEN = {
    "size": _("Grösse"),
    "requested_in_all": _("Insgesamt verlangt"),
    "decided_by": _("Zuletzt entschieden von"),
}
"""Facts that no form asks for: the system gives them."""


def read_facts(facts: Mapping[str, Any], form: Form, words: Words, route: str) -> str:
    """The facts that a table read, as the form asks for them; what does not apply is left out.

    `route`: its hash; what an outcome has noted in the case is told by the title of that outcome.
    """
    asked = {field.fact: field for field in form.fields().values() if field.fact}
    said = []
    for name, value in facts.items():
        field = asked.get(name)
        if value is True and field:
            said.append(label(field.label, lang()))
        elif field and value is not False:
            said.append(f"{label(field.label, lang())}: {field.as_text(value, lang())}")
        elif value is True:
            said.append(words.noted(route, name))
        elif name in GIVEN:
            known = words.role(value) if name == "decided_by" else value
            known = format_chf(value) if name == "requested_in_all" else known
            said.append(f"{gettext(GIVEN[name])}: {known}")
        elif value is not False:
            said.append(f"{name}: {words.office(str(value))}")
    return "; ".join(said)


def reason(code: str | None) -> str:
    """What keeps somebody from acting, in words; None: nothing does."""
    if code is None:
        return gettext("darf")
    return gettext(REASONS[code]) if code in REASONS else code
