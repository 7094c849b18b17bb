"""DBOS Transact: a durable workflow a case, which waits for what people send it."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

from dbos import DBOS, DBOSConfig, SetWorkflowID


@DBOS.workflow()
def process(requested: int) -> str:
    DBOS.set_event("stage", "review")
    DBOS.set_event("open", ["a", "b", "c"])
    yes: set[str] = set()
    while len(yes) < 2:
        yes.add(DBOS.recv("review", timeout_seconds=60))
    DBOS.set_event("open", [])
    DBOS.set_event("stage", "decision")
    return DBOS.recv("decision", timeout_seconds=60)


def prepare(url: str) -> None:
    _launch(url, "prepare")
    DBOS.destroy()


def unfinished(url: str) -> tuple[int, int]:
    _launch(url, "check")
    found = DBOS.list_workflows(name=process.__qualname__, load_input=False)
    DBOS.destroy()
    return sum((one.status, one.output) != ("SUCCESS", "granted") for one in found), len(found)


def client(url: str) -> Callable[[], None]:
    _launch(url, str(uuid4()))

    def one_case() -> None:
        case_id = str(uuid4())
        with SetWorkflowID(case_id):
            handle = DBOS.start_workflow(process, 400_000)
        for seat in ("a", "b"):
            assert DBOS.get_event(case_id, "stage") == "review"
            DBOS.send(case_id, seat, "review")
        while DBOS.get_event(case_id, "stage") != "decision":
            time.sleep(0.002)
        DBOS.send(case_id, "granted", "decision")
        assert handle.get_result() == "granted"

    return one_case


def _launch(url: str, executor: str) -> None:
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": url.replace("postgresql://", "postgresql+psycopg://"),
        "executor_id": executor,
        "run_admin_server": False,
        "log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.launch()
