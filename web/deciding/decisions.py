"""Many decisions in one go: tick, look at the sums, decide. Each is a command of its own.

What a person decides here is what was proposed; everything else is decided singly, on the case's own page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from web.deciding.prefilled import missing, prefilled
from web.desk.inbox import staff
from web.desk.ticked import Ticked, ticked
from web.desk.words import Words
from web.errors import text_of
from web.language import gettext as _
from web.language import lang, ngettext
from web.security import db, do, now
from workflow.engine.commands import Complete, Declare
from workflow.errors import Conflict, FoerderwegError, Invalid, NotAllowed, NotFound, Problem, Refused
from workflow.funding.budget import BEGUN, TODAY
from workflow.funding.forms import Form
from workflow.store import queries
from workflow.store.queries import MoneyRow, Waiting
from workflow.texts import ZURICH, label

OF_A_CASE = frozenset({"fact", "facts"})
"""Parameters of a form's rule that name facts of a case."""


@dataclass(frozen=True, slots=True)
class Sum:
    """Of one money line: `needs` Rappen beyond what is reserved already, of what is `left`."""

    line: MoneyRow
    count: int
    granted: int
    needs: int

    @property
    def short(self) -> int:
        return max(0, self.needs - self.line.left)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks that no proposal answers: once for all of these cases, by their numbers."""

    form: Form
    paths: Sequence[str]
    numbers: Sequence[str]


@dataclass(slots=True)
class Results:
    """What came of each case: `done` (number, what was decided), `failed` (case, number, why)."""

    done: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[UUID, str, str]] = field(default_factory=list)


def page() -> str:
    """What waits for this person's decision, by the money that it takes from."""
    found = queries.decisions(db(), staff(), now=now(), after=request.args.get("after"))
    ready = [row for row in found.rows if not row.refusal and row.outcome]
    return render_template(
        "deciding/decisions.html",
        found=found,
        lines=_by_line(ready),
        single=[row for row in found.rows if not row.refusal and not row.outcome],
        closed=[row for row in found.rows if row.refusal == "declare_first"],
        others=[row for row in found.rows if row.refusal not in ("", "declare_first")],
        words=Words(),
        why=_why,
    )


def declare() -> Response:
    """Of many that there is no conflict of interest: these dossiers open."""
    chosen = ticked()
    rows = {row.case_id: row for row in _rows(chosen)}
    opened, failed = 0, defaultdict[str, list[str]](list)
    for one in chosen:
        row = rows.get(one.case_id)
        if row is None:
            failed[_("Inzwischen liegt es nicht mehr bei Ihnen.")].append(_posted(f"number.{one.case_id}"))
        elif row.tied:  # this is weighed on the case's own page
            failed[_("Das System kennt eine Verbindung.")].append(row.number)
        else:
            try:
                do(Declare(one.case_id), key=one.key())
                opened += 1
            except (Conflict, NotAllowed, NotFound, Refused) as error:
                failed[text_of(error, lang())].append(row.number)
    for why, numbers in failed.items():
        flash(f"{', '.join(numbers)}: {why}", "warning")
    if not chosen:
        flash(_("Sie haben nichts angekreuzt."), "warning")
        return redirect(url_for(".decisions"), 303)
    flash(ngettext("%(n)s Dossier ist geöffnet.", "%(n)s Dossiers sind geöffnet.", opened))
    return redirect(url_for(".decisions"), 303)


def act() -> str | tuple[str, int]:
    """Look at the sums of many; decide many."""
    chosen = ticked()
    match request.form.get("press"):
        case "check":
            return _check(chosen)
        case "decide":
            return _decide(chosen)
    raise BadRequest


def _check(chosen: Sequence[Ticked], problems: Mapping[str, Sequence[Problem]] | None = None) -> str:
    rows = _fresh(chosen)
    return render_template(
        "deciding/check.html",
        rows=rows,
        gone=len(chosen) - len(rows),
        lines=_by_line(rows),
        asked=_asked(rows),
        given=_common(rows),
        problems=problems or {},
        words=Words(),
    )


def _decide(chosen: Sequence[Ticked]) -> str | tuple[str, int]:
    keys = {one: one.key() for one in chosen}
    done = queries.done_already(db(), staff(), list(keys.values()))
    rows, words, results = {row.case_id: row for row in _fresh(chosen)}, Words(), Results()
    common = _common(rows.values())
    if wrong := _wrong(_asked(rows.values()), common):
        return _check(chosen, wrong), 422
    for one, key in keys.items():
        if key in done:
            results.done.append((_posted(f"number.{one.case_id}"), _posted(f"says.{one.case_id}")))
        elif row := rows.get(one.case_id):
            _decide_one(row, key, common, words, results)
        else:
            number = _posted(f"number.{one.case_id}")
            results.failed.append((one.case_id, number, _("Inzwischen liegt es nicht mehr bei Ihnen.")))
    page = render_template("deciding/results.html", results=results)
    return page, 200 if results.done or not results.failed else 409


