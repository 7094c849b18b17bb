"""The front-end packages: pinned by content, from no registry in particular, there after `make install`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"
PACKAGE = json.loads((WEB / "package.json").read_text("utf-8"))
LOCK = json.loads((WEB / "package-lock.json").read_text("utf-8"))["packages"]


def test_each_package_is_pinned_by_its_content() -> None:
    named = PACKAGE["dependencies"] | PACKAGE["devDependencies"]
    assert {name: LOCK[f"node_modules/{name}"]["version"] for name in named} == named
    for name, locked in LOCK.items():
        assert not name or locked["integrity"].startswith("sha512-")
        assert "resolved" not in locked


@pytest.mark.parametrize("template", sorted((WEB / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_pages_use_files_that_are_there(template: Path) -> None:
    text = template.read_text("utf-8")
    for part in text.split("filename='packages/")[1:]:
        assert (WEB / "static" / "packages" / part.partition("'")[0]).is_file()
