"""Mails in the programme's own words, kept by running cases, and shown before they go out."""

from __future__ import annotations

import shutil
from email.message import EmailMessage
from pathlib import Path

import pytest

from tasks import mail, notices
from tests.browsing import app_for, signed_in
from tests.builders import KIP3
from tests.integration.walks import CHECKER, HEKS, LEAD, at_check, language, rows
from web.cli.story import Story
from workflow.publish import publish_folder
from workflow.store import outbox


def subjects(told: Story, text: str) -> list[str]:
    """The subjects of all mails of this kind, as they would be sent now."""
    leased = [one for one in outbox.lease(told.db, "mail", told.now, 100) if one.payload["text"] == text]
    written = mail._written(told.db, told.settings, leased, told.now)
    return sorted(str(one["Subject"]) for _due, one in written if isinstance(one, EmailMessage))


def test_a_running_case_keeps_the_words_of_its_programme(told: Story, tmp_path: Path) -> None:
    at_check(told)
    folder = tmp_path / "kip3-basel-stadt"
    shutil.copytree(KIP3, folder)
    file = folder / "programme.yaml"
    said = file.read_text("utf-8").replace("'Gesuch %(number)s: eingegangen'", "'%(number)s ist da'")
    file.write_text(said, "utf-8")
    publish_folder(told.db, folder, told.now)
    told.submit(HEKS, language(20_000))
    numbers = [row.number for row in rows(told.db, "SELECT number FROM cases ORDER BY number")]
    wanted = [f"Gesuch {numbers[0]}: eingegangen", f"{numbers[1]} ist da"]
    assert subjects(told, "applicant_received") == sorted(wanted)


@pytest.mark.parametrize("email", [CHECKER, "elias.graber@pd.bs.example"])
def test_all_mails_are_shown_with_a_case_that_there_is(told: Story, email: str) -> None:
    at_check(told)
    [case] = rows(told.db, "SELECT number, id FROM cases")
    app = app_for(told, told.settings)
    page = signed_in(app, email).open("/office/mails")
    for words in (f"Gesuch {case.number}: eingegangen", "Programm", "Grundtext", str(case.id)):
        assert words in page.words()
    assert signed_in(app, LEAD).open("/office/mails").status == 404
    app.extensions["foerderweg.db"].dispose()


def test_words_are_proposed_seen_with_a_case_and_told_to_a_second_person(told: Story) -> None:
    at_check(told)
    app = app_for(told, told.settings)
    admin = signed_in(app, "elias.graber@pd.bs.example")
    page = admin.open("/administration/parts/programme/mails")
    form = page.form("/administration/parts/programme/mails")
    text = form.filled({})["text"][0].replace("Gesuch %(number)s: eingegangen", "%(number)s ist da")
    values = {"text": text, "reason": "Kürzer.", "press": "check"}
    [case] = rows(told.db, "SELECT number FROM cases")
    checked = admin.send(form, values)
    assert f"{case.number} ist da" in checked.words()
    proposed = admin.send(form, {**values, "press": "propose"})
    assert f"{case.number} ist da" in proposed.words()
    admin.send(form, {"text": text.replace("%(number)s ist da", "%(title)s"), "press": "check"}, status=422)
    [due] = outbox.lease(told.db, "notice", told.now, 9)
    assert due.payload["text"] == "proposal_waits"
    with told.db.connect() as tx:
        told_to = [row.email for row in notices._addresses(tx, due.payload, told.now)]
    assert CHECKER in told_to
    assert "elias.graber@pd.bs.example" not in told_to
    assert len(set(told_to)) == len(told_to)
    app.extensions["foerderweg.db"].dispose()
