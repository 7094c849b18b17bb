"""Files as people send them: named safely, known by their content, kept under their hash."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import puremagic
from sqlalchemy import Engine

from workflow.connecting import autocommit
from workflow.errors import Invalid, Problem
from workflow.settings import Settings
from workflow.store import files

MEDIA_TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}
SIGNATURES = {".pdf": "pdf", ".jpg": "jpg", ".jpeg": "jpg", ".jfif": "jpg", ".png": "png"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is on the disk; `size` in bytes."""

    sha256: str
    name: str
    media_type: str
    size: int


def keep(path: str, accept: Collection[str], filename: str, stream: BinaryIO, settings: Settings) -> Kept:
    """Keep what was sent for the field at `path`, of a kind in `accept`.

    Raises Invalid saying which file and why, TryLater.
    """
    name, found = _clean(filename), ""

    def check(file: Path, size: int) -> None:
        nonlocal found
        if not size:
            raise Invalid({path: [Problem("file_empty", {"file": name})]})
        found = _kind_of(file)
        if found not in accept:
            wanted = ", ".join(one.upper() for one in accept)
            raise Invalid({path: [Problem("file_wrong_type", {"file": name, "wanted": wanted})]})

    try:
        sha256, size = files.keep(settings.data_dir, stream, settings.upload_max_bytes, check)
    except files.TooBig:
        limit = settings.upload_max_bytes // (1024 * 1024)
        raise Invalid({path: [Problem("file_too_big", {"file": name, "megabytes": limit})]}) from None
    return Kept(sha256, _named_as(name, found), MEDIA_TYPES[found], size)


def sweep(db: Engine, settings: Settings) -> int:
    """Without the files that nothing names any more, of drafts that are gone; how many were erased."""
    with autocommit(db) as tx:
        return files.sweep(settings.data_dir, partial(files.named, tx))


def _clean(filename: str) -> str:
    """A name fit to be shown and sent: no folders, no control characters, at most 120 of the rest."""
    base = unicodedata.normalize("NFC", filename.replace("\\", "/").rsplit("/", 1)[-1])
    kept = "".join(char for char in base if char.isprintable() and char not in '"<>:|?*')
    return kept.strip(". ")[-120:] or "Datei"


def _named_as(name: str, kind: str) -> str:
    """What it is stands at the end of its name: who saves it gets nothing that opens as something else."""
    suffix = Path(name).suffix.lower()
    return name if SIGNATURES.get(suffix) == kind else f"{name}.{kind}"


def _kind_of(path: Path) -> str:
    """What the content is, whatever the name says; empty when it is nothing we know."""
    try:
        return SIGNATURES.get(puremagic.from_file(path), "")
    except (puremagic.PureError, ValueError):
        return ""
