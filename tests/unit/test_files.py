"""Files by their hash: what is full says so, and leaves nothing behind."""

import errno
import io
import os
from pathlib import Path

import pytest

from workflow.errors import TryLater
from workflow.store import files


@pytest.mark.parametrize("number", files.FULL)
def test_a_full_store_says_so_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(_file: int) -> None:
        raise OSError(number, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TryLater, match="storage_full") as caught:
        files.keep(tmp_path, io.BytesIO(b"statutes"), 100)
    assert (caught.value.status, caught.value.retry) == (503, True)
    assert [one for one in (tmp_path / "files").rglob("*") if one.is_file()] == []


def test_another_error_stays_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_file: int) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="broken"):
        files.keep(tmp_path, io.BytesIO(b"statutes"), 100)
