"""`foerderweg status`: is the installation well? The alarms of the operations desk, for monitoring."""

from __future__ import annotations

import argparse
import json
import socket
from dataclasses import asdict
from datetime import UTC, datetime

import sqlalchemy as sa

from web.alarms import ALARMS, CRITICAL, Alarm, alarms_of
from web.cli.checks import check
from web.cli.people_commands import Add
from workflow.settings import Settings
from workflow.store import queries
from workflow.store.queries import Health

FROM_CHECKS = {
    "DATABASE_URL": "database_unfit",
    "REDIS_URL": "redis_away",
    "SMTP_URL": "mail_server_away",
    "FOERDERWEG_DATA": "data_folder_unfit",
}


def add_to(add: Add) -> None:
    """Add this command to the command line."""
    status = add("status", _status, "is all well? exit code 0 yes, 1 with warnings, 2 no")
    status.add_argument("--json", action="store_true", help="alarms and figures as JSON")
    status.add_argument(
        "--alive", metavar="KIND", help="only: does a worker (or clock) of this machine live?"
    )


def _alive(options: argparse.Namespace, now: datetime) -> int:
    """For a container's health check: 0 when one of its kind has said so lately."""
    engine = sa.create_engine(Settings.from_env(options.env).database_url, hide_parameters=True)
    try:
        here = f"{options.alive}@{socket.gethostname()}:"
        processes = queries.health(engine, now=now).processes
        return 0 if any(one.alive and one.name.startswith(here) for one in processes) else CRITICAL
    finally:
        engine.dispose()


def _status(options: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    if options.alive:
        return _alive(options, now)
    alarms = [
        Alarm(code, ALARMS[code], f"{finding.about} {finding.says}")
        for finding in check(options.env)
        if (code := FROM_CHECKS.get(finding.about, "settings_wrong"))
        and (finding.fatal or finding.about in FROM_CHECKS)
    ]
    health = None
    if not any(alarm.code in ("settings_wrong", "database_unfit") for alarm in alarms):
        engine = sa.create_engine(Settings.from_env(options.env).database_url, hide_parameters=True)
        health = queries.health(engine, now=now)
        engine.dispose()
        alarms += alarms_of(health, now)
    level = max((alarm.level for alarm in alarms), default=0)
    if options.json:
        said = {"level": level, "alarms": [asdict(one) for one in alarms]}
        said["health"] = asdict(health) if health else None
        print(json.dumps(said, indent=1, default=str))
        return level
    for alarm in alarms:
        print(f"{'CRITICAL' if alarm.level == CRITICAL else 'WARNING '}  {alarm.code:20} {alarm.says}")
    if health:
        _figures(health)
    print(("OK", "WARNING", "CRITICAL")[level])
    return level


def _figures(health: Health) -> None:
    print(f"cases    {health.cases_due} due, {health.cases_parked} parked")
    waiting = f"{health.effects_due} due, {health.effects_failing} failing"
    print(f"effects  {waiting}, {health.effects_parked} parked")
    for one in health.processes:
        state = "alive" if one.alive else f"silent since {one.seen_at}"
        print(f"{one.kind:8} {one.name} {one.release}, {state}")
