"""One's own applications: where they stand, what they wait for, the letters; answering and withdrawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, send_file, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from tasks.nudge import nudge
from web import screens
from web.errors import problem_text, text_of
from web.keeping import Answer, keep, keep_anyway, seen
from web.language import gettext, lang
from web.opening import Parent, open_child, opening_page
from web.portal.own import call_of, own_application, problems_of, progress_of
from web.posted import posted_answers, pressed
from web.reads import note_file
from web.security import db, do, now, settings, signed_in
from workflow import signing, statements
from workflow.engine.commands import Complete, Offer, Withdraw
from workflow.errors import FoerderwegError, Invalid, NotFound, Problem, Refused
from workflow.funding.advice import contact_for
from workflow.funding.forms import Form
from workflow.funding.money import in_force_from, paid_of, repaid_by, split
from workflow.store import queries
from workflow.store.queries import REPORT_SOON, Application, FileRow
from workflow.texts import ZURICH, label

VIEWABLE = ("application/pdf", "image/png", "image/jpeg")
"""What browsers show without running anything of it."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """What a member wrote to an office and was refused: to which message (None: to none), and why not."""

    answers: UUID | None
    text: str
    refusal: str


def applications() -> str:
    """All applications of one's organisations, or of the one that the address names."""
    actor = signed_in().actor
    mine = queries.my_organisations(db(), actor)
    chosen = next((one.id for one in mine if str(one.id) == request.args.get("organisation")), None)
    every = queries.my_applications(db(), actor)
    rows = [row for row in every if chosen in (None, row.organisation_id)]
    reports = [row for row in rows if _soon(row.report_due)]
    groups = {
        "todo": [row for row in rows if row.waiting_for_me] + reports,
        "drafts": [row for row in rows if row.number is None and not row.waiting_for_me],
        "running": [row for row in rows if row.over and row.report_due and row not in reports],
        "on_the_way": [row for row in rows if row.number and not row.over and not row.waiting_for_me],
        "over": [row for row in rows if row.over and not row.report_due],
    }
    return render_template(
        "portal/applications.html",
        rows=rows,
        groups=groups,
        organisations=mine,
        chosen=chosen,
    )


def application(application_id: UUID) -> str:
    """A draft with its sections, or a running case with its way so far."""
    found = own_application(application_id)
    if found.number is None:
        return render_template("portal/draft.html", **_shown(found))
    return case_page(found)


def case_page(found: Application, unsent: Unsent | None = None) -> str:
    """A running case. `unsent`: an answer to a message that was refused."""
    children = queries.route_data(db(), found.route_hash or "").get("children", {})
    actor = signed_in().actor
    stops = queries.timeline(db(), actor, found.id, now=now()) or []
    known = queries.programme_of(db(), found.programme_hash).programme
    return render_template(
        "portal/case.html",
        child_words=children,
        stops=stops,
        has_changes=found.has_changes,
        open_calls=[
            one
            for one in screens.programme().calls.values()
            if one.is_open(now()) and found.area in one.areas
        ],
        ended=bool(stops) and stops[-1].state == "done",
        contact=contact_for(known.contacts, found.area or ""),
        terms=known.terms.get(found.size or "", {}),
        remedy=known.remedy,
        may_appeal=found.appealable and _period_runs(found, known.remedy),
        instalments=_instalments(found, known.terms.get(found.size or "", {})),
        talk=queries.talk(db(), actor, found.id),
        unsent=unsent,
        owed_until=_owed_until(found, known.terms.get(found.size or "", {})),
        report_soon=found.report is not None and _soon(found.report.due_at),
        **_shown(found),
    )


def _owed_until(found: Application, terms: Mapping[str, Any]) -> date | None:
    """The last day for paying back what was paid too much."""
    return repaid_by(found.settled_at, terms["repay_days"]) if found.owed and found.settled_at else None


def _period_runs(found: Application, remedy: Mapping[str, Any]) -> bool:
    """An order that was sent long ago is in force; of one without its day nobody can tell."""
    days = remedy.get("in_force_days")
    today = now().astimezone(ZURICH).date()
    return found.sent_on is None or days is None or today < in_force_from(found.sent_on, days)


