"""`make job`, the README's first command, goes the whole way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pypdf


def test_the_job_goes_the_whole_way(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "web.cli.main", "job"]
    job = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert job.returncode == 0, job.stdout[-2000:] + job.stderr[-2000:]
    [order] = (tmp_path / "var").iterdir()
    assert job.stdout.endswith(f"All went as it should. The order: {order.relative_to(tmp_path)}\n")
    text = pypdf.PdfReader(order).pages[0].extract_text()
    assert "Verfügung" in text
    assert "HEKS" in text
