"""Why somebody does something: asked for in the same way at every door."""

from __future__ import annotations

from workflow.errors import Invalid, Problem


def read_reason(text: str, most: int, *, needed: bool = True) -> str:
    """What was typed, without the blanks around it; nothing is cut off. Raises Invalid ("reason")."""
    text = text.strip()
    if "\x00" in text or (needed and not text):
        raise Invalid({"reason": [Problem("required")]})
    if len(text) > most:
        raise Invalid({"reason": [Problem("too_long", {"max": most})]})
    return text
