"""What keeps a programme from being published: all that its parts do not agree on, with the place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from workflow.engine.parsing import parse_route
from workflow.engine.route import (
    APPLICANT,
    DECIDED_BY,
    NO_OFFICE,
    OPERATOR,
    Call,
    Choice,
    End,
    Human,
    Route,
    Step,
    Wait,
    Who,
)
from workflow.engine.said import Said, said_by, unsaid, unsigned
from workflow.engine.soundness import check
from workflow.engine.tables import Facts, Table, parse_table, pick
from workflow.errors import RouteError
from workflow.funding import programme_page, route_page
from workflow.funding.federal import check_sem_report
from workflow.funding.figures import check_advice, check_figures
from workflow.funding.form_page import check_forms
from workflow.funding.forms import Form
from workflow.funding.instalments import ACCEPTED, parse_waits
from workflow.funding.labelled import check_labels, misread_texts
from workflow.funding.plan import check_plan
from workflow.funding.programme import Bundle, Programme, load_folder
from workflow.intake import REQUESTED_IN_ALL
from workflow.store.reading import ALL_DOSSIERS, OF_OTHERS

FORM_KEYS = {"title", "sections"}
"""Without them no form could even be parsed."""


def checked(folder: Path) -> tuple[Bundle, Programme, dict[str, dict[str, Any]]]:
    """A folder's data, programme and compiled routes; RouteError for what keeps it from being published."""
    return checked_bundle(load_folder(folder))


def checked_bundle(
    bundle: Bundle, before: Bundle | None = None
) -> tuple[Bundle, Programme, dict[str, dict[str, Any]]]:
    """The same of data that comes from elsewhere. `before`: as of `problems`."""
    for problem in problems(bundle, before):
        raise problem
    programme = Programme.parse(bundle.programme)
    return bundle, programme, _compiled(bundle, programme)


def problems(bundle: Bundle, before: Bundle | None = None) -> list[RouteError]:
    """What keeps this from being published: all that is misread, of the routes everything, else the first.

    What the version `before` has too is no reason: it runs, and is mended one part after the other.
    """
    found = list(_problems(bundle, frozenset()))
    if not found or before is None:
        return found
    known: frozenset[str] = frozenset()
    while more := frozenset(map(str, _problems(before, known))) - known:
        known |= more
    return list(_problems(bundle, known))


def _problems(bundle: Bundle, known: frozenset[str]) -> Iterator[RouteError]:
    try:
        if wrong := [one for one in _misread(bundle) if str(one) not in known]:
            yield from wrong
            return
        programme = Programme.parse(bundle.programme)
        routes = _compiled(bundle, programme)
        parsed = {code: parse_route(raw) for code, raw in routes.items()}
        checks: Sequence[Callable[[], None]] = (
            lambda: check_figures(programme),
            lambda: check_bundle(bundle, programme, routes),
            lambda: check_forms(bundle, programme, _forms(bundle, programme), parsed),
            lambda: check_tables(programme, parsed),
            lambda: check_remedy(programme, parsed),
            lambda: check_appeals(programme, parsed),
            lambda: check_reports(programme, parsed, reading(bundle, "report")),
            lambda: check_carried(bundle, programme, parsed),
        )
        for check_one in checks:
            try:
                check_one()
            except RouteError as error:
                if str(error) not in known:
                    yield error
                    return
        for route in parsed.values():
            yield from (one for one in findings(bundle, programme, route, parsed) if str(one) not in known)
    except RouteError as error:
        yield error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        yield RouteError("programme_malformed", why=repr(error))


def _misread(bundle: Bundle) -> Iterator[RouteError]:
    yield from programme_page.misread(bundle.programme)
    for key, files in (("route", bundle.routes), ("form", bundle.forms)):
        for code, raw in files.items():
            if raw.get(key) != code:
                yield RouteError("named_otherwise", at=f"{key}s.{code}", key=key, name=code)
    for code, raw in bundle.routes.items():
        yield from (RouteError(one.code, **one.params, route=code) for one in route_page.misread(raw))
    for code, raw in bundle.forms.items():
        for key in sorted(FORM_KEYS - raw.keys()):
            yield RouteError("missing_key", at=f"forms.{code}", key=key)
        yield from misread_texts(raw, f"forms.{code}")


