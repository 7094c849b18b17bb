"""In a browser: a limit changed with a date by two persons, and next year's call made from last year's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from tests.e2e.conftest import SCREENS, Demo, Visit
from tests.e2e.person import PHONE, Person, Screens
from tests.integration.walks import HEKS, language
from workflow.texts import ZURICH

AHEAD = timedelta(days=30)


def published(person: Person, path: str) -> None:
    """The second person opens the proposal, and publishes it."""
    person.sign_in()
    person.open(path)
    person.press("Veröffentlichen")
    person.sees("Neue Gesuche folgen dieser Fassung")


def path_of(person: Person) -> str:
    return "/" + person.page.url.split("/", 3)[3]


def size(demo: Demo, at: datetime) -> str:
    """The size of an application over CHF 12'000 that is handed in at this moment."""
    demo.story.now = at
    case_id = demo.story.submit(HEKS, language(12_000))
    with demo.story.db.connect() as tx:
        found = tx.execute(sa.text("SELECT size FROM cases WHERE id = :id"), {"id": case_id})
        return str(found.scalar_one())


def test_a_limit_is_changed_with_a_date(demo: Demo, visit: Visit) -> None:
    screens = Screens(SCREENS.parent / "screens-limit")
    admin, coordinator = visit("Elias Graber"), visit("Regula Keller", width=PHONE)
    today = datetime.now(UTC)
    since = (today.astimezone(ZURICH) + AHEAD).date()
    admin.sign_in()
    admin.open("/administration")
    screens.take(admin.page, "administration")
    admin.follow("Grössen und Limiten")
    admin.fill({"size": "S", "since": since.isoformat(), "most": "15'000"})
    admin.fill({"reason": "Beschluss der Leitung vom Dezember."})
    screens.take(admin.page, "limit")
    admin.press("Vorschlagen")
    admin.sees("Veröffentlichen muss es eine zweite Person")
    screens.take(admin.page, "proposal")
    published(coordinator, path_of(admin))
    screens.take(coordinator.page, "published-phone")
    assert size(demo, today) == "M"
    assert size(demo, today + AHEAD + timedelta(days=1)) == "S"
    admin.open("/administration/limits")
    admin.sees("vorgesehen")
    screens.take(admin.page, "limits-after")


def test_next_years_call_opens_by_itself(demo: Demo, visit: Visit) -> None:
    screens = Screens(SCREENS.parent / "screens-call")
    coordinator, head, public = visit("Regula Keller"), visit("Andrea Bernasconi"), visit("Somebody")
    coordinator.sign_in()
    coordinator.open("/administration/calls")
    screens.take(coordinator.page, "calls")
    coordinator.follow("Nächstes Jahr daraus machen")  # the newest one stands first
    coordinator.sees("Nächstes Jahr: Projekteingabe 2028")
    opens = datetime.now(ZURICH) + timedelta(days=2)
    coordinator.fill({"opens_day": f"{opens:%Y-%m-%d}", "opens_clock": f"{opens:%H:%M}"})
    coordinator.fill({"language.programme": "600'000", "reason": "Wie jedes Jahr."})
    screens.take(coordinator.page, "call")
    coordinator.press("Vorschlagen")
    screens.take(coordinator.page, "proposal")
    published(head, path_of(coordinator))
    public.open("/calls/project-round-2028")
    public.sees("Projekteingabe 2028")
    screens.take(public.page, "public-coming")
    demo.move_clock(timedelta(days=2))
    public.open("/")
    public.page.get_by_role("link", name="Projekteingabe 2028").first.click()
    public.sees("Passt Ihr Projekt?")
    screens.take(public.page, "public-open")
