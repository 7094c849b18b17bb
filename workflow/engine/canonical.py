"""One spelling for data that is hashed: sorted keys, no spaces, UTF-8."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(data: Any) -> bytes:
    """JSON bytes that are the same for equal data, whatever order its keys came in (no floats)."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def content_hash(data: Any) -> str:
    """SHA-256 (hex) of the canonical spelling: the name by which a version is pinned."""
    return hashlib.sha256(canonical(data)).hexdigest()
