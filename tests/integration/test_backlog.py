"""Whoever meets more due cases than one batch calls another process to help."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from uuid import uuid4

import pytest
import redis
import sqlalchemy as sa

from tests.integration.walks import HEKS, language, rows
from web.cli.story import Story
from web.cli.system import process_env
from workflow.engine.commands import Submit
from workflow.service import handle

ROUTE = "import tasks.route as r; r.BATCH = 2; r.route(); input()"


@pytest.mark.parametrize(("cases", "said"), [(1, {"deliver"}), (3, {"deliver", "route"})])
def test_whoever_meets_a_backlog_calls_another_process(told: Story, cases: int, said: set[str]) -> None:
    for _ in range(cases):
        case_id = told.draft(HEKS, language(9_000))
        handle(told.db, Submit(case_id), told.actors[HEKS], uuid4(), told.now)
    with told.db.begin() as tx:
        tx.execute(sa.text("UPDATE agenda SET due_at = '2026-01-01'"))
    with redis.Redis.from_url(told.settings.redis_url) as client:
        client.delete("celery")
        command, env = (sys.executable, "-c", ROUTE), process_env(told.settings)
        with subprocess.Popen(command, env=env, stdin=subprocess.PIPE) as worker:
            until = time.monotonic() + 60
            names: set[str] = set()
            while not names >= said and time.monotonic() < until:
                time.sleep(0.05)
                names = {json.loads(one)["headers"]["task"] for one in client.lrange("celery", 0, -1)}
            worker.communicate(b"\n")
    assert names == said
    assert rows(told.db, "SELECT FROM agenda WHERE due_at = '2026-01-01'") == []
