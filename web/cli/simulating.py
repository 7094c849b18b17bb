"""`foerderweg simulate`: made-up applications and people play the real routes, on a virtual clock."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from web.cli import played
from web.cli.connected import CommandError
from web.cli.people_commands import Add
from web.cli.progress import progress
from web.cli.routes_commands import folder_option, staff_of
from workflow import publishable
from workflow.engine.calendar import Calendar
from workflow.engine.parsing import parse_route
from workflow.engine.route import Route
from workflow.engine.simulation import Habits, Worker, simulate
from workflow.engine.tables import Fact, Facts, parse_table, pick
from workflow.funding.plain import load_yaml
from workflow.funding.programme import Programme, load_folder
from workflow.texts import ZURICH


def add_to(add: Add) -> None:
    """Add this command to the command line."""
    play = add("simulate", _simulate, "play made-up applications with made-up people, on a virtual clock")
    folder_option(play)
    play.add_argument("route", nargs="?", help="code or file of one route (default: as the amounts say)")
    play.add_argument("--cases", type=_count, default=1000)
    play.add_argument("--days", type=_count, default=365, help="they arrive over so many days (a year)")
    play.add_argument("--staff", type=Path, help="people.yaml (default: the folder's demo/people.yaml)")
    play.add_argument("--without", action="append", default=[], metavar="NAME[:FROM:TO]", help="who is away")
    play.add_argument(
        "--loses",
        action="append",
        default=[],
        metavar="AREA:MONTH",
        help="what if this area's lead office (or an office) loses a reviewer in this month: language:10",
    )
    play.add_argument("--seed", type=int, default=7)
    play.add_argument("--csv", type=Path, help="write one line a case")
    play.add_argument("--chart", type=Path, help="draw the times and who is waited for, as SVG")


def _count(said: str) -> int:
    """One or more."""
    if (number := int(said)) < 1:
        raise argparse.ArgumentTypeError(f"{said} is less than 1")
    return number


def _simulate(options: argparse.Namespace) -> int:
    bundle = load_folder(options.programme)
    programme = Programme.parse(bundle.programme)
    routes = publishable.parsed_routes(bundle, programme)
    chosen = _chosen(options.route, programme, routes)
    start = datetime(min(programme.years), 1, 5, 8, tzinfo=ZURICH)
    calendar = Calendar(ZURICH, programme.office_holidays(range(start.year, start.year + 12)))
    random = Random(options.seed)
    arrivals = [
        (start + timedelta(days=at), _facts(programme, random, chosen.code if chosen else None))
        for at in sorted(random.uniform(0, options.days) for _ in range(options.cases))
    ]

    def route_of(facts: Facts) -> Route:
        return chosen or routes[programme.size_for(facts, start.date()).route or ""]

    staff = options.staff or options.programme / "demo" / "people.yaml"
    people = staff_of(staff)
    habits = Habits(
        **load_yaml(staff).get("habits", {}),
        made=lambda facts: {"granted": facts["requested"], "proposed": facts["requested"]},
    )
    away = _away(options.without, people) + _lost(options.loses, people, programme)

    def run(what: str, away: Sequence[Away]) -> played.Told:
        tell = progress(what)
        ended = simulate(
            route_of,
            arrivals,
            _workers(people, away),
            calendar,
            habits,
            options.seed,
            lambda done: tell(done, len(arrivals)),
        )
        return played.Told(programme, start.date(), ended)

    told = run("cases", away)
    played.show(told, run("the same with everybody there", ()) if away else None)
    if options.csv:
        played.write_csv(told, options.csv)
    if options.chart:
        played.write_chart(told, options.chart)
    return 0


def _chosen(named: str | None, programme: Programme, routes: dict[str, Route]) -> Route | None:
    """The route that was named, by its code or its file."""
    if named is None:
        return None
    if named in routes:
        return routes[named]
    if Path(named).is_file():
        return parse_route(publishable.compiled(load_yaml(Path(named)), programme.tables))
    raise CommandError(f"there is no route {named}, but: {', '.join(sorted(routes))}")


def _facts(programme: Programme, random: Random, route: str | None) -> dict[str, Fact]:
    """A made-up application: small ones are the most frequent."""
    running = [size for size in programme.sizes if size.route]
    sizes = [size for size in running if size.route == route] or running
    weights = [2.0**-number for number in range(len(sizes))]
    size = random.choices(sizes, weights)[0]
    below = [one.most or 0 for one in programme.sizes if size.most is None or (one.most or 0) < size.most]
    least = max(below, default=0)
    most = size.most or least * 2
    francs = random.randint(least // 100 + 1, most // 100)
    year = min(programme.years) + 1
    return {
        "area": random.choice(list(programme.areas)),
        "target_group": random.choice(list(programme.labels["target_groups"])),
        "requested": francs * 100,
        "period_from": f"{year}-02-01",
        "period_to": f"{year + 1}-12-31",
    }


Away = tuple[str, frozenset[date]]
"""Somebody's name, and the days on which they do not work."""


def _away(without: list[str], people: list[dict[str, Any]]) -> list[Away]:
    away = []
    for said in without:
        name, *span = said.split(":")
        try:
            first, last = (date.fromisoformat(day) for day in (span or ["2000-01-01", "2099-12-31"]))
        except ValueError:
            raise CommandError(
                f"{said}: a name, and perhaps the first and the last day: A:2026-10-01:2026-10-31"
            ) from None
        days = (last - first).days + 1
        away.append((name, frozenset(first + timedelta(days=number) for number in range(days))))
    unknown = {name for name, _ in away} - {one["name"] for one in people}
    if unknown:
        raise CommandError(f"nobody is called {', '.join(sorted(unknown))}")
    return away


def _lost(loses: list[str], people: list[dict[str, Any]], programme: Programme) -> list[Away]:
    """One reviewer of each office named, or of an area's lead office, away in this month of every year."""
    away: list[Away] = []
    first = date(min(programme.years), 1, 1)
    for said in loses:
        where, _, month = said.partition(":")
        office = where
        if where in programme.areas:
            if "lead_office" not in programme.tables:
                raise CommandError(f"{said}: this programme has no table lead_office; name an office")
            leads = parse_table(programme.tables["lead_office"], "lead_office")
            office = pick(leads, {"area": where}, first)[0]
        gone = {name for name, _ in away}
        there = [
            one["name"] for one in people if [office, "reviewer"] in one["roles"] and one["name"] not in gone
        ]
        if not there or month not in map(str, range(1, 13)):
            raise CommandError(f"{said}: an area or office with a reviewer, and a month from 1 to 12")
        days = (first + timedelta(days=number) for number in range(12 * 366))
        away.append((there[-1], frozenset(day for day in days if day.month == int(month))))
    return away


def _workers(people: list[dict[str, Any]], away: Sequence[Away]) -> list[Worker]:
    return [
        Worker(
            one["name"],
            frozenset(map(tuple, one["roles"])),
            one.get("share", 1.0),
            frozenset().union(*(days for name, days in away if name == one["name"])),
        )
        for one in people
    ]
