"""The physical limit: rows committed one by one, by pgbench, which comes with PostgreSQL."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from tests.bench.figures import SECONDS
from web.cli.embedded import OWNER, Postgres, postgres_program

WHAT = "one row a commit (pgbench)"


def run(postgres: Postgres, clients: int) -> float:
    """Commits a second of so many clients, each an INSERT of one small row."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        script = Path(folder) / "one.sql"
        script.write_text("INSERT INTO bench.single (n) VALUES (1);\n", "utf-8")
        command = (
            *(str(postgres_program("pgbench")), "-n", "-f", str(script), "-U", OWNER),
            *("-h", "127.0.0.1", "-p", str(postgres.port)),
            *("-c", str(clients), "-j", str(min(clients, 2)), "-T", str(int(SECONDS)), "peers"),
        )
        env = {**os.environ, "PGPASSWORD": postgres.passwords[OWNER]}
        out = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([\d.]+)", out)
    assert found, out
    return float(found[1])
