"""The Fachstelle's pages: the pipeline, the lists behind its figures, the money, and who has no overview."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from tests.browsing import signed_in
from tests.builders import KIP3
from tests.counting import statements
from tests.integration.walks import at_review
from web.cli.story import Story, application, proposal, review
from web.office.checking import MOST, TEXTS, check
from workflow.store import queries

HEKS = "miriam.aebi@heks.example"
GGG = "daniela.frey@ggg-migration.example"
CHECKER = "regula.keller@integration.bs.example"
SYNTHESIS = "mehmet.demir@integration.bs.example"
LEAD = "barbara.wenger@erwachsenenbildung.bs.example"
SECOND = "esther.kunz@sozialhilfe.bs.example"
FINANCE = "karin.moeschlin@pd.bs.example"
AUDITOR = "werner.plattner@finanzkontrolle.bs.example"
CHECKED = {"check": {"complete": True, "responsible": True}}
LANGUAGE = application(
    "HEKS",
    title="Deutsch im Quartier",
    area="language",
    goals=["everyday_language"],
    requested=38_000_00,
    target_group="recognised_refugees",
)
COUNSELLING = application(
    "GGG Migration", title="Rat am Rhein", area="counselling", goals=["advice"], requested=9_000_00
)
PAGES = ("/office", "/office/cases", "/office/money")


def test_each_figure_of_the_pipeline_opens_its_cases(app: Flask, told: Story) -> None:
    told.submit(HEKS, LANGUAGE)
    told.wait(days=9)
    told.submit(GGG, COUNSELLING)
    browser = signed_in(app, CHECKER)
    page = browser.open("/office")
    for figure in ("47'000.00", "9 Tage", "1 überfällig", "2 Geschäfte"):
        assert figure in page.text
    late = browser.open(page.link("stage=formal_check&late=1"))
    assert "Deutsch im Quartier" in late.text
    assert "Rat am Rhein" not in late.text
    both = browser.open(page.link("stage=formal_check"))
    assert "Deutsch im Quartier" in both.text
    assert "Rat am Rhein" in both.text


def test_filters_narrow_the_figures_and_go_along_to_the_cases(app: Flask, told: Story) -> None:
    told.submit(HEKS, LANGUAGE)
    told.submit(GGG, COUNSELLING)
    browser = signed_in(app, CHECKER)
    page = browser.open("/office?area=counselling&size=S&office=integration")
    assert "9'000.00" in page.text
    assert "1 Geschäft " in page.text
    listed = browser.open(page.link("stage=formal_check"))
    assert "area=counselling" in listed.url
    assert "Rat am Rhein" in listed.text
    assert "Deutsch im Quartier" not in listed.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("text=quartier", {"Deutsch im Quartier"}),
        ("text=ggg", {"Rat am Rhein"}),
        ("text=%25", set()),
        ("text=%00", {"Deutsch im Quartier", "Rat am Rhein"}),
        ("status=received", {"Deutsch im Quartier", "Rat am Rhein"}),
        ("status=granted", set()),
        ("call=project-round-2027&size=M", {"Deutsch im Quartier"}),
        ("office=social_welfare", set()),
        ("sort=bogus&after=bogus", {"Deutsch im Quartier", "Rat am Rhein"}),
    ],
)
def test_the_list_is_narrowed_by_its_query_string(
    app: Flask, told: Story, query: str, found: set[str]
) -> None:
    told.submit(HEKS, LANGUAGE)
    told.submit(GGG, COUNSELLING)
    page = signed_in(app, CHECKER).open(f"/office/cases?{query}")
    assert page.status == 200
    assert {title for title in ("Deutsch im Quartier", "Rat am Rhein") if title in page.text} == found
    assert ("Nichts gefunden" in page.text) == (not found)


def test_the_list_is_sorted(app: Flask, told: Story) -> None:
    told.submit(GGG, COUNSELLING)
    told.wait(days=3)
    told.submit(HEKS, LANGUAGE)
    browser = signed_in(app, CHECKER)
    for sort, first in (("due", "Rat"), ("oldest", "Rat"), ("newest", "Deutsch"), ("amount", "Deutsch")):
        text = browser.open(f"/office/cases?sort={sort}").text
        assert (text.index("Rat am Rhein") < text.index("Deutsch im Quartier")) == (first == "Rat")


def test_the_pages_of_a_long_list_keep_the_filters(app: Flask, told: Story) -> None:
    for number in range(52):
        told.submit(HEKS, {**LANGUAGE, "project": {**LANGUAGE["project"], "title": f"Kurs {number:02}."}})
    browser = signed_in(app, CHECKER)
    first = browser.open("/office/cases?area=language&sort=newest")
    second = browser.open(first.link("after="))
    assert "area=language" in second.url
    shown = [f"Kurs {number:02}." in page.text for page in (first, second) for number in range(52)]
    assert sum(shown) == 52
    assert "2 von 52" in second.text


def test_reserved_money_appears_in_its_area(app: Flask, told: Story) -> None:
    case_id = told.submit(HEKS, LANGUAGE)
    told.do(CHECKER, case_id, "complete", CHECKED)
    told.do(LEAD, case_id, "yes", review("Ja."))
    told.do(SECOND, case_id, "yes", review("Ja."))
    told.do(SYNTHESIS, case_id, "propose", proposal(35_000_00, "Beide empfehlen."))
    browser = signed_in(app, FINANCE)
    for path in ("/office", "/office/money"):
        page = browser.open(path)
        assert "35'000.00" in page.text
        assert "Integrationspauschale" in page.text or path == "/office"
        assert "KIP3-2027-00001" in browser.open(page.link("/office/cases?area=language")).text
    told.submit(HEKS, {**LANGUAGE, "project": {**LANGUAGE["project"], "title": "Wartet noch"}})
    behind = browser.open(browser.open("/office/money").link("money=reserved"))
    assert "KIP3-2027-00001" in behind.text
    assert "1 Gesuch " in behind.text
    assert "Kredit 2027" in behind.text
    for other in ("money=committed", "money=reserved&pot=none", "money=reserved&year=2026"):
        assert "Nichts gefunden" in browser.open(f"/office/cases?{other}").text


@pytest.mark.parametrize("path", PAGES)
def test_only_those_with_an_overview_find_these_pages(app: Flask, told: Story, path: str) -> None:
    for email in (CHECKER, FINANCE, AUDITOR):
        assert signed_in(app, email).open(path).status == 200
    for email in (HEKS, LEAD, "silvia.jenni@fruehfoerderung.bs.example"):
        assert signed_in(app, email).open(path).status == 404


def test_finance_sees_the_case_but_not_its_title(app: Flask, told: Story) -> None:
    told.submit(HEKS, LANGUAGE)
    page = signed_in(app, FINANCE).open("/office/cases")
    assert "KIP3-2027-00001" in page.text
    assert "Deutsch im Quartier" not in page.text


@pytest.mark.parametrize("path", PAGES)
def test_a_page_takes_as_many_queries_for_many_as_for_one(app: Flask, told: Story, path: str) -> None:
    told.submit(HEKS, LANGUAGE)
    browser = signed_in(app, CHECKER)
    browser.open(path)
    few = statements(app, browser, path)
    for _ in range(4):
        told.submit(GGG, COUNSELLING)
    browser.open(path)  # published versions are read once a process
    assert statements(app, browser, path) == few


def test_a_route_is_drawn_with_the_cases_at_its_steps_and_told_in_words(app: Flask, told: Story) -> None:
    at_review(told)
    browser = signed_in(app, CHECKER)
    page = browser.open("/office/routes/medium")
    drawn = unescape(browser.http.get("/office/routes/medium").text).partition('data-marks="')[2]
    [mark], _ = json.JSONDecoder().raw_decode(drawn)
    assert (mark["step"], mark["count"], mark["late"]) == ("review", 1, 0)
    assert "Fachprüfung: 1 Gesuch" in mark["says"]
    assert 'id="formal_check"' in page.text.partition('<script type="application/bpmn+xml">')[2]
    words = page.words()
    assert "Fachprüfung" in words
    assert "Empfohlen / Nicht empfohlen → Synthese und Antrag" in words
    assert "Verfahren XL" in words
    assert "1 Gesuch" in browser.open(page.link("step=review")).text
    document = browser.http.get("/office/routes/medium.bpmn")
    assert document.headers["Content-Type"].startswith("application/bpmn+xml")
    assert b'id="formal_check"' in document.content
    assert browser.http.get("/office/routes/none").status_code == 404
    browser.http.close()


def test_a_route_is_checked_before_anybody_publishes_it(app: Flask) -> None:
    browser = signed_in(app, CHECKER)
    golden = Path(__file__).parents[1] / "golden" / "routes"
    texts = {
        "small": (KIP3 / "routes" / "small.yaml").read_text("utf-8"),
        "loop": (golden / "broken" / "loop_without_bound.yaml").read_text("utf-8"),
        "bomb": "a: &a [1]\nb: [*a, *a]\n",
        "none": "route: [",
    }
    said = {}
    for name, text in texts.items():
        form = browser.open("/office/routes/-/check").form("/office/routes/-/check")
        said[name] = browser.send(form, {"text": text}).words()
    assert "«small» stimmt: 28 Schritte" in said["small"]
    assert "Diese Schlaufe kann ohne Ende durchlaufen werden. Der kürzeste Weg dorthin: check" in said["loop"]
    assert "Das ist kein lesbares YAML: aliases" in said["bomb"]
    assert "Das ist kein lesbares YAML" in said["none"]
    browser.http.close()


def test_every_finding_has_its_words(app: Flask, told: Story) -> None:
    kept = queries.bundle(told.db, told.actors[CHECKER])
    assert kept is not None
    for file in (Path(__file__).parents[1] / "golden" / "routes" / "broken").glob("*.yaml"):
        text = file.read_text("utf-8")
        assert text.splitlines()[0].split()[2] in TEXTS, file
        with app.test_request_context():
            checked = check(text, *kept)
        assert checked.findings, file
        assert not [one for one in checked.findings if "%(" in one.says or "=" in one.says], file


def test_a_text_without_end_is_not_read(app: Flask, told: Story) -> None:
    kept = queries.bundle(told.db, told.actors[CHECKER])
    assert kept is not None
    with app.test_request_context():
        [finding] = check("a" * (MOST + 1), *kept).findings
    assert f"> {MOST}" in finding.says
