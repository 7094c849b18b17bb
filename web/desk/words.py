"""The words for a case's codes: areas, offices, steps, outcomes, as the case's own versions name them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from web import screens
from web.language import gettext, lang, ngettext
from web.security import db, now
from workflow.engine.calendar import Calendar
from workflow.engine.case import Seat
from workflow.engine.decide import RETRY
from workflow.store import queries
from workflow.texts import ZURICH, label


class Words:
    """Labels in the language of this request; a code that has none stands for itself."""

    def __init__(self) -> None:
        self.language = lang()
        self.programme = screens.programme()
        self._routes: dict[str, Mapping[str, Any]] = {}
        self._closed: dict[range, frozenset[date]] = {}
        self._due: dict[date, str] = {}

    def area(self, code: str | None) -> str:
        area = self.programme.areas.get(code or "")
        return label(area.title, self.language) if area else code or "–"

    def office(self, code: str) -> str:
        office = self.programme.offices.get(code)
        return label(office.title, self.language) if office else code

    def role(self, code: str) -> str:
        return self._named("roles", code)

    def stage(self, code: str) -> str:
        return self._named("stages", code)

    def status(self, code: str) -> str:
        return self._named("statuses", code)

    def pot(self, code: str) -> str:
        return self._named("pots", code)

    def pot_note(self, code: str) -> str:
        """Whose money it is; empty where the programme does not say."""
        notes = self.programme.labels["pot_notes"].get(code)
        return label(notes, self.language) if notes else ""

    def sem_area(self, code: str) -> str:
        return self._named("sem_areas", code) or "–"

    def sem_of(self, area: str) -> str:
        """The code of the federal area in which this one is reported."""
        found = self.programme.areas.get(area)
        return found.sem if found else ""

    def target_group(self, code: str) -> str:
        return self._named("target_groups", code)

    def indicator(self, code: str) -> tuple[str, str]:
        """(what it is called, what it counts)"""
        for one in self.programme.indicators:
            if one.code == code:
                return label(one.label, self.language), label(one.unit, self.language) if one.unit else ""
        return code, ""

    def call(self, code: str) -> str:
        call = self.programme.calls.get(code)
        return label(call.title, self.language) if call else code

    def options(self, kind: str) -> list[tuple[str, str]]:
        """(code, label) for a filter: areas, offices, calls, sizes, stages or statuses, in their order."""
        match kind:
            case "areas" | "offices" | "calls":
                found = getattr(self.programme, kind)
                return [(code, label(one.title, self.language)) for code, one in found.items()]
            case "sizes":
                return [(size.code, size.code) for size in self.programme.sizes if size.route]
            case _:
                found = self.programme.labels[kind]
                return [(code, label(one, self.language)) for code, one in found.items()]

    def step(self, route: str, code: str) -> str:
        """The title of a step of the route with this hash."""
        return self._title(self.step_data(route, code).get("title"), code)

    def lane(self, code: str) -> str:
        """Who acts in a band of a diagram, of office:role; a panel has a role alone, an empty one nobody."""
        if not code:
            return gettext("von selbst")
        office, _, role = code.partition(":")
        return ", ".join([self.office(office)] * bool(office) + [self.role(role)] * bool(role))

    def way(self, route: str, code: str) -> str:
        """The title of a way off the route."""
        self.step_data(route, "")
        return self._title(self._routes[route].get("ways", {}).get(code, {}).get("title"), code)

    def child(self, route: str, code: str) -> str:
        """What opening such a case is called."""
        self.step_data(route, "")
        return self._title(self._routes[route].get("children", {}).get(code, {}).get("title"), code)

    def noted(self, route: str, fact: str) -> str:
        """The title of the outcome that notes this fact in a case."""
        self.step_data(route, "")
        outcomes = [
            o for step in self._routes[route]["steps"].values() for o in step.get("outcomes", {}).values()
        ]
        return next(
            (self._title(one["title"], fact) for one in outcomes if one.get("sets", {}).get(fact)), fact
        )

    def outcome(self, route: str, step: str, code: str) -> str:
        """The title of an outcome of a step, or of a vote at a panel."""
        if code == RETRY:
            return gettext("Nochmals versuchen")
        data = self.step_data(route, step)
        titles = data.get("vote_titles", {}).get(code) or data.get("outcomes", {}).get(code, {}).get("title")
        return self._title(titles, code)

    def seat_title(self, route: str, step: str, seat: str) -> str:
        """Which part a seat has at a panel, such as the lead; empty at a step with one seat."""
        titles = self.step_data(route, step).get("seats", {}).get(seat, {}).get("title")
        return self._title(titles, "")

    def seat(self, seat: Seat) -> str:
        """Who has it: the office, or the role where there is no office (applicant, operators)."""
        return self.office(seat.office) if seat.office else self.role(seat.role)

    def lies(self, route: str, code: str) -> str:
        """Where a case is whose work is no office's: with the applicant, or with nobody."""
        data = self.step_data(route, code)
        if data.get("kind") in ("task", "panel"):
            return self.role("applicant")
        if data.get("message"):
            return gettext("wartet auf «%(what)s»", what=self.outcome(route, code, "received"))
        return gettext("läuft von selbst weiter")

    def step_data(self, route: str, code: str) -> Mapping[str, Any]:
        """A step as the route's data says it; empty for a code that the route does not have."""
        if route not in self._routes:
            self._routes[route] = queries.route_data(db(), route)
        found: Mapping[str, Any] = self._routes[route]["steps"].get(code) or {}
        return found

    def due(self, moment: datetime) -> str:
        """What a due time means today, in working days of the programme's offices."""
        last = screens.last_day(moment)
        if last not in self._due:
            self._due[last] = self._due_on(last)
        return self._due[last]

    def _due_on(self, last: date) -> str:
        today = now().astimezone(ZURICH).date()
        if last == today:
            return gettext("heute fällig")
        days = self._working_days(min(last, today), max(last, today))
        if last > today:
            return ngettext("noch %(n)s Arbeitstag", "noch %(n)s Arbeitstage", days)
        if not days:  # due on Friday, looked at on Saturday
            return gettext("überfällig")
        return ngettext("seit %(n)s Arbeitstag überfällig", "seit %(n)s Arbeitstagen überfällig", days)

    def _working_days(self, start: date, end: date) -> int:
        years = range(start.year, end.year + 1)
        if years not in self._closed:
            self._closed[years] = self.programme.office_holidays(years)
        return Calendar(ZURICH, self._closed[years]).working_days(start, end)

    def _named(self, kind: str, code: str) -> str:
        return self._title(self.programme.labels[kind].get(code), code)

    def _title(self, titles: Mapping[str, str] | None, code: str) -> str:
        return label(titles, self.language) if titles else code


def moment(text: str) -> datetime:
    """A time as events hold it."""
    return datetime.fromisoformat(text).astimezone(UTC)