def _soon(report_due: datetime | None) -> bool:
    return report_due is not None and report_due < now() + REPORT_SOON


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of the grant, as in the order: per cent, Rappen, and how many of them are paid."""

    percent: int
    amount: int
    paid: int


def _instalments(found: Application, terms: Mapping[str, Any]) -> list[Instalment]:
    """How it is paid, once it is granted."""
    if found.granted is None or found.parent is not None:
        return []
    percents = terms["instalments"]
    amounts = split(found.granted, percents)
    paid = paid_of(amounts, found.paid)
    return [Instalment(*one) for one in zip(percents, amounts, paid, strict=True)]


def _shown(found: Application) -> dict[str, Any]:
    return {
        "application": found,
        "call": call_of(found),
        "progress": progress_of(found),
        "offer": _offer(found),
        "sign_off": queries.sign_off(db(), signed_in().actor, found.id),
    }


def step(application_id: UUID) -> str | Response:
    """What the case waits for the applicant to do."""
    found = own_application(application_id)
    offer = _offer(found)
    if offer is None:
        return redirect(url_for("portal.application", application_id=application_id), 303)
    draft = queries.statement_draft(db(), signed_in().actor, application_id, offer.seat, found.entry)
    given = draft.answers if draft else _known_answers(found.step_form, found.answers)
    return _step_page(found, offer, given, outcome=draft.outcome if draft else "")


def complete(application_id: UUID) -> Answer:
    """Do it: send the answer to a query, accept or decline; or keep what is written so far."""
    found = own_application(application_id)
    form, press = found.step_form, pressed()
    given = posted_answers(form) if form else None
    offer = _offer(found)
    if offer and press.changes_rows:
        return _step_page(found, offer, given or {}, more=press.more)
    try:
        command = Complete(
            application_id,
            request.form["step"],
            request.form["seat"],
            request.form.get("outcome", ""),
            int(request.form["entry"]),
        )
    except (KeyError, ValueError):
        raise BadRequest from None

    before, at = seen(), now()

    def save() -> None:
        statements.save(db(), signed_in().actor, command, given or {}, seen=before, now=at)

    def again(error: FoerderwegError) -> str:
        if offer is None:
            raise error
        return _step_page(found, offer, given or {}, error)

    if press.action == "keep":
        return keep(save, again, url_for("portal.step", application_id=application_id), at)
    try:
        if not _signed(command):
            return _back_signed(application_id)
        do(command, given)
    except (Invalid, Refused) as error:
        if error.code == "no_such_outcome" and command.outcome:
            raise
        if form:
            keep_anyway(save)
        return again(error), error.status
    flash(gettext("Ihre Antwort ist bei uns angekommen."), "done")
    return redirect(url_for("portal.application", application_id=application_id), 303)


def withdrawal(application_id: UUID) -> str | Response:
    """Ask once more before an application is taken back."""
    found = own_application(application_id)
    if not any(offer.action == "withdraw" for offer in found.offers):
        return redirect(url_for("portal.application", application_id=application_id), 303)
    return _withdraw_page(found)


def withdraw(application_id: UUID) -> Response | tuple[str, int]:
    """Take it back, with a reason if one is given."""
    found, reason = own_application(application_id), request.form.get("reason", "")
    try:
        if not _signed(Withdraw(application_id)):
            return _back_signed(application_id)
        do(Withdraw(application_id), {"reason": reason})
    except Invalid as error:
        wrong = " ".join(problem_text(one, lang()) for one in error.fields.get("reason", ()))
        return _withdraw_page(found, reason, wrong), error.status
    flash(gettext("Ihr Gesuch ist zurückgezogen."), "done")
    return redirect(url_for("portal.application", application_id=application_id), 303)


def _withdraw_page(found: Application, reason: str = "", wrong: str = "") -> str:
    return render_template(
        "portal/withdraw.html",
        application=found,
        reason=reason,
        wrong=wrong,
        two_sign=_two_sign(found),
        first=_two_sign(found) and not _signed_by_another(found),
    )


def _signed_by_another(found: Application) -> bool:
    """Somebody else has signed that it is taken back: this signature does it."""
    actor = signed_in().actor
    known = queries.sign_off(db(), actor, found.id)
    return known is not None and any(
        one.counts and found.given_up.get(one.hash) == "" and str(one.person_id) != actor.person
        for one in known.signatures
    )


def _two_sign(found: Application) -> bool:
    return "sign" not in signed_in().actor.rights_in(str(found.organisation_id))


def _signed(command: Complete | Withdraw) -> bool:
    """Whether it needs no other signature any more; else this one is noted, and the others hear of it."""
    return signing.sign_giving_up(db(), signed_in().actor, command, now=now())


def _back_signed(application_id: UUID) -> Response:
    nudge("deliver")
    flash(gettext("Sie haben unterschrieben. Es fehlt noch eine zweite Unterschrift."), "done")
    return redirect(url_for("portal.application", application_id=application_id), 303)


def opening(application_id: UUID, code: str) -> str:
    """The form of a case of its own that belongs to this one: an amendment, a report."""
    found = own_application(application_id)
    return opening_page(_parent(found), code)


def open_one(application_id: UUID, code: str) -> Answer:
    """Hand it in."""
    found = own_application(application_id)
    return open_child(_parent(found), code)


def _parent(found: Application) -> Parent:
    return Parent(
        found.id,
        f"{found.number} {found.title}",
        found.offers,
        found.entry,
        found.route_hash or "",
        found.programme_hash,
        lambda one: url_for("portal.application", application_id=one),
        len(found.children),
    )


def file(file_id: UUID) -> Response:
    """A file, for whoever may see the page that it hangs on; never shown inside the browser."""
    row = queries.file(db(), signed_in().actor, file_id)
    if row is None:
        raise NotFound("no_such_file")
    note_file(row)
    return _sent(row, as_attachment=True)


def view(file_id: UUID) -> Response:
    """A PDF or a picture, to be looked at in a frame of our own pages; never anything else."""
    row = queries.file(db(), signed_in().actor, file_id)
    if row is None or row.media_type not in VIEWABLE:
        raise NotFound("no_such_file")
    note_file(row)
    response = _sent(row, as_attachment=False)
    # In its frame everything is in a sandbox. A window of its own is for browsers that show no PDF in one.
    alone = row.media_type == "application/pdf" and request.headers.get("Sec-Fetch-Dest") == "document"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
        f"{'' if alone else '; sandbox'}"
    )
    response.vary.add("Sec-Fetch-Dest")
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _sent(row: FileRow, *, as_attachment: bool) -> Response:
    response = send_file(
        queries.file_path(settings(), row),
        mimetype=row.media_type,
        as_attachment=as_attachment,
        download_name=row.name,
        etag=row.sha256,
        last_modified=row.at,
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _offer(found: Application) -> Offer | None:
    return next((offer for offer in found.offers if offer.action == "complete"), None)


def _known_answers(form: Form | None, answers: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What the step's form asks again is filled in from the application."""
    known: dict[str, dict[str, Any]] = {}
    for path in form.fields() if form else ():
        section, code = path.split(".")
        if code in answers.get(section, {}):
            known.setdefault(section, {})[code] = answers[section][code]
    return known


