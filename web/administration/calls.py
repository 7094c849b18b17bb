"""Calls: listed, made from last year's, changed; each change is a proposal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from web.administration.figures import amounts_of, posted_amounts, with_year
from web.administration.offering import offer, send
from web.administration.parts import there
from web.administration.reading import Posted
from web.desk.words import Words
from web.language import gettext
from web.office.checking import Finding
from web.part_names import Named
from web.security import db, now, signed_in
from workflow.funding.differences import years_later
from workflow.funding.programme import Call
from workflow.proposing import may_propose
from workflow.store import queries
from workflow.store.queries import ProgrammeParts, Version


@dataclass(frozen=True, slots=True)
class Takes:
    """A form or a route that applications of a call take. `size`: of those that take this route."""

    size: str
    part: str
    title: str
    version: Version


CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)
Raw = dict[str, Any]


def calls() -> str:
    """All calls, the newest first."""
    found = there()
    return render_template(
        "administration/calls.html",
        calls=sorted(found.programme.calls.values(), key=lambda one: one.opens, reverse=True),
        state=state,
        may_propose=may_propose(signed_in().actor, "programme/calls"),
    )


def call(code: str) -> str:
    """A call to change, or with ?next=1 next year's, made from it."""
    found = there()
    raw = _raw(found, code)
    new = request.args.get("next") == "1"
    return _page(found, code, a_year_on(raw) if new else raw, new=new)


def change(code: str) -> Response | tuple[str, int]:
    """Propose the call as it was typed, with the credits of its year."""
    found, read = there(), Posted()
    if not may_propose(signed_in().actor, "programme/calls"):
        abort(403)
    before, new = _raw(found, code), request.form.get("new") == "1"
    raw = _typed(read, found, a_year_on(before) if new else before)
    if new and raw["code"] in found.programme.calls:
        read.wrong(gettext("Kürzel"), gettext("Dieses Kürzel hat schon eine andere Ausschreibung."))
    amounts = posted_amounts(read, found.programme)
    if read.findings:
        return _page(found, code, raw, new=new, findings=read.findings), 422
    done = send(_parts(found, code, raw, amounts, new=new))
    return done if isinstance(done, Response) else (_page(found, code, raw, new=new, findings=done), 422)


def _parts(found: ProgrammeParts, code: str, raw: Raw, amounts: Mapping[Any, int], *, new: bool) -> Raw:
    """What changes: the calls, and where they differ the credits and the years of the programme."""
    others = found.parts["programme/calls"]
    changed = [raw, *others] if new else [raw if one["code"] == code else one for one in others]
    parts: Raw = {"programme/calls": changed}
    year = raw["year"]
    if amounts != amounts_of(found.programme, year):
        parts["programme/ceilings"] = with_year(found.parts["programme/ceilings"], year, amounts)
    if year not in found.programme.years:
        parts["programme/years"] = sorted({*found.programme.years, year})
    return parts


def a_year_on(raw: Mapping[str, Any]) -> Raw:
    """The same call a year later: its days, its year, and that year's number wherever it is written."""
    year = raw["year"]

    def later(part: Any) -> Any:
        if isinstance(part, str):
            return part.replace(str(year), str(year + 1))
        if isinstance(part, Mapping):
            return {key: later(value) for key, value in part.items()}
        return [later(one) for one in part] if isinstance(part, list) else part

    new: Raw = deepcopy(dict(raw))
    for name in ("code", "title", "text"):
        new[name] = later(new[name])
    if new["code"] == raw["code"]:
        new["code"] = f"{raw['code']}-{year + 1}"
    for name in ("opens", "closes"):
        day, clock = new[name].split(" ")
        new[name] = f"{years_later(date.fromisoformat(day), 1)} {clock}"
    return new | {"year": year + 1}


def _typed(read: Posted, found: ProgrammeParts, raw: Raw) -> Raw:
    """The call as the form has it; what the form does not ask stays."""
    year = read.text("year", gettext("Jahr"))
    if not (year.isdecimal() and 2000 <= int(year) <= 2199):
        read.wrong(gettext("Jahr"), gettext("Bitte als Jahreszahl, zum Beispiel 2028."))
    typed = {
        **raw,
        "year": int(year) if year.isdecimal() else raw["year"],
        "form": read.choice("form", gettext("Formular"), found.bundle.forms),
        "areas": [code for code in found.programme.areas if code in request.form.getlist("areas")],
        "opens": _moment(read, "opens", gettext("Öffnet")),
        "closes": _moment(read, "closes", gettext("Schliesst")),
    }
    if request.form.get("new") == "1":
        typed["code"] = read.text("code", gettext("Kürzel"), most=60)
    for name, title in (("title", gettext("Titel")), ("text", gettext("Text"))):
        texts = {
            language: read.text(f"{name}.{language}", f"{title} ({language})", most=2000)
            for language in found.programme.spoken
        }
        typed[name] = {**raw[name], **texts}
    if not typed["areas"]:
        read.wrong(gettext("Förderbereiche"), gettext("Mindestens einer muss dabei sein."))
    return typed


def _moment(read: Posted, name: str, title: str) -> str:
    """«2028-09-30 24:00» in Zurich, of a day and a time of day."""
    day, clock = read.day(f"{name}_day", title), request.form.get(f"{name}_clock", "").strip()
    if not CLOCK.fullmatch(clock):
        read.wrong(title, gettext("Bitte die Uhrzeit als 08:00 oder 24:00."))
    return f"{day} {clock}" if day else ""


def _page(
    found: ProgrammeParts, code: str, raw: Raw, *, new: bool, findings: list[Finding] | None = None
) -> str:
    year = raw["year"]
    known = amounts_of(found.programme, year) or amounts_of(found.programme, year - 1)
    used = {
        (row.area, row.pot): row.reserved + row.committed + row.paid
        for row in queries.credits(db(), signed_in().actor) or ()
        if row.year == year
    }
    return render_template(
        "administration/call.html",
        code=code,
        raw=raw,
        new=new,
        offer=offer(found.hash, findings or ()),
        may_propose=may_propose(signed_in().actor, "programme/calls"),
        programme_now=found.programme,
        forms={
            one: Named().title(one, content)
            for one, content in found.bundle.forms.items()
            if one == raw["form"] or any(section["code"] == "project" for section in content["sections"])
        },
        amounts=known,
        used=used,
        typed=request.form,
        words=Words(),
        takes=_takes(found, raw),
    )


def _takes(found: ProgrammeParts, raw: Raw) -> list[Takes]:
    """The form, and the route of each size on the day on which the call opens."""
    day = raw["opens"].partition(" ")[0] if raw["opens"] else ""
    sizes = found.programme.sizes_on(date.fromisoformat(day)) if day else ()
    named = [("", f"forms/{raw['form']}")] + [(one.code, f"routes/{one.route}") for one in sizes if one.route]
    return [
        Takes(size, name, Named().part(name, found.parts[name]), found.versions[name])
        for size, name in named
        if name in found.versions
    ]


def _raw(found: ProgrammeParts, code: str) -> Raw:
    for one in found.parts["programme/calls"]:
        if one["code"] == code:
            return dict(one)
    abort(404)


def state(one: Call) -> str:
    """coming | open | closed, by the server's clock."""
    if now() < one.opens:
        return "coming"
    return "open" if one.is_open(now()) else "closed"
