"""People by command: the first administrator, invitations, passwords, absences, files of rows."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.browsing import app_for
from tests.builders import KIP3
from tests.integration.walks import CHECKER, HEAD, HEKS, LEAD, LEAD_TOO, at_review, rows, state
from web.cli import main
from web.cli.story import Story, review
from workflow import accounts, people
from workflow.accounts import sign_in, who_is
from workflow.engine.case import Actor
from workflow.errors import Invalid, NotAllowed, NotFound, Refused, TryLater
from workflow.people import Absence, Person, first_administrator, person_id, put_absences, put_people
from workflow.publish import publish_folder
from workflow.settings import Settings
from workflow.store import people as store_people
from workflow.store import queries
from workflow.store import sign_in as store

GOOD = "Drei Boote auf dem Rhein"
FRANZISKA = "franziska.roth@erwachsenenbildung.bs.example"


@pytest.fixture
def client(told: Story) -> Iterator[FlaskClient]:
    app = app_for(told, told.settings)
    yield app.test_client()
    app.extensions["foerderweg.db"].dispose()


def actor(told: Story, email: str) -> Actor:
    """This person as a session would see them now."""
    token = accounts.sign_in_as(told.db, person_id(email), now=told.now).token
    found = who_is(told.db, token, kind="browser", now=told.now)
    assert found is not None
    return found.actor


def link_for(told: Story, email: str, text: str = "reset") -> str:
    made = accounts.make_link(told.db, person_id(email), text, now=told.now)
    assert made is not None
    return made.token


def test_a_link_chooses_a_password_once_and_ends_all_before_it(told: Story) -> None:
    old = sign_in(told.db, HEKS, "geheim", source="a", kind="browser", now=told.now)
    first, second = link_for(told, HEKS), link_for(told, HEKS)
    made = accounts.choose_password(told.db, first, GOOD, now=told.now)
    assert who_is(told.db, made.token, kind="browser", now=told.now)
    assert who_is(told.db, old.token, kind="browser", now=told.now) is None
    for used in (first, second):
        with pytest.raises(NotFound, match="no_such_link"):
            accounts.choose_password(told.db, used, GOOD, now=told.now)
    with pytest.raises(NotAllowed):
        sign_in(told.db, HEKS, "geheim", source="a", kind="browser", now=told.now)
    assert sign_in(told.db, HEKS, GOOD, source="a", kind="browser", now=told.now)


def test_an_address_without_a_password_takes_as_long_as_one_with(
    told: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.sign_up(told.db, "neu@verein.example", "de", source="a", now=told.now)
    checked: list[str] = []

    def matches(known: str, _text: str) -> bool:
        checked.append(known)
        return False

    monkeypatch.setattr(accounts, "_matches", matches)
    for email in ("neu@verein.example", "niemand@verein.example", HEKS):
        with pytest.raises(NotAllowed):
            sign_in(told.db, email, "falsch", source="a", kind="browser", now=told.now)
    assert [known.startswith("$argon2") for known in checked] == [True, True, True]


def test_a_link_runs_out(told: Story) -> None:
    token = link_for(told, HEKS)
    told.now += timedelta(hours=1)
    assert accounts.link_opens(told.db, token, now=told.now) is None
    with pytest.raises(NotFound):
        accounts.choose_password(told.db, token, GOOD, now=told.now)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("kurz", "password_too_short"),
        ("x" * 201, "password_too_long"),
        ("miriam.aebi2026", "password_obvious"),
        ("Passwort12345", "password_obvious"),
        ("aaaaaaaaaaaaaa", "password_obvious"),
    ],
)
def test_weak_passwords_are_refused_and_the_link_stays(told: Story, password: str, code: str) -> None:
    token = link_for(told, HEKS)
    with pytest.raises(Invalid) as caught:
        accounts.choose_password(told.db, token, password, now=told.now)
    assert [one.code for one in caught.value.fields["password"]] == [code]
    assert accounts.link_opens(told.db, token, now=told.now) == accounts.Opened(HEKS, "Miriam Aebi")


def test_a_forgotten_password_tells_nobody_who_has_an_account(told: Story, client: FlaskClient) -> None:
    page = client.get("/account/forgotten")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    said = [
        client.post("/account/forgotten", data={"csrf": csrf, "email": email}).text.replace(email, "X")
        for email in (HEKS, "nobody@heks.example")
    ]
    assert said[0] == said[1]
    [mail] = rows(told.db, "SELECT * FROM outbox WHERE kind = 'link'")
    assert mail.payload == {"person": str(person_id(HEKS)), "text": "reset"}
    assert mail.case_id is None
    for _ in range(8):
        accounts.ask_reset(told.db, "x@y.example", source="127.0.0.1", now=told.now)
    with pytest.raises(TryLater):
        accounts.ask_reset(told.db, HEKS, source="127.0.0.1", now=told.now)


def test_the_page_behind_a_link(told: Story, client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    token = link_for(told, HEKS, "invitation")
    page = client.get(f"/account/link/{token}")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert HEKS in page.text
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    unequal = client.post(f"/account/link/{token}", data={"csrf": csrf, "password": GOOD, "again": "x"})
    assert unequal.status_code == 422
    done = client.post(f"/account/link/{token}", data={"csrf": csrf, "password": GOOD, "again": GOOD})
    assert (done.status_code, done.headers["Location"]) == (303, "/applications")
    assert client.get("/applications").status_code == 200
    assert client.get(f"/account/link/{token}").status_code == 404
    assert token not in capsys.readouterr().out


def addresses(told: Story, office: str, role: str) -> list[str]:
    """Who gets the mails for this role."""
    with told.db.connect() as tx:
        return [row.email for row in store.addresses_of_staff(tx, office, role, told.now)]


def test_who_has_left_is_out(told: Story) -> None:
    session = sign_in(told.db, LEAD, "geheim", source="a", kind="browser", now=told.now)
    token = link_for(told, LEAD)
    assert people.leave(told.db, LEAD.upper(), now=told.now)
    assert who_is(told.db, session.token, kind="browser", now=told.now) is None
    assert accounts.link_opens(told.db, token, now=told.now) is None
    with pytest.raises(NotAllowed):
        sign_in(told.db, LEAD, "geheim", source="a", kind="browser", now=told.now)
    assert addresses(told, "adult_education", "reviewer") == [LEAD_TOO]
    assert not people.leave(told.db, LEAD, now=told.now)


def away(told: Story, email: str, deputy: str, first: int = 0, last: int = 0) -> None:
    today = told.now.date()
    put_absences(
        told.db, [Absence(email, today + timedelta(days=first), today + timedelta(days=last), deputy)]
    )


def test_a_deputy_has_the_roles_on_these_days_alone_and_gets_the_mails(told: Story) -> None:
    away(told, LEAD, HEAD, first=1, last=2)
    role = ("adult_education", "reviewer")
    seen = []
    for _ in range(4):
        seen.append((role in actor(told, HEAD).offices, addresses(told, *role)))
        told.now += timedelta(days=1)
    assert seen == [
        (False, [LEAD, LEAD_TOO]),
        (True, [HEAD, LEAD_TOO]),
        (True, [HEAD, LEAD_TOO]),
        (False, [LEAD, LEAD_TOO]),
    ]


def test_a_deputy_gets_the_mails_of_a_role_in_whichever_office_too(told: Story) -> None:
    away(told, CHECKER, LEAD)
    with told.db.connect() as tx:
        found = [row.email for row in store.addresses_of_roles(tx, ["coordinator", "head"], told.now)]
    assert {LEAD, HEAD} <= set(found)
    assert CHECKER not in found


def test_a_deputy_is_among_those_whom_a_case_waits_for(told: Story) -> None:
    case_id = at_review(told)
    away(told, LEAD, FRANZISKA)
    read = queries.explanation(told.db, told.actors[CHECKER], case_id, now=told.now, lang="de")
    assert read is not None
    waited_for = [(one.person, one.refusal) for one in read.standings if one.seat == "lead"]
    assert ("Franziska Roth", "declare_first") in waited_for


def test_absences_share_no_day(told: Story) -> None:
    away(told, LEAD, HEAD, first=1, last=3)
    with pytest.raises(Invalid) as refused:
        away(told, LEAD, HEAD, first=3, last=4)
    assert [one.code for one in refused.value.fields["0.first_day"]] == ["away_already"]
    away(told, LEAD, HEAD, first=1, last=2)  # the same one, changed
    away(told, LEAD, HEAD, first=3, last=4)
    away(told, HEAD, LEAD, first=3, last=4)  # another person
    assert len(people.absences(told.db)) == 3


def test_an_access_ends_after_a_change_that_is_under_way(told: Story) -> None:
    with ThreadPoolExecutor(1) as others, told.db.begin() as tx:
        row = Person(LEAD, "Barbara Wenger", "de", ("adult_education:reviewer",))
        store_people.lock(tx)
        ending = others.submit(people.leave, told.db, LEAD, now=told.now)
        wait([ending], 0.2)
        people.put_people_in(tx, [row], told.now, invite=False)
        tx.commit()
        assert ending.result()
    assert LEAD not in {one["email"] for one in people.everybody(told.db)}


def test_who_has_left_is_nobodys_deputy_and_has_none(told: Story) -> None:
    role = ("adult_education", "reviewer")
    away(told, LEAD, HEAD, last=9)
    assert role in actor(told, HEAD).offices
    people.leave(told.db, LEAD, now=told.now)
    assert role not in actor(told, HEAD).offices
    assert addresses(told, *role) == [LEAD_TOO]
    away(told, LEAD_TOO, HEAD, last=9)
    people.leave(told.db, HEAD, now=told.now)
    assert addresses(told, *role) == [LEAD_TOO]  # better read late than by nobody


def test_deputies_do_not_chain(told: Story) -> None:
    away(told, LEAD, LEAD_TOO)
    away(told, LEAD_TOO, HEAD)
    assert actor(told, HEAD).offices >= {("adult_education", "reviewer")}
    away(told, FRANZISKA, LEAD_TOO)
    assert ("adult_education", "office_head") not in actor(told, HEAD).offices


def test_a_deputy_acts_for_the_office_and_four_eyes_still_count(told: Story) -> None:
    case_id = at_review(told, 9_000)
    away(told, LEAD, HEAD)
    told.actors[HEAD] = actor(told, HEAD)
    told.do(HEAD, case_id, "yes", review("In Vertretung geprüft."))
    assert state(told, case_id).acts[-1].by == told.actors[HEAD].person
    with pytest.raises(LookupError):
        told.do(HEAD, case_id, "grant", {})


def test_the_first_administrator_is_the_only_first(db: sa.Engine, settings: Settings, told: Story) -> None:
    publish_folder(db, KIP3, told.now)
    first = first_administrator(db, "Chefin@bs.example", "Die Erste", now=told.now)
    again = first_administrator(db, "chefin@bs.example", "Die Erste", now=told.now)
    with pytest.raises(Refused, match="has_administrator"):
        first_administrator(db, "other@bs.example", "Andere", now=told.now)
    made = accounts.choose_password(db, again.token, GOOD, now=told.now)
    found = who_is(db, made.token, kind="browser", now=told.now)
    assert found is not None
    assert {role for _, role in found.actor.offices} == {"admin", "operator"}
    assert accounts.link_opens(db, first.token, now=told.now) is None
    with pytest.raises(Refused, match="has_administrator"):
        first_administrator(db, "chefin@bs.example", "Die Erste", now=told.now)


def test_rows_make_people_so_and_tell_what_changed(told: Story) -> None:
    row = Person("neu@bs.example", "Neu Hier", "de", ("language_office:reviewer",))
    with pytest.raises(Invalid) as caught:
        put_people(told.db, [row, Person("x", "", "rm", ())], now=told.now)
    assert sorted(caught.value.fields) == ["0.roles", "1.email", "1.language", "1.name"]
    good = Person("neu@bs.example", "Neu Hier", "de", ("adult_education:reviewer",))
    other = Person(LEAD, "Barbara Wenger-Rot", "de", ("adult_education:reviewer",))
    dry = put_people(told.db, [good, other], now=told.now, dry_run=True)
    assert rows(told.db, "SELECT * FROM persons WHERE email = 'neu@bs.example'") == []
    done = put_people(told.db, [good, other], now=told.now)
    assert done == dry
    assert done.new == ("neu@bs.example",)
    assert done.changed == ((LEAD, {"name": ("Barbara Wenger", "Barbara Wenger-Rot")}),)
    assert put_people(told.db, [good, other], now=told.now).unchanged == 2
    [invited] = rows(told.db, "SELECT payload FROM outbox WHERE kind = 'link'")
    assert invited.payload["text"] == "invitation"
    with pytest.raises(NotAllowed):
        sign_in(told.db, "neu@bs.example", "", source="a", kind="browser", now=told.now)
    assert sign_in(told.db, LEAD, "geheim", source="a", kind="browser", now=told.now)


PEOPLE = "\ufeffemail;name;language;roles\r\nNeu@bs.example;Neu  Hier;;adult_education:reviewer\r\n"
BODIES = (
    "code,name,legal_form,street,postcode,town,kind,office,members\n"
    "chor,Chor ohne Grenzen,association,Gasse 1,4051,Basel,,,neu@bs.example:read+sign+draft\n"
    "heks,HEKS neu,foundation,Gasse 41,4053,Basel,non_state,,miriam.aebi@heks.example:draft+read+sign\n"
)
ABSENCES = "person,first_day,last_day,deputy\nneu@bs.example,2027-02-15,2027-02-19,\n"


def run(told: Story, *arguments: Any) -> int:
    return main.main([str(one) for one in arguments], told.settings.as_env())


def test_files_of_rows(told: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [
        ("people", PEOPLE, "Neu Hier"),
        ("organisations", BODIES, "Chor ohne Grenzen"),
        ("absences", ABSENCES, "2027-02-19"),
    ]
    for name, text, shown in files:
        (tmp_path / name).write_text(text, "utf-8")
        assert run(told, name, "import", tmp_path / name, "--dry-run") == 0
        dry = capsys.readouterr().out
        assert run(told, name, "import", tmp_path / name) == 0
        assert capsys.readouterr().out == dry
        assert run(told, name, "list") == 0
        assert shown in capsys.readouterr().out
        assert run(told, name, "import", tmp_path / name) == 0
        assert "0 new, 0 changed" in capsys.readouterr().out
    query = (
        "SELECT FROM memberships m JOIN organisations o ON o.id = m.organisation_id WHERE o.name = 'HEKS neu'"
    )
    assert len(rows(told.db, query)) == 1
    assert run(told, "absences", "remove", "neu@bs.example", "2027-02-15") == 0
    assert run(told, "absences", "remove", "neu@bs.example", "2027-02-15") == 1


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("people", "email;name\na;b\n", "line 1: the columns should be email, name, language, roles"),
        ("people", "email,name,language,roles\na@b,C,de\n", "line 2: 4 columns are needed"),
        (
            "people",
            "email,name,language,roles\na@b,C,de,riehen:king\n",
            "line 2, roles: is not known: riehen:king",
        ),
        ("people", b"email,name,language,roles\na@b,\xe4,de,\n", "cannot be read as UTF-8"),
        (
            "absences",
            "person,first_day,last_day,deputy\na@b,15.2.2027,,\n",
            "line 2, first_day: should be a day",
        ),
        (
            "absences",
            f"person,first_day,last_day,deputy\n{CHECKER},2027-02-15,2027-02-14,{CHECKER}\n",
            "line 2, last_day: lies before first_day\n  line 2, deputy: is the person who is away",
        ),
        (
            "absences",
            f"person,first_day,last_day,deputy\n{CHECKER},2027-02-15,2027-02-19,\n{CHECKER},2027-02-19,2027-02-20,\n",
            "line 2, first_day: some of these days lie in another absence too\n  line 3, first_day: some",
        ),
        (
            "organisations",
            "code,name,legal_form,street,postcode,town,kind,office,members\na,,,,,,office,,a@b:fly\n",
            "line 2, members: is not known: fly",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_named_and_nothing_changes(
    told: Story,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    text: str | bytes,
    complaint: str,
) -> None:
    before = rows(told.db, "SELECT count(*) FROM persons")
    (tmp_path / "file").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert run(told, name, "import", tmp_path / "file") == 1
    assert complaint in capsys.readouterr().err
    assert rows(told.db, "SELECT count(*) FROM persons") == before


def test_init_says_where_to_go(told: Story, capsys: pytest.CaptureFixture[str]) -> None:
    with told.db.begin() as tx:
        tx.exec_driver_sql("DELETE FROM staff_roles WHERE role = 'admin'")
    assert run(told, "init", "--email", "chefin@bs.example", "--name", "Die Erste") == 0
    said = capsys.readouterr().out
    token = said.rsplit("/", 1)[1].strip()
    assert accounts.choose_password(told.db, token, GOOD, now=told.now)
    assert run(told, "init", "--email", "zwei@bs.example", "--name", "Zwei") == 1
    assert "there is an administrator already: chefin@bs.example" in capsys.readouterr().err
