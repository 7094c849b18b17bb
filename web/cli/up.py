"""`foerderweg up`: web, worker and clock against the servers that the settings name."""

from __future__ import annotations

import argparse
import sys

from web.cli.checks import check
from web.cli.people_commands import Add
from web.cli.processes import Supervisor
from web.cli.system import programs
from workflow.settings import Settings

ORDER = ("worker", "clock", "web")


def add_to(add: Add) -> None:
    """Add this command to the command line."""
    up = add("up", _up, "run web, worker and clock with the settings of the environment, until Ctrl-C")
    up.add_argument("--host", default="127.0.0.1", help="where the web server listens (default: %(default)s)")
    up.add_argument("--port", type=int, default=8000, help="its port (default: %(default)s)")
    up.add_argument("--check", action="store_true", help="only say what is wrong")


def _up(options: argparse.Namespace) -> int:
    found = check(options.env)
    for finding in found:
        print(finding, file=sys.stderr)
    if any(finding.fatal for finding in found):
        return 1
    if options.check:
        print("Everything needed is there.")
        return 0
    settings = Settings.from_env(options.env)
    with Supervisor(None) as supervisor:
        for program in programs(settings, f"{options.host}:{options.port}"):
            supervisor.add(program)
        for name in ORDER:
            supervisor.start(name)
        print(
            f"Förderweg is ready: {settings.base_url} (listens on {options.host}:{options.port})", flush=True
        )
        try:
            supervisor.keep_running(lambda line: print(line, flush=True))
        except KeyboardInterrupt:
            print("Ending in order.", flush=True)
    return 0
