"""docs/routes.md: its route is sound, and its commands do what it says, up to the published route."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.integration.walks import rows
from web.cli.main import main
from web.cli.story import Story
from workflow.settings import PROGRAMMES

PAGE = (Path(__file__).parents[2] / "docs" / "routes.md").read_text("utf-8")


def test_the_page_takes_a_newcomer_to_a_published_route(
    told: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the page's paths are relative
    folder = Path("var/my-canton")
    shutil.copytree(PROGRAMMES / "demo-canton", folder)
    [route] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (folder / "routes" / "three.yaml").write_text(route, "utf-8")
    programme = (folder / "programme.yaml").read_text("utf-8")
    (folder / "programme.yaml").write_text(programme.replace("route: simple", "route: three", 1), "utf-8")
    commands = [
        line.removeprefix("foerderweg ")
        for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
        for line in block.splitlines()
        if line.startswith("foerderweg ")
    ]
    assert len(commands) == 4
    for command in commands:
        assert main(command.split(), told.settings.as_env()) == 0, command
    out = capsys.readouterr().out
    assert "three: sound, 8 steps" in out
    assert Path("var/three.bpmn").exists()
    assert "How they ended: granted" in out
    stored = rows(told.db, "SELECT FROM definitions WHERE kind = 'route' AND code = 'three'")
    assert len(stored) == 1
