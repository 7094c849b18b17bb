"""What an installation should alarm somebody about: for the operations desk and `foerderweg status`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from workflow.store.queries import Health

WARNING, CRITICAL = 1, 2
CASE_WAITS, EFFECT_WAITS = timedelta(minutes=5), timedelta(minutes=15)
"""Longer than any batch and any retry in between."""

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
