"""Ends the child processes of a launcher that was killed: runs beside it and waits for its pipe to close.

The launcher tells it `+pid signal` for a child that started and `-pid` for one that ended. No other way works
on Linux and macOS alike and for a launcher that dies by SIGKILL. It imports the standard library only.
"""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

GRACE_SECONDS = 10.0


def main() -> None:
    """Listen until the launcher is gone, then end what it left, the youngest first."""
    left: dict[int, int] = {}
    for line in sys.stdin:
        pid, _, stop_signal = line.strip()[1:].partition(" ")
        if line.startswith("+"):
            left[int(pid)] = int(stop_signal)
        else:
            left.pop(int(pid), None)
    until = time.monotonic() + GRACE_SECONDS
    for pid, stop_signal in reversed(left.items()):
        send(pid, stop_signal)
        while runs(pid) and time.monotonic() < until:
            time.sleep(0.05)
        send(pid, signal.SIGKILL)


def send(pid: int, number: int) -> None:
    """Send a signal to what is left of a child's process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def runs(pid: int) -> bool:
    """Whether the child still runs. In containers nobody may collect ended ones."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0] != "Z"
    except ProcessLookupError:
        return False
    except OSError:  # no /proc: not Linux
        return True


if __name__ == "__main__":
    main()