def _compiled(bundle: Bundle, programme: Programme) -> dict[str, dict[str, Any]]:
    return {code: compiled(raw, programme.tables) for code, raw in bundle.routes.items()}


def check_tables(programme: Programme, routes: Mapping[str, Route]) -> None:
    """Raises RouteError where a row would never be met: it reads what no route knows, or what is no code."""
    facts = {fact for route in routes.values() for fact in route.facts}
    codes: Mapping[str, Collection[Any]] = {
        "area": programme.areas,
        "applicant_office": programme.offices,
        "size": {size.code for size in programme.sizes},
        "target_group": programme.labels["target_groups"],
    }
    for name, raw in programme.tables.items():
        for cell in (cell for row in parse_table(raw, f"tables.{name}").rows for cell in row.when):
            for fact in sorted(cell.reads() - facts):
                raise RouteError("not_there", at=f"tables.{name}", key=fact)
            for value in cell.any_of:
                if cell.fact in codes and value not in codes[cell.fact]:
                    raise RouteError("not_there", at=f"tables.{name}.{cell.fact}", key=str(value))


def check_remedy(programme: Programme, routes: Mapping[str, Route]) -> None:
    """Raises RouteError where an order could not name who hears an appeal against it, or until when."""
    for key in ("lodge_days", "reasons_days"):
        if programme.remedy[key] <= 0:
            raise RouteError("no_days", at=f"remedy.{key}")
    for route in routes.values():
        for step in route.steps.values():
            seats = step.seats if isinstance(step, Human) and step.signs else ()
            for role in (role for seat in seats for _, role in seat.who.among()):
                if role not in programme.remedy["authorities"]:
                    raise RouteError(
                        "no_authority", at=f"remedy.authorities.{role}", role=role, step=step.code
                    )


def check_appeals(programme: Programme, routes: Mapping[str, Route]) -> None:
    """Raises RouteError where an appeal would come to another instance than the order names, or to whoever
    decided: they are barred, and it would stand still."""
    appeals = {child.route for route in routes.values() for child in route.children.values() if child.others}
    for route in (routes[code] for code in sorted(appeals & set(routes))):
        signing = _signing_offices(route.steps.values(), {})
        for role, authority in programme.remedy["authorities"].items():
            if "office" not in authority:  # a programme of before this was compared
                continue
            at, facts = f"remedy.authorities.{role}", {DECIDED_BY: role}
            steps = list(_met(route, facts))
            for step in steps:
                if any(one == role for who in _hands(step) for _, one in _ever(who, facts)):
                    raise RouteError("hears_itself", at=at, role=role, step=step.code)
            if _signing_offices(steps, facts) != signing & {authority["office"]}:
                raise RouteError("heard_elsewhere", at=at, role=role, route=route.code)


def _met(route: Route, facts: Facts) -> Iterator[Step]:
    """The steps that a case with these facts can come to, whatever others it has."""
    met, queue = {route.start}, [route.start]
    for code in queue:  # grows while it is read
        step = route.steps[code]
        yield step
        follows = _picked(step.table, facts) if isinstance(step, Choice) else set(route.follows(code))
        queue += sorted(follows - met)
        met |= follows


def _picked(table: Table, facts: Facts) -> set[str]:
    days = table.days()
    return {pick(table, {**one, **facts}, day)[0] for one in table.situations() for day in days}


def _hands(step: Step) -> list[Who]:
    if isinstance(step, Human):
        return [seat.who for seat in step.seats]
    return [step.who] if isinstance(step, Wait) and step.who else []


def _ever(who: Who, facts: Facts) -> set[tuple[str, str]]:
    situations = who.table.situations() if who.table else ({},)
    return {one for other in situations for one in who.ever({**other, **facts})}


def _signing_offices(steps: Iterable[Step], facts: Facts) -> set[str]:
    signing = [step for step in steps if isinstance(step, Human) and step.signs]
    return {office for step in signing for who in _hands(step) for office, _ in _ever(who, facts)}


