"""The desk of reviewers, coordinators and deciders: the dossier in which they work, and what they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from web import keeping
from web.asides import aside_of, posted_aside
from web.desk import talking
from web.desk.away import away, put_away
from web.desk.comparison import rounds
from web.desk.explaining import read_facts, reason
from web.desk.history import sentence
from web.desk.inbox import inbox, inbox_file, staff
from web.desk.steering import steer
from web.desk.together import say_together, together_page
from web.desk.words import Words
from web.errors import problem_text, text_of
from web.exports import FORMATS
from web.keeping import Answer
from web.language import gettext as _
from web.language import lang
from web.opening import Parent, open_child, opening_page
from web.portal.running import VIEWABLE
from web.reads import note_read
from web.screens import last_day
from web.security import db, do, local_path, now, signed_in
from workflow import statements
from workflow.engine.commands import Assign, Command, Complete, Declare, Extend, Offer, Pay, Recuse
from workflow.engine.parsing import parse_route
from workflow.errors import Conflict, FoerderwegError, Invalid, NotAllowed, Problem, Refused
from workflow.funding.forms import Answers, Form
from workflow.funding.money import format_chf
from workflow.funding.plausibility import budget_of, runs_in
from workflow.funding.scores import weighted_total
from workflow.interchange.bpmn import bpmn
from workflow.interchange.layout import lay_out
from workflow.store import queries
from workflow.store.queries import Dossier
from workflow.texts import ZURICH, local_date

PASSES = ("Entered", "Chosen", "Ended")
"""Events that bring a case to a step."""

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a person sent and was not accepted, so that it can be shown again."""

    error: FoerderwegError
    form: Form | None = None
    outcome: str = ""
    answers: Answers = field(default_factory=dict)
    step: str = ""

    @property
    def problems(self) -> Mapping[str, Sequence[Problem]]:
        return self.error.fields if isinstance(self.error, Invalid) else {}


@dataclass(frozen=True, slots=True)
class Task:
    """The work that this person can do now. `outcomes`: code → title, in the order of the route."""

    offer: Offer
    form: Form | None
    outcomes: Mapping[str, str]

    def total(self, answers: Answers) -> int | None:
        """The weighted total of these scores, in hundredths of a point."""
        return weighted_total(self.form.weights, answers) if self.form else None


blueprint.add_url_rule("", view_func=inbox)
blueprint.add_url_rule(f"/inbox.<{FORMATS}>", view_func=inbox_file)
blueprint.add_url_rule("/cases/<uuid:case_id>/steer", view_func=steer)
blueprint.add_url_rule("/away", view_func=away)
blueprint.add_url_rule("/away", view_func=put_away, methods=["POST"])
blueprint.add_url_rule("/together/<code>", endpoint="together", view_func=together_page)
blueprint.add_url_rule("/together/<code>", endpoint="say_together", view_func=say_together, methods=["POST"])
talking.register(blueprint)


@blueprint.get("/cases/<uuid:case_id>")
def dossier(case_id: UUID) -> str:
    """One case on one page: what was asked for, what was said, and what this person can do now."""
    return _page(case_id)


@blueprint.get("/cases/<uuid:case_id>/why")
def why(case_id: UUID) -> str:
    """Why a case stands where it stands: rows that hit, days that counted, who may act and who may not."""
    found = _dossier(case_id)
    explained = queries.explanation(db(), staff(), case_id, now=now(), lang=lang())
    if explained is None:
        abort(404)
    note_read(case_id)
    words, data = Words(), found.route_data
    route = parse_route(data)
    return render_template(
        "desk/why.html",
        dossier=found,
        why=explained,
        words=words,
        reason=reason,
        read=read_facts,
        bpmn=bpmn(route, lay_out(route, data, lang(), words.lane)).decode(),
        way=["start", *(row.data["step"] for row in found.history if row.name in PASSES)],
    )


@blueprint.post("/cases/<uuid:case_id>/declare")
def declare(case_id: UUID) -> Response | tuple[str, int]:
    """No conflict of interest: the dossier opens."""
    if refused := _refusal(Declare(case_id)):
        return _page(case_id, refused), refused.error.status
    return _to(local_path(_posted("back")) or url_for(".dossier", case_id=case_id))


@blueprint.get("/cases/<uuid:case_id>/recuse")
def confirm_recusal(case_id: UUID) -> str:
    """Asks once more, because recusal is for good."""
    found = _dossier(case_id)
    if not any(offer.action == "recuse" for offer in found.offers):
        abort(404)
    return render_template("desk/recuse.html", dossier=found, words=Words())


