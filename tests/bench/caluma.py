"""caluma beside plain SQL, both on a PostgreSQL of the machine: it keeps its texts in hstore.

The PostgreSQL that the program brings has no extensions; where there is another one, both are measured there.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.bench import libraries, plain_sql
from tests.bench.figures import SECONDS, Figure, medians, to
from web.cli.embedded import OWNER, SUPERUSER, Postgres
from web.cli.processes import Program, Supervisor, free_port
from web.cli.unprivileged import runner_for

ENVIRONMENT = Path("var/bench/caluma")
DEBIAN = Path("/usr/lib/postgresql")
LEFT_OUT = "caluma: keeps its texts in hstore, and no PostgreSQL that has it is on this machine"


def figures(clients: int, left_out: list[str]) -> list[Figure]:
    """Human actions a second beside plain SQL on the same server; adds why it was `left_out`."""
    programs = _programs()
    if programs is None:
        left_out.append(LEFT_OUT)
        return []
    try:
        python = libraries.install(ENVIRONMENT, libraries.FOLDER / "caluma.txt")
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        left_out.append(f"caluma: could not be installed: {libraries.reason(error)}")
        return []
    with _server(programs) as postgres:
        plain_sql.prepare(postgres)
        plain = f"{plain_sql.WHAT}, on caluma's server"
        measures: dict[str, Callable[[], float]] = {
            plain: partial(plain_sql.run, postgres, clients, SECONDS),
            "caluma": partial(libraries.run, python, postgres, "caluma_peer", clients, SECONDS),
        }
        rates = medians(measures)
    return [to(what, clients, rate, plain, rates[plain]) for what, rate in rates.items()]


def _programs() -> Path | None:
    """Where a PostgreSQL with hstore has its programs: the first on the PATH, or Debian's newest."""
    found = shutil.which("pg_config")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(DEBIAN.glob("*/bin"), key=lambda one: float(one.parent.name), reverse=True)
    for folder in folders:
        if not (folder / "initdb").exists():
            continue
        asked = [str(folder / "pg_config"), "--sharedir"]
        shared = subprocess.run(asked, capture_output=True, text=True).stdout.strip()
        if Path(shared, "extension", "hstore.control").exists():
            return folder
    return None


@contextmanager
def _server(programs: Path) -> Iterator[Postgres]:
    """With fsync on and the same memory as the other; nothing of it is left behind."""
    with tempfile.TemporaryDirectory(prefix="caluma-") as name, Supervisor(Path(name)) as supervisor:
        data = Path(name, "postgres")
        data.mkdir(mode=0o700)
        postgres = Postgres(free_port(), {SUPERUSER: secrets.token_hex(), OWNER: secrets.token_hex()})
        prefix = runner_for(data, programs / "initdb").prefix
        password = Path(name, "password")
        password.write_text(postgres.passwords[SUPERUSER], "utf-8")
        making = ("-D", str(data), "-U", SUPERUSER, "-A", "scram-sha-256", "--pwfile", str(password))
        subprocess.run(
            [*prefix, str(programs / "initdb"), *making], check=True, capture_output=True, text=True, cwd=data
        )
        settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=256MB")
        options = [part for setting in settings for part in ("-c", setting)]
        command = (*prefix, str(programs / "postgres"), "-D", str(data), "-p", str(postgres.port), *options)
        asking = (str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(postgres.port))
        supervisor.run(Program("postgres", command, lambda: subprocess.run(asking).returncode == 0, cwd=data))
        with postgres.connect() as db:
            db.execute(f"CREATE ROLE {OWNER} LOGIN SUPERUSER PASSWORD '{postgres.passwords[OWNER]}'".encode())
        libraries.prepare(postgres)
        yield postgres
