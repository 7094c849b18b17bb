"""Many clients at once, who note every answer, and that one was lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from tests.chaos.whole import CATCH_UP_SECONDS

CLIENTS = 8
RETRY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Request:
    """A page that is read, or with a `key` something that the API is asked to do."""

    path: str
    headers: dict[str, str]
    key: UUID | None = None
    body: Any = None

    def send(self, client: httpx.Client) -> httpx.Response:
        """Raises httpx.TransportError when no answer comes."""
        if self.key is None:
            return client.get(self.path, headers=self.headers)
        headers = {**self.headers, "Idempotency-Key": str(self.key)}
        return client.post(f"/api/v1{self.path}", headers=headers, json=self.body)


@dataclass(slots=True)
class Heard:
    """What the clients heard, in the order in which it came: an answer, or why there was none."""

    all: list[tuple[Request, httpx.Response | httpx.TransportError]] = field(default_factory=list)

    @property
    def answers(self) -> list[httpx.Response]:
        return [answer for _, answer in self.all if isinstance(answer, httpx.Response)]

    @property
    def broken_off(self) -> int:
        """How many requests were under way when the server died."""
        cut = (httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError)
        return sum(isinstance(answer, cut) for _, answer in self.all)

    def done(self) -> dict[UUID, Any]:
        """What the commands that were answered with success did, by their keys."""
        return {
            request.key: answer.json()
            for request, answer in self.all
            if request.key and isinstance(answer, httpx.Response) and answer.is_success
        }


@contextmanager
def sending(base_url: str, requests: Iterable[Request]) -> Iterator[Heard]:
    """Clients send these requests side by side until there are no more, or the block ends."""
    heard, over, lock = Heard(), threading.Event(), threading.Lock()
    left = iter(requests)

    def take() -> Request | None:
        with lock:
            return None if over.is_set() else next(left, None)

    def work() -> None:
        with httpx.Client(base_url=base_url, timeout=CATCH_UP_SECONDS) as client:
            while request := take():
                try:
                    heard.all.append((request, request.send(client)))
                except httpx.TransportError as error:
                    heard.all.append((request, error))

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield heard
    finally:
        over.set()
        for thread in threads:
            thread.join()


def insist(base_url: str, requests: Iterable[Request]) -> dict[UUID, Any]:
    """Repeat each, as a client that lost the answer does, until it is done; what was done, by key."""
    heard = Heard()
    until = time.monotonic() + CATCH_UP_SECONDS
    with httpx.Client(base_url=base_url, timeout=CATCH_UP_SECONDS) as client:
        for request in requests:
            while not (answer := request.send(client)).is_success:
                assert answer.status_code == 503, answer.text
                assert time.monotonic() < until, answer.text
                time.sleep(RETRY_SECONDS)
            heard.all.append((request, answer))
    return heard.done()
