"""The launcher on real processes: servers in one folder, two at once, after a kill, and nothing left over."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import ANY

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from web.cli import processes
from web.cli.data_folder import DataFolder, open_data_folder
from web.cli.embedded import Postgres, Valkey, empty_valkey, start_postgres, start_valkey
from web.cli.processes import LaunchError, Program, Supervisor, accepts, free_port, port_is_free

FAST = ("fsync=off",)
ONCE = Retry(NoBackoff(), 0)
SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal as s, time; s.signal(s.SIGTERM, s.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
)
LAUNCHER = """
import signal, sys, time
from pathlib import Path
from web.cli.data_folder import open_data_folder
from web.cli.embedded import start_postgres, start_valkey
from web.cli.processes import Supervisor

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
with (
    open_data_folder(Path(sys.argv[1])) as folder,
    Supervisor(folder.path / "log", (folder.lock,)) as supervisor,
):
    postgres = start_postgres(supervisor, folder)
    valkey = start_valkey(supervisor, folder)
    with postgres.connect() as db:
        db.execute("CREATE TABLE kept AS SELECT 1 AS one")
    print(postgres.port, valkey.port, flush=True)
    time.sleep(60)
"""


@contextmanager
def servers(path: Path) -> Iterator[tuple[DataFolder, Supervisor, Postgres, Valkey]]:
    """Both servers over one folder."""
    with open_data_folder(path) as folder, Supervisor(folder.path / "log", (folder.lock,)) as supervisor:
        yield folder, supervisor, start_postgres(supervisor, folder, FAST), start_valkey(supervisor, folder)


@contextmanager
def launcher(path: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Another process that runs both servers over `path`; with the ports of the two."""
    root = str(Path(processes.__file__).parents[2])
    command = (sys.executable, "-c", LAUNCHER, str(path))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": root}
    ) as run:
        assert run.stdout is not None
        try:
            yield run, [int(port) for port in run.stdout.readline().split()]
        finally:
            run.kill()


def test_folder_with_a_space_keeps_data_and_leaves_no_process(tmp_path: Path) -> None:
    path = tmp_path / "Förderweg Demo"
    with servers(path) as (_, supervisor, postgres, valkey):
        pids = [supervisor.pid("postgres"), supervisor.pid("valkey")]
        with postgres.connect("foerderweg") as db:
            version = db.execute("SELECT current_setting('server_version_num')::int / 10000").fetchone()
            db.execute("CREATE TABLE kept AS SELECT 1 AS one")
        with redis.Redis.from_url(valkey.url) as client:
            client.set("kept", "yes")
    assert version == (18,)
    assert not accepts(postgres.port)
    assert not accepts(valkey.port)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    with servers(path) as (_, _, postgres, valkey):
        with postgres.connect("foerderweg") as db:
            assert db.execute("SELECT one FROM kept").fetchone() == (1,)
        with redis.Redis.from_url(valkey.url) as client:
            assert client.get("kept") == b"yes"


def test_strangers_get_in_nowhere(tmp_path: Path) -> None:
    with servers(tmp_path / "data") as (folder, _, postgres, valkey):
        wrong = Postgres(postgres.port, dict.fromkeys(folder.secrets, "wrong"))
        with pytest.raises(Exception, match="password authentication failed"):
            wrong.connect()
        with (
            redis.Redis(host="127.0.0.1", port=valkey.port, retry=ONCE) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()
        for name in ("secrets.json", "valkey/valkey.conf", "lock"):
            assert (folder.path / name).stat().st_mode & 0o077 == 0


def test_permissions_above_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "closed" / "data"
    path.parent.mkdir(mode=0o700)
    before = [(folder.stat().st_mode, folder.stat().st_uid) for folder in path.parents]
    with servers(path):
        assert [(folder.stat().st_mode, folder.stat().st_uid) for folder in path.parents] == before


def test_two_side_by_side(tmp_path: Path) -> None:
    with servers(tmp_path / "one") as (_, _, one, _), servers(tmp_path / "two") as (_, _, two, _):
        with one.connect("foerderweg") as db:
            db.execute("CREATE TABLE only_here ()")
        with two.connect("foerderweg") as db:
            assert db.execute("SELECT to_regclass('only_here')").fetchone() == (None,)


def test_folder_in_use_is_refused_and_a_killed_run_leaves_it_usable(tmp_path: Path) -> None:
    with launcher(tmp_path / "data") as (run, ports):
        with (
            pytest.raises(LaunchError, match=f"in use by the running process {run.pid}"),
            servers(tmp_path / "data"),
        ):
            pass
        run.kill()
        run.wait()
        # no waiting here: the next start itself waits for the children of the killed run to end
        with servers(tmp_path / "data") as (_, _, postgres, _), postgres.connect() as db:
            assert not any(accepts(port) for port in ports)
            assert db.execute("SELECT one FROM kept").fetchone() == (1,)


def test_interrupted_launcher_ends_its_children(tmp_path: Path) -> None:
    with launcher(tmp_path / "data") as (run, ports):
        assert all(accepts(port) for port in ports)
        run.send_signal(signal.SIGINT)
        assert run.wait() != 0
        assert not any(accepts(port) for port in ports)


def test_process_file_with_another_programs_id_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "data"
    with servers(path):
        lines = (path / "postgres" / "postmaster.pid").read_text().splitlines()
    stale = path / "postgres" / "postmaster.pid"
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    with servers(path) as (_, _, postgres, _), postgres.connect() as db:
        assert db.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT])
