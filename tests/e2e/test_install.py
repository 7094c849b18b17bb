"""What docs/operate.md shows of an installation is what happens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e.install import debian, placed, shown, transcript


def test_an_installation_goes_as_the_docs_show(tmp_path: Path) -> None:
    programs = debian()
    if programs is None:
        if os.environ.get("FOERDERWEG_REQUIRE_SERVERS") == "1":
            pytest.fail("Debian's packages postgresql and redis-server are not installed")
        pytest.skip("needs Debian's packages postgresql and redis-server")
    assert transcript(tmp_path / "data", programs) == shown()


def test_a_port_that_begins_like_another_is_put_in_whole(tmp_path: Path) -> None:
    ports = {"5432": 25786, "6379": 22168, "25": 30123, "8000": 24000}
    command = placed("up 127.0.0.1:5432 127.0.0.1:25", tmp_path, ports)
    assert command == "up 127.0.0.1:25786 127.0.0.1:30123"
