"""Files by the SHA-256 of their content, in a folder outside the database and the web root."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from workflow.errors import TryLater

CHUNK = 1 << 16


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class TooBig(Exception):
    """More bytes than allowed."""


def path_of(data_dir: Path, sha256: str) -> Path:
    return data_dir / "files" / sha256[:2] / sha256


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