def test_killed_servers_start_again_on_their_ports(tmp_path: Path, number: signal.Signals) -> None:
    with servers(tmp_path / "data") as (folder, supervisor, postgres, valkey):
        with postgres.connect() as db:
            db.execute("CREATE TABLE kept AS SELECT 1 AS one")
        with redis.Redis.from_url(valkey.url) as client:
            client.set("lost", "yes")
        supervisor.kill("postgres", number)
        supervisor.kill("valkey", signal.SIGKILL)
        empty_valkey(folder.path)
        supervisor.start("postgres")
        supervisor.start("valkey")
        with postgres.connect() as db:
            assert db.execute("SELECT one FROM kept").fetchone() == (1,)
        with redis.Redis.from_url(valkey.url) as client:
            assert client.get("lost") is None


def test_failing_program_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        program = Program(
            "bad", (sys.executable, "-c", "raise SystemExit('no such luck')"), ready=lambda: False
        )
        with pytest.raises(LaunchError, match=r"bad ended while starting \(exit 1\):\nno such luck"):
            supervisor.run(program)
        supervisor.add(Program("slow", SLEEPER, ready=lambda: False))
        with pytest.raises(LaunchError, match="slow was not ready after 0 seconds"):
            supervisor.start("slow", seconds=0)
        assert supervisor.lost() == []


def test_program_deaf_to_the_request_to_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.1)
    log = tmp_path / "deaf.log"
    with Supervisor(tmp_path) as supervisor:
        supervisor.run(Program("deaf", STUBBORN, ready=lambda: "deaf" in log.read_text()))
        pid = supervisor.pid("deaf")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_lost_program_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "RESTART_PAUSE_SECONDS", 0.01)
    said: list[str] = []
    with Supervisor(tmp_path) as supervisor:
        supervisor.run(Program("sleeper", SLEEPER))
        first = supervisor.pid("sleeper")
        os.kill(first, signal.SIGKILL)

        def say(line: str) -> None:
            said.append(line)
            if len(said) == 2:
                raise KeyboardInterrupt
            monkeypatch.setattr(supervisor, "start", start_then_kill)

        def start_then_kill(name: str) -> None:
            Supervisor.start(supervisor, name)
            assert supervisor.pid("sleeper") != first
            os.kill(supervisor.pid("sleeper"), signal.SIGKILL)

        with pytest.raises(KeyboardInterrupt):
            supervisor.keep_running(say)
    assert said == [ANY, ANY]
    assert "sleeper has ended unexpectedly" in said[0]


def test_port_that_is_taken_is_not_free() -> None:
    port = free_port()
    with socket.socket() as taken:
        assert port_is_free(port)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert not port_is_free(port)
        assert accepts(port)


def test_port_is_given_to_one_process_until_its_server_listens() -> None:
    port = free_port()
    assert port_is_free(port)
    ask = f"from web.cli import processes as p; p.PORTS = range({port}, {port + 1}); p.free_port()"
    other = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    assert "No free TCP port found" in other.stderr
    assert other.returncode == 1
