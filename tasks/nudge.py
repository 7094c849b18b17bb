"""Tells the workers that something may be due: best effort, coalesced, never waited for.

A nudge that is lost costs seconds, because the clock nudges as well.
"""

from __future__ import annotations

import os
import threading

import redis
import structlog

from tasks.app import app, settings
from workflow.log import brief

PAUSE_SECONDS = 0.025
CHANGED = "foerderweg.changed"
"""A channel of Redis, and the key of the number that is told there: pages that are open look again."""
LOG = structlog.get_logger()


class _Nudger:
    """One background thread of one process; a forked child makes its own."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.wanted: set[str] = set()
        self.lock = threading.Lock()
        self.wake = threading.Event()
        self.redis: redis.Redis | None = None
        threading.Thread(target=self._run, name="nudge", daemon=True).start()

    def ask(self, names: tuple[str, ...]) -> None:
        with self.lock:
            self.wanted.update(names)
        self.wake.set()

    def _run(self) -> None:
        while True:
            self.wake.wait()
            self.wake.clear()
            with self.lock:
                names, self.wanted = self.wanted, set()
            for name in sorted(names, reverse=True):  # to route comes before what it makes to deliver
                self._send(name)
            self._tell()
            threading.Event().wait(PAUSE_SECONDS)

    def _send(self, name: str) -> None:
        try:
            app.send_task(name, expires=60, retry=False)
        except Exception as error:  # whatever ails the broker: the clock will do it
            LOG.warning("nudge_failed", task=name, error=brief(error))

    def _tell(self) -> None:
        """Somebody has committed something: number it, and tell the web processes."""
        try:
            if self.redis is None:
                url = settings().redis_url
                self.redis = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2)
            self.redis.publish(CHANGED, str(self.redis.incr(CHANGED)))
        except Exception as error:  # open pages ask now and then anyway
            LOG.warning("changed_not_told", error=brief(error))


_nudger: _Nudger | None = None


def nudge(*names: str) -> None:
    """Ask for `route` and `deliver` (or only those named); returns at once."""
    global _nudger
    if _nudger is None or _nudger.pid != os.getpid():
        _nudger = _Nudger()
    _nudger.ask(names or ("deliver", "route"))