def _decide_one(row: Waiting, key: UUID, common: Mapping[str, Any], words: Words, results: Results) -> None:
    command = Complete(row.case_id, row.step, row.seat, row.outcome, row.entry)
    try:
        do(command, answers_of(row, common), key=key)
    except Invalid as error:
        [first, *_rest] = error.fields
        known = row.form.fields() if row.form else {}
        name = label(known[first].label, lang()) if first in known else first
        why = _("«%(field)s» fehlt oder passt nicht: bitte einzeln entscheiden.", field=name)
        results.failed.append((row.case_id, row.number, why))
    except (Conflict, NotAllowed, NotFound, Refused) as error:
        results.failed.append((row.case_id, row.number, text_of(error, lang())))
    else:
        results.done.append((row.number, words.outcome(row.route_hash, row.step, row.outcome)))


def answers_of(row: Waiting, common: Mapping[str, Any]) -> dict[str, dict[str, Any]] | None:
    """What was proposed, and what was said for all where it says nothing."""
    if row.form is None:
        return None
    answers = prefilled(row.form, row.outcome, row.proposal)
    for path in missing(row.form, row.outcome, answers):
        section, code = path.split(".")
        answers[section][code] = common.get(f"{row.form.code}.{path}")
    return answers


def _asked(rows: Iterable[Waiting]) -> list[Asked]:
    """What has to be said for all, by form."""
    asked: dict[str, tuple[Form, dict[str, None], list[str]]] = {}
    for row in rows:
        if row.form is None:
            continue
        if unsaid := missing(row.form, row.outcome, prefilled(row.form, row.outcome, row.proposal)):
            _, paths, numbers = asked.setdefault(row.form.code, (row.form, {}, []))
            paths.update(dict.fromkeys(unsaid))
            numbers.append(row.number)
    return [Asked(form, list(paths), numbers) for form, paths, numbers in asked.values()]


def _common(rows: Iterable[Waiting]) -> dict[str, str]:
    """What was typed for all, by form, section and field."""
    names = {f"{one.form.code}.{path}" for one in _asked(rows) for path in one.paths}
    return {name: _posted(name).strip() for name in names}


def _wrong(asked: Sequence[Asked], common: Mapping[str, str]) -> dict[str, Sequence[Problem]]:
    """What is wrong with what was typed for all, by form, section and field.

    When a step began, and every other fact, is its case's own.
    """
    facts = {TODAY: now().astimezone(ZURICH).date().isoformat(), BEGUN: ""}
    found: dict[str, Sequence[Problem]] = {}
    for one in asked:
        typed = {path: common[f"{one.form.code}.{path}"] for path in one.paths}
        rules = [rule for rule in one.form.rules if rule.paths <= {*typed} and not OF_A_CASE & {*rule.params}]
        answers: dict[str, dict[str, str]] = {section.code: {} for section in one.form.sections}
        for path, text in typed.items():
            section, code = path.split(".")
            answers[section][code] = text
        _, problems = replace(one.form, rules=tuple(rules)).judge(answers, facts=facts)
        problems |= {path: [Problem("required")] for path, text in typed.items() if not text}
        found |= {f"{one.form.code}.{path}": said for path, said in problems.items() if path in typed}
    return found


def _by_line(rows: Iterable[Waiting]) -> list[tuple[Sum, list[Waiting]]]:
    """The rows by the money line they take from, each with its sums."""
    ordered = sorted(rows, key=lambda row: (row.line.year, row.area, row.line.pot, row.line_id))
    found = []
    for _line, group in groupby(ordered, key=lambda row: row.line_id):
        those = list(group)
        granted = sum(row.proposal.amount or 0 for row in those if row.proposal)
        needs = sum(row.needs for row in those)
        found.append((Sum(those[0].line, len(those), granted, needs), those))
    return found


def _fresh(chosen: Sequence[Ticked]) -> list[Waiting]:
    """Those of the chosen rows that still stand as they were seen, and that the viewer may decide."""
    seen = {one.case_id: one.entry for one in chosen}
    return [
        row for row in _rows(chosen) if row.entry == seen[row.case_id] and not row.refusal and row.outcome
    ]


def _rows(chosen: Sequence[Ticked]) -> list[Waiting]:
    return queries.decisions(db(), staff(), now=now(), ids=[one.case_id for one in chosen]).rows


def _why(code: str) -> str:
    error: FoerderwegError = NotAllowed(code)
    return text_of(error, lang())


def _posted(name: str) -> str:
    return request.form.get(name, "")