def _step_page(
    found: Application,
    offer: Offer,
    given: Mapping[str, Any],
    error: FoerderwegError | None = None,
    more: str | None = None,
    outcome: str = "",
) -> str:
    route = queries.route_data(db(), found.route_hash or "")["steps"][offer.step]
    draft = queries.statement_draft(db(), signed_in().actor, found.id, offer.seat, found.entry)
    problems: Mapping[str, Any] = error.fields if isinstance(error, Invalid) else {}
    refusal = text_of(error, lang()) if error and not problems else None
    if error and error.code == "no_such_outcome":
        refusal = gettext("Bitte wählen Sie eine Antwort. Ihre Eingaben sind noch da.")
    return render_template(
        "portal/step.html",
        application=found,
        offer=offer,
        title=label(route["title"], lang()),
        outcome_titles={code: label(one["title"], lang()) for code, one in route["outcomes"].items()},
        outcome=outcome or request.form.get("outcome", ""),
        saved_at=draft.saved_at if draft else None,
        progress=progress_of(found),
        two_sign=_two_sign(found) and bool({*found.given_up.values()} - {""}),
        section_problems=_sections_only(problems_of(found), found),
        given=given,
        problems=problems,
        refusal=refusal,
        more=more,
    )


def _sections_only(problems: Mapping[str, list[Problem]], found: Application) -> dict[str, list[Problem]]:
    return {path: one for path, one in problems.items() if path.split(".")[0] in found.open_sections}
