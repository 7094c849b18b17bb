"""Why somebody does something: asked for in the same way at every door."""

from __future__ import annotations

from workflow.errors import Invalid, Problem
from workflow.texts import as_seen


def read_reason(text: str, most: int, *, needed: bool = True) -> str:
    """What was typed, as others will see it; nothing is cut off. Raises Invalid ("reason")."""
    text = as_seen(text.replace("\r\n", "\n"))
    if "\x00" in text or (needed and not text):
        raise Invalid({"reason": [Problem("required")]})
    if len(text) > most:
        raise Invalid({"reason": [Problem("too_long", {"max": most})]})
    return text
