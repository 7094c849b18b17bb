"""The process as one hand-written SQL function call an action: what a stored procedure could reach.

The same rows as `plain_sql`, written by PL/pgSQL inside the server; one round trip an action, no transaction
block around it.
"""

from __future__ import annotations

import multiprocessing
import time
from typing import Any
from uuid import uuid4

from tests.bench.plain_sql import check, connect
from web.cli.embedded import Postgres

WHAT = "one SQL function call an action"
FUNCTION = """
CREATE FUNCTION bench.act(_id uuid, _action text, _seat text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE c bench.cases;
BEGIN
  IF _action = 'submit' THEN
    INSERT INTO bench.cases VALUES (_id, 'review', 0, 2);
    INSERT INTO bench.events (case_id, version, name, data)
      VALUES (_id, 1, 'submitted', '{"requested": 400000}'), (_id, 2, 'entered', '{"step": "review"}');
    INSERT INTO bench.tasks VALUES (_id, 'review', 'a'), (_id, 'review', 'b'), (_id, 'review', 'c');
    INSERT INTO bench.outbox (case_id, what) VALUES (_id, 'received');
    RETURN;
  END IF;
  SELECT * INTO STRICT c FROM bench.cases WHERE id = _id FOR UPDATE;
  IF _action = 'review' THEN
    UPDATE bench.tasks SET done_by = _seat WHERE case_id = _id AND step = 'review' AND seat = _seat;
    INSERT INTO bench.events (case_id, version, name, data)
      VALUES (_id, c.version + 1, 'voted', jsonb_build_object('seat', _seat, 'vote', 'yes'));
    IF c.yes = 0 THEN
      UPDATE bench.cases SET yes = 1, version = c.version + 1 WHERE id = _id;
      INSERT INTO bench.outbox (case_id, what) VALUES (_id, 'voted');
    ELSE
      INSERT INTO bench.events (case_id, version, name, data)
        VALUES (_id, c.version + 2, 'closed', '{"verdict": "agreed"}');
      DELETE FROM bench.tasks WHERE case_id = _id AND done_by IS NULL;
      INSERT INTO bench.tasks VALUES (_id, 'decide', '');
      UPDATE bench.cases SET state = 'decide', yes = 2, version = c.version + 2 WHERE id = _id;
      INSERT INTO bench.outbox (case_id, what) VALUES (_id, 'decide');
    END IF;
  ELSE
    UPDATE bench.tasks SET done_by = 'head' WHERE case_id = _id AND step = 'decide';
    INSERT INTO bench.events (case_id, version, name, data)
      VALUES (_id, c.version + 1, 'decided', '{"granted": 400000}'),
             (_id, c.version + 2, 'ended', '{"ending": "granted"}');
    UPDATE bench.cases SET state = 'granted', version = c.version + 2 WHERE id = _id;
    INSERT INTO bench.outbox (case_id, what) VALUES (_id, 'granted');
  END IF;
END $$
"""
ACTIONS = (("submit", ""), ("review", "a"), ("review", "b"), ("decide", ""))


def prepare(postgres: Postgres) -> None:
    """After `plain_sql.prepare`, whose tables it writes."""
    with connect(postgres) as db:
        db.execute(FUNCTION.encode())


def run(postgres: Postgres, clients: int, seconds: float) -> float:
    """Actions a second of so many client processes."""
    spawn = multiprocessing.get_context("spawn")
    barrier, counts = spawn.Barrier(clients), spawn.Queue()
    arguments = (postgres, seconds, barrier, counts)
    people = [spawn.Process(target=_client, args=arguments) for _ in range(clients)]
    for process in people:
        process.start()
    rates = [counts.get(timeout=60) for _ in people]
    for process in people:
        process.join()
    check(postgres)
    return float(sum(rates))


def _client(postgres: Postgres, seconds: float, barrier: Any, counts: Any) -> None:
    with connect(postgres) as db:
        db.autocommit = True
        barrier.wait()
        began, count = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            case_id = uuid4()
            for action, seat in ACTIONS:
                db.execute("SELECT bench.act(%s, %s, %s)", (case_id, action, seat))
            count += len(ACTIONS)
        counts.put(count / (time.monotonic() - began))