def check_reports(programme: Programme, routes: Mapping[str, Route], letters: Collection[str]) -> None:
    """Raises RouteError where an order would name another term for the report than the one that runs, and
    where it or an instalment would wait for one that cannot come. `letters`: those that ask for it."""
    for size in programme.sizes:
        if size.route is None:
            continue
        route, terms, at = routes[size.route], programme.terms[size.code], f"terms.{size.code}"
        for step in route.steps.values():
            days = step.expects.days if isinstance(step, End) and step.expects else None
            if days is not None and days != terms["report_days"]:
                raise RouteError("report_days_differ", at=at, days=days)
            repay = terms.get("repay_days")
            if days is not None and (repay is None or repay <= 0):
                raise RouteError("no_days", at=f"{at}.repay_days")
        asking = [one.template for one in route.steps.values() if isinstance(one, Call)]
        asking = [letter for letter in asking if letter in letters]
        if asking and not any(isinstance(one, End) and one.expects for one in route.steps.values()):
            raise RouteError("report_not_expected", at=at, letter=asking[0], route=route.code)
        for code in (one.child for one in parse_waits(terms)):
            if code not in route.children:
                raise RouteError("unknown_child", at=at, child=code)
            steps = routes[route.children[code].route].steps.values()
            if not any(isinstance(step, End) and step.ending == ACCEPTED for step in steps):
                raise RouteError("never_accepted", at=at, child=code)


def check_carried(bundle: Bundle, programme: Programme, routes: Mapping[str, Route]) -> None:
    """Raises RouteError for a figure of last year's report that could not go into a new application."""
    if not programme.carry_over:
        return
    options = programme.options(bundle.forms["application"])
    application = Form.parse(bundle.forms["application"], options)
    children = [route.children.get(programme.carry_over["child"]) for route in routes.values()]
    if not any(children):
        raise RouteError("unknown_child", at="carry_over", child=programme.carry_over["child"])
    for code in {child.form for child in children if child}:
        report = Form.parse(bundle.forms[code], options)
        for path, source in programme.carry_over["figures"].items():
            if _figure(application, path) is None or _figure(application, path) != _figure(report, source):
                raise RouteError("no_figure", at=f"carry_over.figures.{path}", source=source)


def _figure(form: Form, path: str) -> str | None:
    """The type of what counts at this path: a field, or a table's column; None: nothing that does."""
    section, code, *column = path.split(".")
    found = form.fields().get(f"{section}.{code}")
    if found and column:
        found = next((one for one in found.columns if [one.code] == column), None)
    return found.type if found and found.type in ("money", "number") else None


def findings(
    bundle: Bundle, programme: Programme, route: Route, routes: Mapping[str, Route]
) -> list[RouteError]:
    """Everything that keeps a route from being published in this programme beside `routes`, by code."""
    found = check(
        route,
        offices=frozenset(programme.offices),
        roles=frozenset(programme.labels["roles"]),
        stages=frozenset(programme.labels["stages"]),
        statuses=frozenset(programme.labels["statuses"]),
        forms=frozenset(bundle.forms),
        letters=frozenset(bundle.letters),
        own_measures=frozenset(one.code for one in programme.offices.values() if one.own_measures),
        routes=routes,
    )
    if found:
        return found
    forms = _forms(bundle, programme)
    return [
        *unsaid(route, *_said(forms, route, routes)),
        *unsigned(route, _reasons(forms, route), reading(bundle, "reasons")),
        *_unread(route, _for_others(route, routes)),
    ]


def _reasons(forms: Mapping[str, Form], route: Route) -> set[tuple[str, str]]:
    """(form, outcome) for which whoever acts has to give reasons, in whichever section these stand."""
    return {
        (step.form, out)
        for step in _humans(route)
        for out in (*step.outcomes, *(step.votes or ()))
        if step.form and any(field.code == "reasons" for field in forms[step.form].asked(out).values())
    }


def reading(bundle: Bundle, name: str) -> set[str]:
    """The letters that say this of an order, themselves or by way of another one that they are made of."""
    says = re.compile(rf"\bdata\.(at\(\")?{name}\b")
    own = {code for code, text in bundle.letters.items() if says.search(text)}
    return own | {code for code, text in bundle.letters.items() if any(f'"{one}.typ"' in text for one in own)}