@blueprint.post("/cases/<uuid:case_id>/recuse")
def recuse(case_id: UUID) -> Response | tuple[str, int]:
    """A conflict of interest: somebody else must do it."""
    if refused := _refusal(Recuse(case_id), answers={"reason": _posted("reason")}):
        return _page(case_id, refused), refused.error.status
    if queries.is_left_alone(db(), case_id):
        said = _(
            "Sie sind in diesem Geschäft im Ausstand. Jetzt darf niemand mehr daran arbeiten: "
            "Bitte sagen Sie es jenen, die bei Ihnen Rollen vergeben."
        )
        flash(said, "warning")
    else:
        flash(_("Sie sind in diesem Geschäft im Ausstand. Die Stelle kann es jemand anderem geben."))
    return _to(url_for(".inbox"))


@blueprint.post("/cases/<uuid:case_id>/assign")
def assign(case_id: UUID) -> Response | tuple[str, int]:
    """Who of the office has this work: I take it, a colleague gets it, or nobody has it by name."""
    way, me = _posted("way"), signed_in().actor.person
    to = {"take": me, "give_back": ""}.get(way, _posted("person"))
    if way == "hand_over" and not to:
        refused: Attempt | None = Attempt(Refused("nobody_chosen"))
    else:
        refused = _refusal(Assign(case_id, _posted("seat"), _entry(), to, _posted("held_by")))
    if refused:
        return _page(case_id, refused), refused.error.status
    flash(
        {"take": _("Sie haben es übernommen."), "give_back": _("Es liegt wieder bei der Stelle.")}.get(way)
        or _("Übergeben.")
    )
    return _to(local_path(_posted("back")) or url_for(".dossier", case_id=case_id))


@blueprint.post("/cases/<uuid:case_id>/complete")
def complete(case_id: UUID) -> Response | tuple[str, int]:
    """The work of one seat is done, with the outcome and the answers of the step's form."""
    found, words = _dossier(case_id), Words()
    step, seat, outcome = (_posted(name) for name in ("step", "seat", "outcome"))
    form = found.step_forms.get(words.step_data(found.case.route_hash, step).get("form", ""))
    answers = form.parse_html(request.form) if form else {}
    # Without an outcome the form cannot tell which of its fields are meant.
    refused = None if outcome else Attempt(Refused("no_such_outcome"), form, "", answers)
    command = Complete(case_id, step, seat, outcome, _entry())
    if refused := refused or _refusal(command, form, answers):
        if form:
            before = keeping.seen()
            keeping.keep_anyway(
                lambda: statements.save(db(), staff(), command, answers, seen=before, now=now())
            )
        return _page(case_id, refused), refused.error.status
    title = words.outcome(found.case.route_hash, step, outcome)
    flash(_("%(number)s: «%(outcome)s» ist eingetragen.", number=found.case.number, outcome=title))
    return _to(local_path(_posted("back")) or url_for(".inbox"))


@blueprint.post("/cases/<uuid:case_id>/statement")
def keep(case_id: UUID) -> Answer:
    """Keep what is written so far."""
    found, words = _dossier(case_id), Words()
    step, seat, outcome = (_posted(name) for name in ("step", "seat", "outcome"))
    form = found.step_forms.get(words.step_data(found.case.route_hash, step).get("form", ""))
    answers = form.parse_html(request.form) if form else {}
    command = Complete(case_id, step, seat, outcome, _entry())
    before, at = keeping.seen(), now()
    return keeping.keep(
        lambda: statements.save(db(), staff(), command, answers, seen=before, now=at),
        lambda error: _page(case_id, Attempt(error, form, outcome, answers, step)),
        url_for(".dossier", case_id=case_id, _anchor="task"),
        at,
    )


@blueprint.post("/cases/<uuid:case_id>/aside")
def aside(case_id: UUID) -> Response | tuple[str, int]:
    """Off the straight way: something received, a way taken, a stop, a longer deadline; with the reason."""
    command = aside_of(case_id, posted_aside(request.form, _entry()))
    if refused := _refusal(command, answers={"reason": _posted("reason")}):
        return _page(case_id, refused), refused.error.status
    flash(_("Eingetragen."))
    found = queries.dossier(db(), staff(), case_id, now=now())
    if found and found.due_at and isinstance(command, Extend):
        flash(_("Neue Frist: %(day)s.", day=local_date(last_day(found.due_at))))
    if found and isinstance(command, Pay) and command.amount < 0 and found.settled is not None:
        left = found.case.committed - found.case.paid
        if left > 0:  # it has come: what happened is written down, and looked at
            said = _(
                "Damit ist weniger ausbezahlt, als der Beitrag ausmacht: %(left)s sind wieder zu zahlen."
            )
            flash(said % {"left": format_chf(left)}, "warning")
    page = url_for(".dossier", case_id=case_id) if found else url_for(".inbox")
    return _to(local_path(_posted("back")) or page)


