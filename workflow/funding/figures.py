"""The figures of a programme: sizes, ceilings, calls, holidays, terms; and to whom it sends people."""

from __future__ import annotations

from workflow.engine.tables import parse_table
from workflow.errors import RouteError
from workflow.funding.instalments import parse_waits
from workflow.funding.programme import Programme


def check_figures(programme: Programme) -> None:
    """Raises RouteError for the first size, ceiling, call, holiday or table that nothing could be made of.
    What kind of value each is, `programme_page` has said."""
    for code, raw in programme.tables.items():
        parse_table(raw, f"tables.{code}")
    try:
        programme.office_holidays(programme.years)
    except NotImplementedError as error:
        raise RouteError("unknown_holidays", at="holidays", why=str(error)) from error
    rows = [(size.code, size.valid_from) for size in programme.sizes]
    for size in programme.sizes:
        if rows.count((size.code, size.valid_from)) > 1:
            raise RouteError("sizes_unclear", at=f"sizes.{size.code}")
        if any(most <= 0 for most in (size.most, size.most_a_year) if most is not None):
            raise RouteError("no_money", at=f"sizes.{size.code}")
    for one in programme.ceilings:
        at = f"ceilings.{one.area}.{one.year}"
        if one.area not in programme.areas:
            raise RouteError("unknown_area", at=at, area=one.area)
        if one.amount < 0:
            raise RouteError("no_money", at=at)
    check_terms(programme)
    credits = {(one.year, one.area) for one in programme.ceilings}
    for call in programme.calls.values():
        at = f"calls.{call.code}"
        for area in call.areas:
            if area not in programme.areas:
                raise RouteError("unknown_area", at=at, area=area)
            if (call.year, area) not in credits:
                raise RouteError("no_credit", at=at, area=area, year=call.year)
        if call.closes <= call.opens:
            raise RouteError("closes_before_it_opens", at=at)


def check_terms(programme: Programme) -> None:
    """Raises RouteError for a size of which nobody could say how a grant is paid, or when to report."""
    for size in programme.sizes:
        terms, at = programme.terms.get(size.code), f"terms.{size.code}"
        if size.route is None:
            continue
        if terms is None:
            raise RouteError("no_terms", at=at)
        percents = terms["instalments"]
        if any(one <= 0 for one in percents) or sum(percents) != 100:
            raise RouteError("instalments_unclear", at=at)
        starts = [one.start for one in parse_waits(terms)]
        known = all(1 <= one <= len(percents) for one in starts)
        known = known and all(one.times > 0 for one in parse_waits(terms))
        if not known or starts != sorted(set(starts)):
            raise RouteError("waits_unclear", at=at)
        if terms["report_days"] <= 0:
            raise RouteError("no_days", at=at)


def check_advice(programme: Programme) -> None:
    """Raises RouteError for a need without its area, and for an office to turn to that there is not."""
    for need in programme.needs:
        if need.area not in programme.areas:
            raise RouteError("unknown_area", at=f"needs.{need.code}", area=need.area)
    named = [("contacts", one.office) for one in programme.contacts]
    for call in programme.calls.values():
        turns = [(one.code, one.elsewhere.office) for one in call.eligibility if one.elsewhere]
        named += [(f"calls.{call.code}.{code}", office) for code, office in turns if office]
    for at, office in named:
        if office not in programme.offices:
            raise RouteError("unknown_office", at=at, office=office)
