"""What every page has to be: without error, read by everybody, no wider than the window, and light."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.e2e.person import DESKTOP, PHONE, Person

NARROW = 320  # CSS pixels: 1280 at 400 per cent zoom (WCAG 2.2, 1.4.10)
MOST_BYTES = 150_000
DIAGRAM = "bpmn-viewer"
"""A page that draws a route loads the viewer, which alone is heavier than a page may be."""
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
NO_PAGES = ("static", "api.", "api-docs.", "readiness.", "metrics.", "office.changes")  # the last: a stream
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
READ = """async (rules) => {
  // What sticks to the edge hides what can be scrolled to; test_keyboard sees that no focus lies behind.
  const bars = [...document.querySelectorAll('.bar')];
  bars.forEach((one) => { one.style.position = 'static'; });
  const result = await axe.run({runOnly: rules, resultTypes: ['violations'], iframes: false, preload: false});
  bars.forEach((one) => { one.style.position = ''; });
  return result.violations.map(({id, help, nodes}) =>
    `axe ${id}: ${help}: ${nodes.map((one) => one.html.slice(0, 160)).slice(0, 4).join(' | ')}`);
}"""
SHAPE = """() => {
  const told = ['class', 'role', 'type', 'lang', 'scope', 'tabindex', 'hidden', 'open', 'rel', 'fill'];
  const place = 'section, nav, aside, form, header, footer, main, [role=region]';
  const shape = (one) => {
    const parts = [...one.attributes].map(({name, value}) => {
      if (name === 'aria-label' && one.matches(place)) return `${name}=${value}`;
      if (told.includes(name) || /^aria-(?!label|desc|contr)/.test(name)) return `${name}=${value}`;
      return value ? name : `no ${name}`;
    });
    if ([...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) parts.push('text');
    const box = one.getBoundingClientRect();
    if (!box.width || !box.height) parts.push('unseen');
    else if (box.width < 24 || box.height < 24) parts.push('small');
    if (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight) parts.push('more inside');
    const inside = [...one.children].filter((child) => !child.matches('script, link, style'))
      .map(shape).filter((child, at, others) => child !== others[at - 1]);
    return `${one.tagName}[${parts.sort()}](${inside})`;
  };
  return [...document.styleSheets].map((one) => one.href) + shape(document.documentElement);
}"""
LOOK = """() => {
  const found = [], all = (selector) => [...document.querySelectorAll(selector)];
  for (const name of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for']) {
    for (const one of all(`[${name}]`)) {
      const lost = one.getAttribute(name).split(' ').filter((id) => !document.getElementById(id));
      if (lost.length) found.push(`${name} of nothing: ${one.outerHTML.slice(0, 120)}`);
    }
  }
  if (all('h1').length !== 1) found.push(`${all('h1').length} h1`);
  if (!/^[^–]\\S.* – Förderweg$/.test(document.title)) found.push(`title «${document.title}»`);
  if (!document.documentElement.lang) found.push('no lang');
  const ids = all('[id]').map((one) => one.id), twice = ids.filter((one, at) => ids.indexOf(one) !== at);
  if (twice.length) found.push(`ids twice: ${[...new Set(twice)]}`);
  const unnamed = all('input:not([type=hidden]), select, textarea, button')
    .filter((one) => !one.labels?.length && !one.ariaLabel && !one.textContent.trim()
      && !one.getAttribute('aria-labelledby'));
  for (const one of unnamed) found.push(`without a label: ${one.outerHTML.slice(0, 120)}`);
  const wrong = document.querySelector('.summary[role=alert]');
  if (wrong && document.activeElement !== wrong) found.push('the keyboard does not begin at what went wrong');
  const loaded = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const bytes = loaded.reduce((sum, one) => sum + one.encodedBodySize, 0);
  return {found, bytes, loaded: loaded.map((one) => `${one.name} ${one.encodedBodySize}`)};
}"""
TOO_WIDE = """() => document.scrollingElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll('body *')]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll'))
    .map((one) => one.outerHTML.slice(0, 120))"""


class Looker:
    """Looks at the pages that a person has open; `faults`: what was found, each with its page."""

    def __init__(self) -> None:
        self.axe = AXE.read_text(encoding="utf-8")
        self.faults: list[str] = []
        self.taken = 0
        self.read: set[tuple[int, str]] = set()

    def look(self, person: Person, what: str = "") -> None:
        """At the page as it stands, narrow, and in turn as a desk or a telephone, as which axe reads it."""
        page = person.page
        self.taken += 1
        widths = (DESKTOP if self.taken % 2 else PHONE, NARROW)
        found = []
        for width in widths:
            page.set_viewport_size({"width": width, "height": 740 if width < DESKTOP else 900})
            page.wait_for_function(f"innerWidth === {width}")
            found += [f"too wide at {width}: {one}" for one in page.evaluate(TOO_WIDE)[:3]]
            if width == widths[0]:
                found += self._seen(page)
                found += self._read(page, width)
        page.set_viewport_size({"width": DESKTOP, "height": 900})
        found += person.complaints
        person.complaints.clear()
        where = f"{person.name or 'Visitor'}, {page.url.partition('//')[2].partition('/')[2]} {what}".strip()
        self.faults += [f"{where}: {one}" for one in found]

    def _seen(self, page: Page) -> list[str]:
        seen: dict[str, Any] = page.evaluate(LOOK)
        found: list[str] = seen["found"]
        if seen["bytes"] > MOST_BYTES and DIAGRAM not in "".join(seen["loaded"]):
            found.append(f"{seen['bytes']} bytes: {seen['loaded']}")
        return found

    def _read(self, page: Page, width: int) -> list[str]:
        """By axe, unless it has read a page of the same shape: other words, other addresses, one row more."""
        shape = (width, page.evaluate(SHAPE))
        if shape in self.read:
            return []
        self.read.add(shape)
        page.evaluate(self.axe)  # by the debugger's way, which the content security policy leaves alone
        found: list[str] = page.evaluate(READ, list(RULES))
        return found
