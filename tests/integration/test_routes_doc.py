"""docs/routes.md: its route is sound, and its commands do what it says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from web.cli.main import main
from workflow.settings import PROGRAMMES

PAGE = (Path(__file__).parents[2] / "docs" / "routes.md").read_text("utf-8")


def test_the_page_takes_a_newcomer_to_a_sound_route(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "my-canton"
    shutil.copytree(PROGRAMMES / "demo-canton", folder)
    [route] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (folder / "routes" / "three.yaml").write_text(route, "utf-8")
    commands = [
        line.removeprefix("foerderweg ").replace("var/my-canton", str(folder)).replace("var", str(tmp_path))
        for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
        for line in block.splitlines()
        if line.startswith("foerderweg ")
    ]
    assert len(commands) == 3
    for command in commands:
        assert main(command.split(), {}) == 0, command
    out = capsys.readouterr().out
    assert "three: sound, 8 steps" in out
    assert (tmp_path / "three.bpmn").exists()
    assert "How they ended: granted" in out
