"""Worker and clock say every few seconds that they are alive."""

from __future__ import annotations

import os
import socket
import threading
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import structlog
from celery import signals

from tasks.app import db
from workflow.log import brief
from workflow.store import processes

EVERY_SECONDS = 10.0
LOG = structlog.get_logger()


def _begin(kind: str) -> None:
    name = f"{kind}@{socket.gethostname()}:{os.getpid()}"
    ending = threading.Event()
    signals.worker_shutdown.connect(lambda **_: ending.set(), weak=False)
    threading.Thread(target=_tell, args=(name, kind, ending), name="alive", daemon=True).start()


def _tell(name: str, kind: str, ending: threading.Event) -> None:
    release, started_at = version("foerderweg"), datetime.now(UTC)
    while True:
        try:
            processes.seen(db(), name, kind, release, started_at, datetime.now(UTC))
        except Exception as error:  # the database is away: it will be told when it is back
            LOG.warning("heartbeat_failed", error=brief(error))
        if ending.wait(EVERY_SECONDS):
            processes.ended(db(), name)
            return


@signals.worker_ready.connect(weak=False)
def _worker(**_: Any) -> None:
    _begin("worker")


@signals.beat_init.connect(weak=False)
def _clock(**_: Any) -> None:
    _begin("clock")
