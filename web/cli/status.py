"""`foerderweg status`: is the installation well? The alarms of the operations desk, for monitoring."""

from __future__ import annotations

import argparse
import json
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from web.cli.checks import check
from web.cli.people_commands import Add
from workflow.settings import Settings
from workflow.store import queries
from workflow.store.queries import Health

WARNING, CRITICAL = 1, 2
CASE_WAITS, EFFECT_WAITS = timedelta(minutes=5), timedelta(minutes=15)
"""Longer than any batch and any retry in between."""

FROM_CHECKS = {
    "DATABASE_URL": "database_unfit",
    "REDIS_URL": "redis_away",
    "SMTP_URL": "mail_server_away",
    "FOERDERWEG_DATA": "data_folder_unfit",
}
ALARMS = {
    "settings_wrong": CRITICAL,
    "database_unfit": CRITICAL,
    "data_folder_unfit": CRITICAL,
    "worker_gone": CRITICAL,
    "clock_gone": CRITICAL,
    "cases_wait": CRITICAL,
    "redis_away": WARNING,
    "mail_server_away": WARNING,
    "mails_failing": WARNING,
    "effects_wait": WARNING,
    "effects_parked": WARNING,
    "cases_parked": WARNING,
    "releases_differ": WARNING,
}
"""Every alarm there is; each has its entry in docs/operate.md."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """`level`: WARNING or CRITICAL, which is also the exit code."""

    code: str
    level: int
    says: str


def add_to(add: Add) -> None:
    """Add this command to the command line."""
    status = add("status", _status, "is all well? exit code 0 yes, 1 with warnings, 2 no")
    status.add_argument("--json", action="store_true", help="alarms and figures as JSON")
    status.add_argument(
        "--alive", metavar="KIND", help="only: does a worker (or clock) of this machine live?"
    )


def alarms_of(health: Health, now: datetime) -> list[Alarm]:
    """What these figures should alarm somebody about, worst first."""
    living = [one for one in health.processes if one.alive]
    kinds, releases = {one.kind for one in living}, {one.release for one in living}
    late_case = health.oldest_case_due and now - health.oldest_case_due > CASE_WAITS
    late_effect = health.oldest_effect_due and now - health.oldest_effect_due > EFFECT_WAITS
    found = {
        "worker_gone": "no worker has said that it is alive" if "worker" not in kinds else "",
        "clock_gone": "no clock has said that it is alive" if "clock" not in kinds else "",
        "cases_wait": f"{health.cases_due} cases are due, since {health.oldest_case_due}"
        if late_case
        else "",
        "effects_wait": f"{health.effects_due} effects are due, since {health.oldest_effect_due}"
        if late_effect
        else "",
        "mails_failing": f"{health.mails_failing} mails failed and are tried again"
        if health.mails_failing
        else "",
        "effects_parked": f"{health.effects_parked} effects were given up" if health.effects_parked else "",
        "cases_parked": f"{health.cases_parked} cases cannot go on" if health.cases_parked else "",
        "releases_differ": f"processes of {' and '.join(sorted(releases))} run" if len(releases) > 1 else "",
    }
    alarms = [Alarm(code, ALARMS[code], says) for code, says in found.items() if says]
    return sorted(alarms, key=lambda alarm: -alarm.level)


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
