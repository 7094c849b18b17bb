"""`foerderweg routes`, `simulate`, `explain`, `export`: what a route is worth before and after it runs."""

from __future__ import annotations

import argparse
import csv
import secrets
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa

from web.cli.connected import CommandError, database
from web.cli.people_commands import Add, group_of
from web.cli.progress import progress
from workflow import routes
from workflow.engine.calendar import Calendar
from workflow.engine.case import Actor
from workflow.engine.route import Route, parse_route
from workflow.engine.simulation import Habits, Played, Worker, bottlenecks, percentile, simulate
from workflow.engine.soundness import check
from workflow.engine.staffing import gaps
from workflow.engine.tables import Fact, Facts
from workflow.errors import RouteError
from workflow.funding.programme import Programme, load_folder, load_yaml
from workflow.interchange.bpmn import bpmn
from workflow.interchange.layout import lay_out
from workflow.interchange.xes import xes
from workflow.publish import compiled
from workflow.settings import FIRST_PROGRAMME, programme_folder
from workflow.store import queries
from workflow.texts import ZURICH, label, local_datetime

READER = Actor("command line", frozenset({("", "auditor")}))
MOVER = Actor("command line")
HOURS = {
    "coordinator": 1.0,
    "reviewer": 3.0,
    "head": 0.5,
    "division_head": 0.5,
    "department_head": 0.5,
    "finance": 1.0,
    "chancellery": 1.0,
}
"""Mean working hours of one piece of work, by role; a guess to be replaced by what the canton measures."""


def add_to(add: Add) -> None:
    """Add these commands to the command line."""
    group = group_of(add, "routes", "check, draw, compare and change routes")
    checks = group("check", _check, "is each of these routes safe to publish?")
    checks.add_argument("files", nargs="*", type=Path, help="route files of the folder (default: all)")
    _folder(checks)
    checks.add_argument("--staff", type=Path, help="people.yaml: can every step be staffed, one person away?")
    diagram = group("diagram", _diagram, "write each route as BPMN 2.0, one file a route")
    _folder(diagram)
    diagram.add_argument("--lang", help="language of the titles (default: the programme's own)")
    diagram.add_argument("--out", type=Path, default=Path(), help="folder for the files (default: here)")
    replay = group("replay", _replay, "what would have become of past cases on the routes of a folder")
    _folder(replay)
    replay.add_argument("--since", type=date.fromisoformat, required=True, help="the first day")
    migrate = group("migrate", _migrate, "let running cases follow the published version")
    migrate.add_argument("--dry-run", action="store_true", help="only say what would move, and what cannot")

    play = add("simulate", _simulate, "play made-up applications with made-up people, on a virtual clock")
    _folder(play)
    play.add_argument("--route", help="of one route alone (default: as the amounts say)")
    play.add_argument("--cases", type=int, default=1000)
    play.add_argument("--days", type=int, default=365, help="over so many days they arrive (default: a year)")
    play.add_argument("--staff", type=Path, help="people.yaml (default: the folder's demo/people.yaml)")
    play.add_argument("--without", action="append", default=[], metavar="NAME[:FROM:TO]", help="who is away")
    play.add_argument("--seed", type=int, default=7)
    play.add_argument("--csv", type=Path, help="write one line a case")

    export = group_of(add, "export", "what leaves the program for other programs")
    mining = export("xes", _export_xes, "every case's events as XES, for process mining")
    mining.add_argument("file", type=Path)
    mining.add_argument("--names", action="store_true", help="case numbers and ids as they are")

    explain = add("explain", _explain, "why a case stands where it stands")
    explain.add_argument("number", help="such as KIP3-2027-00001")


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--programme", type=programme_folder, default=FIRST_PROGRAMME, help="folder (default: %(default)s)"
    )


def _check(options: argparse.Namespace) -> int:
    bundle = load_folder(options.programme)
    programme = Programme.parse(bundle.programme)
    found = 0
    for code, raw in _chosen(options, bundle.routes).items():
        try:
            route = parse_route(compiled(raw, programme.tables))
            findings = check(
                route,
                offices=frozenset(programme.offices),
                roles=frozenset(programme.labels["roles"]),
                stages=frozenset(programme.labels["stages"]),
                statuses=frozenset(programme.labels["statuses"]),
                forms=frozenset(bundle.forms),
                letters=frozenset(bundle.letters),
                own_measures=frozenset(one.code for one in programme.offices.values() if one.own_measures),
            )
        except RouteError as error:
            findings = [error]
        for finding in findings:
            print(f"{code}: {finding}")
        found += len(findings)
        if options.staff and not findings:
            found += _check_staff(code, route, programme, options.staff)
        if not findings:
            print(f"{code}: sound, {len(route.steps)} steps")
    return 1 if found else 0


def _chosen(options: argparse.Namespace, known: Mapping[str, dict[str, Any]]) -> Mapping[str, dict[str, Any]]:
    return {file.stem: load_yaml(file) for file in options.files} or known


def _check_staff(code: str, route: Route, programme: Programme, file: Path) -> int:
    people = _people(file)
    mails = {one["email"]: one["name"] for one in people}
    deputies = {one["name"]: mails[one["deputy"]] for one in people if one.get("deputy") in mails}
    roles = {one["name"]: frozenset(map(tuple, one["roles"])) for one in people}
    found = gaps(route, roles, _domain(programme, route), deputies)
    for gap in found:
        when = f"while {gap.away} is away" if gap.away else "already"
        case = ", ".join(f"{name}={value}" for name, value in gap.facts.items() if value is not False)
        print(
            f"{code}: not_staffed at={gap.step} rule={gap.rule} who={gap.who} {when} ({case or 'any case'})"
        )
    return len(found)


