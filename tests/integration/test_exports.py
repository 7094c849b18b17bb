"""Every table of desk and office as a file: the page's rows, all of them, for those who see the page."""

from __future__ import annotations

import csv
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.counting import statements
from tests.integration.test_proposing import propose, with_extra_day
from tests.integration.walks import AUDITOR, at_check, at_confirmation, costs, deliver, rows
from web import exports
from web.cli.story import Story, application
from web.cli.visitors import Browser
from web.screens import last_day
from workflow.engine.commands import Pay
from workflow.service import handle
from workflow.texts import LANGUAGES

HEKS = "miriam.aebi@heks.example"
CHECKER = "regula.keller@integration.bs.example"
FINANCE = "karin.moeschlin@pd.bs.example"
LANGUAGE = application(
    "HEKS", title="=Deutsch", area="language", goals=["everyday_language"], requested=38_000_00
)
FILES = ("/desk/inbox", "/office/pipeline", "/office/cases", "/office/money", "/office/organisations")
PAGES = (
    *(f"/administration/{name}" for name in ("areas", "calls", "carried", "credits", "holidays", "limits")),
    *(f"/administration/{name}" for name in ("offices", "parts", "people")),
    *(f"/office/{name}" for name in ("cases", "mails", "money", "money/what-if", "organisations")),
    *(
        f"/office/{name}"
        for name in (
            "money/payments",
            "money/payments?shown=paid",
            "money/sem?year=2027",
            "reads",
            "steering",
            "time",
        )
    ),
    "/desk",
    "/office",
    "/administration",
)
"""Every page with tables of its own."""
WITHOUT = {"/administration": 1, "/office": 1, "/office/money": 3}
"""Tables that a file beside them, or of another page, has with it: what waits, the money, other years."""


def table(browser: Browser, path: str) -> list[dict[str, str]]:
    answer = browser.http.get(path)
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(answer.text.removeprefix("\ufeff").splitlines(), delimiter=";"))


def test_a_file_has_the_rows_of_all_pages_in_the_order_and_with_the_filters_of_the_page(
    app: Flask, told: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.office.pipeline.PAGE_ROWS", 2)
    for _ in range(5):
        told.submit(HEKS, LANGUAGE)
    browser = signed_in(app, CHECKER)
    rows = table(browser, "/office/cases.csv?area=language&sort=newest")
    assert {row["Nummer"] for row in rows} == {f"KIP3-2027-0000{n}" for n in range(1, 6)}
    first = rows[0]
    assert (first["Titel"], first["Beantragt"], first["Überfällig"]) == ("'=Deutsch", "38000.00", "nein")
    assert table(browser, "/office/cases.csv?area=counselling") == []
    assert len(table(browser, "/desk/inbox.csv")) == 5
    [first, *_] = table(browser, "/office/pipeline.csv")
    assert (first["Gesuche"], first["Beantragt"]) == ("5", "190000.00")


@pytest.mark.parametrize("path", FILES)
def test_each_table_comes_in_both_formats(app: Flask, told: Story, path: str) -> None:
    told.submit(HEKS, LANGUAGE)
    browser = signed_in(app, CHECKER)
    assert table(browser, f"{path}.csv")
    assert browser.http.get(f"{path}.xlsx").content.startswith(b"PK")
    assert browser.http.get(f"{path}.pdf").status_code == 404


def some_of_all(told: Story, app: Flask) -> dict[str, Browser]:
    """Something in every table; page → who looks at it."""
    granted = at_confirmation(told)
    told.do(HEKS, granted, "accept", costs(30_000))
    deliver(told)
    pay = Pay(granted, 1_000_00, 0)
    handle(told.db, pay, told.actors[FINANCE], uuid4(), told.now)
    told.submit(HEKS, LANGUAGE)
    propose(told, with_extra_day(told, "2027-02-15"))
    coordinator, auditor = signed_in(app, CHECKER), signed_in(app, AUDITOR)
    coordinator.open(f"/desk/cases/{granted}")  # so that somebody has read something
    return {path: auditor if path.endswith(("/people", "/reads")) else coordinator for path in PAGES}


def test_every_page_with_tables_offers_each_of_them_in_both_formats(app: Flask, told: Story) -> None:
    missing = []
    for path, browser in some_of_all(told, app).items():
        page = browser.open(path)
        there = [link for link in page.links if urlsplit(link).path.endswith((".csv", ".xlsx"))]
        tables = page.text.count("<table") - WITHOUT.get(path, 0)
        if len(there) != 2 * max(1, tables) and path != "/administration/parts":
            missing.append(f"{path}: {tables} tables, {len(there)} files")
        for link in there:
            answer = browser.http.get(link)
            begins = b"PK" if ".xlsx" in link else b"\xef\xbb\xbf"
            if answer.status_code != 200 or not answer.content.startswith(begins):
                missing.append(f"{link}: {answer.status_code}")
    assert missing == []


def test_no_file_has_a_title_twice_in_any_language(app: Flask, told: Story) -> None:
    twice = []
    for path, browser in some_of_all(told, app).items():
        for link in browser.open(path).links:
            for language in LANGUAGES if urlsplit(link).path.endswith(".csv") else ():
                app.extensions["foerderweg.language"] = lambda language=language: language
                [titles] = csv.reader([browser.http.get(link).text.splitlines()[0]], delimiter=";")
                twice += [(language, link, one) for one in titles if titles.count(one) > 1]
    assert twice == []


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("steering.csv?quarter=2026-3&size=M", "Quartal-2026-3-M"),
        ("steering.csv?quarter=2026-3&size=", "Quartal-2026-3"),
        ("steering.csv?quarter=2026-3&size=..%2F%00", "Quartal-2026-3"),
        ("steering/areas.csv?quarter=2026-2", "Kennzahlen-2026-2"),
        ("money/payments.csv", "Auszahlungen-offen"),
        ("money/payments.csv?shown=paid", "Auszahlungen-ausbezahlt"),
        ("money/what-if.csv?year=2027&cut=10", "Was%20w%C3%A4re%20wenn-2027-10%25"),
        ("money/what-if.xlsx?year=2027", "Was%20w%C3%A4re%20wenn-2027"),
        ("money/what-if/left.xlsx?year=2027&cut=20", "Was%20%C3%BCbrig%20bleibt-2027-20%25"),
    ],
)
def test_the_name_of_a_file_says_which_question_it_answers(
    app: Flask, told: Story, asked: str, name: str
) -> None:
    answer = signed_in(app, CHECKER).http.get(f"/office/{asked}")
    assert answer.status_code == 200
    assert f"{name}-{told.now:%Y-%m-%d}." in answer.headers["Content-Disposition"]


