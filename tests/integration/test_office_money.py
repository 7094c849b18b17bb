"""What-if and where time goes, as the Fachstelle sees them: figures, files, pictures, and nothing changed."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.counting import statements
from tests.integration.test_inquiries import answer, ask
from tests.integration.walks import (
    FINANCE,
    HEAD,
    LEAD,
    LEAD_TOO,
    at_check,
    at_confirmation,
    at_review,
    costs,
    deliver,
    rows,
)
from web.cli.story import Story, application, decision, review

HEKS = "miriam.aebi@heks.example"
CHECKER = "regula.keller@integration.bs.example"
COURSE = application(
    "HEKS", title="Deutsch im Quartier", area="language", goals=["everyday_language"], requested=38_000_00
)


def line(told: Story, area: str) -> tuple[int, int]:
    """Id and Rappen left of an area's first line of 2027."""
    query = "SELECT id, available FROM budget_lines WHERE year = 2027 AND area = :area ORDER BY id LIMIT 1"
    [row] = rows(told.db, query, area=area)
    return row.id, row.available


def test_what_if_says_who_would_no_longer_fit_and_changes_nothing(app: Flask, told: Story) -> None:
    told.submit(HEKS, COURSE)
    browser = signed_in(app, CHECKER)
    page = browser.open("/office/money/what-if")
    assert "Platz haben heute 1 von 1 Gesuchen, dann 1." in page.words()
    assert "Für kein Gesuch ändert sich, ob es Platz hat." in page.words()
    [case] = rows(told.db, "SELECT line_id FROM cases")
    before = rows(told.db, "SELECT * FROM budget_lines ORDER BY id")
    left = next(row.available for row in before if row.id == case.line_id)
    other = next(row.id for row in before if row.year == 2027 and row.id != case.line_id)
    asked = f"year=2027&source={case.line_id}&target={other}&amount={left // 100}"
    words = browser.open(f"/office/money/what-if?{asked}").words()
    assert "Platz haben heute 1 von 1 Gesuchen, dann 0." in words
    assert "Für 1 Gesuch ändert sich, ob es Platz hat." in words
    assert "KIP3-2027-00001" in words
    assert "19'000.00" in browser.open("/office/money/what-if?cut=50").words()
    file = browser.http.get(f"/office/money/what-if.csv?{asked}").text
    assert "KIP3-2027-00001" in file
    assert rows(told.db, "SELECT * FROM budget_lines ORDER BY id") == before


def test_what_was_refused_takes_no_place_while_it_can_be_appealed_against(app: Flask, told: Story) -> None:
    case_id = at_review(told, 9_000)
    told.do(LEAD_TOO, case_id, "no", review("Es fehlt der Bedarf."))
    browser, path = signed_in(app, CHECKER), "/office/money/what-if?year=2027"
    assert "Platz haben heute 1 von 1 Gesuchen" in browser.open(path).words()
    told.do(HEAD, case_id, "reject", decision(0, "Es fehlt der Bedarf."))
    deliver(told)
    [row] = rows(told.db, "SELECT step FROM cases")
    assert row.step == "remedy_period"
    assert "KIP3-2027-00001" not in browser.open(path).text


@pytest.mark.parametrize(
    "asked", ["cut=101", "cut=x", "amount=5", "source=1&target=1&amount=5", "source=999&target=1&amount=1"]
)
def test_a_question_that_cannot_be_is_answered_with_today(app: Flask, told: Story, asked: str) -> None:
    told.submit(HEKS, COURSE)
    browser = signed_in(app, CHECKER)
    page = browser.open(f"/office/money/what-if?year=2027&{asked}")
    assert page.status == 422
    assert "Gezeigt ist, was heute gilt." in page.words()
    assert "KIP3-2027-00001" in page.words()
    assert not [link for link in page.links if "what-if" in link and ("csv" in link or "xlsx" in link)]
    for file in (
        "what-if.csv",
        "what-if.xlsx",
        "what-if/left.csv",
        "what-if/left.xlsx",
    ):  # they could not say so
        assert browser.http.get(f"/office/money/{file}?year=2027&{asked}").status_code == 422


