"""Installs Förderweg for real, on PostgreSQL and Redis from Debian's packages, and writes down how it went.

`python -m tests.e2e.install` puts the transcript into docs/operate.md; a test takes it again and compares.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from web.cli.data_folder import open_data_folder
from web.cli.processes import LaunchError, Program, Supervisor, accepts, free_port
from web.cli.unprivileged import runner_for
from web.cli.visitors import Browser

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operate.md"
BEGIN, END = "<!-- transcript: tests/e2e/install.py -->\n", "<!-- end of the transcript -->\n"
SECRET = "0b9d7f3c5a1e4d2f8c6b0a9e7d5f3c1b"
PASSWORD = "Drei Boote auf dem Rhein"
ADMIN = "ada.min@bs.example"
PEOPLE = """email;name;language;roles
regula.keller@bs.example;Regula Keller;de;integration:coordinator
barbara.wenger@bs.example;Barbara Wenger;de;adult_education:reviewer adult_education:office_head
"""
CHOOSES = "(Ada Min opens the link in a browser and chooses a password)"

COMMANDS = f"""
psql -q "$POSTGRES" -c "CREATE ROLE foerderweg_owner LOGIN PASSWORD 'owner-password'"
psql -q "$POSTGRES" -c "CREATE ROLE foerderweg_app LOGIN PASSWORD 'app-password'"
psql -q "$POSTGRES" -c "CREATE DATABASE foerderweg OWNER foerderweg_owner ENCODING 'UTF8' TEMPLATE template0"
export DATABASE_URL=postgresql://foerderweg_app:app-password@127.0.0.1:5432/foerderweg
export OWNER_DATABASE_URL=postgresql://foerderweg_owner:owner-password@127.0.0.1:5432/foerderweg
export REDIS_URL=redis://127.0.0.1:6379/0 SMTP_URL=smtp://127.0.0.1:25
export FOERDERWEG_DATA=/var/lib/foerderweg FOERDERWEG_MAIL_FROM=foerderweg@bs.example
export FOERDERWEG_BASE_URL=http://127.0.0.1:8000
foerderweg up --check
export FOERDERWEG_SECRET_KEY={SECRET}
foerderweg up --check
foerderweg migrate
foerderweg init --email {ADMIN} --name "Ada Min"
foerderweg up --check
foerderweg up > /var/lib/foerderweg/log 2>&1 &
curl -sf --retry 60 --retry-delay 1 --retry-all-errors http://127.0.0.1:8000/readyz
# {CHOOSES}
curl -s http://127.0.0.1:8000/api/v1/sessions --json '{{"email": "{ADMIN}", "password": "{PASSWORD}"}}'
cat people.csv
foerderweg people import people.csv --dry-run
foerderweg people import people.csv
foerderweg people list
foerderweg backup backup
kill $!; wait $!; echo "ended with $?"
psql -q "$POSTGRES" -c "DROP DATABASE foerderweg" -c "CREATE DATABASE foerderweg OWNER foerderweg_owner"
foerderweg restore backup
foerderweg people list
""".strip().splitlines()


@dataclass(frozen=True, slots=True)
class Debian:
    """The programs of Debian's packages postgresql and redis-server."""

    postgres: Path
    redis: Path