def test_a_file_shows_no_more_than_its_page(app: Flask, told: Story) -> None:
    told.submit(HEKS, LANGUAGE)
    [row] = table(signed_in(app, FINANCE), "/office/cases.csv")
    assert row["Titel"] == ""
    assert "Deutsch" not in str(row)


def test_the_file_of_proposals_says_where_each_stands_in_words(app: Flask, told: Story) -> None:
    propose(told, with_extra_day(told, "2027-02-15"))
    [row] = table(signed_in(app, CHECKER), "/administration/proposals.csv")
    assert row["Stand"] == "wartet auf eine zweite Person"


def test_too_many_rows_are_a_page_that_says_so(
    app: Flask, told: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 1)
    for _ in range(2):
        told.submit(HEKS, LANGUAGE)
    answer = signed_in(app, CHECKER).http.get("/office/cases.xlsx")
    assert answer.status_code == 409
    assert "mehr als 1 Zeilen" in answer.text


@pytest.mark.parametrize("path", FILES)
def test_a_file_takes_as_many_queries_for_many_as_for_one(app: Flask, told: Story, path: str) -> None:
    told.submit(HEKS, LANGUAGE)
    browser = signed_in(app, CHECKER)
    few = statements(app, browser, f"{path}.csv")
    for _ in range(3):
        told.submit(HEKS, LANGUAGE)
    browser.http.get(f"{path}.csv")
    assert statements(app, browser, f"{path}.csv") == few


def test_a_deadline_is_the_same_day_in_a_file_as_on_the_page(app: Flask, told: Story) -> None:
    case_id = at_check(told)
    [row] = rows(told.db, "SELECT due_at FROM cases")
    browser, day = signed_in(app, CHECKER), last_day(row.due_at)
    assert f"{day:%d.%m.%Y}" in browser.open(f"/desk/cases/{case_id}").words()
    for path in ("/desk/inbox.csv", "/office/cases.csv"):
        [line] = table(browser, path)
        assert line["Fällig"] == f"{day:%Y-%m-%d}", path
