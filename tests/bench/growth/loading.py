"""A database of any size: the demo's year, as the store's own code wrote it, copied.

Every copy has ids, a number, days, a title, an organisation and officials of its own, and its hashes are
computed anew, so that `foerderweg verify` finds nothing wrong with it but
credits that no programme has published. Rows go in by COPY, from as many
processes as there are cores; all indexes, those of keys too, are built afterwards.
"""

from __future__ import annotations

import hashlib
import itertools
import multiprocessing
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg import sql

from workflow.engine.canonical import canonical
from workflow.store import stages
from workflow.store.journal import entry_of
from workflow.store.tables import metadata
from workflow.store.writing import WORDS as WORDS_OF_A_PROJECT

WORDS = (
    ("Gundeli", "Bachletten", "Klybeck", "Matthäus", "Breite", "Iselin", "Wettstein", "Neubad", "Bruderholz"),
    ("Kochen", "Singen", "Lesen", "Turnen", "Nähen", "Gärtnern", "Malen", "Werken", "Wandern", "Trommeln"),
    ("Frauen", "Väter", "Kinder", "Jugendliche", "Eltern", "Nachbarinnen", "Lernende", "Ältere", "Lehrlinge"),
)
OPEN_EVERY = 16
"""One case in so many is on its way, all others have ended."""
FEW_EVENTS = 17
"""What has ended is a copy of a small application, the most frequent: the goal says about ten events each."""
FULL_EVERY, FULL_OFFICE = 4, "adult_education"
"""While lists are filled, one case in so many is open, and waits for this office or has passed it."""
ORGANISATIONS_EVERY, OFFICIALS_EVERY = 250, 20_000
"""After so many copies come other organisations (a tenth of the cases), and other officials (a 500th)."""
NAMESAKES = 20
"""So many copies have a word in common that is in no other; each word of WORDS is in every ninth or tenth."""
ENDED_DAYS, OPEN_DAYS = 3650, 20
AT_ONCE = 1000
FREE = 10**15
"""Rappen on every budget line, so that no copy is refused for want of money."""

OWN_WORDS = f"""
CREATE FUNCTION own_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  NEW.words := (SELECT {WORDS_OF_A_PROJECT.format()} FROM (SELECT NEW.answers) a);
  RETURN NEW;
END $$;
CREATE TRIGGER own_words BEFORE INSERT ON applications FOR EACH ROW WHEN (NEW.words IS NOT NULL)
  EXECUTE FUNCTION own_words();
ALTER TABLE applications ENABLE ALWAYS TRIGGER own_words"""

Connect = Callable[[], psycopg.Connection]
"""A superuser's connection to the database, each statement in its own transaction."""

UUIDS = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
DAYS = r"\d{4}-\d\d-\d\d(?=[ T]\d\d:\d\d)"


@dataclass(frozen=True, slots=True)
class Cut:
    """A text with its changing parts cut out. `parts`: what stands there in the original."""

    text: str
    parts: tuple[str, ...]

    def with_new(self, new: Mapping[str, str]) -> str:
        return self.text % tuple([new[part] for part in self.parts])


@dataclass(frozen=True, slots=True)
class Original:
    """One application with all that belongs to it. `rows`: by table, as COPY has them.

    `contents`: hash → canonical text that it covers; `events`: (hash, canonical text behind the head).
    """

    rows: Mapping[str, Cut]
    contents: Mapping[str, Cut]
    events: Sequence[tuple[str, Cut, int]]
    own: frozenset[str]
    days: frozenset[str]
    organisation: str
    number: str
    title: str
    ended: bool
    fills: bool


