"""From the working copy to a case: what was submitted, checked, sized, pinned to its versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from workflow.engine.case import Actor
from workflow.engine.commands import Submit
from workflow.engine.route import APPLICANT_OFFICE
from workflow.engine.tables import Facts, parse_table, pick
from workflow.errors import NotAllowed, NotFound, Refused
from workflow.funding.forms import Answers
from workflow.funding.programme import Programme
from workflow.store import applications, published
from workflow.store.journal import Stored
from workflow.texts import ZURICH


def accept(tx: Connection, command: Submit, actor: Actor, now: datetime) -> tuple[Stored, Submit]:
    """The new case's row and the command with what was submitted.

    Raises Invalid (incomplete), Refused (call_closed, area_not_in_call, size_not_open, no_own_measures),
    NotFound, NotAllowed.
    """
    draft = applications.find(tx, command.case_id, lock=True)
    rights = actor.rights_in(str(draft.organisation_id)) if draft else frozenset()
    if draft is None or not rights:
        raise NotFound("no_such_application")
    if "sign" not in rights:
        raise NotAllowed("may_not_sign")
    programme = published.programme(tx, draft.programme_hash)
    call = programme.calls[draft.call]
    if not call.is_open(now):
        raise Refused("call_closed")
    form = published.application_form(tx, draft.programme_hash, draft.organisation_kind)
    answers = form.load(draft.answers)
    facts = form.facts(answers)
    if draft.office is not None:
        if not programme.offices[draft.office].own_measures:
            raise Refused("no_own_measures")
        facts[APPLICANT_OFFICE] = draft.office
    if facts["area"] not in call.areas:
        raise Refused("area_not_in_call", area=str(facts["area"]))
    size = programme.size_for(facts, now.astimezone(ZURICH).date())
    pot = _pot(programme, facts)
    content = published.content(tx, draft.programme_hash)
    beginning = applications.Beginning(
        application_id=draft.id,
        organisation_id=draft.organisation_id,
        title=str(answers["project"]["title"]),
        number_prefix=f"{programme.number}-{call.year}",
        programme=programme.code,
        programme_hash=draft.programme_hash,
        route_hash=content["routes"][size.route],
        form_hash=draft.form_hash,
        call=call.code,
        area=str(facts["area"]),
        size=size.code,
        line_id=published.line_of(tx, programme.code, call.year, str(facts["area"]), pot),
        target_group=str(facts["target_group"]),
        requested=int(facts["requested"]),
    )
    stored = applications.begin(tx, beginning, now)
    kept = applications.keep_content(tx, draft.id, "application", "", answers, actor, now)
    applicant = str(draft.organisation_id)
    return stored, replace(command, applicant=applicant, facts=facts, content=kept)


def edited_application(tx: Connection, stored: Stored, now: datetime) -> tuple[Answers, Facts]:
    """The working copy of a case whose sections were reopened, complete again, and its facts.

    Raises Invalid, and Refused (route_would_change) when area, size or pot would no longer be the same.
    """
    draft = applications.find(tx, stored.id, lock=True)
    if draft is None:
        raise NotFound("no_such_application")
    programme = published.programme(tx, stored.programme_hash)
    form = published.application_form(tx, stored.programme_hash, draft.organisation_kind)
    answers = form.load(draft.answers)
    facts = form.facts(answers)
    if _place(programme, facts, now) != _place(programme, stored.case.facts, now):
        raise Refused("route_would_change")
    return answers, facts


def _place(programme: Programme, facts: Facts, now: datetime) -> tuple[object, ...]:
    """What decides where an application goes and whose money it takes."""
    size = programme.size_for(facts, now.astimezone(ZURICH).date())
    return facts["area"], size.code, _pot(programme, facts)


def _pot(programme: Programme, facts: Facts) -> str:
    return pick(parse_table(programme.tables["pot"], "tables.pot"), facts)[0]
