"""The bench's client reads whole answers, keeps its connections and notices failures."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.bench.size import client


class _Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b"x" * 100_000)

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield "127.0.0.1", server.server_address[1]
        server.shutdown()


def test_it_asks_at_full_speed_and_at_a_rate(address: tuple[str, int]) -> None:
    one = client.request("GET", "/", "here", X_One="1")
    assert client.at_full_speed(address, itertools.repeat(one), 0.03) > 10
    assert 1 <= len(client.at_a_rate(address, itertools.repeat(one), 0.05, 200)) <= 60
    assert len(client.at_a_rate(address, iter([one, one]), 5, 1000)) == 2


def test_a_failure_is_no_figure(address: tuple[str, int]) -> None:
    with pytest.raises(RuntimeError, match="500"):
        client.at_full_speed(address, itertools.repeat(client.request("GET", "/broken", "here")), 0.01)


def test_what_ran_out_is_no_figure(address: tuple[str, int]) -> None:
    with pytest.raises(RuntimeError, match="no more requests"):
        client.at_full_speed(address, iter([client.request("GET", "/", "here")]), 5)
