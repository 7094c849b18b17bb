"""What processes take while others work: memory, as their proportional share of it, and processor time.

Linux's /proc alone; elsewhere nothing is watched and nothing is told.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

EVERY_SECONDS = 5.0
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes of the largest process of a kind over time: least squares over the second half.

    `slope` a minute; `noise`: standard deviation around that line.
    """

    most: float
    resident: float
    slope: float
    noise: float


@dataclass(slots=True)
class Watch:
    """`roots`: process ids by name; a process's children count with it. Runs as a context manager."""

    roots: Mapping[str, int]
    sizes: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _before: dict[str, float] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Watch:
        self._before = {name: _cpu(list(_family(root))) for name, root in self.roots.items()}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        assert self._thread is not None
        self._thread.join()
        for name, root in self.roots.items():
            self.seconds[name] = _cpu(list(_family(root))) - self._before[name]

    def memory(self, name: str) -> Memory:
        """Of this kind's largest process."""
        samples = self.sizes[name]
        half = samples[len(samples) // 2 :]
        at, size = [one[0] / 60 for one in half], [one[1] for one in half]
        slope, start = statistics.linear_regression(at, size)
        noise = statistics.pstdev(y - (start + slope * x) for x, y in zip(at, size, strict=True))
        return Memory(max(one[1] for one in samples), max(one[2] for one in samples), slope, noise)

    def _run(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            for name, root in self.roots.items():
                sizes = [found for one in _family(root) if (found := _size(one))]
                if sizes:
                    share, resident = max(sizes)
                    self.sizes.setdefault(name, []).append((time.monotonic(), share, resident))


def _family(root: int) -> Iterator[int]:
    yield root
    parents = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    waiting = [root]
    while waiting:
        one = waiting.pop()
        children = [child for child, parent in parents.items() if parent == one]
        yield from children
        waiting += children


def _size(process: int) -> tuple[float, float] | None:
    """(proportional share, resident) in megabytes."""
    try:
        lines = (PROC / str(process) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines[1:] if line.endswith("kB")}
    return found.get("Pss", 0.0), found.get("Rss", 0.0)


def _cpu(processes: list[int]) -> float:
    """Seconds of both kinds so far, and those of children that have ended."""
    ticks = 0
    for one in processes:
        try:
            fields = (PROC / str(one) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(fields[place]) for place in (11, 12, 13, 14))
    return ticks / os.sysconf("SC_CLK_TCK")
