"""The yearly report to the federal state: each figure from the cases behind it, and what is not in yet."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.counting import statements
from tests.integration.test_children import granted, opened
from tests.integration.test_exports import table
from tests.integration.test_findings import _many, _read
from tests.integration.walks import AUDITOR, CHECKER, FINANCE, HEKS, LEAD, deliver, language, report, rows
from web.cli.story import Story
from workflow.engine.commands import Pay
from workflow.publish import publish_folder
from workflow.service import handle
from workflow.settings import PROGRAMMES
from workflow.store import queries
from workflow.store.queries import SemReportFigures, SemRow, SemTarget

PAGE = "/office/money/sem"


def found(told: Story, year: int = 2027) -> SemReportFigures:
    figures = queries.sem_report(told.db, told.actors[CHECKER], year)
    assert figures is not None
    return figures


def area(told: Story, code: str = "language") -> SemRow:
    [row] = [one for one in found(told).areas if one.code == code]
    return row


def saving(told: Story, case_id: UUID) -> dict[str, Any]:
    """A report by which 1,000 francs were not needed."""
    answers = report(told, case_id)
    answers["accounts"]["costs"][0]["spent"] -= 1_000_00
    return answers


def reported(told: Story, case_id: UUID, reached: int, **more: Any) -> UUID:
    """A report that waits for its check: so many people, and so many of what was aimed at."""
    answers = saving(told, case_id)
    answers["results"] |= {"participants": reached, **more}
    answers["results"]["targets"][0]["reached"] = reached
    return opened(told, HEKS, case_id, "report", answers)


def accepted(told: Story, child: UUID) -> None:
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 37_000_00}})
    deliver(told)


def test_only_an_accepted_report_says_what_was_reached(told: Story) -> None:
    case_id = granted(told)
    told.submit(HEKS, language())
    assert area(told) == SemRow("language", "language", 2, 1, 0, 48, 0, 0)
    child = reported(told, case_id, 44)
    assert (area(told).reported, area(told).reached) == (0, 0)
    accepted(told, child)
    assert area(told) == SemRow("language", "language", 2, 1, 1, 48, 48, 44)
    assert found(told).targets == [SemTarget("language", "participants", 1, 48, 48, 44)]


def test_what_was_settled_at_nothing_was_granted_all_the_same(app: Flask, told: Story) -> None:
    case_id = granted(told)
    answers = report(told, case_id)
    for row in answers["accounts"]["costs"]:
        row["spent"] = 0
    child = opened(told, HEKS, case_id, "report", answers)
    told.do(CHECKER, child, "accept", {"check": {"plausible": True, "settled": 0}})
    deliver(told)
    assert rows(told.db, "SELECT committed FROM cases WHERE parent_id IS NULL")[0].committed == 0
    assert area(told) == SemRow("language", "language", 1, 1, 1, 48, 48, 44)
    listed = signed_in(app, CHECKER).open("/office/cases?year=2027&kind=application&money=granted")
    assert "KIP3-2027-00001" in listed.text


def test_the_latest_accepted_report_counts_and_none_twice(told: Story) -> None:
    case_id = granted(told)
    for reached in (20, 44):
        accepted(told, reported(told, case_id, reached))
        told.now += timedelta(days=1)
    assert (area(told).reported, area(told).expected, area(told).reached) == (1, 48, 44)


def test_what_was_not_aimed_at_is_reached_besides(told: Story) -> None:
    case_id = granted(told)
    answers = saving(told, case_id)
    answers["results"]["targets"].append({"goal": "Fest", "indicator": "events", "reached": 2})
    accepted(told, opened(told, HEKS, case_id, "report", answers))
    assert found(told).targets[1] == SemTarget("language", "events", 0, 0, 0, 2)


def test_each_area_is_reported_under_its_federal_one_and_each_pot_apart(told: Story) -> None:
    granted(told)
    figures = found(told)
    assert [(one.sem, one.code) for one in figures.areas][:3] == [
        ("information_counselling", "first_information"),
        ("information_counselling", "counselling"),
        ("diversity", "discrimination"),
    ]
    money = [(one.area, one.pot, one.committed) for one in figures.money if one.committed]
    assert money == [("language", "lump_sum", 38_000_00)]
    assert [one.code for one in figures.groups] == ["recognised_refugees"]
    assert figures.total == SemRow("", "", 1, 1, 0, 48, 0, 0)
    assert found(told, 2026).total.came_in == 0


def test_the_page_says_what_is_missing_and_each_figure_opens_its_cases(app: Flask, told: Story) -> None:
    case_id = granted(told)
    told.submit(HEKS, language())
    handle(told.db, Pay(case_id, 10_000_00, 0), told.actors[FINANCE], uuid4(), told.now)
    browser = signed_in(app, CHECKER)
    page = browser.open(f"{PAGE}?year=2027")
    assert "Zu 1 von 1 bewilligten Gesuchen ist noch kein Bericht genehmigt" in page.words()
    child = reported(told, case_id, 44)  # no figure is about what belongs to an application
    links = {link for link in page.links if link.startswith("/office/cases?")}
    counts = {link: browser.open(link).words() for link in links}
    came_in = [link for link in links if "kind=application" in link and "money" not in link]
    assert came_in
    assert all("2 Gesuche mit diesen Filtern" in counts[link] for link in came_in)
    assert all("1 Gesuch mit diesen Filtern" in counts[link] for link in links - set(came_in))
    accepted(told, child)
    page = browser.open(f"{PAGE}?year=2027")
    assert "noch kein Bericht genehmigt" not in page.words()
    assert "Anzahl Teilnehmende Personen 1 48 48 44" in page.words()


@pytest.mark.parametrize("text", ["2026", "1999", "gestern", "", "99999999999999"])
def test_a_year_without_applications_says_so(app: Flask, told: Story, text: str) -> None:
    page = signed_in(app, AUDITOR).open(f"{PAGE}?year={text}")
    assert "Keine Gesuche" in page.words()


def test_who_has_no_overview_does_not_find_it(app: Flask, told: Story) -> None:
    assert signed_in(app, LEAD).open(PAGE).status == 404
    assert PAGE in signed_in(app, CHECKER).open("/office/money").links


def test_each_table_comes_as_a_file(app: Flask, told: Story) -> None:
    accepted(told, reported(told, granted(told), 44))
    browser = signed_in(app, CHECKER)
    [first, second, *_] = table(browser, f"{PAGE}/areas.csv?year=2027")
    assert (first["Förderbereich des Bundes"], first["Förderbereich"]) == (
        "Information, Abklärung Integrationsbedarf und Beratung",
        "Erstinformation",
    )
    assert second["Personen erreicht"] == ""
    [group] = table(browser, f"{PAGE}/groups.csv?year=2027")
    assert (group["Personen geplant"], group["Personen erreicht"]) == ("48", "44")
    money = table(browser, f"{PAGE}/money.csv?year=2027")
    assert {row["bewilligt"] for row in money} == {"0.00", "37000.00"}
    [target] = table(browser, f"{PAGE}/targets.csv?year=2027")
    assert (target["Einheit"], target["Zielwert"], target["Erreicht"]) == ("Personen", "48", "44")
    assert browser.http.get(f"{PAGE}/targets.xlsx?year=2027").content.startswith(b"PK")
    assert browser.http.get(f"{PAGE}/cases.csv").status_code == 404


def test_the_page_takes_as_many_queries_for_many_as_for_one(app: Flask, told: Story) -> None:
    granted(told)
    browser = signed_in(app, CHECKER)
    few = statements(app, browser, f"{PAGE}?year=2027")
    accepted(told, reported(told, granted(told), 44))
    told.submit(HEKS, language())
    browser.open(f"{PAGE}?year=2027")
    assert statements(app, browser, f"{PAGE}?year=2027") == few


def test_a_year_costs_nothing_of_other_years(told: Story) -> None:
    _many(told, granted(told))  # all of 2027
    read, whole = _read(told, lambda: found(told, 2026), b"jsonb_path", b"came_in")
    assert "ix_cases_of_line" in read
    assert not {"cases", "contents"} & whole


def test_a_programme_that_adds_nothing_up_says_so(app: Flask, told: Story, tmp_path: Path) -> None:
    granted(told)
    folder = shutil.copytree(PROGRAMMES / "kip3-basel-stadt", tmp_path / "kip3-basel-stadt")
    programme = folder / "programme.yaml"
    programme.write_text(re.sub(r"(?m)^sem_report:\n(  .*\n)+", "", programme.read_text("utf-8")), "utf-8")
    publish_folder(told.db, folder, told.now)
    words = signed_in(app, CHECKER).open(f"{PAGE}?year=2027").words()
    assert "Dieses Programm sagt nicht, woraus" in words
    assert "noch kein Bericht genehmigt" not in words
    assert "Noch keine messbaren Ziele" in words
