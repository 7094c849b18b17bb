"""The programme in screens: read, changed as text, compared, published by a second person."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.counting import statements
from tests.integration.test_proposing import (
    ADMIN,
    COORDINATOR,
    HEAD,
    REVIEWER,
    current,
    propose,
    with_extra_day,
)
from tests.integration.walks import DIVISION, assert_balanced, at_decision, at_review, rows
from tests.integration.walks import HEAD as WALK_HEAD
from web.cli.story import Story, decision
from web.cli.visitors import Browser, Page
from web.part_names import SECTIONS
from workflow.funding.parts import FIXED
from workflow.funding.programme import load_folder
from workflow.people import person_id
from workflow.settings import PROGRAMMES


def changed(browser: Browser, name: str, old: str, new: str, press: str, status: int = 200) -> Page:
    """What the editor says to this part with `new` for `old`."""
    page = browser.open(f"/administration/parts/{name}")
    form = page.form(f"/administration/parts/{name}")
    text = dict(form.fields)["text"]
    assert old in text
    values = {"text": text.replace(old, new), "press": press, "reason": "Weil es besser ist."}
    return browser.send(form, values, status=status)


def test_a_route_is_changed_as_text_and_published_by_another(app: Flask, told: Story) -> None:
    at_review(told, 9_000)
    admin, coordinator = signed_in(app, ADMIN), signed_in(app, COORDINATOR)
    name = "routes/small"
    page = changed(admin, name, "due: 5\n", "due: 6\n", "check")
    assert "Das Programm stimmt mit dieser Änderung." in page.words()
    assert page.text.count("application/bpmn+xml") == 2
    page = changed(admin, name, "due: 5\n", "due: 6\n", "propose")
    assert "wartet auf eine zweite Person" in page.words()
    assert "1 laufendes Geschäft" in page.words()
    assert "formal_check › due" in page.words()
    proposal = urlsplit(page.url).path
    assert "Veröffentlichen muss es eine zweite Person" in page.words()
    listed = coordinator.open("/administration")
    assert listed.link("/administration/proposals/") in proposal
    page = coordinator.open(proposal)
    page = coordinator.send(page.form(proposal), {"press": "publish"})
    assert "Neue Gesuche folgen dieser Fassung" in page.text
    assert current(told)[1][name]["steps"]["formal_check"]["due"] == 6
    assert "veröffentlicht" in admin.open("/administration").words()


def test_what_does_not_hold_together_is_said_and_what_was_typed_stays(app: Flask, told: Story) -> None:
    admin = signed_in(app, ADMIN)
    for press in ("check", "propose"):
        page = changed(admin, "routes/small", "kind: task", "kind: tusk", press, 422)
        assert "Diese Art von Schritt gibt es nicht: tusk" in page.words()
        assert "kind: tusk" in page.text
    page = changed(admin, "routes/small", "steps:", "steps: [", "check", 422)
    assert re.search(r"routes/small, Zeile \d+ ?: Das ist kein lesbares YAML", page.words())
    for press in ("check", "propose"):
        page = changed(admin, "programme/sender", "mail:", "mial:", press, 422)
        assert re.search("sender.mail ?: Hier fehlt etwas: mail", page.words())
        assert re.search("sender.mial ?: Das liest niemand; ist es richtig geschrieben. mial", page.words())
    cut = ("de: Marktplatz 30a, 4001 Basel", "de: Marktplatz 30a\n  4001 Basel:")  # as {de: …, 4001 Basel} is
    page = changed(admin, "programme/sender", *cut, "check", 422)
    assert "Ein Text mit Komma steht in Anführungszeichen" in page.words()
    page = changed(admin, "letters/order_granted", "#order(", "#ordre(", "preview", 422)
    assert "lässt sich nicht setzen" in page.words()
    assert current(told)[0] == current(told)[0]


def test_each_part_of_the_programme_has_a_name_and_a_letter_is_called_by_its_code_once(app: Flask) -> None:
    parts = load_folder(PROGRAMMES / "kip3-basel-stadt").programme.keys()
    assert parts - SECTIONS.keys() == set(FIXED)
    words = signed_in(app, ADMIN).open("/administration/parts").words()
    assert words.count("order_granted") == 1


def test_a_letter_is_looked_at_before_anybody_gets_it(app: Flask, told: Story) -> None:
    coordinator = signed_in(app, COORDINATOR)
    page = coordinator.open("/administration/parts/letters/order_granted")
    form = page.form("/administration/parts/letters/order_granted")
    data = form.filled({"press": "preview"})
    answer = coordinator.http.post("/administration/parts/letters/order_granted", data=data)
    assert answer.status_code == 200, answer.text[answer.text.find('role="alert"') :][:900]
    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
    unknown = coordinator.send(form, {"press": "preview", "number": "KIP3-2027-99999"}, status=422)
    assert "Dieses Gesuch gibt es nicht" in unknown.words()
    undecided = at_review(told, 9_000)
    [number] = re.findall(r"KIP3-2027-\d+", coordinator.open(f"/desk/cases/{undecided}").text)[:1]
    page = coordinator.send(form, {"press": "preview", "number": number}, status=422)
    assert "noch nicht entschieden" in page.words()


def test_a_letter_with_a_real_case_that_fails_says_so_and_the_reading_is_noted(
    app: Flask, told: Story
) -> None:
    case_id = at_decision(told)
    told.do(WALK_HEAD, case_id, "grant", decision(38_000_00, "Gut."))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    coordinator, name = signed_in(app, COORDINATOR), "letters/order_granted"
    [case] = rows(told.db, "SELECT number FROM cases")
    form = coordinator.open(f"/administration/parts/{name}").form(f"/administration/parts/{name}")
    values = {"press": "preview", "number": case.number}
    for text in ("#panic()", '#import "@preview/cetz:0.3.4"'):
        page = coordinator.send(form, {**values, "text": text}, status=422)
        assert "lässt sich nicht setzen" in page.words()
    answer = coordinator.http.post(f"/administration/parts/{name}", data=form.filled(values))
    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
    assert [row.person_id for row in rows(told.db, "SELECT person_id FROM dossier_reads")] == [
        person_id(COORDINATOR)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{de: !!int x}",
        "{de: !!binary AAAA}",
        "{de: !!timestamp x}",
        "{de: !!bool x}",
        "{de: !!set {x}}",
        "{de: .inf}",
        "{1: x, de: y}",
        '{de: "a\\0b"}',
        '{de: "\\ud800"}',
        f"{{de: {'9' * 5000}}}",
    ],
)
def test_yaml_that_is_no_plain_data_is_refused(app: Flask, text: str) -> None:
    admin, name = signed_in(app, ADMIN), "programme/title"
    form = admin.open(f"/administration/parts/{name}").form(f"/administration/parts/{name}")
    for press in ("check", "propose"):
        page = admin.send(form, {"text": text, "press": press, "reason": "Darum."}, status=422)
        assert "Das ist kein lesbares YAML" in page.words()


def test_a_stale_proposal_says_so_and_is_checked_anew(app: Flask, told: Story) -> None:
    first = propose(told, with_extra_day(told, "2027-02-15"))
    admin, head = signed_in(app, ADMIN), signed_in(app, HEAD)
    page = changed(admin, "programme/title", "Kantonales", "Zweites kantonales", "propose")
    second = urlsplit(page.url).path
    page = head.open(f"/administration/proposals/{first}")
    head.send(page.form(f"/administration/proposals/{first}"), {"press": "publish"})
    page = head.open(second)
    assert "Prüfen Sie ihn neu" in page.words()
    page = head.send(page.form(second), {"press": "publish"}, status=409)
    page = head.send(head.open(second).form(second), {"press": "recheck"})
    page = head.send(page.form(second), {"press": "publish"})
    assert current(told)[1]["programme/title"]["de"].startswith("Zweites")


def test_a_route_a_form_and_a_letter_are_added_in_the_screens(app: Flask, told: Story) -> None:
    admin, head = signed_in(app, ADMIN), signed_in(app, HEAD)
    listed = admin.open("/administration/parts")
    wrong = admin.send(listed.form("/administration/parts", "get"), {"code": "Jury 5"})
    assert "Kleinbuchstaben" in wrong.text
    for kind, of, old, new in (
        ("forms", "consultation", "form: consultation", "form: hearing"),
        ("routes", "inquiry", "route: inquiry", "route: consulting"),
    ):
        text = dict(admin.open(f"/administration/parts/{kind}/{of}").form(f"/{of}").fields)["text"]
        code = new.partition(": ")[2]
        page = admin.open(f"/administration/parts?new={kind}&code={code}")
        assert page.url.endswith(f"/{kind}/{code}")
        form = page.form(f"/{kind}/{code}")
        refused = admin.send(form, {"text": text, "press": "propose", "reason": "Neu."}, status=422)
        assert f"In diesem Teil muss stehen: {new}" in refused.words()
        said = {"text": text.replace(old, new), "press": "propose", "reason": "Neu."}
        at = urlsplit(admin.send(form, said).url).path
        head.send(head.open(at).form(at), {"press": "publish"})
        assert f"{kind}/{code}" in current(told)[1]
    coordinator = signed_in(app, COORDINATOR)
    coordinator.open("/administration/parts?new=routes&code=other").form("/administration/parts", "get")
    assert coordinator.http.get("/administration/parts/routes/other").status_code == 404
    page = coordinator.open("/administration/parts?new=letters&code=thanks")
    said = {"text": "Danke", "press": "propose", "reason": "Neu."}
    at = urlsplit(coordinator.send(page.form("/letters/thanks"), said).url).path
    head.send(head.open(at).form(at), {"press": "publish"})
    undone = coordinator.send(coordinator.open(at).form(at), {"press": "undo", "reason": "Doch nicht."})
    assert "thanks.pdf" not in undone.text  # it is taken away


def test_what_was_published_is_taken_back_by_two_as_well(app: Flask, told: Story) -> None:
    admin, head = signed_in(app, ADMIN), signed_in(app, HEAD)
    before = current(told)[1]["programme/title"]
    first = urlsplit(changed(admin, "programme/title", "Kantonales", "Zweites", "propose").url).path
    head.send(head.open(first).form(first), {"press": "publish"})
    assert current(told)[1]["programme/title"] != before
    assert "Den früheren Stand" not in head.open(first).words()  # who may not propose the part
    form = admin.open(first).form(first)
    assert "Bitte ausfüllen" in admin.send(form, {"press": "undo"}, status=422).words()
    undone = admin.send(form, {"press": "undo", "reason": "Ein Versehen."})
    assert "Ein Versehen." in undone.words()
    again = admin.send(form, {"press": "undo", "reason": "Ein Versehen."})
    second = urlsplit(undone.url).path
    assert urlsplit(again.url).path == second != first
    head.send(head.open(second).form(second), {"press": "publish"})
    assert current(told)[1]["programme/title"] == before
    late = admin.send(admin.open(first).form(first), {"press": "undo", "reason": "Nochmals."}, status=409)
    assert "Teil" in late.words()


def test_what_waits_stands_in_the_inbox_of_who_may_be_the_second_person(app: Flask, told: Story) -> None:
    proposal_id = propose(told, with_extra_day(told, "2027-02-15"), by=ADMIN)
    waits = "1 Änderung des Programms wartet auf eine zweite Person"
    head, coordinator = signed_in(app, HEAD), signed_in(app, COORDINATOR)
    for browser in (head, coordinator):
        page = browser.open("/desk")
        assert waits in page.words()
        assert "Feiertage" in page.words()
        assert page.link(f"/administration/proposals/{proposal_id}")
    for other in (ADMIN, REVIEWER):  # who proposed it, and who publishes nothing
        assert waits not in signed_in(app, other).open("/desk").words()
    address = f"/administration/proposals/{proposal_id}"
    head.send(head.open(address).form(address), {"press": "publish"})
    assert waits not in coordinator.open("/desk").words()


def test_what_is_left_of_a_year_is_carried_over_by_two_persons(app: Flask, told: Story) -> None:
    coordinator, head = signed_in(app, COORDINATOR), signed_in(app, HEAD)

    def left(year: int) -> tuple[int, int]:
        where = "year = :y AND area = 'language' AND pot = 'programme'"
        query = f"SELECT carried, available FROM budget_lines WHERE {where}"
        [row] = rows(told.db, query, y=year)
        return row.carried, row.available

    page = coordinator.open("/administration/carried?year=2026")
    form = page.form("/administration/carried")
    said = {"language.programme": "600'000", "reason": "Kurse beginnen erst im Januar."}
    too_much = coordinator.send(form, said, status=422)
    assert "Höchstens CHF 550'000.00 sind frei." in too_much.words()
    assert "600'000" in too_much.text
    page = coordinator.send(too_much.form("/administration/carried"), said | {"language.programme": "50'000"})
    proposal = urlsplit(page.url).path
    assert "Übertrag ins nächste Jahr" in page.words()
    assert "CHF 50'000.00" in page.words()
    assert left(2027) == (0, 550_000_00)
    head.send(head.open(proposal).form(proposal), {"press": "publish"})
    assert (left(2026), left(2027)) == ((-50_000_00, 500_000_00), (50_000_00, 600_000_00))
    assert_balanced(told.db)
    assert "50'000.00" in coordinator.open("/administration/carried?year=2026").text
    assert ";50000.00;550000.00" in coordinator.http.get("/administration/tables/carried.csv").text
    assert "2027;Sprache;" in (file := coordinator.http.get("/office/money.csv").text)
    assert ";550000.00;50000.00;0.00;0.00;0.00;600000.00" in file


def test_a_refusal_needs_a_reason_and_shows_it(app: Flask, told: Story) -> None:
    proposal_id = propose(told, with_extra_day(told, "2027-02-15"))
    head = signed_in(app, HEAD)
    address = f"/administration/proposals/{proposal_id}"
    head.send(head.open(address).form(address), {"press": "refuse", "reason": ""}, status=422)
    page = head.send(head.open(address).form(address), {"press": "refuse", "reason": "Zu früh."})
    assert "«Zu früh.»" in head.open("/administration").text
    assert "abgelehnt" in page.words()


def test_the_list_asks_no_more_for_more_rows(app: Flask, told: Story) -> None:
    admin = signed_in(app, ADMIN)
    propose(told, with_extra_day(told, "2027-02-15"))
    few = statements(app, admin, "/administration")
    for day in range(16, 22):
        propose(told, with_extra_day(told, f"2027-02-{day}"))
    assert statements(app, admin, "/administration") == few


def test_who_only_reads_changes_nothing(app: Flask) -> None:
    auditor = signed_in(app, "werner.plattner@finanzkontrolle.bs.example")
    page = auditor.open("/administration/parts/routes/small")
    assert "formal_check" in page.text
    assert not [form for form in page.forms if "administration" in form.action]