def _for_others(route: Route, routes: Mapping[str, Route]) -> bool:
    """Some case of this route is for others to decide than those whose decision it is about."""
    children = (child for one in routes.values() for child in one.children.values())
    return any(child.others and child.route == route.code for child in children)


def _unread(route: Route, for_others: bool) -> Iterator[RouteError]:
    """Steps at which somebody would act on a dossier that they never get to read: who does not read all of
    them reads one after declaring, and declares at a gate."""
    for step in _humans(route):
        everybody = {role for seat in step.seats for office, role in seat.who.among() if office != NO_OFFICE}
        free = set(step.ungated) if step.gate else everybody - {APPLICANT, OPERATOR}
        unread = free & everybody - set(OF_OTHERS) if for_others else free - set(ALL_DOSSIERS)
        for role in sorted(unread):
            yield RouteError("reads_nothing", at=step.code, role=role)


def _said(forms: Mapping[str, Form], route: Route, routes: Mapping[str, Route]) -> tuple[Said, set[str]]:
    """What each form brings by outcome, and with what a case can begin: the forms that no step asks for open
    one, and for a child there is what may have been said in its parent."""
    known = [*routes.values(), route]
    outcomes = {out for one in known for step in _humans(one) for out in step.outcomes}
    said = {code: {out: form.brings(out) for out in outcomes} for code, form in forms.items()}
    parents = [one for one in known if route.code in {child.route for child in one.children.values()}]
    opening = set(forms) - {step.form for one in known for step in _humans(one)}
    begins = {REQUESTED_IN_ALL, *(fact for code in opening for fact in forms[code].brings())}
    return said, begins.union(*(said_by(step, said) for one in parents for step in _humans(one)))


def _forms(bundle: Bundle, programme: Programme) -> dict[str, Form]:
    options = programme.options(bundle.forms["application"])
    return {code: Form.parse(raw, options) for code, raw in bundle.forms.items()}


def _humans(route: Route) -> Iterator[Human]:
    return (step for step in route.steps.values() if isinstance(step, Human))


def parsed_routes(bundle: Bundle, programme: Programme) -> dict[str, Route]:
    """The routes of a folder that can be read, by code; for what is wrong with the others, parse them."""
    found = {}
    for code, raw in bundle.routes.items():
        with suppress(RouteError):
            found[code] = parse_route(compiled(raw, programme.tables))
    return found


def compiled(route: Mapping[str, Any], tables: Mapping[str, Any]) -> dict[str, Any]:
    """The route with the tables that it names put in, its own or the programme's: its hash covers them."""
    own = route.get("tables", {})
    if not isinstance(own, Mapping):
        raise RouteError("malformed_route", at="tables", detail=repr(own))
    known = {**tables, **own}
    return {**route, "tables": {code: known[code] for code in sorted(_tables_named(route)) if code in known}}


def check_bundle(bundle: Bundle, programme: Programme, routes: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises RouteError naming the first thing that forms, sizes, calls and texts do not agree on."""
    check_labels(bundle, programme)
    for call in programme.calls.values():
        if call.form not in bundle.forms:
            raise RouteError("unknown_form", at=f"calls.{call.code}", form=call.form)
    check_advice(programme)
    forms = _forms(bundle, programme)
    for form in forms.values():
        check_plan(form, forms["application"])
    if programme.sem_report is not None:
        children = [raw.get("children", {}).get(programme.sem_report.child) for raw in routes.values()]
        named = {child["form"] for child in children if child}
        if not named:
            raise RouteError("unknown_child", at="sem_report", child=programme.sem_report.child)
        check_sem_report(programme.sem_report, forms["application"], {code: forms[code] for code in named})
    for size in programme.sizes:
        if size.route is not None and size.route not in routes:
            raise RouteError("unknown_route", at=f"sizes.{size.code}", route=size.route)


def _tables_named(part: Any) -> set[str]:
    if isinstance(part, Mapping):
        found = {part["table"]} if isinstance(part.get("table"), str) else set()
        return found.union(*(_tables_named(value) for value in part.values()))
    if isinstance(part, list):
        return set().union(*(_tables_named(value) for value in part))
    return set()
