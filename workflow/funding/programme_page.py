"""What a programme's page, programme.yaml, may say: which keys where, which values, each code once.

Asked when it is checked or published, not when a stored version is read: those that run go on running.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from marshmallow import ValidationError, fields, validate

from workflow.errors import RouteError
from workflow.funding.eligibility import NO, YES
from workflow.funding.labelled import LABEL_LANGUAGES, misread_texts
from workflow.funding.programme import local
from workflow.funding.shapes import (
    MISSING,
    WRONG,
    Either,
    flag,
    flat,
    labels,
    many,
    named,
    part,
    schema,
    text,
    texts,
    whole,
)


def _is_day(value: str) -> None:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise ValidationError(WRONG) from None


def _is_moment(value: str) -> None:
    try:
        local(value)
    except ValueError:
        raise ValidationError(WRONG) from None


_some = validate.Length(min=1, error=MISSING)
code = partial(text, required=True, validate=validate.Regexp(r"[^/]+\Z", error=WRONG))
"""It stands in addresses and file names."""
day = partial(text, validate=_is_day)
moment = partial(text, required=True, validate=_is_moment)
title = partial(labels, required=True)
languages = partial(many, text(validate=validate.OneOf(LABEL_LANGUAGES, error=WRONG)))


def _list(**known: fields.Field[Any]) -> fields.List[Any]:
    return many(part(**known), required=True)


def _amounts() -> fields.Dict:
    return named(whole(), required=True)


def _summed() -> fields.Nested:
    return part(planned=text(required=True), reached=text(required=True), by=text(), required=True)


PAGE = schema(
    code=code(),
    number=code(),
    languages=languages(validate=_some),
    applicant_languages=languages(),
    title=title(),
    canton=title(),
    years=many(whole(), required=True, validate=_some),
    holidays=part(
        country=text(required=True),
        subdivision=text(required=True, allow_none=True),
        extra=many(Either(day(), part(day=day(required=True), title=labels())), required=True),
        required=True,
    ),
    themes=_list(code=code(), title=title()),
    sem_areas=_list(code=code(), title=title()),
    areas=many(
        part(
            code=code(),
            theme=text(required=True),
            sem=text(required=True),
            title=title(),
            goals=_list(code=code(), title=title()),
        ),
        required=True,
        validate=_some,
    ),
    needs=many(part(code=code(), area=text(required=True), text=title())),
    indicators=_list(code=code(), title=title(), areas=texts(), unit=labels()),
    target_groups=_list(code=code(), title=title()),
    departments=_list(code=code(), title=title()),
    offices=_list(
        code=code(),
        department=text(required=True),
        title=title(),
        mail=text(required=True),
        address=labels(),
        own_measures=flag(),
    ),
    roles=_list(code=code(), title=title(), signs_as=labels()),
    stages=_list(code=code(), title=title()),
    statuses=_list(code=code(), title=title(), stop=labels()),
    sizes=many(
        part(
            code=code(),
            max=whole(required=True, allow_none=True),
            max_a_year=whole(allow_none=True),
            route=text(required=True, allow_none=True),
            valid_from=day(required=True),
        ),
        required=True,
        validate=_some,
    ),
    pots=_list(code=code(), title=title(), note=labels()),
    ceilings=_list(years=many(whole(), required=True), area=text(required=True), amounts=_amounts()),
    carried=many(part(year=whole(required=True), area=text(required=True), amounts=_amounts())),
    tables=named(
        part(
            rows=many(
                part(
                    when=named(fields.Raw(), required=True),
                    then=text(),
                    valid_from=fields.Raw(),
                    valid_until=fields.Raw(),
                )
            ),
            else_=text(),
        ),
        required=True,
    ),
    calls=_list(
        code=code(),
        title=title(),
        text=title(),
        year=whole(required=True),
        form=text(required=True),
        areas=texts(required=True, validate=_some),
        opens=moment(),
        closes=moment(),
        eligibility=_list(
            code=code(),
            text=title(),
            help=labels(),
            wanted=Either(flag(), text(validate=validate.OneOf([YES, NO])), required=True),
            unmet=title(),
            elsewhere=part(office=text(), text=title()),
        ),
    ),
    terms=named(
        part(
            instalments=many(whole(), required=True),
            waits=many(
                part(from_=whole(required=True), child=text(required=True), text=title(), times=whole())
            ),
            report=title(),
            report_days=whole(required=True),
            repay_days=whole(),
        ),
        required=True,
        validate=_some,
    ),
    remedy=part(
        lodge_days=whole(required=True),
        reasons_days=whole(required=True),
        in_force_days=whole(),
        authorities=named(
            part(office=text(), authority=title(), address=title()), required=True, validate=_some
        ),
        required=True,
    ),
    sender=part(department=title(), office=title(), address=title(), mail=text(required=True), required=True),
    payer=part(name=text(required=True), iban=text(required=True), allow_none=True),
    carry_over=part(child=text(required=True), figures=named(text(), required=True), allow_none=True),
    mails=named(part(subject=title(), body=title())),
    sem_report=part(
        child=text(required=True),
        ending=text(required=True),
        people=_summed(),
        targets=_summed(),
        allow_none=True,
    ),
    contacts=many(part(office=text(required=True), areas=texts(), text=labels(), phone=text())),
)


OPTIONAL = ("carry_over", "sem_report")
"""Empty they are none: in the screens no section can be taken away."""


def misread(page: Mapping[str, Any]) -> Iterator[RouteError]:
    """Everything on a programme's page that nobody reads, that is missing or of another kind, and every text
    that is cut; where it can be read, what stands twice or is named and not there. `at`: the whole way."""
    page = {key: part for key, part in page.items() if part != {} or key not in OPTIONAL}
    wrong = [*_told(page), *misread_texts(page)]
    yield from wrong or [*_twice(page), *_not_there(page)]


def _told(page: Mapping[str, Any]) -> Iterator[RouteError]:
    for way, why in flat(PAGE().validate(page)):
        said = [name for name in way if not name.isdecimal()] or way
        yield RouteError(why, at=_at(page, way), key=said[-1])


def _at(page: Any, way: Sequence[str]) -> str:
    """The way with the names of what stands in lists, where it has one."""
    names = []
    for name in way:
        if isinstance(page, list):
            page = page[int(name)]
            names.append(_name(page) or name)
        else:
            page = page.get(name) if isinstance(page, Mapping) else None
            names.append(name)
    return ".".join(names)


def _name(row: Any) -> str:
    found = [row.get(key) for key in ("code", "area", "office")] if isinstance(row, Mapping) else []
    return next((name for name in found if isinstance(name, str)), "")


def _twice(page: Mapping[str, Any]) -> Iterator[RouteError]:
    """The last one would count, and nobody would know. Of sizes each is there again for a later day."""
    found: list[tuple[str, str]] = []
    for kind, rows in page.items():
        if kind != "sizes" and isinstance(rows, list):
            found += [(kind, row["code"]) for row in rows if isinstance(row, Mapping) and "code" in row]
    found += [("areas.goals", goal["code"]) for area in page["areas"] for goal in area["goals"]]
    for call in page["calls"]:
        found += [(f"calls.{call['code']}.eligibility", one["code"]) for one in call["eligibility"]]
    for row in page["ceilings"]:
        found += [(f"ceilings.{row['area']}.{year}", pot) for year in row["years"] for pot in row["amounts"]]
    for (at, key), times in Counter(found).items():
        if times > 1:
            yield RouteError("stands_twice", at=f"{at}.{key}", key=key)


def _not_there(page: Mapping[str, Any]) -> Iterator[RouteError]:
    """What is named by its code. Forms and routes are files: who has them looks for those."""
    wanted = []
    for area in page["areas"]:
        at = f"areas.{area['code']}"
        wanted += [(f"{at}.theme", "themes", area["theme"]), (f"{at}.sem", "sem_areas", area["sem"])]
    for office in page["offices"]:
        wanted.append((f"offices.{office['code']}.department", "departments", office["department"]))
    for kind in ("indicators", "contacts"):
        for one in page.get(kind, ()):
            wanted += [(f"{kind}.{_name(one)}.areas", "areas", area) for area in one.get("areas", ())]
    for one in page["ceilings"]:
        wanted += [(f"ceilings.{one['area']}.amounts", "pots", pot) for pot in one["amounts"]]
    for role, authority in page["remedy"]["authorities"].items():
        if "office" in authority:
            wanted.append((f"remedy.authorities.{role}.office", "offices", authority["office"]))
    for at, kind, key in wanted:
        if key not in {one["code"] for one in page[kind]}:
            yield RouteError("not_there", at=at, key=key)
