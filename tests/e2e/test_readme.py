"""The README's lines for the shell do what it says, on a running demo with a worker."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import demo_from

ROOT = Path(__file__).parents[2]
STRICT = 'set -euo pipefail\ncurl() { command curl --fail-with-body "$@"; echo; }\n'
PATIENCE_SECONDS = 120


def lines() -> str:
    """The block of the section «The same by API»."""
    [block] = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    return str(block)


def test_the_lines_of_the_readme_run_as_they_stand(played: Path, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        if os.environ.get("FOERDERWEG_REQUIRE_SERVERS") == "1":
            pytest.fail("curl is not installed")
        pytest.skip("needs curl")
    with demo_from(played, tmp_path / "data") as demo:
        demo.system.start("worker")
        script = lines().replace("http://127.0.0.1:8000", demo.system.base_url)
        assert demo.system.base_url in script
        done = subprocess.run(
            ["bash", "-c", STRICT + script],
            cwd=ROOT,
            env={**os.environ, "no_proxy": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr}"
    *_, pipeline = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert {one["stage"] for one in pipeline["stages"]} >= {"formal_check", "review"}
    assert '"number":"KIP3-2027-' in done.stdout.replace(" ", "")
