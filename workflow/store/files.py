"""Files by the SHA-256 of their content, in a folder outside the database and the web root."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, text

from workflow.errors import TryLater

CHUNK = 1 << 16


A_DAY, AT_REST = 86_400, 7 * 86_400
"""Seconds: for a new file to be named by a row, and for one that none names to be wanted after all."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class TooBig(Exception):
    """More bytes than allowed."""


def path_of(data_dir: Path, sha256: str) -> Path:
    return data_dir / "files" / sha256[:2] / sha256


def aside_of(data_dir: Path, sha256: str) -> Path:
    """Where it lies once nothing names it any more: a backup that began before may still want it."""
    return data_dir / "aside" / sha256


def sweep(data_dir: Path, named: Callable[[Collection[str]], Collection[str]]) -> int:
    """Set aside the files that nothing names, erase what has lain there for AT_REST; how many were erased.

    `named`: which of these hashes the database names; one that it names again, put back to an earlier moment,
    is put back too. Nothing is touched that came within A_DAY: its row may be on its way. Times are the file
    system's own.
    """
    folder = data_dir / "files"
    if not folder.is_dir():
        return 0
    with tempfile.NamedTemporaryFile(dir=folder) as fresh:
        now = os.stat(fresh.name).st_mtime
    aside = data_dir / "aside"
    aside.mkdir(exist_ok=True, mode=0o700)
    for part in folder.iterdir():
        if part.is_dir():
            old = {one.name: one for one in part.iterdir() if _age(one, now) > A_DAY}
            for name in old.keys() - set(named(list(old))):
                _set_aside(old[name], aside_of(data_dir, name), now)
        elif _age(part, now) > A_DAY:  # of somebody who died while it was written
            part.unlink(missing_ok=True)
    lying = {one.name: one for one in aside.iterdir()}
    wanted = set(named(list(lying)))
    for name in wanted:
        os.replace(lying[name], path_of(data_dir, name))
    over = [one for name, one in lying.items() if name not in wanted and _age(one, now) > AT_REST]
    for one in over:
        one.unlink(missing_ok=True)
    return len(over)


def named(tx: Connection, hashes: Collection[str]) -> set[str]:
    """Those of these hashes that a row names."""
    query = text("SELECT DISTINCT sha256 FROM files WHERE sha256 = ANY(:hashes)")
    return set(tx.execute(query, {"hashes": list(hashes)}).scalars())


def _age(path: Path, now: float) -> float:
    try:
        return now - path.stat().st_mtime
    except FileNotFoundError:
        return 0


def _set_aside(path: Path, aside: Path, now: float) -> None:
    """Its time of rest begins; unless somebody has kept the same content in this very moment."""
    try:
        os.replace(path, aside)
    except FileNotFoundError:  # somebody else sweeps
        return
    if _age(aside, now) < A_DAY:
        os.replace(aside, path)
    else:
        os.utime(aside, (now, now))


def keep(
    data_dir: Path,
    stream: BinaryIO,
    most: int,
    check: Callable[[Path, int], None] = lambda _path, _size: None,
) -> tuple[str, int]:
    """Write the stream under its hash: (sha256, size). Raises TooBig after `most` bytes, TryLater.

    `check` sees the file and its size before it is kept, and may raise; then nothing of it stays.

    The file is on the disk, and its name in the folder, before this returns; the same content is one file.
    """
    folder = data_dir / "files"
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as draft:
        try:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > most:
                    raise TooBig
                digest.update(chunk)
                draft.write(chunk)
            draft.flush()
            check(Path(draft.name), size)
            os.fsync(draft.fileno())
            target = path_of(data_dir, digest.hexdigest())
            target.parent.mkdir(exist_ok=True)
            os.replace(draft.name, target)
            _sync_folder(target.parent)
        except BaseException as error:
            Path(draft.name).unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno in FULL:
                full = TryLater("storage_full")
                full.status = 503  # the store is away, nobody has asked too often
                raise full from error
            raise
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
