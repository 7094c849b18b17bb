"""The same process in other people's libraries: installed into an environment of theirs.

Each peer's side is one small file of `peers/`, written as its documentation would, over the same PostgreSQL.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from tests.bench.figures import SECONDS
from web.cli.embedded import OWNER, Postgres

FOLDER = Path(__file__).parent / "peers"
ENVIRONMENT = Path("var/bench/peers")
TRY_SECONDS, MOST_SECONDS = 1.0, 120.0
PEERS = {
    "eventsourcing": "events_library",
    "SpiffWorkflow": "spiff",
    "python-statemachine": "statecharts",
    "django-viewflow": "viewflow_peer",
    "DBOS Transact": "dbos_workflows",
    "procrastinate": "procrastinate_jobs",
    "transitions": "transitions_peer",
}


def measures(postgres: Postgres, clients: int) -> tuple[dict[str, Callable[[], float]], list[str]]:
    """What can be measured, by peer, and why the others cannot: each is tried out first."""
    try:
        python = install(ENVIRONMENT, FOLDER / "requirements.txt")
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        return {}, [f"{', '.join(PEERS)}: could not be installed: {reason(error)}"]
    good: dict[str, Callable[[], float]] = {}
    left_out: list[str] = []
    for what, module in PEERS.items():
        try:
            run(python, postgres, module, clients, TRY_SECONDS)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            left_out.append(f"{what}: {reason(error)}")
        else:
            good[what] = partial(_round, python, postgres, module, clients)
    return good, left_out


def prepare(postgres: Postgres) -> None:
    """A database that the peers share, each with tables of its own."""
    with postgres.connect() as db:
        db.execute(f"CREATE DATABASE peers OWNER {OWNER}".encode())


def install(environment: Path, requirements: Path) -> Path:
    """The Python of an environment with these, made once: what is installed is noted beside it."""
    wanted, note = requirements.read_text("utf-8"), environment / "installed"
    python = environment.absolute() / "bin" / "python"
    if note.exists() and note.read_text("utf-8") == wanted:
        return python
    print("  installing into", environment, flush=True)
    for command in (
        (sys.executable, "-m", "venv", "--clear", str(environment)),
        (str(python), "-m", "pip", "install", "-q", "-r", str(requirements)),
    ):
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    note.write_text(wanted, "utf-8")
    return python


def _round(python: Path, postgres: Postgres, module: str, clients: int) -> float:
    """A round that a peer does not survive is told and counts as nothing: the others are measured on."""
    try:
        return run(python, postgres, module, clients, SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"  {module} failed: {reason(error)}", flush=True)
        return 0.0


def run(python: Path, postgres: Postgres, module: str, clients: int, seconds: float) -> float:
    """Human actions a second of one peer; raises what subprocess raises when it fails or does not end."""
    url = postgres.url(OWNER, "peers").replace("+psycopg", "")
    command = (str(python), str(FOLDER / "run.py"), module, url, str(clients), str(seconds))
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        out, said = child.communicate(timeout=MOST_SECONDS)
    finally:
        with suppress(ProcessLookupError):  # nothing of a peer outlives its turn
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command, out, said)
    return float(out.split()[-1])


def reason(error: subprocess.CalledProcessError | subprocess.TimeoutExpired) -> str:
    """In one line why a peer could not be installed or measured."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"not within {error.timeout:.0f} seconds"
    said = str(error.stderr).strip().splitlines()
    return said[-1][:200] if said else f"exit {error.returncode}"
