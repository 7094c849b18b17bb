"""The broker dies in mid-work and a second, empty one takes its address: nothing lost, hints flow again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx

from tests.chaos.crowd import insist, sending
from tests.chaos.redis_address import Address
from tests.chaos.test_kills import (
    CHECKER,
    assert_done_once,
    assert_recovered,
    steps,
    submissions,
    token,
)
from tests.chaos.whole import catch_up, wait_for
from web.cli.embedded import Valkey, valkey_program
from web.cli.processes import Program, accepts, free_port
from web.cli.story import Story
from web.cli.system import System, programs
from web.live import BEAT_SECONDS
from workflow.settings import Settings

OURS = ("worker", "clock", "web")
HINT_SECONDS = 25.0
"""Sooner than an open page looks by itself (30 s): who tells waits out silent lines first, of 5, 2, 5 s."""


@contextmanager
def behind(system: System, address: Address) -> Iterator[None]:
    """Worker, clock and web know the broker by this address while the block lasts."""
    url = Valkey(address.port, system.valkey.password).url
    change_settings(system, replace(system.settings, redis_url=url))
    for name in OURS:
        system.start(name)
    try:
        yield
    finally:
        change_settings(system, system.settings)
        address.close()


def change_settings(system: System, settings: Settings) -> None:
    """Stop worker, clock and web; when they are started again, they have these settings."""
    for name in OURS:
        system.stop(name)
    for program in programs(settings, system.base_url.removeprefix("http://")):
        system.supervisor.add(program)


@contextmanager
def second_broker(system: System, folder: Path) -> Iterator[int]:
    """An empty server beside the first, with the same password; its port."""
    port = free_port()
    command = (str(valkey_program()), "--port", str(port), "--bind", "127.0.0.1", "--save", "")
    secret = ("--requirepass", system.valkey.password)
    system.supervisor.run(Program("second", (*command, *secret), lambda: accepts(port), cwd=folder))
    yield port
    system.stop("second")


@contextmanager
def open_page(base_url: str, cookie: dict[str, str]) -> Iterator[list[float]]:
    """The moments at which the stream of an open page says that something changed."""
    told: list[float] = []
    over, url = threading.Event(), f"{base_url}/office/changes"

    def follow() -> None:
        with (
            suppress(httpx.TransportError),
            httpx.stream("GET", url, headers=cookie, timeout=BEAT_SECONDS * 2) as page,
        ):
            for line in page.iter_lines():
                if over.is_set():
                    return
                if line == "event: changed":
                    told.append(time.monotonic())

    threading.Thread(target=follow, daemon=True).start()
    yield told
    over.set()


def test_a_second_broker_takes_over(system: System, told: Story, tmp_path: Path) -> None:
    """First its process is killed; back again, its machine is gone: no line is closed, nobody told."""
    cookie = {"Cookie": f"foerderweg={token(told, CHECKER, 'browser')}"}
    address = Address(system.valkey.port)
    with (
        second_broker(system, tmp_path) as second,
        behind(system, address),
        open_page(system.base_url, cookie) as hints,
    ):
        fail_over(system, told, address, ("valkey", second), hints)
        system.empty_valkey()
        system.start("valkey")
        fail_over(system, told, address, ("second", system.valkey.port), hints, gone=True)
        system.start("second")  # for the one who stops it
    assert_recovered(system, told)


def fail_over(
    system: System,
    told: Story,
    address: Address,
    change: tuple[str, int],
    hints: list[float],
    *,
    gone: bool = False,
) -> None:
    """Kill the server of this name while people submit; the address leads to the other port from then on."""
    early, late = submissions(told, 30), submissions(told, 3)
    start = time.monotonic()
    with sending(system.base_url, early) as heard:
        wait_for(lambda: len(heard.all) >= 10 and hints and hints[-1] > start)
        if gone:
            address.silence()
        server, address.behind = change
        system.kill(server)
        began = time.monotonic()
        wait_for(lambda: len(heard.all) == len(early))
    done = heard.done()
    answered = time.monotonic() - began
    catch_up(told.db)
    caught_up = time.monotonic() - began
    wait_for(lambda: hints[-1] > began)
    first_hint = next(one for one in hints if one > began) - began
    again = time.monotonic()
    done |= insist(system.base_url, late)
    wait_for(lambda: hints[-1] > again, HINT_SECONDS)
    catch_up(told.db)
    print(
        f"{'its machine gone' if gone else 'its process killed'}: all answered after {answered:.1f} s,"
        f" all done after {caught_up:.1f} s, an open page told after {first_hint:.1f} s"
    )
    assert len(done) == len(early) + len(late), "refused for want of the broker"
    assert steps(told, [*early, *late]) == {"formal_check"}
    assert_done_once(system, told, [*early, *late], done)
