"""A client that costs little beside the server: requests are bytes, sent over connections that stay open."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

CONNECTIONS, EACH = 16, 40
"""So many at once; made anew after so many requests, so that both processes get their share."""

REST_SECONDS = 1.0
"""After so long without a request the server may be about to close the connection."""


@dataclass(slots=True)
class Outcome:
    """Seconds of each answer, and answers that were no success (status → count); no requests left to send?"""

    seconds: list[float] = field(default_factory=list)
    failed: dict[int, int] = field(default_factory=dict)
    ran_out: bool = False


def request(method: str, path: str, host: str, **headers: str) -> bytes:
    """A request without a body."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Content-Length: 0"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def at_full_speed(address: tuple[str, int], requests: Iterator[bytes], seconds: float) -> float:
    """Answers a second with CONNECTIONS that each ask again at once.

    Raises RuntimeError for a failure, and when there are no more requests: that would be a lower rate.
    """
    began = time.monotonic()
    found = _all(address, requests, began + seconds, rate=None)
    if found.failed:
        raise RuntimeError(f"answers that are no success: {found.failed}")
    if found.ran_out:
        raise RuntimeError("no more requests to send")
    return len(found.seconds) / (time.monotonic() - began)


def at_a_rate(
    address: tuple[str, int], requests: Iterator[bytes], seconds: float, rate: float
) -> list[float]:
    """Seconds of each answer from the moment at which it was meant to be asked; they come as by chance."""
    found = _all(address, requests, time.monotonic() + seconds, rate)
    if found.failed:
        raise RuntimeError(f"answers that are no success: {found.failed}")
    return found.seconds


def _all(address: tuple[str, int], requests: Iterator[bytes], until: float, rate: float | None) -> Outcome:
    found, lock = Outcome(), threading.Lock()
    threads = [
        threading.Thread(target=_one, args=(address, requests, until, rate, number, found, lock))
        for number in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _one(
    address: tuple[str, int],
    requests: Iterator[bytes],
    until: float,
    rate: float | None,
    number: int,
    found: Outcome,
    lock: threading.Lock,
) -> None:
    chance = random.Random(number)
    line, asked = None, 0
    meant = last = time.monotonic()
    while True:
        if rate is not None:
            meant += chance.expovariate(rate / CONNECTIONS)
        else:
            meant = time.monotonic()
        if meant > until:
            break
        with lock:
            one = next(requests, None)
        if one is None:
            found.ran_out = True
            break
        time.sleep(max(0.0, meant - time.monotonic()))
        rested = time.monotonic() - last > REST_SECONDS
        if line is None or asked % EACH == 0 or rested:
            line = connected(address, line)
        asked += 1
        status = answer(line, one)
        last = time.monotonic()
        took = last - meant
        with lock:
            found.seconds.append(took)
            if not 200 <= status < 300:
                found.failed[status] = found.failed.get(status, 0) + 1
    if line is not None:
        line.close()


def connected(address: tuple[str, int], before: socket.socket | None) -> socket.socket:
    if before is not None:
        before.close()
    line = socket.create_connection(address, timeout=60)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def answer(line: socket.socket, one: bytes) -> int:
    """The status, once the whole answer has been read."""
    line.sendall(one)
    got = b""
    while (end := got.find(b"\r\n\r\n")) < 0:
        got += _some(line)
    head = got[:end].lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    missing = length - (len(got) - end - 4)
    while missing > 0:
        missing -= len(_some(line))
    return int(head[9:12])


def _some(line: socket.socket) -> bytes:
    got = line.recv(65536)
    if not got:
        raise ConnectionError("the server closed the connection")
    return got
