"""A whole running system in one folder: both servers, web, worker, clock and a mail catcher."""

import os
import signal
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

import web
from web.cli.data_folder import open_data_folder
from web.cli.embedded import OWNER, Postgres, Valkey, empty_valkey, start_postgres, start_valkey
from web.cli.migrations import migrate
from web.cli.processes import LaunchError, Program, Supervisor, accepts, free_port, port_is_free
from workflow.proposing import from_screens
from workflow.publish import publish_folder
from workflow.settings import FIRST_PROGRAMME, PROGRAMMES, Settings

# of each web process: eight for pages, the others for pages that are open and wait for changes
THREADS = 56
# web comes last: it is waited for, and the others start in the meantime
PROCESSES = ("mail", "worker", "clock", "web")


@dataclass(frozen=True, slots=True)
class System:
    """A running system. Names of its processes: postgres, valkey and those of PROCESSES."""

    settings: Settings
    postgres: Postgres
    valkey: Valkey
    supervisor: Supervisor

    @property
    def base_url(self) -> str:
        """Where the web server answers, without a trailing slash."""
        return self.settings.base_url

    def start(self, name: str) -> None:
        """Start a process that does not run and wait until it is ready; raises LaunchError."""
        self.supervisor.start(name)

    def stop(self, name: str) -> None:
        """End a process in order."""
        self.supervisor.stop(name)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """End a process by a signal to its whole group (for PostgreSQL, SIGQUIT is "immediate")."""
        self.supervisor.kill(name, number)

    def empty_valkey(self) -> None:
        """Forget everything that Valkey has kept; it must not run."""
        empty_valkey(self.settings.data_dir)


@contextmanager
def running_system(
    data_dir: Path,
    *,
    port: int | None = None,
    demo: bool = False,
    programme: Path = PROGRAMMES / FIRST_PROGRAMME,
    processes: tuple[str, ...] = PROCESSES,
    postgres_options: tuple[str, ...] = (),
    publishing: bool = True,
    say: Callable[[str], None] = lambda _line: None,
) -> Iterator[System]:
    """Start everything over `data_dir`, migrated and with `programme` published, and end it afterwards.

    Without `publishing`, the programme stays the one that was published there.
    Of `processes`, those named are started; the others can be by `System.start`. Without `port` a free one is
    taken. Raises LaunchError.
    """
    if port is not None and not port_is_free(port):
        raise LaunchError(
            f"Port {port} is taken on this machine. Choose another one, for example {port + 1}."
        )
    with (
        open_data_folder(data_dir) as folder,
        Supervisor(folder.path / "log", (folder.lock,)) as supervisor,
    ):
        say("Starting PostgreSQL")
        postgres = start_postgres(supervisor, folder, postgres_options)
        say("Starting Valkey")
        valkey = start_valkey(supervisor, folder)
        mail_port = free_port()
        settings = Settings(
            database_url=postgres.url(),
            owner_database_url=postgres.url(OWNER),
            redis_url=valkey.url,
            smtp_url=f"smtp://127.0.0.1:{mail_port}",
            data_dir=folder.path,
            base_url=f"http://127.0.0.1:{port or free_port()}",
            mail_from="Förderweg <foerderweg@example.org>",
            secret_key=folder.secrets["secret_key"],
            demo=demo,
            programme=programme,
        )
        say("Preparing the database")
        migrate(settings.owner_database_url)
        if publishing:
            publish(settings)
        bind = settings.base_url.removeprefix("http://")
        for program in (_mail_catcher(settings, mail_port), *programs(settings, bind)):
            supervisor.add(program)
        for name in PROCESSES:
            if name in processes:
                say(f"Starting {name}")
                supervisor.start(name)
        yield System(settings, postgres, valkey, supervisor)


def publish(settings: Settings) -> None:
    """Publish the settings' programme folder, as it is now, unless people change the programme in screens."""
    engine = sa.create_engine(settings.database_url)
    try:
        if not from_screens(engine):
            publish_folder(engine, settings.programme, datetime.now(UTC))
    finally:
        engine.dispose()


def commands(settings: Settings, bind: str) -> dict[str, tuple[str, ...]]:
    """What runs as web, worker and clock, as modules of Python; `bind` is host:port of the web server."""
    celery = ("celery", "-A", "tasks.app")
    return {
        "worker": (*celery, "worker", "--concurrency", "4", "--loglevel", "INFO"),
        "clock": (*celery, "beat", "--schedule", str(settings.data_dir / "clock"), "--loglevel", "INFO"),
        "web": (
            *("gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", str(THREADS)),
            # People pause longer than two seconds; who asks while the server closes gets no answer. Longer
            # than a proxy keeps its connections (nginx: 60 s).
            *("--bind", bind, "--graceful-timeout", "5", "--keep-alive", "75"),
            # Its control socket lies in the home folder, where two systems would meet; what is loaded before
            # the fork is in memory once for all of them.
            *("--no-control-socket", "--preload", "web.app:served()"),
        ),
    }


def programs(settings: Settings, bind: str) -> list[Program]:
    """Web, worker and clock, ready to be supervised."""
    env = process_env(settings)
    ready = {"web": lambda: _says_ready(f"http://{bind.replace('0.0.0.0', '127.0.0.1')}")}
    return [
        Program(name, (sys.executable, "-m", *command), ready.get(name, lambda: True), env)
        for name, command in commands(settings, bind).items()
    ]


def process_env(settings: Settings) -> dict[str, str]:
    """The environment of a running process, which may not change the tables."""
    env = {
        **os.environ,
        **settings.as_env(),
        "PYTHONPATH": str(Path(web.__file__).parent.parent),
        "PYTHONUNBUFFERED": "1",
    }
    del env["OWNER_DATABASE_URL"]
    return env


def _mail_catcher(settings: Settings, port: int) -> Program:
    command = (sys.executable, "-m", "web.cli.mail_catcher", str(port), str(settings.data_dir / "mails"))
    return Program("mail", command, lambda: accepts(port), process_env(settings))


def live_people(settings: Settings) -> Program:
    """Those who keep a demo moving."""
    command = (sys.executable, "-m", "web.cli.live", settings.base_url, str(settings.programme))
    return Program("live", command, env=process_env(settings))


def _says_ready(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