def debian() -> Debian | None:
    """None where one of the packages is missing."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    server = shutil.which("redis-server")
    return Debian(found[-1].parent, Path(server)) if found and server else None


def transcript(folder: Path, programs: Debian) -> str:
    """Install into this empty folder; what was typed and what was answered, as the docs show it."""
    with (
        open_data_folder(folder) as data,
        Supervisor(data.path / "log", (data.lock,)) as supervisor,
        _postgres(supervisor, data.path, programs) as database,
    ):
        ports = {"5432": database, "6379": free_port(), "25": free_port(), "8000": free_port()}
        _redis(supervisor, data.path, programs, ports["6379"])
        mails = (sys.executable, "-m", "web.cli.mail_catcher", str(ports["25"]), str(data.path / "mails"))
        supervisor.run(Program("mail", mails, lambda: accepts(ports["25"]), cwd=ROOT))
        (data.path / "people.csv").write_text(PEOPLE, "utf-8")
        (data.path / "files").mkdir()
        return _typed(data.path, ports)


def _typed(folder: Path, ports: dict[str, int]) -> str:
    """All commands in one shell, each answered before the next."""
    env = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "POSTGRES": f"postgresql://postgres@127.0.0.1:{ports['5432']}/postgres",
    }
    shell = subprocess.Popen(
        ["bash"],
        cwd=folder,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert shell.stdin
    assert shell.stdout
    said = []
    link = ""
    with shell:
        try:
            for number, command in enumerate(COMMANDS):
                if CHOOSES in command:
                    _choose_password(link)
                shell.stdin.write(f"{placed(command, folder, ports)}\necho END-{number}\n")
                shell.stdin.flush()
                answer = ""
                while (line := shell.stdout.readline()) and not line.endswith(f"END-{number}\n"):
                    answer += line
                answer += line.removesuffix(f"END-{number}\n")
                if found := re.search(r"http://\S+/account/link/\S+", answer):
                    link = found[0]
                said.append(f"$ {command}\n{_as_shown(answer, folder, ports)}")
        finally:
            subprocess.run(["pkill", "-TERM", "-s", str(shell.pid), "-f", "foerderweg up"], check=False)
            shell.kill()
    return "".join(said)


def _choose_password(link: str) -> None:
    server, _, path = link.partition("/account/")
    browser = Browser(server)
    page = browser.open(f"/account/{path}")
    browser.send(page.form(path), {"password": PASSWORD, "again": PASSWORD})
    browser.http.close()


def placed(command: str, folder: Path, ports: dict[str, int]) -> str:
    """The command as it is typed here: on these ports, each by its usual number, and in this folder."""
    command = re.sub(r"(?<=127\.0\.0\.1:)\d+", lambda usual: str(ports[usual[0]]), command)
    command = command.replace("foerderweg up >", f"foerderweg up --port {ports['8000']} >")
    return command.replace("/var/lib/foerderweg", str(folder / "files"))


def _as_shown(answer: str, folder: Path, ports: dict[str, int]) -> str:
    for usual, port in ports.items():
        answer = answer.replace(f"127.0.0.1:{port}", f"127.0.0.1:{usual}")
    answer = answer.replace(str(folder / "files"), "/var/lib/foerderweg").replace(f"{folder}/", "")
    answer = re.sub(r"(/account/link/)\S+", r"\1…", answer)
    answer = re.sub(r'("token": ?")[^"]+', r"\1…", answer)
    answer = re.sub(r'("until": ?")[^"]+', r"\1…", answer)
    answer = re.sub(r"^\[1\]\S* .*\n", "", answer, flags=re.M)  # the shell's word about its job
    return answer if not answer or answer.endswith("\n") else answer + "\n"


@contextmanager
def _postgres(supervisor: Supervisor, folder: Path, programs: Debian) -> Iterator[int]:
    data, port = folder / "postgres", free_port()
    data.mkdir()
    runner = runner_for(data, programs.postgres / "initdb")
    make = (
        *runner.prefix,
        str(programs.postgres / "initdb"),
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "trust",
    )
    subprocess.run((*make, "-E", "UTF8", "--no-sync"), cwd=data, check=True, capture_output=True)
    settings = (f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off")
    command = (*runner.prefix, str(programs.postgres / "postgres"), "-D", str(data))
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    supervisor.run(
        Program(
            "postgres",
            (*command, *(part for one in settings for part in ("-c", one))),
            lambda: _connects(url),
            cwd=data,
        )
    )
    yield port


def _connects(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def _redis(supervisor: Supervisor, folder: Path, programs: Debian, port: int) -> None:
    data = folder / "redis"
    data.mkdir()
    command = (str(programs.redis), "--port", str(port), "--bind", "127.0.0.1", "--appendonly", "yes")
    more = ("--maxmemory-policy", "noeviction", "--dir", str(data))
    supervisor.run(Program("redis", (*command, *more), lambda: _pings(port), cwd=data))


def _pings(port: int) -> bool:
    try:
        with redis.Redis(port=port) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


def shown() -> str:
    """The transcript that stands in the docs."""
    text = PAGE.read_text("utf-8")
    return text.partition(BEGIN)[2].partition(END)[0].removeprefix("```console\n").removesuffix("```\n")


def main() -> None:
    """Write the transcript into the docs."""
    programs = debian()
    if programs is None:
        raise LaunchError("Install Debian's packages postgresql and redis-server first")
    with tempfile.TemporaryDirectory() as folder:
        taken = transcript(Path(folder), programs)
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}```console\n{taken}```\n{END}{after}", "utf-8")


if __name__ == "__main__":
    os.umask(0o077)
    main()
