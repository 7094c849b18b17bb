"""The one folder that a demo, a job or a test run keeps everything in: its lock and its secrets."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from web.cli.processes import LaunchError

NAMES = ("postgres", "foerderweg_owner", "foerderweg_app", "valkey", "secret_key")
LEFTOVER_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class DataFolder:
    """An opened data folder: `lock` is an open file that children inherit, `secrets` a password per name."""

    path: Path
    lock: int
    secrets: dict[str, str] = field(repr=False)


@contextmanager
def open_data_folder(path: Path) -> Iterator[DataFolder]:
    """Make or take over the folder for one run; raises LaunchError if another run uses it."""
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)
    (path / "log").mkdir(mode=0o700, exist_ok=True)
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(lock, path)
        os.truncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield DataFolder(path, lock, _secrets(path / "secrets.json"))
    finally:
        os.close(lock)


def _acquire(lock: int, path: Path) -> None:
    """Take the lock. Children hold it too: after a killed run it is free once its last child has ended."""
    until = time.monotonic() + LEFTOVER_SECONDS
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = int(os.pread(lock, 20, 0) or b"0")
            if _alive(owner):
                raise LaunchError(
                    f"The folder {path} is in use by the running process {owner}. "
                    "End that one first, or choose another folder with --data."
                ) from None
            if time.monotonic() > until:
                raise LaunchError(
                    f"The folder {path} is still in use by children of the killed process {owner}. "
                    "End them first."
                ) from None
            time.sleep(0.1)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _secrets(path: Path) -> dict[str, str]:
    """The passwords of this folder's servers, made at its first use; readable by its owner alone."""
    try:
        known: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return known
    except FileNotFoundError:
        made = {name: secrets.token_urlsafe(32) for name in NAMES}
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(made, file)
    new.replace(path)
    return made
