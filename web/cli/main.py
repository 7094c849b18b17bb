"""The `foerderweg` command."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from sqlalchemy.exc import OperationalError

from web.cli import (
    demo_data,
    job,
    maintenance,
    people_commands,
    routes_commands,
    simulating,
    status,
    up,
    walk,
)
from web.cli.connected import CommandError, folder_named
from web.cli.data_folder import open_data_folder
from web.cli.embedded import OWNER, start_postgres
from web.cli.migrations import differences, migrate
from web.cli.processes import LaunchError, Supervisor
from web.cli.system import live_people, running_system
from web.cli.visitors import Unexpected
from workflow.errors import RouteError
from workflow.settings import Settings, SettingsError

OUTPUT = Path("var")


def main(arguments: Sequence[str] | None = None, env: Mapping[str, str] = os.environ) -> int:
    """Run one command with the settings of `env`; returns the exit code."""
    options = _parser().parse_args(arguments, argparse.Namespace(env=env))
    command: Callable[[argparse.Namespace], int] = options.command
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell's background jobs ignore it
        signal.signal(number, _interrupt)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup wants it ignored
        signal.signal(signal.SIGHUP, _interrupt)
    try:
        return command(options)
    except (CommandError, LaunchError, SettingsError, Unexpected) as error:
        print(f"foerderweg: {error}", file=sys.stderr)
        return 1
    except RouteError as error:
        print(f"foerderweg: the programme cannot be published: {error}", file=sys.stderr)
        return 1
    except OperationalError as error:
        print(f"foerderweg: the database does not answer: {error.orig}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.filename is None:  # not about a file that somebody named
            raise
        print(f"foerderweg: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted, everything is stopped.")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="foerderweg", description="Förderweg: runs, prepares and shows itself."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    for module in (up, people_commands, routes_commands, simulating, status, maintenance):
        module.add_to(add)
    add("migrate", _migrate, "bring the tables of OWNER_DATABASE_URL up to date")
    add("check-migrations", _check_migrations, "compare the migrations with the tables of the code")
    job_ = add("job", _job, "take one application the whole way on throw-away servers, and say each step")
    job_.add_argument(
        "--programme", type=folder_named, help="another programme, whose demo/walk.yaml is played"
    )
    demo = add("demo", _demo, "start everything with made-up data and stay; Ctrl-C ends it")
    demo.add_argument("--port", type=int, default=8000, help="port of the web server (default: %(default)s)")
    demo.add_argument("--live", action="store_true", help="made-up people keep working")
    demo.add_argument("--data", type=Path, help="folder that keeps everything (default: var/demo-PORT)")
    return parser


def _migrate(options: argparse.Namespace) -> int:
    migrate(Settings.from_env(options.env).owner_database_url)
    return 0


def _check_migrations(_options: argparse.Namespace) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="foerderweg-") as name,
        open_data_folder(Path(name)) as folder,
        Supervisor(folder.path / "log", (folder.lock,)) as supervisor,
    ):
        postgres = start_postgres(supervisor, folder, ("fsync=off",))
        migrate(postgres.url(OWNER))
        found = differences(postgres.url(OWNER))
    for difference in found:
        print(f"The migrations differ from workflow/store/tables: {difference}", file=sys.stderr)
    return 1 if found else 0


def _job(options: argparse.Namespace) -> int:
    OUTPUT.mkdir(exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="job-", dir=OUTPUT))
    print(f"Everything of this run lies in {data}")
    if options.programme:
        with running_system(data, say=_say, programme=options.programme) as system:
            walk.run(system, OUTPUT, _say)
    else:
        with running_system(data, say=_say) as system:
            job.run(system, OUTPUT, _say)
    shutil.rmtree(data)
    return 0


def _demo(options: argparse.Namespace) -> int:
    data: Path = options.data or OUTPUT / f"demo-{options.port}"
    loaded = data / "loaded"
    try:
        if not loaded.exists():
            _forget_unfinished_load(data)
        # Worker and clock live in today: they come when the made-up past is over.
        with running_system(
            data, port=options.port, demo=True, processes=("mail", "web"), say=_say
        ) as system:
            if not loaded.exists():
                demo_data.load(system.settings, _say, now=datetime.now(UTC))
                loaded.touch()
            system.start("worker")
            system.start("clock")
            if options.live:
                system.supervisor.run(live_people(system.settings))
            print(
                f"\nFörderweg is ready: {system.base_url}\nCtrl-C ends it; {data} keeps its data.", flush=True
            )
            system.supervisor.keep_running(_say)
    except KeyboardInterrupt:
        print("\nEverything is stopped.")
        return 0


def _forget_unfinished_load(data: Path) -> None:
    """Drop the database of a first load that was cut short: what it made would come a second time."""
    with open_data_folder(data) as folder:
        shutil.rmtree(folder.path / "postgres", ignore_errors=True)


def _say(line: str) -> None:
    print(line, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
