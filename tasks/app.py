"""The Celery application: how workers and clock are set up, and what each process of them shares."""

from __future__ import annotations

import gc
import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from celery import Celery, signals
from celery.schedules import crontab

from workflow import log
from workflow.connecting import connect
from workflow.settings import Settings

TIDY_SECONDS = 60.0
ADD_UP_SECONDS = 5.0
CLOCK_SECONDS = 2.0
"""How long a lost message can delay anything."""


def configuration() -> dict[str, Any]:
    """Settings that limit how long Celery over Redis can hold a hint up; it may lose and double them."""
    nudge = {"schedule": CLOCK_SECONDS, "options": {"expires": 5 * CLOCK_SECONDS}}
    return {
        "broker_url": settings().redis_url,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            # The next hint is never far. A worker that owes Redis acknowledgements when this dies may die of
            # them itself (kombu 5.7: AttributeError in restore_unacked and in ack).
            "ack_emulation": False,
            "socket_connect_timeout": 2,
            "socket_timeout": 5,
            "socket_keepalive": True,
            # a worker that waits on the line of a machine that is gone leaves it after about twice this
            "health_check_interval": 5,
        },
        "task_ignore_result": True,
        "task_publish_retry": False,
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "worker_soft_shutdown_timeout": 3.0,
        "timezone": "UTC",
        "beat_schedule": {
            "route": {"task": "route", **nudge},
            "deliver": {"task": "deliver", **nudge},
            "add_up": {"task": "add_up", "schedule": ADD_UP_SECONDS, "options": {"expires": ADD_UP_SECONDS}},
            "sweep": {"task": "sweep", "schedule": crontab(hour=1, minute=30), "options": {"expires": 3600}},
            "tidy": {"task": "tidy", "schedule": TIDY_SECONDS, "options": {"expires": TIDY_SECONDS}},
        },
    }


@signals.setup_logging.connect(weak=False)
def _log(**_: object) -> None:
    """Our own lines instead of Celery's two for each of its tasks."""
    log.configure()


app = Celery("foerderweg", include=["tasks.route", "tasks.deliver", "tasks.tidy", "tasks.alive"])
app.add_defaults(configuration)


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def db() -> sa.Engine:
    """This process's database; made after the worker has forked."""
    return connect(settings().database_url, pool_size=2)


@signals.worker_process_init.connect(weak=False)
def _forked(**_: object) -> None:
    """A child forked in place of one that died has the connections of the main process, which says every few
    seconds that it is alive: two on one connection read each other's answers. So it makes its own.

    And it does not look through all that is there already, for garbage, again and again: a sixth of its time.
    """
    db.cache_clear()
    gc.freeze()


def now() -> datetime:
    """The one place where workers ask for the time."""
    return datetime.now(UTC) + settings().clock_offset
