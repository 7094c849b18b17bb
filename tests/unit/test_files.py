"""Files by their hash: what is full says so, and leaves nothing behind."""

import errno
import io
import os
from collections.abc import Collection
from pathlib import Path

import pytest

from workflow.errors import TryLater
from workflow.store import files
from workflow.store.files import aside_of, keep, path_of, sweep


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


def lain(path: Path, days: float) -> None:
    then = path.stat().st_mtime - days * 86_400
    os.utime(path, (then, then))


def test_what_nothing_names_lies_aside_for_a_week_and_is_gone(tmp_path: Path) -> None:
    named, unnamed, fresh = (keep(tmp_path, io.BytesIO(one), 9)[0] for one in (b"named", b"unnamed", b"new"))
    for one in (named, unnamed):
        lain(path_of(tmp_path, one), 2)
    died = tmp_path / "files" / "tmpdied"
    died.write_bytes(b"half")
    lain(died, 2)
    asked = set[str]()

    def names(hashes: Collection[str]) -> set[str]:
        asked.update(hashes)
        return {named} & {*hashes}

    assert sweep(tmp_path, names) == 0
    assert asked == {named, unnamed}
    assert path_of(tmp_path, named).exists()
    assert path_of(tmp_path, fresh).exists()
    assert not path_of(tmp_path, unnamed).exists()
    assert not died.exists()
    aside = aside_of(tmp_path, unnamed)
    lain(aside, 6)
    assert sweep(tmp_path, names) == 0
    assert aside.read_bytes() == b"unnamed"
    lain(aside, 2)
    assert sweep(tmp_path, names) == 1
    assert not aside.exists()


def test_what_is_named_again_is_put_back(tmp_path: Path) -> None:
    [sha256, _] = keep(tmp_path, io.BytesIO(b"back"), 9)
    lain(path_of(tmp_path, sha256), 2)
    sweep(tmp_path, lambda _: set())
    lain(aside_of(tmp_path, sha256), 30)
    assert sweep(tmp_path, lambda hashes: {sha256} & {*hashes}) == 0
    assert path_of(tmp_path, sha256).read_bytes() == b"back"


def test_what_is_kept_again_in_that_moment_stays(tmp_path: Path) -> None:
    [sha256, _] = keep(tmp_path, io.BytesIO(b"twice"), 9)
    lain(path_of(tmp_path, sha256), 2)

    def names(_: Collection[str]) -> set[str]:
        keep(tmp_path, io.BytesIO(b"twice"), 9)
        return set()

    sweep(tmp_path, names)
    assert path_of(tmp_path, sha256).read_bytes() == b"twice"
    assert not aside_of(tmp_path, sha256).exists()


def test_without_a_folder_there_is_nothing_to_sweep(tmp_path: Path) -> None:
    assert sweep(tmp_path, lambda _: set()) == 0
    assert list(tmp_path.iterdir()) == []
