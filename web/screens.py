"""What every template may use: texts, figures and dates as people read them, and the ways this person has."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

import psycopg
from babel import Locale
from babel.dates import format_date, format_skeleton
from flask import Flask, g, request
from jinja2 import StrictUndefined
from sqlalchemy.exc import SQLAlchemyError

from web.addresses import url_for
from web.errors import problem_text
from web.language import gettext, lang, ngettext
from web.security import (
    DECIDING_ROLES,
    DESK_ROLES,
    OBSERVING_ROLES,
    command_id,
    csrf,
    current,
    db,
    now,
)
from web.templating import Templates
from workflow.errors import NotFound, Problem
from workflow.funding.forms import Form
from workflow.funding.money import format_amount, format_chf, format_iban
from workflow.funding.organisations import role_of
from workflow.funding.programme import Programme
from workflow.funding.questions import Field, Section
from workflow.store import queries
from workflow.texts import LANGUAGES, SOURCE_LANGUAGE, ZURICH, label, local_date, local_datetime, local_time

LANGUAGE_COOKIE = "foerderweg_language"
# HTML's autocomplete tokens (HTML Standard, 4.10.18.7) for fields that ask about the person or organisation.
AUTOCOMPLETE = {
    "contact_name": "name",
    "contact_email": "email",
    "contact_phone": "tel",
    "street": "street-address",
    "postcode": "postal-code",
    "town": "address-level2",
}


@dataclass(frozen=True, slots=True)
class Way:
    """An entry of the navigation."""

    url: str
    text: str
    here: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One amount of a total, in Rappen: of a field, or the sum of a table's column."""

    path: str
    name: str
    amount: int


def register(app: Flask) -> None:
    """Give this app's templates their words and filters."""
    app.extensions["foerderweg.language"] = _language
    app.jinja_environment = Templates
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        _=gettext,
        ngettext=ngettext,
        url_for=url_for,
        lang=lang,
        current=current,
        now=now,
        csrf=csrf,
        command_id=command_id,
        programme=programme,
        role_of=role_of,
        languages=languages,
        language_name=lambda code: Locale(code).get_display_name(code),
        navigation=navigation,
        autocomplete=AUTOCOMPLETE.get,
        chosen_group=chosen_group,
        options_of=lambda field, group: [option for option in field.options if option.fits(group)],
        unit_of=unit_of,
        conditions=conditions,
        balances=balances,
        file_of=lambda files, name: files.get(UUID(name)),
        input_value=input_value,
        rows_of=rows_of,
        read_answers=read_answers,
        read_rows=read_rows,
        problem_list=problem_list,
        problem_text=lambda problem: problem_text(problem, lang()),
    )
    app.jinja_env.filters.update(
        label=lambda labels: label(labels, lang()),
        chf=format_chf,
        amount=format_amount,
        date=local_date,
        datetime=local_datetime,
        clock=local_time,
        iso=lambda moment: moment.isoformat(),
        utc=lambda moment: moment.astimezone(UTC).isoformat(),
        filesize=filesize,
        iban=format_iban,
        days_left=days_left,
        closing=closing,
        last_day=last_day,
        spoken_day=spoken_day,
    )


def programme() -> Programme:
    """The programme that is published now, looked up once a request."""
    if "programme" not in g:
        g.programme = queries.programme(db()).programme
    return cast(Programme, g.programme)


def languages() -> tuple[str, ...]:
    """The languages in which this programme's pages can be read, its own first."""
    spoken = tuple(one for one in programme().spoken if one in LANGUAGES)
    return spoken or (SOURCE_LANGUAGE,)


def _language() -> str:
    """The person's own; a visitor's choice, or what their browser asks for; else the programme's."""
    try:
        offered = languages()
        person = g.get("api_caller") or g.get("signed_in")
        wanted = person.language if person else request.cookies.get(LANGUAGE_COOKIE)
        if wanted in offered:
            return cast(str, wanted)
        return request.accept_languages.best_match(offered) or offered[0]
    except (SQLAlchemyError, psycopg.Error, NotFound):
        # the page that says so has to be written in some language
        return SOURCE_LANGUAGE


