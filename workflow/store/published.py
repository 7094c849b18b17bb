"""Published versions by their content hash, which never changes: what is read once is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from workflow.engine.calendar import Calendar
from workflow.engine.canonical import content_hash
from workflow.engine.parsing import parse_route
from workflow.engine.route import Route
from workflow.errors import NotFound, Refused
from workflow.funding.forms import Form
from workflow.funding.mails import Mails
from workflow.funding.programme import Bundle, Ceiling, Programme
from workflow.store.asking import ask
from workflow.store.tables import budget_lines, definitions, postings, programmes
from workflow.texts import ZURICH

YEARS_AFTER = 6
"""Cases outlive their programme's last year: reports, appeals, money paid back."""

CURRENT = "SELECT hash FROM programmes ORDER BY since DESC LIMIT 1"

Content = Mapping[str, Any]
T = TypeVar("T")

_KEPT: dict[tuple[str, str], Any] = {}


def _keep(name: str, what: str, make: Callable[[], T]) -> T:
    key = (name, what)
    if key not in _KEPT:
        _KEPT[key] = make()
    kept: T = _KEPT[key]
    return kept


def current(tx: Connection) -> str:
    """The hash of the programme that new applications take; raises NotFound when none is published."""
    found = ask(tx, CURRENT)
    if not found:
        raise NotFound("no_programme")
    return str(found[0].hash)


def version_for(tx: Connection, name: str, call: str, current: str) -> str:
    """The version that an application which was begun under `name` takes when it is submitted.

    The current one, as long as the call is in it: a limit with a date, a closing date put off, count for it.
    """
    there, then = programme(tx, current), programme(tx, name)
    return current if call in there.calls and there.code == then.code else name


def content(tx: Connection, name: str) -> Content:
    """What was published under this hash; raises NotFound."""

    def read() -> Content:
        found = tx.execute(
            select(definitions.c.content).where(definitions.c.hash == name)
        ).scalar_one_or_none()
        if found is None:
            raise NotFound("no_such_version")
        return dict(found)

    return _keep(name, "content", read)


def known(name: str) -> Content | None:
    """The same, if this process has read it before."""
    kept: Content | None = _KEPT.get((name, "content"))
    return kept


def programme(tx: Connection, name: str) -> Programme:
    return _keep(name, "programme", lambda: Programme.parse(content(tx, name)))


def bundle(tx: Connection, name: str) -> Bundle:
    """The programme with this hash as its folder was: routes without the tables of the programme."""
    whole = dict(content(tx, name))
    routes, forms, _ = (whole.pop(kind) for kind in ("routes", "forms", "letters"))
    return Bundle(
        programme=whole,
        routes={code: _as_written(content(tx, found), whole["tables"]) for code, found in routes.items()},
        forms={code: dict(content(tx, found)) for code, found in forms.items()},
        letters=dict(letters(tx, name)),
    )


def _as_written(route: Content, tables: Mapping[str, Any]) -> dict[str, Any]:
    own = {code: table for code, table in route["tables"].items() if tables.get(code) != table}
    rest = {key: value for key, value in route.items() if key != "tables"}
    return {**rest, "tables": own} if own else rest


def calendar(tx: Connection, name: str) -> Calendar:
    """The working days of the offices of the programme with this hash."""

    def make() -> Calendar:
        found = programme(tx, name)
        years = range(min(found.years) - 1, max(found.years) + YEARS_AFTER)
        return Calendar(ZURICH, found.office_holidays(years))

    return _keep(name, "calendar", make)


def route(tx: Connection, name: str) -> Route:
    return _keep(name, "route", lambda: parse_route(content(tx, name)))


def form(tx: Connection, name: str, code: str, area: str = "") -> Form:
    """A form of the programme with this hash, its lists of areas, target groups and sections filled in.

    `area`: the funding area for which its criteria are weighted.
    """

    def parse() -> Form:
        forms = content(tx, name)["forms"]
        application = content(tx, forms["application"])
        return Form.parse(content(tx, forms[code]), programme(tx, name).options(application)).in_area(area)

    return _keep(name, f"form:{code}:{area}", parse)


def form_of(tx: Connection, name: str, form_hash: str, kind: str) -> Form:
    """The form with which a case of this programme begins, as applicants of this kind get it."""

    return _keep(name, f"{form_hash}:{kind}", lambda: form_named(tx, name, form_hash).asked_of(kind))


def form_named(tx: Connection, name: str, form_hash: str) -> Form:
    """The form with this hash, with the lists of the programme with this hash: a case that moved to a newer
    programme keeps the form that its answers fit."""
    application = content(tx, content(tx, name)["forms"]["application"])
    return Form.parse(content(tx, form_hash), programme(tx, name).options(application))