@dataclass(slots=True)
class Growth:
    """A database that gets bigger and bigger. `copies`: made so far; `companies`: organisations to copy.

    Of the copies, which of the originals each is, in turn: the first `fill` by `filling`, then by `plan`.
    """

    connect: Connect
    fill: int
    filling: Sequence[Original]
    plan: Sequence[Original]
    people: Sequence[str]
    companies: Sequence[str]
    copies: int = 0

    def to(self, cases: int, tell: Callable[[int, int], None]) -> None:
        """Copies, until there are so many cases. `tell`: (done, of how many)."""
        with self.connect() as db:
            more = cases - _count(db, "SELECT count(*) FROM cases")
            _lay_down_indexes(db)
            self._copy_people(db, self.copies, self.copies + more)
        numbers = range(self.copies + 1, self.copies + more + 1)
        method = multiprocessing.get_context("spawn")
        cores, done = os.cpu_count() or 1, method.Queue()
        workers = [
            method.Process(target=_copy, args=(self, numbers[start::cores], done)) for start in range(cores)
        ]
        for worker in workers:
            worker.start()
        while self.copies < numbers[-1]:
            self.copies += done.get(timeout=300)
            tell(more - (numbers[-1] - self.copies), more)
        for worker in workers:
            worker.join()
        with self.connect() as db:
            _take_up_indexes(db)
            _settle(db)

    def _copy_people(self, db: psycopg.Connection, before: int, after: int) -> None:
        """Officials with their roles, and organisations, as many as the copies name."""
        db.execute("SET session_replication_role = replica")
        for table, key, ids, every in (
            ("persons", "id", self.people, OFFICIALS_EVERY),
            ("staff_roles", "person_id", self.people, OFFICIALS_EVERY),
            ("organisations", "id", self.companies, ORGANISATIONS_EVERY),
        ):
            described = metadata.tables[table]
            pattern = re.compile("|".join(ids) + r"|[\w.+-]+@(?=[\w.-]+\.\w+)|CHE-\d{3}\.\d{3}\.\d{3}")
            cuts = [_cut(_text(db, described, key, UUID(one)), pattern) for one in ids]
            for number in range(before // every + 1, after // every + 1):
                text = "".join(
                    one.with_new(
                        {
                            part: _another(part, number) if part in ids else f"{number}.{part}"
                            for part in one.parts
                        }
                    )
                    for one in cuts
                )
                _into(db, table, _columns(described), text)


def growth(connect: Connect, fill: int = 0) -> Growth:
    """What is there now is what will be copied. An office's own organisation has no second one.

    `fill`: so many first copies fill the lists of FULL_OFFICE, so that pages are full from then on, and what
    is measured is how they grow with what they do not show.
    """
    with connect() as db:
        companies = db.execute("SELECT id FROM organisations WHERE office IS NULL ORDER BY id").fetchall()
        originals = _originals(db)
        running = [one for one in originals if not one.ended]
        return Growth(
            connect,
            fill,
            _plan(originals, [one for one in running if one.fills], FULL_EVERY) if fill else [],
            _plan(originals, running, OPEN_EVERY),
            _ids(db, "persons"),
            [str(row[0]) for row in companies],
        )


def _plan(originals: Sequence[Original], running: Sequence[Original], every: int) -> list[Original]:
    """Which original each copy is of, in turn: one in so many of those running, all others have ended."""
    ended = itertools.cycle(one for one in originals if one.ended and len(one.events) <= FEW_EVENTS)
    return [one for open_one in running for one in (open_one, *itertools.islice(ended, every - 1))]


def _originals(db: psycopg.Connection) -> list[Original]:
    """The applications that belong to no other one."""
    ids = [
        row[0]
        for row in db.execute(
            "SELECT a.id FROM applications a LEFT JOIN cases c ON c.id = a.id"
            " WHERE a.predecessor_id IS NULL AND c.parent_id IS NULL AND NOT EXISTS"
            " (SELECT FROM cases d WHERE d.parent_id = a.id) AND NOT EXISTS"
            " (SELECT FROM applications b WHERE b.predecessor_id = a.id) ORDER BY a.saved_at, a.id"
        )
    ]
    people = frozenset(_ids(db, "persons"))
    return [_original(db, one, people) for one in ids]


def _original(db: psycopg.Connection, application: UUID, people: frozenset[str]) -> Original:
    row = db.execute(
        "SELECT a.organisation_id, c.number, c.title, c.ending IS NOT NULL,"
        " EXISTS (SELECT FROM work_items w WHERE w.case_id = c.id AND w.office = %s)"
        " FROM applications a LEFT JOIN cases c ON c.id = a.id WHERE a.id = %s",
        (FULL_OFFICE, application),
    ).fetchone()
    assert row is not None
    organisation, number, title = str(row[0]), row[1] or "-", row[2] or "-"
    texts = {table.name: _text(db, table, key, application) for table, key in _tables()}
    texts = {name: text for name, text in texts.items() if text}
    whole = "".join(texts.values())
    own = frozenset(re.findall(UUIDS, whole)) - people - {organisation}
    kept = db.execute(
        "SELECT hash, step, written_by, data FROM contents WHERE case_id = %s", (application,)
    ).fetchall()
    contents = {
        name: canonical({"step": step, "by": by, "data": data}).decode() for name, step, by, data in kept
    }
    happened = list(_events(db, application))
    changing = [
        UUIDS,
        DAYS,
        *(re.escape(one) for one in (*contents, *(name for name, _, _ in happened))),
        *(re.escape(one) for one in (number, title) if one != "-"),
    ]
    cut = re.compile("|".join(changing))
    return Original(
        rows={name: _cut(text, cut) for name, text in texts.items()},
        contents={name: _cut(text, cut) for name, text in contents.items()},
        events=[(name, _cut(text, cut), at) for name, text, at in happened],
        own=own,
        days=frozenset(re.findall(DAYS, whole + "".join(text for _, text, _ in happened))),
        organisation=organisation,
        number=number,
        title=title,
        ended=bool(row[3]),
        fills=bool(row[4]),
    )


def _tables() -> list[tuple[sa.Table, str]]:
    """Every table with rows of one application, and the column that says of which."""
    found = []
    for table in metadata.sorted_tables:
        names = ["id"] if table.name in ("applications", "cases") else ["application_id", "case_id"]
        found += [(table, name) for name in names if name in table.c][:1]
    return found


def _text(db: psycopg.Connection, table: sa.Table, key: str, application: UUID) -> str:
    query = sql.SQL("COPY (SELECT {} FROM {} WHERE {} = {}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, _columns(table))),
        sql.Identifier(table.name),
        sql.Identifier(key),
        sql.Literal(application),
    )
    with db.cursor().copy(query) as copy:
        return b"".join(bytes(part) for part in copy).decode()


def _columns(table: sa.Table) -> list[str]:
    return [column.name for column in table.c if column.identity is None and column.computed is None]


def _events(db: psycopg.Connection, application: UUID) -> Iterator[tuple[str, str, int]]:
    """(hash, what it covers but for the head, with the moment as %AT%, the moment in microseconds)."""
    query = (
        "SELECT version, name, data, actor, at, command_id, hash FROM events"
        " WHERE case_id = %s ORDER BY version"
    )
    with db.cursor(row_factory=psycopg.rows.namedtuple_row) as cursor:
        row: Any
        for row in cursor.execute(query, (application,)):
            entry = entry_of(row)
            text = canonical([str(application), row.version, {**entry, "at": "AT"}]).decode()
            yield row.hash, text.replace('"at":"AT"', '"at":@AT@'), int(str(entry["at"]))


def _cut(text: str, changing: re.Pattern[str]) -> Cut:
    parts = tuple(changing.findall(text))
    return Cut("%s".join(one.replace("%", "%%") for one in changing.split(text)), parts)


def _ids(db: psycopg.Connection, table: str) -> list[str]:
    query = sql.SQL("SELECT id FROM {} ORDER BY id").format(sql.Identifier(table))
    return [str(row[0]) for row in db.execute(query)]


def _copy(grown: Growth, numbers: range, done: Any) -> None:
    """One process's share of the copies."""
    tables = [(table.name, _columns(table)) for table, _ in _tables()]
    companies, people = frozenset(grown.companies), tuple(grown.people)
    with grown.connect() as db:
        # keys and foreign keys hold by construction
        db.execute("SET synchronous_commit = off; SET session_replication_role = replica")
        for start in range(0, len(numbers), AT_ONCE):
            some = numbers[start : start + AT_ONCE]
            texts: dict[str, list[str]] = {name: [] for name, _ in tables}
            for number in some:
                plan = grown.filling if number <= grown.fill else grown.plan
                one = plan[number % len(plan)]
                other = _another(one.organisation, number // ORGANISATIONS_EVERY)
                new = {one.organisation: other if one.organisation in companies else one.organisation}
                new |= _officials(people, number // OFFICIALS_EVERY)
                for name, text in _copied(one, number, new):
                    texts[name].append(text)
            for name, columns in tables:
                _into(db, name, columns, "".join(texts[name]))
            done.put(len(some))


@lru_cache(maxsize=1)
def _officials(people: Sequence[str], number: int) -> Mapping[str, str]:
    return {person: _another(person, number) for person in people}


def _copied(one: Original, number: int, new: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(table, rows) of one copy. `new`: what stands for people and organisation."""
    days = -(number * 7919 % ENDED_DAYS) if one.ended else -(number % OPEN_DAYS)
    new |= {own: _another(own, number) for own in one.own}
    new |= {day: _moved(day, days) for day in one.days}
    new[one.number] = f"{one.number.rpartition('-')[0]}-{10**7 + number}"
    new[one.title] = " ".join((one.title, *_words(number), f"Kreis{number // NAMESAKES:06}"))
    for name, cut in one.contents.items():
        new[name] = name
        new[name] = hashlib.sha256(cut.with_new(new).encode()).hexdigest()
    head = ""
    for name, cut, at in one.events:
        covered = cut.with_new(new).replace("@AT@", str(at + days * 86_400_000_000))
        head = hashlib.sha256((head + covered).encode()).hexdigest()
        new[name] = head
    for table, cut in one.rows.items():
        yield table, cut.with_new(new)


def _words(number: int) -> Iterator[str]:
    scattered = number * 2654435761 % 2**32
    for place, some in enumerate(WORDS):
        yield some[(scattered >> 8 * place) % len(some)]


def _another(name: str, number: int) -> str:
    """Another UUID for every number, scattered as new ones are; 0 is the original."""
    return f"{int(name[:8], 16) ^ number * 2654435761 % 2**32:08x}{name[8:]}"


def _moved(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _into(db: psycopg.Connection, table: str, columns: Sequence[str], text: str) -> None:
    if not text:
        return
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with db.cursor().copy(query) as copy:
        copy.write(text)


def _lay_down_indexes(db: psycopg.Connection) -> None:
    """No index of what is copied is kept up any more, those of keys neither; but cases are still counted, and
    the words by which a copy is found are its own."""
    db.execute("ALTER TABLE cases ENABLE ALWAYS TRIGGER added_cases_count")
    db.execute(OWN_WORDS.encode())
    db.execute(
        "UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = ANY(%s::regclass[])",
        ([table.name for table, _ in _tables()],),
    )


def _take_up_indexes(db: psycopg.Connection) -> None:
    """Built anew, from all rows at once; a key that is there twice is refused here."""
    for table, _ in _tables():
        db.execute(f"REINDEX TABLE {table.name}".encode())
    db.execute("ALTER TABLE cases ENABLE TRIGGER added_cases_count")
    db.execute("DROP FUNCTION own_words CASCADE")


def _settle(db: psycopg.Connection) -> None:
    """Balances that agree with the postings, numbers that go on behind the copies, and statistics."""
    db.execute("SET session_replication_role = replica")
    at = datetime.now(UTC)
    for account, amount in (("ceiling", -FREE), ("available", FREE)):
        db.execute(
            "INSERT INTO postings (line_id, account, amount, at) SELECT id, %s, %s, %s FROM budget_lines",
            (account, amount, at),
        )
    db.execute(
        "UPDATE budget_lines b SET ceiling = -s.ceiling, available = s.available, reserved = s.reserved,"
        " committed = s.committed, paid = s.paid FROM (SELECT line_id,"
        " sum(amount) FILTER (WHERE account = 'ceiling') AS ceiling,"
        " coalesce(sum(amount) FILTER (WHERE account = 'available'), 0) AS available,"
        " coalesce(sum(amount) FILTER (WHERE account = 'reserved'), 0) AS reserved,"
        " coalesce(sum(amount) FILTER (WHERE account = 'committed'), 0) AS committed,"
        " coalesce(sum(amount) FILTER (WHERE account = 'paid'), 0) AS paid"
        " FROM postings GROUP BY line_id) s WHERE s.line_id = b.id"
    )
    db.execute(stages.ADD_UP.encode())  # as a worker does every few seconds
    db.execute("VACUUM (ANALYZE)")
    db.execute("CHECKPOINT")  # what was loaded is not written while pages are measured


def _count(db: psycopg.Connection, query: str) -> int:
    row = db.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])
