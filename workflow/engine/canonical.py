"""One spelling for data that is hashed: sorted keys, no spaces, UTF-8."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID


def _spelled(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no one spelling")


# made once: `json.dumps` makes an encoder for each call that asks for anything
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_spelled)


def canonical(data: Any) -> bytes:
    """JSON bytes that are the same for equal data, whatever order its keys came in (no floats).

    Ids are spelled as their text, tuples as lists.
    """
    return _ENCODER.encode(data).encode()


def content_hash(data: Any) -> str:
    """SHA-256 (hex) of the canonical spelling: the name by which a version is pinned."""
    return hashlib.sha256(canonical(data)).hexdigest()