class Mailing(NamedTuple):
    """How a case is written about: its programme's words, and whom an office's mail must not reach, by id."""

    words: Mails
    kept_out: frozenset[str]


def mailing(tx: Connection, cases: Collection[UUID]) -> dict[UUID, Mailing]:
    """By case. Kept out is who stepped back from it, and who belongs to its applicant."""
    query = text(
        "SELECT id, programme_hash, state->'recused' AS recused,"
        " ARRAY(SELECT CAST(m.person_id AS text) FROM memberships m"
        " WHERE m.organisation_id = c.organisation_id) AS members FROM cases c WHERE id = ANY(:ids)"
    )
    return {
        row.id: Mailing(
            programme(tx, row.programme_hash).mails, frozenset([*(row.recused or ()), *row.members])
        )
        for row in tx.execute(query, {"ids": list(cases)})
    }


def letters(tx: Connection, name: str) -> Mapping[str, str]:
    """All letter templates of the programme with this hash, by file name."""
    named = content(tx, name)["letters"]
    return {file: str(content(tx, found)["text"]) for file, found in named.items()}


def store(tx: Connection, kind: str, code: str, what: Content, now: datetime) -> str:
    """Keep one version whole, under its hash; the same content twice is once."""
    name = content_hash(what)
    row = {"hash": name, "kind": kind, "code": code, "content": what, "published_at": now}
    tx.execute(insert(definitions).values(row).on_conflict_do_nothing())
    return name


def lock(tx: Connection) -> None:
    """Nobody else publishes until this transaction ends."""
    tx.execute(text("SELECT pg_advisory_xact_lock(hashtext('foerderweg:programmes'))"))


def make_current(tx: Connection, code: str, name: str, now: datetime) -> None:
    """New applications take this version from now on; running cases keep theirs."""
    row = {"code": code, "hash": name, "since": now}
    statement = insert(programmes).values(row)
    tx.execute(statement.on_conflict_do_update(index_elements=["code"], set_={"hash": name, "since": now}))


def ceilings(tx: Connection, programme: Programme) -> list[Ceiling]:
    """Those of the programme, and none any more for the budget lines that it does not name."""
    query = select(budget_lines).where(budget_lines.c.programme == programme.code).order_by(budget_lines.c.id)
    gone = {(row.year, row.area, row.pot): None for row in tx.execute(query)}
    for one in programme.ceilings:
        gone.pop((one.year, one.area, one.pot), None)
    return [*programme.ceilings, *(Ceiling(*line, 0) for line in gone)]


def ceilings_in_use(tx: Connection, programme: Programme) -> list[Refused]:
    """What `set_ceiling` would refuse of this programme now."""
    query = select(budget_lines).where(budget_lines.c.programme == programme.code)
    used = {
        (row.year, row.area, row.pot): row.ceiling + row.carried - row.available for row in tx.execute(query)
    }
    return [
        _in_use(one.area, one.year, one.pot, one.amount + one.carried, used[one.year, one.area, one.pot])
        for one in ceilings(tx, programme)
        if one.amount + one.carried < used.get((one.year, one.area, one.pot), 0)
    ]


def _in_use(area: str, year: int, pot: str, amount: int, used: int) -> Refused:
    at = f"ceilings.{area}.{year}.{pot}"
    return Refused("ceiling_in_use", at=at, amount=amount, limit=used)


def set_ceiling(
    tx: Connection, line: Mapping[str, Any], ceiling: int, now: datetime, *, carried: int = 0
) -> None:
    """A budget line's ceiling, and what is carried over to it, in Rappen; the differences are posted.

    Raises Refused (ceiling_in_use) when both would be less than what is reserved, committed and paid.
    """
    keys = ("programme", "year", "area", "pot")
    empty = {"ceiling": 0, "available": 0, "reserved": 0, "committed": 0}
    tx.execute(insert(budget_lines).values({**line, **empty}).on_conflict_do_nothing(index_elements=keys))
    where = [budget_lines.c[key] == line[key] for key in keys]
    row = tx.execute(select(budget_lines).where(*where).with_for_update(key_share=True)).one()
    raised, moved = ceiling - row.ceiling, carried - row.carried
    available = row.available + raised + moved
    if available < 0:
        before = row.ceiling + row.carried
        raise _in_use(row.area, row.year, row.pot, ceiling + carried, before - row.available)
    tx.execute(
        budget_lines.update()
        .where(budget_lines.c.id == row.id)
        .values(ceiling=ceiling, carried=carried, available=available)
    )
    for account, amount in (("ceiling", -raised), ("carried", -moved), ("available", raised + moved)):
        if amount:
            tx.execute(postings.insert().values(line_id=row.id, account=account, amount=amount, at=now))
