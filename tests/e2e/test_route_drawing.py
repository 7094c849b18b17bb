"""bpmn-js really draws a route: counts and heat at its steps for the office, one case's way at its page."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

import web
from tests.e2e.conftest import SCREENS, Visit
from tests.e2e.person import PHONE, Screens
from tests.unit.test_bpmn import COMPILED, drawn
from workflow.funding.plain import load_yaml
from workflow.interchange.bpmn import bpmn
from workflow.settings import PROGRAMMES

MEDIUM = load_yaml(PROGRAMMES / "kip3-basel-stadt" / "routes" / "medium.yaml")
VIEWER = Path(web.__file__).parent / "static" / "packages" / "bpmn-viewer.production.min.js"
OPENED = """async (xml) => {
  const viewer = new BpmnJS({ container: "#sheet" });
  const { warnings } = await viewer.importXML(xml);
  const drawn = viewer.get("elementRegistry").getAll().map((one) => one.id);
  viewer.destroy();
  return [warnings.map((one) => one.message), drawn];
}"""


def test_a_route_is_drawn_with_what_stands_at_its_steps_and_the_way_of_one_case(visit: Visit) -> None:
    office = visit("Regula Keller")
    office.sign_in()
    screens = Screens(SCREENS / "route")
    office.open("/office/routes/medium")
    page = office.page
    drawing = page.locator(".drawing svg[data-element-id]")
    expect(drawing.locator('.djs-element[data-element-id="review"]')).to_be_visible()
    for step, raw in MEDIUM["steps"].items():
        shape = drawing.locator(f'.djs-shape[data-element-id="{step}"]')
        assert shape.count() == 1, step
        assert raw["title"]["de"].split()[0][:8] in (drawing.text_content() or ""), step
    screens.take(page, "office")

    at = {
        row.locator("td").first.inner_text(): row.locator('td[data-label="Gesuche"] a')
        for row in page.locator("table tbody tr").all()
    }
    standing = {step: link.inner_text() for step, link in at.items() if link.count()}
    assert standing, "the demo has cases on this route"
    counts = page.locator(".drawing__count")
    assert sorted(counts.all_inner_texts()) == sorted(standing.values())
    assert page.locator('.drawing [class*="heat-"]').count() == len(standing)
    title, count = next(iter(standing.items()))
    mark = page.get_by_role("link", name=re.compile(f"^{re.escape(title)}: {count} "))
    with page.expect_navigation():
        mark.click()
    assert page.locator("table tbody tr").count() == int(count)

    with page.expect_navigation():
        page.locator("table tbody a").first.click()
    case = page.url
    page.goto(f"{case.partition('?')[0]}/why")
    expect(page.locator(".drawing .here")).to_have_count(1)
    walked = page.locator("ol.walked li")
    assert page.locator(".drawing .djs-shape.passed").count() >= len(set(walked.all_inner_texts()))
    assert page.locator(".drawing .djs-connection.passed").count() >= walked.count()
    screens.take(page, "case")


def test_without_script_the_words_say_the_same(visit: Visit) -> None:
    office = visit("Regula Keller", width=PHONE, script=False)
    office.sign_in()
    office.open("/office/routes/medium")
    assert not office.page.locator(".drawing").is_visible()
    rows = office.page.locator("table tbody tr")
    assert rows.count() == len(MEDIUM["steps"])
    late = office.page.locator('td[data-label="Überfällig"] a').first
    count = int(late.inner_text())
    with office.page.expect_navigation():
        late.click()
    assert office.page.locator("table tbody tr").count() == count
    Screens(SCREENS / "route-words").take(office.page, "late")


def test_bpmn_js_opens_every_route_in_every_language_without_a_warning(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content('<div id="sheet" style="width: 800px; height: 600px"></div>')
    page.add_script_tag(path=VIEWER)
    for code in COMPILED:
        for lang in ("de", "fr", "en"):
            route, diagram, _ = drawn(code, lang)
            document = bpmn(route, diagram).decode()
            warnings, shapes = page.evaluate(OPENED, document)
            assert warnings == [], (code, lang)
            assert set(route.steps) <= set(shapes), (code, lang)
    torn = document.replace(f'bpmnElement="{route.start}"', 'bpmnElement="nowhere"')
    assert page.evaluate(OPENED, torn)[0], "a viewer that never warns would prove nothing"
    page.close()
