"""What docs/operate.md shows of an installation is what happens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e.install import debian, shown, transcript


def test_an_installation_goes_as_the_docs_show(tmp_path: Path) -> None:
    programs = debian()
    if programs is None:
        if os.environ.get("FOERDERWEG_REQUIRE_SERVERS") == "1":
            pytest.fail("Debian's packages postgresql and redis-server are not installed")
        pytest.skip("needs Debian's packages postgresql and redis-server")
    assert transcript(tmp_path / "data", programs) == shown()