def navigation() -> list[Way]:
    """The desks that this person has; what a desk shows is decided there."""
    person = current()
    ways = []
    applies = person is None or any(person.actor.organisations.values()) or not person.actor.offices
    if applies:
        ways.append((url_for("portal.start"), gettext("Ausschreibungen")))
    if person and applies:
        ways.append((url_for("portal.applications"), gettext("Meine Gesuche")))
        ways.append((url_for("portal.organisations"), gettext("Trägerschaft")))
    if person and person.actor.has_role(*DESK_ROLES):
        ways.append(("/desk", gettext("Pendenzen")))
    if person and person.actor.has_role(*DECIDING_ROLES):
        ways.append(("/desk/decisions", gettext("Entscheide")))
    if person and person.actor.has_role(*queries.OVERVIEW):
        ways.append(("/office", gettext("Übersicht")))
        ways.append(("/office/cases", gettext("Gesuche")))
        ways.append(("/office/money", gettext("Geld")))
        ways.append(("/office/routes", gettext("Verfahren")))
    if person and person.actor.has_role(*OBSERVING_ROLES):
        ways.append(("/office/steering", gettext("Quartal")))
    if person and person.actor.has_role("auditor"):
        ways.append(("/office/reads", gettext("Einsicht")))
    if person and person.actor.has_role(*queries.ORGANISATIONS_READERS):
        ways.append(("/office/organisations", gettext("Trägerschaften")))
    if person and person.actor.has_role(*queries.PROGRAMME_READERS):
        ways.append(("/administration", gettext("Verwaltung")))
    if person and person.actor.has_role(*queries.OPERATIONS_READERS):
        ways.append(("/operations", gettext("Betrieb")))
    # a proposal is read where it is decided, by whoever decides
    path = "/desk/decisions" if request.endpoint == "deciding.proposal" else request.path
    fits = [url for url, _ in ways if path == url or path.startswith(f"{url.rstrip('/')}/")]
    here = max(fits, key=len, default="")
    return [Way(url, text, url == here) for url, text in ways]


def days_left(until: datetime) -> int:
    """Whole days in Zurich from today to the day that `until` ends; 0 is today."""
    return (last_day(until) - now().astimezone(ZURICH).date()).days


def closing(until: datetime) -> str:
    """30.09.2027, 24:00: the end of a day is said as people say it."""
    at_midnight = until.astimezone(ZURICH).time() == time.min
    return f"{local_date(last_day(until))}, 24:00" if at_midnight else local_datetime(until)


def spoken_day(day: date) -> str:
    """14. Oktober, in the words of the request's language; with the year when it is another one."""
    if day.year == now().astimezone(ZURICH).year:
        return format_skeleton("MMMMd", day, locale=lang())
    return format_date(day, "long", locale=lang())


def last_day(until: datetime) -> date:
    """The last day in Zurich that is in time: midnight ends the day before it."""
    return (until - timedelta(microseconds=1)).astimezone(ZURICH).date()


def filesize(size: int) -> str:
    """Bytes as people read them: 840 KB, 2.4 MB."""
    return f"{size / 1024 / 1024:.1f}\xa0MB" if size >= 1024 * 1024 else f"{max(1, size // 1024)}\xa0KB"


def input_value(field: Field, value: Any) -> str:
    """What stands in the input: a date as people write it, money with its apostrophes."""
    if field.type == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
        return local_date(date.fromisoformat(value))
    return field.as_input(value)


def chosen_group(field: Field, answers: Mapping[str, Any]) -> Any:
    """The answer that says which of a field's options are meant; None when it is not given yet."""
    if not field.grouped_by:
        return None
    section, code = field.grouped_by.split(".")
    return answers.get(section, {}).get(code) or None


