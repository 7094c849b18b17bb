"""Open pages that learn of changes: server-sent events that say that something changed, and never what.

The page then asks for its figures anew, with its own filters and its own rights. A hint that is lost costs a
page its next poll, half a minute. Hints come over Redis from whoever nudges the workers; one thread of each
process listens and wakes the streams of that process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator

import redis
import structlog
from flask import Flask, Response, abort, current_app, request

from tasks.nudge import CHANGED

MOST_STREAMS = 48
"""A process: each holds a thread, and `web.cli.system` leaves eight for pages. Others poll."""

LASTS_SECONDS = 300.0
"""Then the browser comes again, and is asked anew who it is."""

BEAT_SECONDS = 15.0
QUIET_SECONDS = 15.0
"""Then the line to Redis is made anew: that of a machine that is gone says nothing, either."""

LEAST_PAUSE_SECONDS = 0.25
PAUSE_SECONDS_EACH = 0.02
"""So much longer a stream rests after a hint for each that is open: fifty that ask at once are too many."""

LOG = structlog.get_logger()


class Changes:
    """The number of the last hint, of one process. `open`: how many streams wait for the next."""

    def __init__(self, url: str) -> None:
        self.number = 0
        self.open = 0
        self.changed = threading.Condition()
        self._url = url
        self._lost = False
        self._listener: threading.Thread | None = None

    def listen(self) -> None:
        """Begin to listen, in a thread that lives as long as the process."""
        with self.changed:
            if self._listener is None:
                self._listener = threading.Thread(target=self._run, name="changes", daemon=True)
                self._listener.start()

    def wait(self, seen: int, seconds: float) -> int:
        """The number of the last hint, at once if it is not `seen`, else after the next one or in vain."""
        with self.changed:
            self.changed.wait_for(lambda: self.number != seen, seconds)
            return self.number

    def _run(self) -> None:
        while True:
            try:
                self._follow()
            except redis.RedisError as error:  # pages poll in the meantime
                if not self._lost:
                    LOG.warning("changes_lost", error=repr(error))
                self._lost = True
                time.sleep(1)

    def _follow(self) -> None:
        client = redis.Redis.from_url(self._url, socket_connect_timeout=2, socket_timeout=5)
        with client, client.pubsub() as heard:  # type: ignore[no-untyped-call]
            heard.subscribe(CHANGED)
            self._tell(int(client.get(CHANGED) or 0))  # what came while nobody listened
            self._lost = False
            while message := heard.get_message(timeout=QUIET_SECONDS):
                if message["type"] == "message":
                    self._tell(int(message["data"]))

    def _tell(self, number: int) -> None:
        with self.changed:
            self.number = number
            self.changed.notify_all()


def register(app: Flask) -> None:
    """What the streams of this app wait on."""
    app.extensions["foerderweg.changes"] = Changes(app.extensions["foerderweg.settings"].redis_url)


def number() -> int:
    """The number of the last hint, for a page that is about to read its figures."""
    changes: Changes = current_app.extensions["foerderweg.changes"]
    changes.listen()
    return changes.number


def stream() -> Response:
    """Says "changed" whenever something did. After a lost line, at once if something did meanwhile."""
    changes: Changes = current_app.extensions["foerderweg.changes"]
    changes.listen()
    if changes.open >= MOST_STREAMS:
        abort(503)
    last = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    seen = int(last) if last.isdecimal() and len(last) < 20 else changes.number
    response = Response(_events(changes, seen), content_type="text/event-stream")
    response.headers |= {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return response


def _events(changes: Changes, seen: int) -> Generator[str, None, None]:
    until = time.monotonic() + LASTS_SECONDS
    with changes.changed:
        changes.open += 1
    try:
        yield f"retry: 2000\nid: {seen}\n\n"
        while time.monotonic() < until:
            number = changes.wait(seen, BEAT_SECONDS)
            if number == seen:
                yield ": still here\n\n"
                continue
            seen = number
            yield f"id: {seen}\nevent: changed\ndata: {seen}\n\n"
            time.sleep(LEAST_PAUSE_SECONDS + PAUSE_SECONDS_EACH * changes.open)
    finally:
        with changes.changed:
            changes.open -= 1
