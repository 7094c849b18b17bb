"""Why somebody may not act, said of a third person."""

from __future__ import annotations

from web.language import gettext


def _(msgid: str) -> str:
    return msgid


REASONS = {
    "declare_first": _("darf, sobald geklärt ist, dass kein Ausstandsgrund besteht"),
    "own_organisation": _("gehört zur gesuchstellenden Trägerschaft"),
    "own_office": _("gehört zur Stelle, deren Vorhaben es ist"),
    "recused": _("ist im Ausstand"),
    "four_eyes": _("hat einen früheren Schritt erledigt (Vier-Augen-Prinzip)"),
    "one_seat_each": _("hat bei diesem Schritt schon Stellung genommen"),
    "own_review": _("gehört zu einer Stelle, die schon mitgewirkt hat"),
}


def reason(code: str | None) -> str:
    """What keeps somebody from acting, in words; None: nothing does."""
    if code is None:
        return gettext("darf")
    return gettext(REASONS[code]) if code in REASONS else code
