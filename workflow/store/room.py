"""How much of a form is kept before it is handed in: some times what the longest of ours can hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workflow.errors import Refused

MOST = 400_000
"""Characters of a form's answers."""
MOST_ROWS = 500
"""Rows of a table, or files or choices of a field."""


def require_room(answers: Mapping[str, Any]) -> None:
    """`answers`: by section or path, read or as somebody sent them. Raises Refused (too_much_to_keep)."""
    parts = [part for part in answers.values() if isinstance(part, Mapping)]
    values = [*answers.values(), *(value for part in parts for value in part.values())]
    longest = max((len(value) for value in values if isinstance(value, list | tuple)), default=0)
    if longest > MOST_ROWS or len(json.dumps(answers)) > MOST:
        raise Refused("too_much_to_keep", most=MOST // 1000, rows=MOST_ROWS)
