"""`foerderweg routes`, `explain`, `export`: what a route is worth before and after it runs."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from web.cli.connected import CommandError, database, folder_named
from web.cli.people_commands import Add, group_of
from workflow import publish, publishable, routes
from workflow.engine.case import Actor
from workflow.engine.explain import Deadline
from workflow.engine.parsing import parse_route
from workflow.engine.route import Route
from workflow.engine.staffing import gaps
from workflow.engine.tables import Fact
from workflow.errors import RouteError
from workflow.funding import programme_page, route_page
from workflow.funding.plain import load_yaml
from workflow.funding.programme import Bundle, Programme, load_folder
from workflow.interchange.bpmn import bpmn
from workflow.interchange.layout import lay_out
from workflow.interchange.xes import xes
from workflow.proposing import from_screens, try_letters
from workflow.settings import FIRST_PROGRAMME
from workflow.store import queries
from workflow.texts import ZURICH, label, local_datetime

READER = Actor("command line", frozenset({("", "auditor")}))
MOVER = Actor("command line")


def add_to(add: Add) -> None:
    """Add these commands to the command line."""
    group = group_of(add, "routes", "check, draw, compare and change routes")
    checks = group("check", _check, "is each of these routes, or the whole folder, safe to publish?")
    checks.add_argument("files", nargs="*", type=Path, help="route files of the folder (default: all of it)")
    folder_option(checks)
    checks.add_argument(
        "--staff",
        type=Path,
        help="people.yaml: can every step be staffed, with one person away and one recused?",
    )
    store = group("publish", _publish, "store a programme's folder whole, for new applications")
    store.add_argument(
        "--programme", type=folder_named, help="folder (default: that of FOERDERWEG_PROGRAMME)"
    )
    store.add_argument(
        "--replace",
        action="store_true",
        help="also what people have published in the screens since: it is undone",
    )
    diagram = group("diagram", _diagram, "write each route as BPMN 2.0, one file a route")
    folder_option(diagram)
    diagram.add_argument("--lang", help="language of the titles (default: the programme's own)")
    diagram.add_argument("--out", type=Path, default=Path(), help="folder for the files (default: here)")
    replay = group("replay", _replay, "what would have become of past cases on the routes of a folder")
    replay.add_argument(
        "programme", type=folder_named, metavar="NEW", help="folder, or the name of one that comes along"
    )
    replay.add_argument("--since", type=date.fromisoformat, required=True, help="the first day")
    migrate = group("migrate", _migrate, "let running cases follow the published version")
    migrate.add_argument("--dry-run", action="store_true", help="only say what would move, and what cannot")

    export = group_of(add, "export", "what leaves the program for other programs")
    mining = export("xes", _export_xes, "every case's events as XES, for process mining")
    mining.add_argument("file", type=Path)
    mining.add_argument("--names", action="store_true", help="case numbers and ids as they are")

    explain = add("explain", _explain, "why a case stands where it stands")
    explain.add_argument("number", help="such as KIP3-2027-00001")


def folder_option(parser: argparse.ArgumentParser) -> None:
    """The programme whose routes are meant."""
    parser.add_argument(
        "--programme", type=folder_named, default=FIRST_PROGRAMME, help="folder (default: %(default)s)"
    )


def _check(options: argparse.Namespace) -> int:
    bundle = load_folder(options.programme)
    if wrong := list(programme_page.misread(bundle.programme)):
        print(*(f"programme: {one}" for one in wrong), sep="\n")
        return 1
    programme = Programme.parse(bundle.programme)
    routes = publishable.parsed_routes(bundle, programme)
    found: list[RouteError] = []
    gaps_found = 0
    for code, raw in _chosen(options, bundle.routes).items():
        try:
            found_here = list(route_page.misread(raw))
            if not found_here:
                route = parse_route(publishable.compiled(raw, programme.tables))
                found_here = publishable.findings(bundle, programme, route, routes)
        except RouteError as error:
            found_here = [error]
        for finding in found_here:
            print(f"{code}: {finding}")
        found += found_here
        if options.staff and not found_here:
            gaps_found += _check_staff(code, route, programme, options.staff)
        if not found_here:
            print(f"{code}: sound, {len(route.steps)} steps")
    if not options.files and not found:
        found += _check_rest(bundle)
    return 1 if found or gaps_found else 0


def _check_rest(bundle: Bundle) -> list[RouteError]:
    """What publishing asks of a folder whose routes are sound: the other parts, and every letter once."""
    found = list(publishable.problems(bundle))
    for problem in found:
        print(f"programme: {problem}")
    if not found:
        try_letters(bundle, now=datetime.now(UTC))
        print(f"the programme can be published: {len(bundle.forms)} forms, {len(bundle.letters)} letters")
    return found


def _chosen(options: argparse.Namespace, known: Mapping[str, dict[str, Any]]) -> Mapping[str, dict[str, Any]]:
    return {file.stem: load_yaml(file) for file in options.files} or known


def _check_staff(code: str, route: Route, programme: Programme, file: Path) -> int:
    people = staff_of(file)
    mails = {one["email"]: one["name"] for one in people}
    deputies = {one["name"]: mails[one["deputy"]] for one in people if one.get("deputy") in mails}
    roles = {one["name"]: frozenset(map(tuple, one["roles"])) for one in people}
    today = datetime.now(ZURICH).date()
    found = gaps(route, roles, _domain(programme, route), today, deputies)
    for gap in found:
        causes = [f"{gap.away} is away"] if gap.away else []
        causes += [f"{gap.recused} is recused"] if gap.recused else []
        when = f"while {' and '.join(causes)}" if causes else "already"
        when += f" from {gap.since:%d.%m.%Y} on" if gap.since > today else ""
        case = ", ".join(f"{name}={value}" for name, value in gap.facts.items() if value is not False)
        print(
            f"{code}: not_staffed at={gap.step} rule={gap.rule} who={gap.who} {when} ({case or 'any case'})"
        )
    return len(found)


def staff_of(file: Path) -> list[dict[str, Any]]:
    """The people of a people.yaml: name, roles; maybe deputy (mail address), share (of a full post)."""
    staff: list[dict[str, Any]] | None = load_yaml(file).get("staff")
    if not staff:
        raise CommandError(f"{file}: there are no people under `staff`")
    return staff


def _domain(programme: Programme, route: Route) -> dict[str, list[Fact | None]]:
    """What the programme says that the facts of a route can be."""
    own: list[Fact | None] = [one.code for one in programme.offices.values() if one.own_measures]
    known: dict[str, list[Fact | None]] = {
        "area": list(programme.areas),
        "target_group": list(programme.labels["target_groups"]),
        "applicant_office": [None, *own],
        "decided_by": list(programme.remedy["authorities"]),
    }
    flags: dict[str, list[Fact | None]] = {
        name: [True, False] for name, kind in route.facts.items() if kind == "flag"
    }
    return {**flags, **known}


def _publish(options: argparse.Namespace) -> int:
    with database(options.env) as (db, settings):
        folder, now = options.programme or settings.programme, datetime.now(UTC)
        if not options.replace and from_screens(db):
            print(
                "Nothing is published: people change this programme in the screens now."
                " With --replace the folder takes the place of what they have published.",
                file=sys.stderr,
            )
            return 0
        try_letters(publishable.checked(folder)[0], now=now)
        name = publish.publish_folder(db, folder, now)
    print(f"{name[:12]} is what new applications follow; running ones stay on their version.")
    return 0


def _diagram(options: argparse.Namespace) -> int:
    _, programme, compiled_routes = publishable.checked(options.programme)
    lang = options.lang or programme.languages[0]
    if lang not in programme.spoken:
        raise CommandError(f"the programme speaks {', '.join(programme.spoken)}, not {lang}")

    def lane(code: str) -> str:
        office, _, role = code.partition(":")
        named = [label(programme.offices[office].title, lang)] if office in programme.offices else []
        roles = programme.labels["roles"]
        return ", ".join(named + ([label(roles[role], lang)] if role in roles else []))

    options.out.mkdir(parents=True, exist_ok=True)
    for code, raw in compiled_routes.items():
        route = parse_route(raw)
        path = options.out / f"{code}.bpmn"
        path.write_bytes(bpmn(route, lay_out(route, raw, lang, lane)))
        print(path)
    return 0


def _replay(options: argparse.Namespace) -> int:
    _, _, compiled_routes = publishable.checked(options.programme)
    since = datetime.combine(options.since, datetime.min.time(), ZURICH)
    with database(options.env) as (db, _):
        same = other = 0
        for one in routes.replayed(db, compiled_routes, since):
            for what in one.now.ignored:
                print(f"{one.number}: no place for what was done at {what}")
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
        now = datetime.now(UTC)
        told = routes.moves(db, now) if options.dry_run else routes.migrate(db, MOVER, now)
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


def _deadline(one: Deadline, holidays: Mapping[date, str]) -> Iterator[str]:
    """One deadline, taken apart."""
    due, since = local_datetime(one.due_at), local_datetime(one.since)
    yield f"{one.step}: due {due}, {one.days} working days from {since}"
    closed = ", ".join(f"{day:%d.%m.%Y} {holidays[day]}" for day in one.closed) or "none"
    yield f"  not counted: {one.weekends} weekend days; holidays: {closed}"
    if one.extended or one.suspended:
        yield f"  of these {one.extended} by extension and {one.suspended} because it stood still"
    left = f"left {local_datetime(one.until)}" if one.until else "still running"
    late = f", {one.late} too late" if one.late else ""
    theirs = one.used if one.applicant else 0
    yield f"  {left} after {one.used} working days{late}, {theirs} of them with the applicant"


def _explain(options: argparse.Namespace) -> int:
    with database(options.env) as (db, _):
        case_id = queries.id_of(db, options.number)
        found = (
            queries.explanation(db, READER, case_id, now=datetime.now(UTC), lang="en") if case_id else None
        )
    if found is None:
        raise CommandError(f"there is no case {options.number}")
    print(f"{options.number} stands at {found.step}")
    print(f"{found.days} working days since the submission, {found.waited} of them with the applicant")
    for one in found.deadlines:
        print("\n".join(_deadline(one, found.holidays)))
    for standing in found.standings:
        print(f"{standing.person}: {standing.refusal or 'may act now'}")
    for read in found.routings:
        facts = ", ".join(f"{name}={value}" for name, value in read.facts.items())
        row = "else" if read.row is None else f"row {read.row + 1}"
        print(f"{read.step}{f'/{read.seat}' if read.seat else ''}: {row} ({facts}) → {read.result}")
    return 0
