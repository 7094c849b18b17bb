"""Another canton's programme, in another language, runs from its folder alone."""

from __future__ import annotations

import io
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx
import pypdf

from web.cli import walk
from web.cli.system import running_system
from workflow.settings import PROGRAMMES

APPLICANT = "helene.rochat@lavoir.example"


def test_the_job_runs_on_the_folder_of_another_programme(tmp_path: Path) -> None:
    told: list[str] = []
    folder = PROGRAMMES / "demo-canton"
    with running_system(tmp_path / "data", programme=folder, postgres_options=("fsync=off",)) as system:
        walk.run(system, tmp_path, told.append)
        with httpx.Client(base_url=system.base_url, follow_redirects=True) as browser:
            french = browser.get("/").text
            german = browser.get("/", headers={"Accept-Language": "de-CH,de;q=0.9,en;q=0.5"}).text
    mails = [
        message_from_bytes(file.read_bytes(), policy=default)
        for file in sorted((tmp_path / "data" / "mails" / "new").iterdir())
    ]
    assert any("committed CHF 0.00 → CHF 15'000.00" in line for line in told)
    assert '<html lang="fr">' in french
    assert "Dépôt continu" in french
    assert "Appels ouverts" in french
    assert '<html lang="de">' in german
    assert "Laufende Eingabe" in german
    assert {mail["Subject"] for mail in mails if APPLICANT in mail["To"]} == {
        "Demande ARVE-2027-00001: reçue",
        "Demande ARVE-2027-00001: une lettre vous attend",
    }
    pdf = (tmp_path / "ARVE-2027-00001.pdf").read_bytes()
    letter = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    for words in ("CHF 15'000.00 au plus", "le 1er mars 2027", "Tribunal", "Odile Favre"):
        assert words in " ".join(letter.replace("du 1er", "le 1er").split())
