"""The known ways in which Celery over Redis loses and doubles work, one by one: no difference here."""

from __future__ import annotations

import base64
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa

from tests.chaos.crowd import Request, insist
from tests.chaos.test_kills import assert_recovered, hold_up, steps, submissions
from tests.chaos.whole import catch_up, effects_left, wait_for
from web.cli.story import Story
from web.cli.system import System

QUEUE = "celery"
IDLE_SECONDS = 3.0


def broker(system: System) -> redis.Redis:
    return redis.Redis.from_url(system.valkey.url)


def submitted(system: System, told: Story, count: int = 5) -> list[Request]:
    requests = submissions(told, count)
    insist(system.base_url, requests)
    return requests


def events(told: Story) -> int:
    with told.db.connect() as tx:
        return int(tx.execute(sa.text("SELECT count(*) FROM events")).scalar_one())


def children(pid: int) -> list[int]:
    """The processes that this one has forked, by /proc."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_message_lost_between_redis_and_worker_costs_seconds(system: System, told: Story) -> None:
    """kombu#305: a crash between BRPOP and the unacked set; no setting of Celery closes it."""
    system.stop("worker")
    requests = submitted(system, told)
    with broker(system) as client:
        wait_for(lambda: client.llen(QUEUE) > 0)
        client.delete(QUEUE)
    system.start("worker")
    assert_recovered(system, told)
    assert steps(told, requests) == {"formal_check"}


def test_a_child_killed_alone_loses_nothing(system: System, told: Story) -> None:
    """celery#1628: a child killed for its memory; the message was acknowledged and is gone."""
    log = system.settings.data_dir / "log" / "worker.log"
    before = len(log.read_text("utf-8"))
    system.kill("worker")
    requests = submitted(system, told)
    with hold_up(system, "events") as waiting:
        system.start("worker")
        wait_for(lambda: waiting() and not effects_left(told.db))
        for child in children(system.supervisor.pid("worker")):
            os.kill(child, signal.SIGKILL)
    assert_recovered(system, told)
    assert steps(told, requests) == {"formal_check"}
    assert "raised unexpected" not in log.read_text("utf-8")[before:], "those in their place share something"


def test_redis_restarted_under_an_idle_worker(system: System, told: Story) -> None:
    """celery#8030, #8091, #9054, #10205: workers that hang after their broker came back."""
    catch_up(told.db)
    time.sleep(IDLE_SECONDS)
    system.kill("valkey")
    system.empty_valkey()
    system.start("valkey")
    requests = submitted(system, told)
    assert_recovered(system, told)
    assert steps(told, requests) == {"formal_check"}


def test_messages_delivered_many_times_work_once(system: System, told: Story) -> None:
    """celery#5935, #6229: a long task under acks_late ran four times."""
    system.stop("worker")
    requests = submitted(system, told)
    with broker(system) as client:
        wait_for(lambda: client.llen(QUEUE) > 0)
        for message in client.lrange(QUEUE, 0, -1):
            client.rpush(QUEUE, *[message] * 10)
    system.start("worker")
    assert_recovered(system, told)
    assert steps(told, requests) == {"formal_check"}


def test_a_message_given_back_long_after_its_work_was_done(system: System, told: Story) -> None:
    """kombu#2558, celery#4984: after a visibility timeout, a dead worker's message came again, 103 s late.

    Nobody waits for it: the work is done within seconds by the next hint, and then it changes nothing.
    """
    system.stop("worker")
    requests = submitted(system, told)
    with broker(system) as client:
        wait_for(lambda: client.llen(QUEUE) > 0)
        kept = client.lrange(QUEUE, 0, -1)
        client.delete(QUEUE)
        system.start("worker")
        assert_recovered(system, told)
        before = events(told)
        client.rpush(QUEUE, *kept)
        wait_for(lambda: client.llen(QUEUE) == 0)
    assert_recovered(system, told)
    assert steps(told, requests) == {"formal_check"}
    assert events(told) == before


def test_redis_dies_with_all_its_messages(system: System, told: Story) -> None:
    """celery#1789: 1,000 queued messages were none after a SIGKILL."""
    system.stop("worker")
    requests = submitted(system, told)
    with broker(system) as client:
        wait_for(lambda: client.llen(QUEUE) > 0)
    system.kill("valkey")
    system.empty_valkey()
    system.start("valkey")
    system.start("worker")
    assert_recovered(system, told)
    assert steps(told, requests) == {"formal_check"}


@pytest.fixture
def hints(system: System, told: Story) -> Iterator[list[Any]]:
    """Messages that waited for a worker while somebody submitted; afterwards they are given to one."""
    system.stop("worker")
    submitted(system, told)
    with broker(system) as client:
        wait_for(lambda: client.llen(QUEUE) > 1)
        yield [json.loads(one) for one in client.lrange(QUEUE, 0, -1)]
    system.start("worker")
    assert_recovered(system, told)


def test_no_message_waits_for_its_time(hints: list[Any]) -> None:
    """kombu#337, celery#2599, #4766: a countdown ran five times. Deadlines are rows in the database."""
    assert {one["headers"]["eta"] for one in hints} == {None}
    assert None not in {one["headers"]["expires"] for one in hints}
    bodies = [json.loads(base64.b64decode(one["body"])) for one in hints]
    assert all((arguments, named) == ([], {}) for arguments, named, _ in bodies), "something could be lost"


def test_no_message_overtakes_another(hints: list[Any]) -> None:
    """celery#10238, kombu#1178: priorities in four buckets, 0 first. There is one queue, in one order."""
    assert not any(one["properties"].get("priority") for one in hints)
    assert {one["properties"]["delivery_info"]["routing_key"] for one in hints} == {QUEUE}
