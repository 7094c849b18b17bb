"""Organisations that register, are confirmed, and have members."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.browsing import signed_in, visitor
from tests.counting import statements
from tests.integration.members import (
    COORDINATOR,
    GGG,
    HEKS,
    JONAS,
    LEAD,
    NEW,
    ORGANISATION,
    OTHER,
    RECORD,
    SELIN,
    actor,
    give,
    joined,
    kinds,
    notices,
    refused,
    register,
    together,
    who,
)
from tests.integration.test_web_portal import stored
from tests.integration.walks import at_once, language, rows
from web.cli.story import Story
from workflow import accounts, drafts, organisations, people
from workflow.engine.commands import Submit
from workflow.errors import Invalid, NotFound, TryLater
from workflow.people import person_id
from workflow.service import handle
from workflow.store import queries

# Signing up


def test_signing_up_tells_nobody_who_has_an_account_and_makes_one_by_mail(told: Story, app: Flask) -> None:
    browser = visitor(app)
    said = []
    for email in (HEKS, "neu@verein.example"):
        form = browser.open("/account/new").form("/account/new")
        said.append(browser.send(form, {"email": email}).text.replace(email, "X"))
    assert len({text.split("<main")[1] for text in said}) == 1
    sent = {row.payload["person"]: row.payload["text"] for row in rows(told.db, "SELECT * FROM outbox")}
    [new] = rows(told.db, "SELECT id FROM persons WHERE email = 'neu@verein.example'")
    assert new.id != person_id("neu@verein.example")  # an address does not give away what somebody did
    assert sent == {str(person_id(HEKS)): "known", str(new.id): "sign_up"}
    assert "gültige E-Mail" in browser.send(form, {"email": "kein"}, status=422).text
    made = accounts.make_link(told.db, new.id, "sign_up", now=told.now)
    assert made is not None
    page = browser.open(f"/account/link/{made.token}")
    form = page.form(made.token)
    good = {"password": "Drei Boote am Rhein", "again": "Drei Boote am Rhein"}
    assert "Ihren Namen" in browser.send(form, good, status=422).text
    page = browser.send(form, {**good, "name": "Nora Neu"})
    assert page.url.endswith("/organisations")
    assert "zu keiner Trägerschaft" in page.text
    for _ in range(8):
        accounts.sign_up(told.db, "a@b.example", "de", source="127.0.0.1", now=told.now)
    with pytest.raises(TryLater):
        accounts.sign_up(told.db, "c@d.example", "de", source="127.0.0.1", now=told.now)


def test_who_never_joined_is_known_no_more_after_a_month(told: Story) -> None:
    accounts.sign_up(told.db, "neu@verein.example", "de", source="a", now=told.now)
    for email in ("nadia@neu.example", "nino@neu.example", GGG):
        ask(told, email)
    with told.db.begin() as tx:
        tx.execute(sa.text("UPDATE persons SET made_at = :now"), {"now": told.now})
    later = told.now + timedelta(days=31)
    everybody = len(rows(told.db, "SELECT id FROM persons"))
    assert people.erase_never_joined(told.db, told.now + timedelta(days=29)) == 0
    told.now = later
    ask(told, "nino@neu.example")  # once more
    assert people.erase_never_joined(told.db, told.now + timedelta(days=7)) == 2
    assert len(rows(told.db, "SELECT id FROM persons")) == everybody - 2
    left = rows(told.db, "SELECT email FROM persons WHERE name = ''")
    assert [one.email for one in left] == ["nino@neu.example"]
    assert [one.email for one in rows(told.db, "SELECT email FROM invitations")] == ["nino@neu.example"]
    invited = rows(told.db, "SELECT about FROM organisation_log WHERE kind = 'invited'")
    assert sum(one.about is None for one in invited) == 1


def ask(told: Story, email: str) -> None:
    organisations.invite(
        told.db, actor(told, HEKS), ORGANISATION, email, "drafts", now=told.now, invitation_id=uuid4()
    )


def test_somebody_who_has_left_does_not_come_back_by_signing_up(told: Story) -> None:
    people.leave(told.db, HEKS, now=told.now)
    accounts.sign_up(told.db, HEKS, "de", source="a", now=told.now)
    assert rows(told.db, "SELECT * FROM outbox") == []


# Registering


def test_an_organisation_registers_waits_drafts_and_submits_once_confirmed(told: Story, app: Flask) -> None:
    browser = signed_in(app, GGG)
    form = browser.open("/organisations/new").form("/organisations/new")
    typed = {f"{section}.{code}": text for section, part in RECORD.items() for code, text in part.items()}
    address = typed.pop("organisation.address")
    typed |= {f"organisation.address.{code}": text for code, text in address.items()}
    page = browser.send(form, {**typed, "account.iban": "CH44 3199 9123 0008 8901 2"}, status=422)
    assert "Bitte die gewöhnliche IBAN desselben Kontos angeben" in page.words()
    page = browser.send(form, typed)
    assert browser.send(form, typed).url == page.url
    assert "Die Fachstelle prüft Ihre Angaben" in page.text
    new = UUID(page.url.rsplit("/", 1)[1])
    assert notices(told) == [("organisation_waits", f"office/organisations/{new}")]
    draft = drafts.start(
        told.db,
        actor(told, GGG),
        organisation_id=new,
        call="project-round-2027",
        eligibility=dict.fromkeys(("place", "non_profit", "public_access"), "yes")
        | dict.fromkeys(("other_canton_only", "regular_structure"), "no"),
        now=told.now,
        application_id=uuid4(),
    )
    assert stored_answers(told, draft, GGG)["organisation"]["name"] == "Verein Neuland"
    assert stored_answers(told, draft, GGG)["account"]["iban"] == "CH9300762011623852957"
    assert "nach der Bestätigung" in browser.open(f"/applications/{draft}/submit").text
    with refused("organisation_waits"):
        handle(told.db, Submit(draft), actor(told, GGG), uuid4(), told.now)

    office = signed_in(app, COORDINATOR)
    assert "2 Trägerschaften warten" in office.open("/desk").text
    assert "warten auf Bestätigung" in office.open("/office").text
    page = office.open(office.open("/office/organisations").link(f"/office/organisations/{new}"))
    form = page.form(f"/office/organisations/{new}")
    assert "ausfüllen" in office.send(form, {"press": "refuse"}, status=422).text
    page = office.send(form, {"press": "refuse", "reason": "Die Statuten fehlen."})
    assert "Die Statuten fehlen." in browser.open(f"/organisations/{new}").text
    with refused("organisation_refused"):
        handle(told.db, Submit(draft), actor(told, GGG), uuid4(), told.now)
    change = browser.open(f"/organisations/{new}/record")
    kept = "gehen weiter auf das Konto aus dem Gesuch"
    assert kept not in browser.send(change.form("/record"), {"organisation.address.street": "Gasse 2"}).text
    other = {"account.iban": "CH56 0483 5012 3456 7800 9"}
    assert kept in browser.send(browser.open(f"/organisations/{new}/record").form("/record"), other).text
    page = office.send(office.open(f"/office/organisations/{new}").form(str(new)), {"press": "confirm"})
    assert "bestätigt" in page.text
    with pytest.raises(Invalid):  # nothing but answers keeps it from being submitted
        handle(told.db, Submit(draft), actor(told, GGG), uuid4(), told.now)
    assert kinds(told, new) == ["registered", "refused", "changed", "resubmitted", "changed", "confirmed"]
    with refused("decided_already"):
        organisations.decide(told.db, actor(told, COORDINATOR), new, confirm=True, now=told.now)


def stored_answers(told: Story, draft: UUID, email: str) -> Any:
    found = queries.application(told.db, actor(told, email), draft)
    assert found is not None
    return found.answers


def test_one_that_is_there_already_is_noticed_and_may_be_registered_all_the_same(told: Story) -> None:
    with refused("looks_registered"):
        register(told, name="G.G.G. Migration", new=NEW)
    with refused("looks_registered"):
        register(told, name="Sprachbrücke Kleinbasel", new=NEW)
    register(told)
    with refused("looks_registered"):  # the account
        register(told, name="Ganz anders", new=uuid4())
    given = {**RECORD, "organisation": {**RECORD["organisation"], "name": "Ganz anders"}}
    organisations.register(told.db, actor(told, HEKS), uuid4(), given, all_the_same=True, now=told.now)
    found = queries.organisation(told.db, actor(told, COORDINATOR), NEW, now=told.now)
    assert found is not None
    assert [(twin.name, twin.reasons) for twin in found.twins] == [("Ganz anders", ("iban",))]
    mine = queries.organisation(told.db, actor(told, GGG), NEW, now=told.now)
    assert mine is not None
    assert mine.twins == []


def test_nobody_confirms_their_own_organisation(told: Story) -> None:
    register(told)
    joined(told, COORDINATOR, "reads", NEW, GGG)
    with refused("own_organisation"):
        organisations.decide(told.db, actor(told, COORDINATOR), NEW, confirm=True, now=told.now)
    with pytest.raises(NotFound):
        organisations.decide(told.db, actor(told, GGG), NEW, confirm=True, now=told.now)


# Members


def test_members_come_by_invitation_and_every_change_is_written_down(told: Story, app: Flask) -> None:
    browser = signed_in(app, HEKS)
    here = f"/organisations/{ORGANISATION}"
    form = browser.open(here).form(f"{here}/members")
    browser.send(form, {"email": "Nadia@Neu.example", "role": "drafts"})
    [mail] = rows(told.db, "SELECT * FROM outbox WHERE kind = 'link'")
    named = {"by": "Miriam Aebi", "organisation": "HEKS Regionalstelle beider Basel"}
    assert mail.payload.items() >= {"text": "joining", **named}.items()
    assert "nadia@neu.example" in browser.open(here).text
    [nadia] = rows(told.db, "SELECT id FROM persons WHERE email = 'nadia@neu.example'")
    made = accounts.make_link(told.db, nadia.id, "joining", now=told.now)
    assert made is not None
    accounts.choose_password(
        told.db, made.token, "geheim geheim ja", now=told.now, name="Nadia Neu", language="fr"
    )
    [nadia] = rows(told.db, "SELECT id, language FROM persons WHERE name = 'Nadia Neu'")
    assert nadia.language == "fr"  # and no longer that of whoever invited her
    invited = visitor(app)
    page = invited.sign_in("nadia@neu.example", "geheim geheim ja")
    assert "HEKS Regionalstelle" in page.text
    [asked] = queries.invitations_to(told.db, "nadia@neu.example", now=told.now)
    page = invited.send(page.form(f"/invitations/{asked.id}"), {"press": "accept"})
    assert page.url.endswith(here)
    assert not any(one.action.endswith("/members") for one in page.forms)  # invites nobody
    form = browser.open(here).form(f"{here}/members/{nadia.id}")
    browser.send(form, {"press": "role", "role": "signs"})
    browser.send(form, {"press": "remove"})
    assert invited.http.get(here).status_code == 404
    assert kinds(told, ORGANISATION) == ["invited", "joined", "role", "left"]
    assert "hat Nadia Neu entfernt" in browser.open(here).text


def test_an_invitation_is_for_its_address_alone_and_once(told: Story) -> None:
    asked = uuid4()
    invite = partial(organisations.invite, told.db, now=told.now)
    invite(actor(told, HEKS), ORGANISATION, GGG, "drafts", invitation_id=asked)
    with refused("no_such_invitation"):
        organisations.answer(told.db, who(told, LEAD), asked, accept=True, now=told.now)
    organisations.answer(told.db, who(told, GGG), asked, accept=False, now=told.now)
    with refused("no_such_invitation"):
        organisations.answer(told.db, who(told, GGG), asked, accept=True, now=told.now)
    again = uuid4()
    invite(actor(told, JONAS), ORGANISATION, GGG, "drafts", invitation_id=again)
    organisations.remove(told.db, actor(told, HEKS), ORGANISATION, person_id(JONAS), now=told.now)
    with refused("no_such_invitation"):  # who invited has no say any more
        organisations.answer(told.db, who(told, GGG), again, accept=True, now=told.now)
    with refused("is_member_already"):
        invite(actor(told, HEKS), ORGANISATION, SELIN, "reads", invitation_id=uuid4())


def test_two_invitations_at_once_are_one(told: Story) -> None:
    ask = [
        partial(
            organisations.invite,
            told.db,
            actor(told, email),
            ORGANISATION,
            GGG,
            "drafts",
            now=told.now,
            invitation_id=uuid4(),
        )
        for email in (HEKS, JONAS)
    ]
    assert at_once(*ask) == [None, None]
    [asked] = queries.invitations_to(told.db, GGG, now=told.now)
    accept = partial(organisations.answer, told.db, who(told, GGG), asked.id, accept=True, now=told.now)
    assert at_once(accept, accept) == [ORGANISATION, ORGANISATION]
    assert kinds(told, ORGANISATION) == ["invited", "invited", "joined"]


def test_somebody_who_signs_remains_even_when_two_remove_each_other(told: Story) -> None:
    remove = [
        partial(organisations.remove, told.db, actor(told, by), ORGANISATION, person_id(whom), now=told.now)
        for by, whom in ((HEKS, JONAS), (JONAS, HEKS))
    ]
    results = at_once(*remove)
    assert sorted(type(one).__name__ for one in results) == ["NoneType", "NotFound"]
    left = HEKS if results[0] is None else JONAS
    for refusal in (
        partial(organisations.remove, told.db, actor(told, left), ORGANISATION, person_id(left)),
        partial(organisations.set_role, told.db, actor(told, left), ORGANISATION, person_id(left), "reads"),
    ):
        with refused("last_signer"):
            refusal(now=told.now)


def test_nobody_gives_more_than_they_have(told: Story) -> None:
    together(told)
    with refused("more_than_own"):
        give(told, JONAS, "signs")
    with refused("more_than_own"):
        give(told, HEKS, "signs")
    with refused("signers_only"):
        give(told, HEKS, "reads", by=SELIN)
    with pytest.raises(NotFound):
        give(told, HEKS, "reads", by=GGG)
    assert stored(told, told.draft(HEKS, language())).may_sign


def test_who_signs_with_a_second_takes_nothing_from_who_signs_alone(told: Story) -> None:
    give(told, JONAS, "signs_with")
    with refused("more_than_own"):
        give(told, HEKS, "reads", by=JONAS)


def test_one_person_in_two_organisations_always_sees_for_whom(told: Story, app: Flask) -> None:
    told.draft(HEKS, language())
    told.draft(GGG, language())
    joined(told, HEKS, "drafts", OTHER, GGG)
    browser = signed_in(app, HEKS)
    assert [one.name for one in queries.my_organisations(told.db, actor(told, HEKS))] == [
        "GGG Migration",
        "HEKS Regionalstelle beider Basel",
    ]
    page = browser.open(f"/applications?organisation={OTHER}")
    assert page.words().count("Deutsch im Quartier") == 1
    assert browser.open("/applications").words().count("Deutsch im Quartier") == 2


# The record and the form


def test_differences_are_offered_to_the_record(told: Story, app: Flask) -> None:
    draft = told.draft(HEKS, language())
    browser = signed_in(app, HEKS)
    page = browser.open(f"/applications/{draft}")
    assert "anders als bei Ihrer Trägerschaft" in page.text
    browser.send(page.form("/record"), {"column": ["iban", "holder"]})
    found = queries.organisation(told.db, actor(told, HEKS), ORGANISATION, now=told.now)
    assert found is not None
    assert found.record["iban"] == "CH9300762011623852957"
    assert found.record["street"] == "Pfeffingerstrasse 41"  # not ticked
    assert kinds(told, ORGANISATION) == ["changed"]


def test_the_list_takes_as_many_queries_for_many_as_for_one(told: Story, app: Flask) -> None:
    office = signed_in(app, COORDINATOR)
    one = statements(app, office, "/office/organisations?text=HEKS")
    assert statements(app, office, "/office/organisations") == one
