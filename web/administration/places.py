"""Funding areas, offices and holidays: what there is, and one form to add or change one."""

from __future__ import annotations

import re
from typing import Any

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from web.administration.offering import offer, send
from web.administration.parts import there
from web.administration.reading import Posted
from web.desk.words import Words
from web.language import gettext, lang
from web.office.checking import Finding
from web.security import now, signed_in
from workflow.proposing import may_propose
from workflow.store.queries import ProgrammeParts
from workflow.texts import ZURICH

CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
Raw = dict[str, Any]


def areas() -> str:
    """The funding areas with their goals."""
    return _list("areas")


def offices() -> str:
    """The offices and their departments."""
    return _list("offices")


def one_area(code: str) -> str:
    """A funding area to change; `-` for a new one."""
    return _one("areas", code)


def one_office(code: str) -> str:
    """An office to change; `-` for a new one."""
    return _one("offices", code)


def change_area(code: str) -> Response | tuple[str, int]:
    """Propose a funding area as it was typed. Its goals are changed as text; a new one begins with one."""
    found, read = there(), Posted()
    raw = _named(read, found, "areas", code)
    raw["theme"] = read.choice("theme", gettext("Themengebiet"), found.programme.labels["themes"])
    raw["sem"] = read.choice("sem", gettext("Förderbereich des Bundes"), found.programme.labels["sem_areas"])
    raw.setdefault("goals", [{"code": f"{raw['code']}_goal", "title": raw["title"]}])
    return _send("areas", code, raw, read)


def change_office(code: str) -> Response | tuple[str, int]:
    """Propose an office as it was typed."""
    found, read = there(), Posted()
    raw = _named(read, found, "offices", code)
    raw["department"] = read.choice(
        "department", gettext("Departement"), found.programme.labels["departments"]
    )
    raw["mail"] = read.email("mail", gettext("E-Mail"))
    raw.pop("own_measures", None)
    if request.form.get("own_measures"):
        raw["own_measures"] = True
    return _send("offices", code, raw, read)


def holidays() -> str:
    """Days on which the offices are closed: those of the law, and the canton's own."""
    return _holidays()


def change_holidays() -> Response | tuple[str, int]:
    """Propose one more day of the canton's own, or one less."""
    found, read = there(), Posted()
    _require("holidays")
    part = found.parts["programme/holidays"]
    if drop := request.form.get("drop", ""):
        extra = [day for day in part["extra"] if day != drop]
    else:
        day = read.day("day", gettext("Tag"))
        extra = sorted({*part["extra"], *([day.isoformat()] if day else [])})
    if read.findings:
        return _holidays(read.findings), 422
    done = send({"programme/holidays": {**part, "extra": extra}})
    return done if isinstance(done, Response) else (_holidays(done), 422)


def _holidays(findings: list[Finding] | None = None) -> str:
    found, years = there(), years_shown()
    named = found.programme.holiday_names(years, lang())
    return render_template(
        "administration/holidays.html",
        days=sorted(one for one in named.items() if one[0].year in years),
        extra=found.parts["programme/holidays"]["extra"],
        offer=offer(found.hash, findings or ()),
        typed=request.form,
        may_propose=_may("holidays"),
    )


def years_shown() -> range:
    """This year and the next, in Zurich."""
    this = now().astimezone(ZURICH).year
    return range(this, this + 2)


def _named(read: Posted, found: ProgrammeParts, section: str, code: str) -> Raw:
    """One of the section with its title as typed, or the beginning of a new one."""
    _require(section)
    raw = _raw(found, section, code)
    if code == "-":
        raw["code"] = read.text("code", gettext("Kürzel"), most=40)
        known = {one["code"] for one in found.parts[f"programme/{section}"]}
        if not CODE.fullmatch(raw["code"]) or raw["code"] in known:
            said = gettext("Kleine Buchstaben, Ziffern und _, und noch nicht vergeben.")
            read.wrong(gettext("Kürzel"), said)
    typed = {
        language: read.text(f"title.{language}", f"{gettext('Name')} ({language})")
        for language in found.programme.spoken
    }
    raw["title"] = {**raw.get("title", {}), **typed}
    return raw


def _send(section: str, code: str, raw: Raw, read: Posted) -> Response | tuple[str, int]:
    found, name = there(), f"programme/{section}"
    if not read.findings:
        others = found.parts[name]
        changed = [*others, raw] if code == "-" else [raw if one["code"] == code else one for one in others]
        done = send({name: changed})
        if isinstance(done, Response):
            return done
        return _one(section, code, done), 422
    return _one(section, code, read.findings), 422


def _list(section: str) -> str:
    found = there()
    return render_template(
        f"administration/{section}.html", found=found, may_propose=_may(section), words=Words()
    )


def _one(section: str, code: str, findings: list[Finding] | None = None) -> str:
    found = there()
    return render_template(
        "administration/place.html",
        section=section,
        code=code,
        raw=_raw(found, section, code),
        labels=found.programme.labels,
        languages_now=found.programme.spoken,
        offer=offer(found.hash, findings or ()),
        typed=request.form,
        may_propose=_may(section),
    )


def _raw(found: ProgrammeParts, section: str, code: str) -> Raw:
    if code == "-":
        return {}
    for one in found.parts[f"programme/{section}"]:
        if one["code"] == code:
            return dict(one)
    abort(404)


def _may(section: str) -> bool:
    return may_propose(signed_in().actor, f"programme/{section}")


def _require(section: str) -> None:
    if not _may(section):
        abort(403)