def test_time_is_told_by_stage_and_office_and_the_queue_is_counted_through(app: Flask, told: Story) -> None:
    case_id = at_review(told)
    told.wait(days=3)
    at_check(told)
    told.declare(LEAD, case_id)
    answer(told, ask(told, LEAD, case_id))
    browser = signed_in(app, CHECKER)
    words = browser.open("/office/time").words()
    assert "Formelle Prüfung" in words
    assert "Was voraussichtlich überfällig wird" in words
    stages = browser.http.get("/office/time/stages.csv").text
    assert "Formelle Prüfung" in stages
    months = browser.http.get("/office/time/months.csv").text
    assert months.count("\n") == 13
    assert ";2;0" in months  # and no question to another office
    queue = browser.http.get("/office/time/queue.csv").text
    assert "Sozialhilfe" in queue


@pytest.mark.parametrize(
    "path", ["/office/money/2027.svg", "/office/time/stages.svg", "/office/time/months.svg"]
)
def test_pictures_are_drawn(app: Flask, told: Story, path: str) -> None:
    at_review(told)
    answer = signed_in(app, CHECKER).http.get(path)
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert answer.text.startswith("<svg")
    assert "<rect" in answer.text


@pytest.mark.parametrize("path", ["/office/money/what-if", "/office/time"])
def test_each_page_takes_as_many_queries_for_many_as_for_one(app: Flask, told: Story, path: str) -> None:
    at_review(told)
    browser = signed_in(app, CHECKER)
    few = statements(app, browser, path)
    for _ in range(2):
        at_review(told)
    browser.open(path)
    assert statements(app, browser, path) == few


def test_finance_ticks_what_has_gone_and_the_money_says_so(app: Flask, told: Story) -> None:
    granted = at_confirmation(told)
    told.do(HEKS, granted, "accept", costs(30_000))
    deliver(told)
    browser = signed_in(app, FINANCE)
    assert "1 Beitrag ist noch nicht ganz ausbezahlt." in browser.open("/desk").words()
    page = browser.open("/office/money/payments")
    assert "1 von 2" in page.words()
    [form] = [one for one in page.forms if one.action.endswith("/office/money/payments")]
    ticked = {"case": f"{granted}.0", f"amount.{granted}": "-5"}
    refused = browser.send(form, ticked, status=409)
    assert "Zurücknehmen geht nur einzeln" in refused.words()
    assert 'value="-5"' in refused.text
    [form] = [one for one in refused.forms if one.action.endswith("/office/money/payments")]
    after = browser.send(form, {"case": f"{granted}.0", f"amount.{granted}": "24'000"})
    assert "1 Auszahlung ist eingetragen." in after.text
    assert "2 von 2" in after.words()
    late = browser.send(
        form, {"case": f"{granted}.0", f"amount.{granted}": "6'000", "command_id": str(uuid4())}, status=409
    )
    assert "ausbezahlt sind jetzt CHF 24'000.00" in late.words()
    looker = signed_in(app, CHECKER)
    assert 'name="case"' not in looker.open("/office/money/payments").text
    money = looker.open("/office/money")
    assert "money=paid" in money.text
    assert "24'000.00" in money.words()
    assert ";24000.00;6000.00;" in looker.http.get("/office/money.csv").text
    assert ";24000.00;6000.00;2;6000.00" in looker.http.get("/office/money/payments.csv?shown=paid").text
    steer = browser.open(f"/desk/cases/{granted}/steer")
    [form] = [one for one in steer.forms if ("action", "pay") in one.fields]
    assert "Bitte sagen Sie, warum." in browser.send(form, {"amount": "-4000"}, status=422).words()
    browser.send(form, {"amount": "-4000", "reason": "Falsch erfasst."})
    assert "20'000.00" in looker.open("/office/money").words()
    told_of = looker.open(f"/desk/cases/{granted}").words()
    assert "Ausbezahlt: CHF 24'000.00" in told_of
    assert "Auszahlung zurückgenommen: CHF 4'000.00" in told_of
