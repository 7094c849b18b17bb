"""`foerderweg simulate`: made-up applications and people play the real routes, on a virtual clock."""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from web.cli.connected import CommandError
from web.cli.people_commands import Add
from web.cli.progress import progress
from web.cli.routes_commands import folder_option, staff_of
from workflow import publish
from workflow.engine.calendar import Calendar
from workflow.engine.parsing import parse_route
from workflow.engine.route import Route
from workflow.engine.simulation import Habits, Played, Worker, bottlenecks, percentile, simulate
from workflow.engine.tables import Fact, Facts
from workflow.funding.programme import Programme, load_folder, load_yaml
from workflow.texts import ZURICH


def add_to(add: Add) -> None:
    """Add this command to the command line."""
    play = add("simulate", _simulate, "play made-up applications with made-up people, on a virtual clock")
    folder_option(play)
    play.add_argument("--route", help="of one route alone (default: as the amounts say)")
    play.add_argument("--cases", type=int, default=1000)
    play.add_argument("--days", type=int, default=365, help="over so many days they arrive (default: a year)")
    play.add_argument("--staff", type=Path, help="people.yaml (default: the folder's demo/people.yaml)")
    play.add_argument("--without", action="append", default=[], metavar="NAME[:FROM:TO]", help="who is away")
    play.add_argument("--seed", type=int, default=7)
    play.add_argument("--csv", type=Path, help="write one line a case")


def _simulate(options: argparse.Namespace) -> int:
    bundle = load_folder(options.programme)
    programme = Programme.parse(bundle.programme)
    parsed = {
        code: parse_route(publish.compiled(raw, programme.tables)) for code, raw in bundle.routes.items()
    }
    if options.route and options.route not in parsed:
        raise CommandError(f"there is no route {options.route}, but: {', '.join(sorted(parsed))}")
    start = datetime(min(programme.years), 1, 5, 8, tzinfo=ZURICH)
    years = range(start.year, start.year + 12)
    calendar = Calendar(ZURICH, programme.office_holidays(years))
    random = Random(options.seed)
    arrivals = [
        (start + timedelta(days=at), _facts(programme, random, options.route))
        for at in sorted(random.uniform(0, options.days) for _ in range(options.cases))
    ]

    def route_of(facts: Facts) -> Route:
        return parsed[options.route or programme.size_for(facts, start.date()).route or ""]

    staff = options.staff or options.programme / "demo" / "people.yaml"
    habits = Habits(
        **load_yaml(staff).get("habits", {}),
        made=lambda facts: {"granted": facts["requested"], "proposed": facts["requested"]},
    )
    tell, workers = progress("cases"), _workers(staff_of(staff), options.without)
    played = simulate(
        route_of,
        arrivals,
        workers,
        calendar,
        habits,
        options.seed,
        lambda done: tell(done, len(arrivals)),
    )
    _tell(programme, played, options.csv, start)
    return 0


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


def _workers(people: list[dict[str, Any]], without: list[str]) -> list[Worker]:
    away: dict[str, frozenset[date]] = {}
    for said in without:
        name, *span = said.split(":")
        first, last = (date.fromisoformat(day) for day in (span or ["2000-01-01", "2099-12-31"]))
        days = min((last - first).days, 40_000)
        away[name] = frozenset(first + timedelta(days=number) for number in range(days + 1))
    unknown = set(away) - {one["name"] for one in people}
    if unknown:
        raise CommandError(f"nobody is called {', '.join(sorted(unknown))}")
    return [
        Worker(
            one["name"],
            frozenset(map(tuple, one["roles"])),
            one.get("share", 1.0),
            away.get(one["name"], frozenset()),
        )
        for one in people
    ]


def _tell(programme: Programme, played: list[Played], file: Path | None, start: datetime) -> None:
    sizes = {id(one): programme.size_for(one.facts, start.date()).code for one in played}
    print(f"\n{'':<22}{'cases':>7}{'median':>9}{'90 %':>7}{'late':>7}   working days")
    for size in programme.sizes:
        _line(size.code, [one for one in played if sizes[id(one)] == size.code])
    for area in programme.areas:
        _line(area, [one for one in played if one.facts["area"] == area])
    _line("all", played)
    print("\nWho is waited for the longest (days from asking to done):")
    for who, count, median, ninety in list(bottlenecks(played))[:8]:
        bar = "█" * min(40, round(ninety))
        print(f"  {who:<36}{count:>6}{median:>8.1f}{ninety:>8.1f}  {bar}")
    ends = Counter(one.ending for one in played).most_common()
    print(
        "\nHow they ended: "
        + ", ".join(f"{end or 'nobody left who may go on'} {count}" for end, count in ends)
    )
    if file:
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(["size", "area", "requested", "ending", "working_days", "late"])
            for one in played:
                writer.writerow(
                    [
                        sizes[id(one)],
                        one.facts["area"],
                        one.facts["requested"],
                        one.ending,
                        one.days,
                        one.late,
                    ]
                )
        print(f"One line a case: {file}", file=sys.stderr)


def _line(name: str, played: list[Played]) -> None:
    if played:
        days = [float(one.days) for one in played]
        late = sum(one.late > 0 for one in played)
        print(
            f"{name:<22}{len(played):>7}{percentile(days, 0.5):>9.0f}{percentile(days, 0.9):>7.0f}{late:>7}"
        )
