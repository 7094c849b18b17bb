"""A new association on a telephone: signs up, registers, invites a second person; both sign, and it is in."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from tasks.deliver import deliver_due
from tests.e2e.applicant import language_course
from tests.e2e.conftest import SCREENS, Demo, Visit
from tests.e2e.person import PHONE, Person, Screens
from web.cli.story import ELIGIBLE, PDF
from web.cli.telling import typed

NORA, OMAR = "nora.neu@neuland.example", "omar.said@neuland.example"
PASSWORD = "Drei Boote am Rhein"
RECORD = {
    "organisation.name": "Verein Neuland",
    "organisation.legal_form": "association",
    "organisation.address.street": "Gasse 1",
    "organisation.address.postcode": "4057",
    "organisation.address.town": "Basel",
    "account.iban": "CH44 3199 9123 0008 8901 2",
    "account.holder": "Verein Neuland",
    "signing.signing": "joint",
}


def link_in_mail(demo: Demo, person: Person, to: str) -> str:
    """The link in the newest mail to this address, as the mail server has it."""
    while deliver_due(demo.story.db, demo.system.settings, lambda: datetime.now(UTC)):
        pass
    person.open("/demo/mails")
    mail = person.page.locator("article", has_text=to).first.inner_text()
    found = re.search(r"https?://\S+?(/account/link/\S+)", mail)
    assert found
    return found[1]


def come_in(demo: Demo, person: Person, email: str, name: str) -> None:
    """Follow the link of the mail and choose a name and a password."""
    person.open(link_in_mail(demo, person, email))
    person.fill({"name": name, "password": PASSWORD, "again": PASSWORD})
    person.press("Passwort speichern und anmelden")


def test_a_new_association_comes_to_its_first_application(demo: Demo, visit: Visit) -> None:
    screens = Screens(SCREENS.parent / "screens-organisations")
    nora, omar, office = visit("Nora", width=PHONE), visit("Omar", width=PHONE), visit("Regula Keller")
    nora.open("/account/new")
    screens.take(nora.page, "sign-up")
    nora.fill({"email": NORA})
    nora.press("Link schicken")
    screens.take(nora.page, "sign-up-asked")
    come_in(demo, nora, NORA, "Nora Neu")
    nora.is_at("/organisations")
    screens.take(nora.page, "no-organisation-yet")
    nora.follow("Neue Trägerschaft registrieren")
    nora.fill(RECORD)
    nora.press("Registrieren")
    nora.sees("QR-IBAN")
    screens.take(nora.page, "qr-iban-refused")
    nora.fill({"account.iban": "CH93 0076 2011 6238 5295 7"})
    nora.press("Registrieren")
    nora.sees("Die Fachstelle prüft Ihre Angaben")
    nora.sees("Es fehlt eine zweite Person")
    nora.fill({"email": OMAR})
    nora.page.get_by_role("radio", name="unterschreibt zu zweien").check()
    screens.take(nora.page, "registered")
    nora.press("Einladung schicken")
    here = nora.page.url
    screens.take(nora.page, "invited")
    come_in(demo, omar, OMAR, "Omar Said")
    screens.take(omar.page, "invitation")
    omar.press("Annehmen")
    omar.sees("Sie gehören jetzt dazu.")

    nora.open("/calls/project-round-2027")
    nora.fill(ELIGIBLE)
    nora.press("Antworten prüfen")
    nora.press("Gesuch beginnen")
    draft = nora.page.url
    screens.take(nora.page, "draft-before-confirmation")
    answers = language_course("Deutsch am Abend", 8_000_00)
    nora.open(f"{draft}/sections/organisation")
    assert nora.page.locator('[name="organisation.name"]').input_value() == "Verein Neuland"

    office.sign_in()
    office.open("/desk")
    screens.take(office.page, "inbox-waits")
    office.open("/office/organisations")
    screens.take(office.page, "office-list")
    office.follow("Verein Neuland")
    screens.take(office.page, "office-one")
    office.press("Trägerschaft bestätigen")
    office.sees("Bestätigt.")

    for section in answers:
        nora.open(f"{draft}/sections/{section}")
        nora.fill(typed(answers, [section]))
        nora.press("Speichern")
    attach(nora, draft)
    nora.open(f"{draft}/submit")
    screens.take(nora.page, "ready-for-the-first-signature")
    nora.press("Unterschreiben")
    nora.sees("Nora Neu hat unterschrieben")
    screens.take(nora.page, "first-signature")
    omar.open(f"{draft}/submit")
    screens.take(omar.page, "second-signature")
    omar.press("Unterschreiben und einreichen")
    omar.sees("Ihr Gesuch ist eingereicht.")
    screens.take(omar.page, "submitted")
    nora.open(here)
    nora.page.get_by_text("Alle Änderungen").click()
    screens.take(nora.page, "organisation-in-the-end")
    office.page.reload()
    screens.take(office.page, "office-confirmed")
    for page, width in ((office, PHONE), (nora, 1440)):
        page.page.set_viewport_size({"width": width, "height": 800})
        screens.take(page.page, f"organisation-{width}")


def attach(nora: Person, draft: str) -> None:
    """The statutes, without which nothing is complete."""
    nora.open(f"{draft}/sections/attachments")
    field = nora.page.locator('[name="attachments.statutes"]')
    field.set_input_files({"name": "Statuten.pdf", "mimeType": "application/pdf", "buffer": PDF})
    nora.press("Hochladen")
