"""Every page, in every role: axe finds nothing, nothing fails, nothing scrolls sideways, nothing is heavy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.e2e import states
from tests.e2e.applicant import HEKS, HEKS_MAIL, language_course
from tests.e2e.conftest import Demo, Visit, demo_from
from tests.e2e.looking import NO_PAGES, Looker
from tests.e2e.person import Person
from web.app import create_app
from workflow.people import read_people

FIRST = 3
"""Of addresses that differ in ids or query alone each person sees one, until all have seen so many."""
CHOSEN = {"Regula Keller": ("/office/money/sem?year=2027",)}
"""Pages that no link leads to, but a form."""
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsdeutsch"
APPLICANTS = (HEKS, "Urs Ackermann", "Goran Jurić", "Ana Petrović")
"""Applicants: with a draft and a query, who only reads, to confirm a budget, with what was granted."""


@dataclass(slots=True)
class Crawl:
    """`seen`: how often each endpoint was looked at, by all; `asked`: what is no page, asked for once."""

    app: Flask
    looker: Looker = field(default_factory=Looker)
    seen: Counter[str] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)

    def endpoint(self, address: str) -> str | None:
        """Whose page this is; None for an address that is not ours to get."""
        try:
            name, _ = self.app.url_map.bind("").match(urlsplit(address).path, "GET")
        except (HTTPException, RequestRedirect):
            return None
        return str(name)

    def visit(self, person: Person, *start: str) -> None:
        """Follow all links from here."""
        waiting, known, mine = [*start], set(start), Counter[str]()
        while waiting:
            address = waiting.pop(0)
            kind = self.endpoint(address)
            if kind is None or kind in self.asked or (mine[kind] and self.seen[kind] >= FIRST):
                continue
            mine[kind] += 1
            if not self.seen[kind] and not self._is_page(person, address):
                self.asked.add(kind)
                continue
            self.seen[kind] += 1
            answer = person.page.goto(address)
            if answer is None or not answer.ok:
                self.looker.faults.append(f"{person.name}, {address}: {answer and answer.status}")
                continue
            self.looker.look(person)
            links = person.page.eval_on_selector_all(
                "a[href^='/'], img[src^='/']",
                "all => all.map((one) => one.getAttribute(one.href ? 'href' : 'src').split('#')[0])",
            )
            fresh = [link for link in dict.fromkeys(links) if link not in known]
            known |= set(fresh)
            waiting += fresh

    def look(self, person: Person, what: str) -> None:
        """At a page that somebody has come to otherwise."""
        if kind := self.endpoint(person.page.url):
            self.seen[kind] += 1
        self.looker.look(person, what)

    def _is_page(self, person: Person, address: str) -> bool:
        answer = person.context.request.get(address)
        assert answer.ok, f"{person.name}, {address}: {answer.status}"
        return answer.headers["content-type"].startswith("text/html")


@pytest.fixture(scope="module")
def demo(browser: Browser, played: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all tests of this module, in which no case moves on."""
    assert browser.is_connected()
    with demo_from(played, tmp_path_factory.mktemp("demo") / "data") as running:
        yield running


@pytest.fixture
def crawl(demo: Demo) -> Crawl:
    return Crawl(create_app(demo.system.settings))


def staff(people: Any) -> Iterator[str]:
    """Of the staff, one for each set of roles."""
    known = set()
    for one in people["staff"]:
        roles = frozenset(role for _, role in one["roles"])
        if roles not in known:
            known.add(roles)
            yield one["name"]


def test_every_page_in_every_role(demo: Demo, visit: Visit, crawl: Crawl) -> None:
    demo.story.draft(HEKS_MAIL, language_course(LONG_WORD, 38_000_00))
    crawl.visit(visit(""), "/", "/sign-in")
    admin = visit("Elias Graber")
    admin.sign_in()
    states.propose(admin, "routes/small", "due: 5", "due: 7")
    states.withdraw(admin)
    states.propose(admin, "routes/small", "due: 5", "due: 6")
    states.propose(admin, "letters/order_granted", "#import", "// kürzer\n#import")
    assert "/proposals/" in admin.page.url
    states.owe(demo)
    everybody = [*APPLICANTS, *staff(read_people(demo.system.settings.programme))]
    for name in everybody:
        person = visit(name)
        person.sign_in()
        crawl.visit(person, urlsplit(person.page.url).path, *CHOSEN.get(name, ()))
        person.context.close()
    for state in states.ALL:
        state(demo, visit, crawl.look)
    rules = crawl.app.url_map.iter_rules()
    pages = {one.endpoint for one in rules if "GET" in (one.methods or ())}
    never = {one for one in pages if not one.startswith(NO_PAGES)} - set(crawl.seen) - crawl.asked
    assert not crawl.looker.faults, "\n".join(crawl.looker.faults)
    assert not never, f"nobody has looked at {never}: add a link, or a state to states.py"