def rows_of(field: Field, rows: Any, more: bool) -> list[Mapping[str, Any]]:
    """The rows of a table as it is filled in: those there are, and blank ones as far as more are allowed."""
    there: list[Mapping[str, Any]] = [field.computed(row) for row in rows or () if isinstance(row, Mapping)]
    blank = 4 if more else max(1, 3 - len(there))
    room = (field.most or 100) - len(there)
    return there + [{}] * max(0, min(blank, room))


def unit_of(table: Field, column: Field, row: Mapping[str, Any]) -> str:
    """What a row's figure counts: the unit of the indicator chosen beside it."""
    [indicator] = [one for one in table.columns if one.code == column.unit_of]
    return indicator.unit(row.get(indicator.code), lang())


def read_answers(
    section: Section, given: Mapping[str, Any], hidden: Collection[str]
) -> Iterator[tuple[Field, Any, bool]]:
    """Each field of a section that is asked, its answer, and whether that takes the whole width."""
    for one in section.fields:
        if f"{section.code}.{one.code}" not in hidden:
            yield one, given.get(one.code), one.type in ("longtext", "table", "file")


def read_rows(
    table: Field, rows: Iterable[Mapping[str, Any]]
) -> Iterator[list[tuple[bool, str, str | None]]]:
    """A table's cells, row by row: whether it is a figure, its text, and how far it is from what it was."""
    language = lang()
    for row in rows:
        cells = []
        for column in table.columns:
            text = column.as_text(row.get(column.code), language)
            if column.unit_of and row.get(column.code) is not None:
                text += f" {unit_of(table, column, row)}"
            change = deviation(column, row) if column.difference else None
            cells.append((column.type in ("money", "number"), text, change))
        yield cells


def deviation(column: Field, row: Mapping[str, Any]) -> str:
    """Of a difference, per cent of what it is the difference from: +12 %; empty where one is nothing."""
    change, before = row.get(column.code), row.get(column.difference[1])
    share = round(100 * change / before) if change and before else 0
    return f"{share:+}\u00a0%" if share else ""


def conditions(field: Field) -> str:
    """What the script has to know of a field's condition, as JSON."""
    when = field.shown_when
    return json.dumps({"field": when.path, "is": sorted(when.codes), "above": when.above}) if when else ""


def balances(form: Form, section: str, answers: Mapping[str, Any]) -> list[dict[str, list[Part]]]:
    """Of each pair of totals that must meet, where this section has a part in it: both sides' amounts."""
    found = []
    for rule in form.rules:
        sides = {side: _parts(form, rule.params, side, answers) for side in ("left", "right")}
        if rule.check == "totals_meet" and any(path.split(".")[0] == section for path in rule.paths):
            found.append(sides)
    return found


def _parts(form: Form, params: Mapping[str, Any], side: str, answers: Mapping[str, Any]) -> list[Part]:
    named = params.get(side, ())
    parts = []
    for path in [named] if isinstance(named, str) else named:
        section, code, *column = path.split(".")
        field, value = form.fields()[f"{section}.{code}"], answers.get(section, {}).get(code)
        amount = field.sum(value, column[0]) if column else field.figure(value) or 0
        parts.append(Part(path, label(field.label, lang()), amount))
    return parts


def problem_list(form: Form, problems: Mapping[str, Sequence[Problem]]) -> Iterator[tuple[str, str, str]]:
    """(path, name of the field, text) for each problem, in the order of the form."""
    order = {path: place for place, path in enumerate(form.fields())}
    for path in sorted(problems, key=lambda at: (order.get(_field_path(at), len(order)), at)):
        for problem in problems[path]:
            yield path, _name_of(form, path), problem_text(problem, lang())


def _field_path(path: str) -> str:
    return ".".join(path.split(".")[:2])


def _name_of(form: Form, path: str) -> str:
    field = form.fields().get(_field_path(path))
    if field is None:
        return path
    rest = path.split(".")[2:]
    name = label(field.label, lang())
    if rest and rest[0].isdigit():
        name += ", " + gettext("Zeile %(row)s", row=int(rest[0]) + 1)
    columns = [label(column.label, lang()) for column in field.columns if column.code in rest]
    return ": ".join([name, *columns])
