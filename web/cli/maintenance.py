"""`foerderweg verify`, `backup` and `restore`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from web.cli.connected import CommandError
from web.cli.embedded import postgres_program
from web.cli.people_commands import Add
from web.cli.progress import progress
from workflow.settings import Settings
from workflow.store import queries
from workflow.verify import Report, at_one_moment, file_aside, file_hash, file_place, keep, verify

MANIFEST, DUMP, FILES = "manifest.json", "database.dump", "files"
NOT_KEPT = ("sessions", "links", "sign_in_attempts", "processes")
"""Tables whose rows nobody misses: a backup signs nobody in."""
NEWER = (b"SET transaction_timeout = 0;\n",)
"""What our pg_restore sets at first, and PostgreSQL 15 and 16 do not know."""


def add_to(add: Add) -> None:
    """Add these commands to the command line."""
    check = add(
        "verify", _verify, "compare everything stored with the events; exit code 1 when something differs"
    )
    check.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: %(default)s)"
    )
    check.add_argument("--json", action="store_true", help="the findings as JSON")
    add("backup", _backup, "database and files into a new folder, while the system runs").add_argument(
        "folder", type=Path
    )
    add("restore", _restore, "a backup into an empty database and an empty data folder").add_argument(
        "folder", type=Path
    )


def _verify(options: argparse.Namespace) -> int:
    settings = Settings.from_env(options.env)
    _need_tables(settings.database_url)
    began = time.monotonic()
    report = verify(
        settings.database_url, settings.data_dir, jobs=options.jobs, progress=progress("Verifying cases")
    )
    if options.json:
        print(
            json.dumps(
                {"cases": report.cases, "findings": [asdict(one) for one in report.findings]}, indent=1
            )
        )
    else:
        _tell(report, time.monotonic() - began)
    try:
        keep(sa.create_engine(settings.database_url, poolclass=sa.NullPool), report, datetime.now(UTC))
    except sa.exc.DBAPIError as error:  # a copy that only reads: what was found is told all the same
        print(f"It is not written down that this was verified: {error.orig}", file=sys.stderr)
    return 1 if report.findings else 0


def _tell(report: Report, seconds: float) -> None:
    for finding in report.findings:
        print(finding)
    rate = f"{report.cases} cases in {seconds:.1f} seconds"
    print(f"{rate}: {len(report.findings) or 'nothing'} to complain about.")


def _backup(options: argparse.Namespace) -> int:
    settings, target = Settings.from_env(options.env), options.folder.absolute()
    if target.exists():
        raise CommandError(f"{target} is there already: a backup never overwrites one")
    _need_tables(settings.owner_database_url)
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    (part / FILES).mkdir(parents=True, mode=0o700)
    part.chmod(0o700)
    try:
        with at_one_moment(settings.owner_database_url) as (_, there):  # for the dump and for the files' list
            _dump(settings.owner_database_url, there.name, part / DUMP)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    manifest = {
        "release": version("foerderweg"),
        "revision": there.revision,
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cases": there.cases,
        "events": there.events,
        "database_sha256": file_hash(part / DUMP),
        "files": dict(there.files),
    }
    _copy(settings.data_dir, part, there.files, "Copying files")
    (part / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
    part.rename(target)
    print(f"{target}: {there.cases} cases, {there.events} events, {len(there.files)} files.")
    return 0


def _need_tables(url: str) -> None:
    if not queries.table_names(url):
        raise CommandError("the database holds no tables: run `foerderweg migrate` first")


def _restore(options: argparse.Namespace) -> int:
    settings, source = Settings.from_env(options.env), options.folder.absolute()
    manifest = _manifest(source)
    tables = queries.table_names(settings.owner_database_url)
    if tables:
        raise CommandError(f"the database is not empty: it holds {len(tables)} tables, such as {tables[0]}")
    if (settings.data_dir / FILES).exists() and any((settings.data_dir / FILES).iterdir()):
        raise CommandError(f"{settings.data_dir / FILES} is not empty")
    _load(settings.owner_database_url, source / DUMP)  # all or nothing: what fails leaves no files behind
    _copy(source, settings.data_dir, manifest["files"], "Restoring files")
    if manifest["revision"] != queries.newest_revision():
        print("The backup is of an earlier version: run `foerderweg migrate`, then `foerderweg verify`.")
        return 0
    report = verify(
        settings.database_url,
        settings.data_dir,
        jobs=os.cpu_count() or 1,
        progress=progress("Verifying cases"),
    )
    _tell(report, 0)
    return 1 if report.findings else 0


def _manifest(source: Path) -> dict[str, Any]:
    """What the backup holds, once all of it was found to be as it was written."""
    try:
        manifest: dict[str, Any] = json.loads((source / MANIFEST).read_text("utf-8"))
        dump, named, revision = manifest["database_sha256"], manifest["files"], manifest["revision"]
    except (OSError, ValueError, KeyError) as error:
        raise CommandError(f"{source} is no complete backup: {error}") from error
    if revision > queries.newest_revision():
        raise CommandError(f"{source} is of a later version: restore it with that one")
    wanted = {source / DUMP: dump} | {file_place(source, name): name for name in named}
    for path, sha256 in wanted.items():
        if not path.is_file() or file_hash(path) != sha256:
            raise CommandError(f"the backup is damaged: {path} is not what was written; nothing was restored")
    return manifest


def _copy(source: Path, target: Path, names: Mapping[str, int], what: str) -> None:
    tell = progress(what)
    for done, name in enumerate(names, 1):
        copy = file_place(target, name)
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(file_place(source, name), copy)
        except FileNotFoundError:  # set aside since the dump, whose draft is gone: it lies there for days
            shutil.copyfile(file_aside(source, name), copy)
        if file_hash(copy) != name:
            raise CommandError(f"{file_place(source, name)} is not what was kept: see `foerderweg verify`")
        tell(done, len(names))


def _dump(url: str, snapshot: str, target: Path) -> None:
    leave = [f"--exclude-table-data={table}" for table in NOT_KEPT]
    _run(url, "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={target}", *leave)
    target.chmod(0o600)


def _load(url: str, dump: Path) -> None:
    """The dump into an empty database, in one transaction: as a script, of which a server older than our
    programs is spared the settings that it does not know."""
    script = _start(url, "pg_restore", "--no-owner", "--file=-", str(dump), stdout=subprocess.PIPE)
    quiet = ("--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--single-transaction")
    load = _start(url, "psql", *quiet, f"--dbname={sa.make_url(url).database}", stdin=subprocess.PIPE)
    assert script.stdout
    assert load.stdin
    with suppress(BrokenPipeError):  # what it says when it ends is the reason
        head = True
        for line in script.stdout:
            head = head and not line.startswith(b"CREATE ")
            if not head or line not in NEWER:
                load.stdin.write(line)
        load.stdin.close()
    script.stdout.close()
    _end(load, "psql")
    _end(script, "pg_restore")


def _run(url: str, program: str, *arguments: str) -> None:
    done = _start(
        url, program, *arguments, f"--dbname={sa.make_url(url).database}", stdout=subprocess.DEVNULL
    )
    _end(done, program)


def _start(url: str, program: str, *arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
    """One of PostgreSQL's own programs, the password in its environment and not on its command line."""
    parts = sa.make_url(url)
    env = {
        **os.environ,
        "PGHOST": parts.host or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": parts.username or "",
        "PGPASSWORD": parts.password or "",
    }
    command = (str(postgres_program(program)), *arguments)
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, **streams)


def _end(running: subprocess.Popen[bytes], program: str) -> None:
    assert running.stderr
    with running:
        said = running.stderr.read().decode(errors="replace").strip()
    if running.returncode != 0:
        raise CommandError(f"{program} failed: {said}")