def _people(file: Path) -> list[dict[str, Any]]:
    staff: list[dict[str, Any]] = load_yaml(file)["staff"]
    return staff


def _domain(programme: Programme, route: Route) -> dict[str, list[Fact | None]]:
    """What the programme says that the facts of a route can be."""
    own: list[Fact | None] = [one.code for one in programme.offices.values() if one.own_measures]
    known: dict[str, list[Fact | None]] = {
        "area": list(programme.areas),
        "target_group": list(programme.labels["target_groups"]),
        "applicant_office": [None, *own],
    }
    flags: dict[str, list[Fact | None]] = {
        name: [True, False] for name, kind in route.facts.items() if kind == "flag"
    }
    return {**flags, **known}


def _diagram(options: argparse.Namespace) -> int:
    programme, compiled_routes = routes.checked(options.programme)
    lang = options.lang or programme.languages[0]

    def lane(code: str) -> str:
        office, _, role = code.partition(":")
        named = [label(programme.offices[office].title, lang)] if office in programme.offices else []
        roles = programme.labels["roles"]
        return ", ".join(named + ([label(roles[role], lang)] if role in roles else []))

    for code, raw in compiled_routes.items():
        route = parse_route(raw)
        path = options.out / f"{code}.bpmn"
        path.write_bytes(bpmn(route, lay_out(route, raw, lang, lane)))
        print(path)
    return 0


def _replay(options: argparse.Namespace) -> int:
    _, compiled_routes = routes.checked(options.programme)
    since = datetime.combine(options.since, datetime.min.time(), ZURICH)
    with database(options.env) as (db, _):
        same = other = 0
        for one in routes.replayed(db, compiled_routes, since):
            if one.then == one.now:
                same += 1
                continue
            other += 1
            print(f"{one.number}: {_run(one.then)}  →  {_run(one.now)}")
            if one.then.way != one.now.way:
                print(f"    {' → '.join(one.then.way)}\n    {' → '.join(one.now.way)}")
        print(f"{same} would have gone the same way in the same time, {other} otherwise.")
    return 0


def _run(run: Any) -> str:
    return f"{run.ending or f'open at {run.open_at}'} after {run.days} working days"


def _migrate(options: argparse.Namespace) -> int:
    with database(options.env) as (db, _):
        told = routes.moves(db) if options.dry_run else routes.migrate(db, MOVER, datetime.now(UTC))
    for move in told:
        verdict = move.hindrance or ("would move" if options.dry_run else "moved")
        print(f"{move.number}  {move.step:<24} {verdict}")
    stay = Counter(move.hindrance.split(":")[0] for move in told if move.hindrance)
    print(f"{len(told) - stay.total()} of {len(told)} running cases on older versions can follow.")
    for why, count in stay.most_common():
        print(f"{count} stay: {why}")
    return 0


def _export_xes(options: argparse.Namespace) -> int:
    secret = None if options.names else secrets.token_bytes(32)  # forgotten afterwards: nobody can go back
    with database(options.env) as (db, _), options.file.open("w", encoding="utf-8") as out:
        out.writelines(xes(routes.log(db), secret))
    print(options.file)
    return 0


def _explain(options: argparse.Namespace) -> int:
    with database(options.env) as (db, _):
        with db.connect() as tx:
            query = sa.text("SELECT id FROM cases WHERE number = :number")
            case_id = tx.execute(query, {"number": options.number}).scalar_one_or_none()
        found = queries.explanation(db, READER, case_id, now=datetime.now(UTC)) if case_id else None
    if found is None:
        raise CommandError(f"there is no case {options.number}")
    print(f"{options.number} stands at {found.step}")
    print(f"{found.days} working days since the submission, {found.waited} of them with the applicant")
    if found.deadline:
        one = found.deadline
        closed = ", ".join(f"{day:%d.%m.%Y}" for day in one.closed) or "none"
        print(f"due {local_datetime(one.due_at)}: {one.days} working days from {local_datetime(one.since)}")
        print(f"  {one.weekends} weekend days and these holidays do not count: {closed}")
        print(f"  of these {one.extended} by extension and {one.suspended} because it stood still")
    for standing in found.standings:
        print(f"{standing.person}: {standing.refusal or 'may act now'}")
    for read in found.routings:
        facts = ", ".join(f"{name}={value}" for name, value in read.facts.items())
        row = "else" if read.row is None else f"row {read.row + 1}"
        print(f"{read.step}{f'/{read.seat}' if read.seat else ''}: {row} ({facts}) → {read.result}")
    return 0


def _simulate(options: argparse.Namespace) -> int:
    bundle = load_folder(options.programme)
    programme = Programme.parse(bundle.programme)
    parsed = {code: parse_route(compiled(raw, programme.tables)) for code, raw in bundle.routes.items()}
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
        hours=HOURS,
        made=lambda facts: {"granted": facts["requested"], "proposed": facts["requested"]},
    )
    tell, workers = progress("cases"), _workers(_people(staff), options.without)
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
