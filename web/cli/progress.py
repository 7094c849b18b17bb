"""How far long work has come: one line that fills up on a terminal, one line each tenth in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable

WIDTH = 40


def progress(what: str) -> Callable[[int, int], None]:
    """A function that is told (done, of how many)."""
    last = -1

    def tell(done: int, total: int) -> None:
        nonlocal last
        tenth = 10 * done // total if total else 10
        if sys.stderr.isatty():
            bar = "#" * (WIDTH * done // (total or 1))
            end = "\n" if done >= total else ""
            print(f"\r{what} [{bar:{WIDTH}}] {done} of {total}", end=end, file=sys.stderr, flush=True)
        elif tenth != last:
            print(f"{what}: {done} of {total}", file=sys.stderr, flush=True)
        last = tenth

    return tell