@blueprint.get("/cases/<uuid:case_id>/children/<code>")
def opening(case_id: UUID, code: str) -> str:
    """The form of a case of its own that belongs to this one: an appeal."""
    found = _dossier(case_id)
    return opening_page(_parent(found), code)


@blueprint.post("/cases/<uuid:case_id>/children/<code>")
def open_one(case_id: UUID, code: str) -> Answer:
    """Enter it."""
    found = _dossier(case_id)
    return open_child(_parent(found), code)


def _parent(found: Dossier) -> Parent:
    return Parent(
        found.case.id,
        f"{found.case.number} {found.case.title or ''}".strip(),
        found.offers,
        found.entry,
        found.case.route_hash,
        found.programme_hash,
        lambda one: url_for(".dossier", case_id=one),
        len(found.children) + len(found.inquiries),
    )


def _refusal(
    command: Command, form: Form | None = None, answers: Mapping[str, Any] | None = None
) -> Attempt | None:
    """None when it is done; else what was refused, with what the person had written."""
    try:
        do(command, answers)
    except (Conflict, Invalid, NotAllowed, Refused) as error:
        outcome, step = (command.outcome, command.step) if isinstance(command, Complete) else ("", "")
        return Attempt(error, form, outcome, dict(answers or {}), step)
    return None


def _in_all(found: Dossier, words: Words) -> tuple[int, str] | None:
    """Rappen that the applicant asks for in this call and area, and the size that this would have as one
    application, empty where none takes it; None where it is that of this one: several small ones are no way
    around a large one."""
    others = [one for one in found.findings.alike if "same_area" in one.reasons] if found.findings else []
    if not others:
        return None
    more = sum(one.requested for one in others)
    facts = {**found.answers.get("project", {}), "requested": found.case.requested}
    size = words.programme.size_with(more, facts, now().astimezone(ZURICH).date())
    return (found.case.requested + more, size) if size != found.case.size else None


def _dossier(case_id: UUID) -> Dossier:
    found = queries.dossier(db(), staff(), case_id, now=now())
    return found if found is not None else abort(404)


def _page(case_id: UUID, attempt: Attempt | None = None) -> str:
    found, words = _dossier(case_id), Words()
    if found.opened and found.parent and found.parent_read:
        note_read(case_id, found.parent.id)
    elif found.opened:
        note_read(case_id)
    route = found.case.route_hash
    call = words.programme.calls.get(found.case.call)
    task = task_of(found, words)
    # What was written for a step that has passed is shown to be copied; it fits no form any more.
    stale = (
        attempt is not None and attempt.form is not None and (task is None or task.form is not attempt.form)
    )
    return render_template(
        "desk/dossier.html",
        dossier=found,
        case=found.case,
        words=words,
        task=task,
        attempt=attempt,
        stale=stale,
        back_after=local_path(_posted("back")) if attempt else None,
        me=signed_in().actor.person,
        why_not=reason,
        budget=budget_of(found.form, found.answers),
        in_all=_in_all(found, words),
        other_year=call.year if call and not runs_in(found.answers, call.year) else None,
        viewable=VIEWABLE,
        sees_lists=signed_in().actor.has_role(*queries.OVERVIEW),
        said=_said(attempt) if attempt else None,
        actions={offer.action for offer in found.offers},
        rounds=rounds(found, words),
        talk=found.talk,
        inquiries=found.inquiries,
        history=[(row, sentence(row.name, row.data, route, words)) for row in reversed(found.history)],
    )


def _said(attempt: Attempt) -> str:
    if attempt.error.code == "no_such_outcome" and not attempt.outcome:
        return _("Bitte wählen Sie ein Ergebnis. Ihre Eingaben sind noch da.")
    if attempt.form is None and (found := attempt.problems.get("reason")):
        if found[0].code == "required":
            return _("Bitte sagen Sie, warum. Es wurde nichts eingetragen.")
        return problem_text(found[0], lang())
    return text_of(attempt.error, lang())


def task_of(found: Dossier, words: Words) -> Task | None:
    """The first seat that is this person's: nobody takes two at one step."""
    for offer in found.offers:
        if offer.action == "complete":
            form = found.step_forms.get(words.step_data(found.case.route_hash, offer.step).get("form", ""))
            titles = {code: words.outcome(found.case.route_hash, offer.step, code) for code in offer.outcomes}
            return Task(offer, form, titles)
    return None


def _posted(name: str) -> str:
    """A text of our own inputs; an outcome that was not chosen is empty, and the door refuses it."""
    return request.form.get(name, "")


def _entry() -> int:
    try:
        return int(_posted("entry"))
    except ValueError:
        raise BadRequest from None


def _to(url: str) -> Response:
    return redirect(url, 303)
