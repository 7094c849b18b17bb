"""`foerderweg init`, `people`, `absences`, `organisations`: who there is, by command and by CSV file."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

from web.cli.connected import CommandError, database
from web.cli.system import publish
from workflow import people, publishable
from workflow.errors import Invalid, Refused
from workflow.people import Absence, Changes, Organisation, Person
from workflow.proposing import from_screens, try_letters
from workflow.store import queries

Command = Callable[[argparse.Namespace], int]

WORDS = {
    "empty": "is empty",
    "no_address": "is no mail address",
    "unknown": "is not known: {value}",
    "ends_before_it_begins": "lies before first_day",
    "own_deputy": "is the person who is away",
    "away_already": "some of these days lie in another absence too",
    "office_and_kind": "is for kind office, and for that kind needed",
}


class Add(Protocol):
    """Adds one command to a parser."""

    def __call__(self, name: str, command: Command, text: str) -> argparse.ArgumentParser: ...


def add_to(add: Add) -> None:
    """Add these commands to the command line."""
    init = add("init", _init, "publish the programme and make the first administrator, with a one-time link")
    init.add_argument("--email", required=True)
    init.add_argument("--name", required=True)

    group = group_of(add, "people", "who may sign in, and with which roles")
    group("list", _list_people, "everybody with their roles")
    put = group("put", _put_person, "one person as given; a new one is invited by mail")
    put.add_argument("email")
    put.add_argument("--name", required=True)
    put.add_argument("--language", default="", help="default: the programme's own")
    put.add_argument("--roles", default="", help="all roles, as office:role, separated by spaces")
    _invitation(put)
    for name, command, text in (
        ("invite", _invite, "send a person a link once more"),
        ("leave", _leave, "somebody has left: no way in any more"),
    ):
        group(name, command, text).add_argument("email")
    _invitation(_import(group, _import_people, "columns: email, name, language, roles (office:role …)"))

    group = group_of(add, "absences", "who is away, and who stands in")
    group("list", _list_absences, "all absences by day")
    drop = group("remove", _remove_absence, "an absence that is none")
    drop.add_argument("email")
    drop.add_argument("first_day", type=date.fromisoformat, help="as 2027-02-15")
    _import(group, _import_absences, "columns: person, first_day, last_day, deputy (days as 2027-02-15)")

    group = group_of(add, "organisations", "who applies")
    group("list", _list_organisations, "all organisations by name")
    _import(
        group,
        _import_organisations,
        "columns: code, name, legal_form, street, postcode, town, kind (non_state, institution, office),"
        " office, members (email:read+draft+sign …)",
    )


def group_of(add: Add, name: str, text: str) -> Add:
    """A command that has commands of its own."""
    commands = add(name, lambda _options: 2, text).add_subparsers(required=True, metavar="COMMAND")

    def add_inner(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    return add_inner


def _import(group: Add, command: Command, text: str) -> argparse.ArgumentParser:
    added = group("import", command, f"a CSV file with a first line that names its {text}")
    added.add_argument("file", type=Path)
    added.add_argument("--dry-run", action="store_true", help="only say what would change")
    return added


def _invitation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-invitation", action="store_true", help="send new people no mail")


def _init(options: argparse.Namespace) -> int:
    with database(options.env) as (db, settings):
        if not from_screens(db):
            try_letters(publishable.checked(settings.programme)[0], now=datetime.now(UTC))
        publish(settings)
        programme = queries.programme(db).programme
        there = f"{programme.code} with {len(programme.areas)} areas, {len(programme.offices)} offices."
        print(f"{'People have published' if from_screens(db) else 'Published'} {there}")
        try:
            link = people.first_administrator(db, options.email, options.name, now=datetime.now(UTC))
        except Refused as error:
            raise CommandError(f"there is an administrator already: {error.params['email']}") from error
        print(f"{link.email} is the first administrator and chooses a password within 24 hours here, once:")
        print(f"{settings.base_url}/account/link/{link.token}")
    return 0


def _list_people(options: argparse.Namespace) -> int:
    with database(options.env) as (db, _):
        _table(["email", "name", "language", "roles"], people.everybody(db))
    return 0


def _put_person(options: argparse.Namespace) -> int:
    roles = tuple(sorted(options.roles.split()))
    row = Person(options.email.strip().lower(), options.name, options.language, roles)
    with database(options.env) as (db, _):
        _tell(lambda: people.put_people(db, [row], now=datetime.now(UTC), invite=not options.no_invitation))
    return 0


def _invite(options: argparse.Namespace) -> int:
    with database(options.env) as (db, _):
        _known(people.invite(db, options.email, now=datetime.now(UTC)), options.email)
    print("The mail goes out with the next round of the workers.")
    return 0


def _leave(options: argparse.Namespace) -> int:
    with database(options.env) as (db, _):
        _known(people.leave(db, options.email, now=datetime.now(UTC)), options.email)
    return 0


def _known(found: bool, email: str) -> None:
    if not found:
        raise CommandError(f"there is nobody with the address {email}")


def _import_people(options: argparse.Namespace) -> int:
    rows = [
        Person(row["email"].lower(), row["name"], row["language"], _several(row["roles"]))
        for row in _read(options.file, ("email", "name", "language", "roles"))
    ]
    now, invite = datetime.now(UTC), not options.no_invitation
    with database(options.env) as (db, _):
        _tell(lambda: people.put_people(db, rows, now=now, dry_run=options.dry_run, invite=invite))
    return 0


def _list_absences(options: argparse.Namespace) -> int:
    with database(options.env) as (db, _):
        _table(["email", "first_day", "last_day", "deputy"], people.absences(db))
    return 0


def _remove_absence(options: argparse.Namespace) -> int:
    with database(options.env) as (db, _):
        if not people.drop_absence(db, options.email, options.first_day):
            raise CommandError(f"{options.email} has no absence that begins on {options.first_day}")
    return 0


def _import_absences(options: argparse.Namespace) -> int:
    columns = ("person", "first_day", "last_day", "deputy")
    rows = [
        Absence(
            row["person"].lower(),
            _day(options.file, line, "first_day", row),
            _day(options.file, line, "last_day", row),
            row["deputy"].lower(),
        )
        for line, row in enumerate(_read(options.file, columns), 2)
    ]
    with database(options.env) as (db, _):
        _tell(lambda: people.put_absences(db, rows, dry_run=options.dry_run))
    return 0


def _list_organisations(options: argparse.Namespace) -> int:
    with database(options.env) as (db, _):
        _table(["name", "kind", "legal_form", "town", "members"], people.organisations(db))
    return 0


def _import_organisations(options: argparse.Namespace) -> int:
    columns = ("code", "name", "legal_form", "street", "postcode", "town", "kind", "office", "members")
    rows = [
        Organisation(**{**row, "kind": row["kind"] or "non_state", "members": _several(row["members"])})
        for row in _read(options.file, columns)
    ]
    with database(options.env) as (db, _):
        _tell(lambda: people.put_organisations(db, rows, dry_run=options.dry_run))
    return 0


def _read(file: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of a CSV file as spreadsheets write it: UTF-8, with , or ; between the columns."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read as UTF-8 text: {error}") from error
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    named = [name.strip() for name in reader.fieldnames or ()]
    if wrong := set(named) ^ set(columns):
        raise CommandError(f"{file}, line 1: the columns should be {', '.join(columns)}; see {sorted(wrong)}")
    reader.fieldnames = named
    for row in reader:
        if None in row or None in row.values():
            raise CommandError(f"{file}, line {reader.line_num}: {len(columns)} columns are needed")
        yield {name: " ".join(value.split()) for name, value in row.items()}


def _several(text: str) -> tuple[str, ...]:
    return tuple(sorted(text.split()))


def _day(file: Path, line: int, column: str, row: Mapping[str, str]) -> date:
    try:
        return date.fromisoformat(row[column])
    except ValueError as error:
        raise CommandError(f"{file}, line {line}, {column}: should be a day as 2027-02-15") from error


def _tell(put: Callable[[], Changes]) -> None:
    """Say what changed, or in which line and column what is wrong."""
    try:
        changes = put()
    except Invalid as error:
        lines = []
        for path, found in error.fields.items():
            row, column = path.split(".")
            lines += [
                f"line {int(row) + 2}, {column}: {WORDS[one.code].format(**one.params)}" for one in found
            ]
        raise CommandError("nothing was changed:\n  " + "\n  ".join(lines)) from error
    for key in changes.new:
        print(f"new       {key}")
    for key, differs in changes.changed:
        said = "; ".join(f"{name}: {_shown(was)} → {_shown(now)}" for name, (was, now) in differs.items())
        print(f"changed   {key}  {said}")
    print(f"{len(changes.new)} new, {len(changes.changed)} changed, {changes.unchanged} unchanged")


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    lines = [columns, *([_shown(row[name]) for name in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _shown(value: Any) -> str:
    return (" ".join(value) if isinstance(value, tuple) else str(value)) or "–"
