"""Organisations that register, are confirmed, have members and advisers, sign together, and are merged."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.browsing import app_for, signed_in, visitor
from tests.counting import statements
from tests.integration.test_web_portal import stored
from tests.integration.walks import assert_kept, at_once, language, rows
from web.cli.story import PDF, Story
from workflow import accounts, drafts, organisations, people, signing
from workflow.accounts import SignedIn
from workflow.engine.case import Actor
from workflow.engine.commands import Declare, Submit, Withdraw
from workflow.errors import FoerderwegError, Invalid, NotAllowed, NotFound, TryLater
from workflow.people import organisation_id, person_id
from workflow.service import Done, handle
from workflow.store import queries, sign_in

HEKS = "miriam.aebi@heks.example"
JONAS = "jonas.wirz@heks.example"
SELIN = "selin.arslan@heks.example"
GGG = "daniela.frey@ggg-migration.example"
ADVISER = "tarek.haddad@ggg-migration.example"
COORDINATOR = "regula.keller@integration.bs.example"
LEAD = "barbara.wenger@erwachsenenbildung.bs.example"
ORGANISATION = organisation_id("heks")
OTHER = organisation_id("ggg-migration")
NEW = UUID("00000000-0000-4000-8000-0000000000aa")
RECORD: dict[str, dict[str, Any]] = {
    "organisation": {
        "name": "Verein Neuland",
        "legal_form": "association",
        "uid": "",
        "address": {"street": "Gasse 1", "postcode": "4057", "town": "Basel"},
    },
    "account": {"iban": "CH93 0076 2011 6238 5295 7", "holder": "Verein Neuland"},
    "signing": {"signing": "single"},
}


@pytest.fixture
def app(told: Story) -> Iterator[Flask]:
    made = app_for(told, told.settings)
    yield made
    made.extensions["foerderweg.db"].dispose()


def who(told: Story, email: str) -> SignedIn:
    """This person as a session sees them now."""
    token = accounts.sign_in_as(told.db, person_id(email), now=told.now).token
    found = accounts.who_is(told.db, token, kind="browser", now=told.now)
    assert found is not None
    return found


def actor(told: Story, email: str) -> Actor:
    return who(told, email).actor


def give(told: Story, email: str, role: str, by: str = HEKS) -> None:
    organisations.set_role(told.db, actor(told, by), ORGANISATION, person_id(email), role, now=told.now)


def joined(told: Story, email: str, role: str, organisation: UUID = ORGANISATION, by: str = HEKS) -> UUID:
    """Invited and accepted."""
    asked = uuid4()
    organisations.invite(
        told.db, actor(told, by), organisation, email, role, now=told.now, invitation_id=asked
    )
    return organisations.answer(told.db, who(told, email), asked, accept=True, now=told.now)


def together(told: Story) -> None:
    """From now on HEKS signs with two: Jonas and Miriam."""
    give(told, JONAS, "signs_with")
    give(told, HEKS, "signs_with")


def register(told: Story, email: str = GGG, new: UUID = NEW, **about: str) -> None:
    given = {**RECORD, "organisation": {**RECORD["organisation"], **about}}
    organisations.register(told.db, actor(told, email), new, given, all_the_same=False, now=told.now)


def refused(code: str) -> Any:
    return pytest.raises(FoerderwegError, match=f"^{code}")


def kinds(told: Story, organisation: UUID) -> list[str]:
    sql = "SELECT kind FROM organisation_log WHERE organisation_id = :id ORDER BY id"
    return [row.kind for row in rows(told.db, sql, id=organisation)]


def notices(told: Story) -> list[tuple[str, str]]:
    found = rows(told.db, "SELECT payload FROM outbox WHERE kind = 'notice' ORDER BY next_try, key")
    return [(row.payload["text"], row.payload["path"]) for row in found]


# Signing up


def test_signing_up_tells_nobody_who_has_an_account_and_makes_one_by_mail(told: Story, app: Flask) -> None:
    browser = visitor(app)
    said = []
    for email in (HEKS, "neu@verein.example"):
        form = browser.open("/account/new").form("/account/new")
        said.append(browser.send(form, {"email": email}).text.replace(email, "X"))
    assert len({text.split("<main")[1] for text in said}) == 1
    sent = {row.payload["person"]: row.payload["text"] for row in rows(told.db, "SELECT * FROM outbox")}
    assert sent == {str(person_id(HEKS)): "known", str(person_id("neu@verein.example")): "sign_up"}
    assert "gültige E-Mail" in browser.send(form, {"email": "kein"}, status=422).text
    made = accounts.make_link(told.db, person_id("neu@verein.example"), "sign_up", now=told.now)
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
    assert "QR-IBAN" in page.text
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
    browser.send(change.form("/record"), {"organisation.address.street": "Gasse 2"})
    page = office.send(office.open(f"/office/organisations/{new}").form(str(new)), {"press": "confirm"})
    assert "bestätigt" in page.text
    with pytest.raises(Invalid):  # nothing but answers keeps it from being submitted
        handle(told.db, Submit(draft), actor(told, GGG), uuid4(), told.now)
    assert kinds(told, new) == ["registered", "refused", "changed", "resubmitted", "confirmed"]
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
    assert mail.payload["text"] == "joining"
    assert "nadia@neu.example" in browser.open(here).text
    made = accounts.make_link(told.db, person_id("nadia@neu.example"), "joining", now=told.now)
    assert made is not None
    accounts.choose_password(told.db, made.token, "geheim geheim ja", now=told.now, name="Nadia Neu")
    invited = visitor(app)
    page = invited.sign_in("nadia@neu.example", "geheim geheim ja")
    assert "HEKS Regionalstelle" in page.text
    [asked] = queries.invitations_to(told.db, "nadia@neu.example", now=told.now)
    page = invited.send(page.form(f"/invitations/{asked.id}"), {"press": "accept"})
    assert page.url.endswith(here)
    assert not any(one.action.endswith("/members") for one in page.forms)  # invites nobody
    form = browser.open(here).form(f"{here}/members/{person_id('nadia@neu.example')}")
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


# Signing


def test_two_sign_and_the_second_submits(told: Story, app: Flask) -> None:
    together(told)
    draft = told.draft(HEKS, language())
    with refused("second_signature_needed"):
        handle(told.db, Submit(draft), actor(told, HEKS), uuid4(), told.now)
    miriam, jonas = signed_in(app, HEKS), signed_in(app, JONAS)
    path = f"/applications/{draft}/submit"
    page = miriam.send(miriam.open(path).form(path))
    assert "Es fehlt noch eine zweite Unterschrift" in page.text
    assert not any(form.action.endswith("/submit") for form in page.forms)
    assert notices(told) == [("signature_wanted", f"applications/{draft}/submit")]
    assert not signing.sign(told.db, actor(told, HEKS), draft, now=told.now)  # one's own second is none
    page = jonas.open(path)
    assert "Miriam Aebi hat unterschrieben" in page.text
    page = jonas.send(page.form(path))
    assert "eingereicht. Es hat die Nummer KIP3-2027-" in page.text
    [event] = rows(told.db, "SELECT data, actor FROM events WHERE name = 'Submitted'")
    assert (event.actor, event.data["signed_with"]) == (str(person_id(JONAS)), str(person_id(HEKS)))
    told.route()
    handle(told.db, Withdraw(draft), actor(told, HEKS), uuid4(), told.now)  # a running case: either of them
    assert_kept(told.db)


def test_a_change_after_the_first_signature_voids_it_visibly(told: Story, app: Flask) -> None:
    together(told)
    draft = told.draft(HEKS, language())
    assert not signing.sign(told.db, actor(told, HEKS), draft, now=told.now)
    page = stored(told, draft)
    same = {"project": page.answers["project"]}
    drafts.save(told.db, actor(told, SELIN), draft, same, revision=page.revision, now=told.now)
    other = {"project": {**page.answers["project"], "title": "Anders"}}
    state = queries.sign_off(told.db, actor(told, JONAS), draft)
    assert state is not None
    assert state.waits_for_me  # saving the same is no change
    drafts.save(told.db, actor(told, SELIN), draft, other, revision=page.revision + 1, now=told.now)
    assert not signing.sign(told.db, actor(told, JONAS), draft, now=told.now)
    page_text = signed_in(app, HEKS).open(f"/applications/{draft}/submit").text
    assert "Selin Arslan" in page_text
    assert ("signature_void", f"applications/{draft}") in notices(told)
    drafts.save(told.db, actor(told, SELIN), draft, same, revision=page.revision + 2, now=told.now)
    with refused("second_signature_needed"):  # also when it is changed back
        handle(told.db, Submit(draft), actor(told, JONAS), uuid4(), told.now)


def test_who_signs_no_longer_has_not_signed(told: Story) -> None:
    together(told)
    draft = told.draft(HEKS, language())
    signing.sign(told.db, actor(told, JONAS), draft, now=told.now)
    give(told, JONAS, "drafts")
    assert not signing.sign(told.db, actor(told, HEKS), draft, now=told.now)
    with refused("second_signature_needed"):
        handle(told.db, Submit(draft), actor(told, HEKS), uuid4(), told.now)


def test_two_sign_at_the_same_instant_and_it_is_submitted_once(told: Story) -> None:
    together(told)
    for _ in range(5):
        draft = told.draft(HEKS, language())

        def both(email: str, draft: UUID = draft) -> Done | None:
            person = actor(told, email)
            if not signing.sign(told.db, person, draft, now=told.now):
                return None
            return handle(told.db, Submit(draft), person, uuid4(), told.now)

        results = at_once(partial(both, HEKS), partial(both, JONAS))
        assert sorted(type(one).__name__ for one in results) == ["Done", "NoneType"]
    third = told.draft(HEKS, language())
    joined(told, GGG, "signs_with")
    signing.sign(told.db, actor(told, HEKS), third, now=told.now)
    submit = [
        partial(handle, told.db, Submit(third), actor(told, one), uuid4(), told.now) for one in (JONAS, GGG)
    ]
    results = at_once(*submit)
    assert sorted(type(one).__name__ for one in results) == ["Done", "Refused"]
    assert_kept(told.db)


def test_the_api_says_that_a_second_signature_is_waited_for(told: Story, app: Flask) -> None:
    together(told)
    draft = told.draft(HEKS, language())
    client = app.test_client()

    def ask(email: str) -> Any:
        token = client.post("/api/v1/sessions", json={"email": email, "password": "geheim"}).get_json()
        headers = {"Authorization": f"Bearer {token['token']}", "Idempotency-Key": str(uuid4())}
        return client.post(f"/api/v1/applications/{draft}/submission", headers=headers)

    first = ask(HEKS)
    assert (first.status_code, first.get_json()["waits_for"]) == (202, "second_signature")
    assert ask(SELIN).get_json()["code"] == "may_not_sign"
    second = ask(JONAS)
    assert (second.status_code, second.get_json()["number"]) == (201, "KIP3-2027-00001")
    again = ask(HEKS)
    assert (again.status_code, again.get_json()["code"]) == (409, "submitted_already")


# Advisers


def test_an_adviser_fills_in_visibly_never_signs_and_never_reviews(told: Story, app: Flask) -> None:
    joined(told, LEAD, "advises")
    draft = told.draft(HEKS, language())
    page = stored(told, draft)
    changed = {"plan": {**page.answers["plan"], "need": "Neuer Bedarf"}}
    drafts.save(told.db, actor(told, LEAD), draft, changed, revision=page.revision, now=told.now)
    drafts.attach(
        told.db,
        actor(told, LEAD),
        draft,
        "attachments.accounts",
        "Rechnung.pdf",
        io.BytesIO(PDF),
        settings=told.settings,
        now=told.now,
        file_id=uuid4(),
    )
    state = queries.sign_off(told.db, actor(told, HEKS), draft)
    assert state is not None
    assert {(one.section, one.name) for one in state.advice} == {
        ("plan", "Barbara Wenger"),
        ("attachments", "Barbara Wenger"),
    }
    assert "Barbara Wenger (Beratung)" in signed_in(app, HEKS).open(f"/applications/{draft}").text
    with pytest.raises(NotAllowed, match="may_not_sign"):
        handle(told.db, Submit(draft), actor(told, LEAD), uuid4(), told.now)
    with refused("adviser_stays_adviser"):
        give(told, LEAD, "signs")
    handle(told.db, Submit(draft), actor(told, HEKS), uuid4(), told.now)
    told.route()
    told.do(COORDINATOR, draft, "complete", {"check": {"complete": True, "responsible": True}})
    organisations.remove(told.db, actor(told, HEKS), ORGANISATION, person_id(LEAD), now=told.now)
    ended = actor(told, LEAD)
    assert queries.application(told.db, ended, draft) is None
    assert queries.my_organisations(told.db, ended) == []
    inbox = queries.inbox(told.db, ended, now=told.now)
    assert not inbox.rows  # has advised, so never reviews
    with refused("own_organisation"):
        handle(told.db, Declare(draft), ended, uuid4(), told.now)
    assert kinds(told, ORGANISATION) == ["invited", "joined", "left"]


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


# Merging


def test_what_was_registered_twice_becomes_one_and_both_ids_are_theirs(told: Story, app: Flask) -> None:
    case_id = told.submit(HEKS, language())
    draft = told.draft(HEKS, language())
    register(told)
    organisations.merge(told.db, actor(told, COORDINATOR), ORGANISATION, NEW, now=told.now)
    for email in (HEKS, GGG):
        assert queries.application(told.db, actor(told, email), case_id) is not None
        assert queries.application(told.db, actor(told, email), draft) is not None
        assert len(queries.my_organisations(told.db, actor(told, email))) == (1 if email == HEKS else 2)
    [event] = rows(told.db, "SELECT data FROM events WHERE name = 'Submitted'")
    assert event.data["applicant"] == str(ORGANISATION)  # events hold what they held
    page = signed_in(app, GGG).open(f"/organisations/{ORGANISATION}")
    assert page.url.endswith(f"/organisations/{NEW}")
    handle(told.db, Withdraw(case_id), actor(told, GGG), uuid4(), told.now)
    told.route()
    assert_kept(told.db)
    with told.db.connect() as tx:
        mails = {row.email for row in sign_in.addresses_of_members(tx, ORGANISATION)}
    assert mails == {HEKS, JONAS, GGG}
    with refused("same_organisation"):
        organisations.merge(told.db, actor(told, COORDINATOR), ORGANISATION, NEW, now=told.now)
    third = organisation_id("stimmen")
    organisations.merge(told.db, actor(told, COORDINATOR), NEW, third, now=told.now)
    assert queries.application(told.db, actor(told, HEKS), case_id) is not None  # an alias of an alias


def test_merges_and_submissions_at_once_lose_nothing(told: Story) -> None:
    both = [ORGANISATION, organisation_id("stimmen")]
    for _ in range(10):
        gone, stays = both
        draft = told.draft(HEKS, language())
        merged, done = at_once(
            partial(organisations.merge, told.db, actor(told, COORDINATOR), gone, stays, now=told.now),
            partial(handle, told.db, Submit(draft), actor(told, HEKS), uuid4(), told.now),
        )
        assert merged is None
        if isinstance(
            done, NotFound
        ):  # who asked was looked up before the merge: the next click is theirs again
            handle(told.db, Submit(draft), actor(told, HEKS), uuid4(), told.now)
        else:
            assert isinstance(done, Done)
        for table in ("cases", "applications", "memberships"):
            assert rows(told.db, f"SELECT * FROM {table} WHERE organisation_id = :id", id=gone) == []
        both.reverse()
        with told.db.begin() as tx:  # apart again: the one that stayed goes next
            alive = sa.text("UPDATE organisations SET merged_into = NULL WHERE id = :id")
            tx.execute(alive, {"id": gone})
    assert_kept(told.db)


def test_the_list_takes_as_many_queries_for_many_as_for_one(told: Story, app: Flask) -> None:
    office = signed_in(app, COORDINATOR)
    one = statements(app, office, "/office/organisations?text=HEKS")
    assert statements(app, office, "/office/organisations") == one
