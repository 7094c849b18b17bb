"""The one-page proposal: what somebody with five minutes has to know to decide a case, and the deciding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, abort, render_template, url_for

from web.deciding.prefilled import Given, prefilled
from web.desk import task_of
from web.desk.comparison import Round, rounds
from web.desk.inbox import staff
from web.desk.words import Words
from web.language import gettext, lang
from web.reads import note_read
from web.security import db, now, signed_in
from workflow import orders, papers
from workflow.engine.outlook import Outlook
from workflow.funding.money import format_chf
from workflow.store import queries
from workflow.store.queries import Dossier, Standing, Statement
from workflow.texts import label, local_date

QUOTED = ("need", "summary", "activities")
"""What the applicant says in its own words, as far as the form asks for it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """`said`: title → the applicant's words; `panel`: the last review; `heard`: what was said since.

    `ways`: outcome → what it brings about; `follows`: the outcome that follows what is proposed.
    """

    said: Mapping[str, str]
    goals: Sequence[str]
    standing: Standing | None
    panel: Round | None
    heard: Sequence[tuple[Statement, Sequence[str]]]
    ways: Mapping[str, Outlook]
    follows: str


def page(case_id: UUID) -> str:
    """The proposal on one screen; before the declaration of no conflict its gate alone."""
    found, words = _dossier(case_id), Words()
    task = task_of(found, words)
    made = _proposal(found, words) if found.opened else None
    return render_template(
        "deciding/proposal.html",
        dossier=found,
        case=found.case,
        proposal=made,
        words=words,
        task=task,
        begin=Given(prefilled(task.form, "", made.standing)) if task and task.form and made else None,
        drafts=[code for code in made.ways if _draft(found, made, code, words)] if made else [],
        actions={offer.action for offer in found.offers},
        back=url_for(".proposal", case_id=case_id),
        me=signed_in().actor.person,
    )


def pdf(case_id: UUID) -> Response:
    """The same on paper."""
    found, words = _dossier(case_id), Words()
    if not found.opened:
        abort(404)
    made = _proposal(found, words)
    return _shown(papers.proposal(_sheet(found, made, words), now=now()), f"Antrag-{found.case.number}.pdf")


def draft(case_id: UUID, outcome: str) -> Response:
    """The letter as it would go out if this were decided as proposed, or as the viewer has begun to write."""
    found, words = _dossier(case_id), Words()
    if not found.opened:
        abort(404)
    made = _proposal(found, words)
    said = _draft(found, made, outcome, words)
    letter = made.ways[outcome].letter if said else None
    if said is None or letter is None:
        abort(404)
    return _shown(
        orders.draft_order(db(), case_id, letter, said, now=now()), f"Entwurf-{found.case.number}.pdf"
    )


def _draft(found: Dossier, made: Proposal, outcome: str, words: Words) -> orders.Draft | None:
    """What the letter would say; None without one, and for a grant of which nobody has named the amount."""
    way = made.ways.get(outcome)
    if way is None or way.letter is None:
        return None
    step = words.step_data(found.case.route_hash, found.step)
    form = found.step_forms.get(step.get("form", ""))
    written: dict[str, Any] = {}
    if form:
        answers: Mapping[str, Any] = prefilled(form, outcome, made.standing)
        if found.draft and found.draft.outcome in ("", outcome):
            answers = form.load_partial(found.draft.answers)[0]
        written = {code: value for part in answers.values() for code, value in part.items()}
    standing = made.standing
    amount = written.get("amount") or (standing.amount if standing else None) or 0
    granted = amount if isinstance(amount, int) else 0
    if step["outcomes"][outcome].get("amount") and granted <= 0:
        return None
    return orders.Draft(
        granted=granted,
        reasons=str(written.get("reasons") or (standing.reasons if standing and standing.signed else "")),
        conditions=str(
            written.get("conditions") or (standing.conditions if standing and standing.signed else "")
        ),
        signers=[*_signers(found, made, step), *(("–", office, role) for office, role in way.signers)],
    )


def _dossier(case_id: UUID) -> Dossier:
    found = queries.dossier(db(), staff(), case_id, now=now())
    return found if found is not None else abort(404)


def _proposal(found: Dossier, words: Words) -> Proposal:
    note_read(found.case.id)
    standing, ways, follows = queries.outlooks(db(), staff(), found, now=now())
    visits = rounds(found, words)
    panel = next((one for one in visits if one.lines), None)
    since = [one for one in found.statements if panel is None or one.entry > panel.statements[0].entry]
    area = words.programme.areas.get(found.case.area)
    named = found.answers.get("project", {}).get("goals") or ()
    goals = [label(one.label, lang()) for one in area.goals if one.code in named] if area else []
    return Proposal(
        said=_own_words(found),
        goals=goals,
        standing=standing,
        panel=panel,
        heard=[
            (one, _texts_of(found, one))
            for one in since
            if (standing is None or one.entry != standing.entry)
            and not words.step_data(found.case.route_hash, one.step).get("sends")
        ],
        ways=ways,
        follows=follows,
    )


def _texts_of(found: Dossier, one: Statement) -> list[str]:
    """What somebody wrote, as a reader sees it: texts by themselves, all else with what it says."""
    form = found.step_forms.get(one.form_code)
    texts = []
    for path, field in form.fields().items() if form else ():
        section, code = path.split(".")
        value = one.data.get(section, {}).get(code)
        if value and field.type not in ("table", "file"):
            text = field.as_text(value, lang())
            own = field.type in ("text", "longtext")
            texts.append(text if own else f"{label(field.label, lang())}: {text}")
    return texts


def _own_words(found: Dossier) -> dict[str, str]:
    fields = {path.split(".")[1]: (path, one) for path, one in found.form.fields().items()}
    quoted = {}
    for code in QUOTED:
        if code in fields:
            path, one = fields[code]
            section = path.split(".")[0]
            if text := found.answers.get(section, {}).get(code):
                quoted[label(one.label, lang())] = str(text)
    return quoted


def _signers(found: Dossier, made: Proposal, step: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Who has signed, unless this `step` does so alone, and who would now: the viewer, or nobody by name."""
    me = signed_in()
    names = []
    if made.standing and made.standing.signed and step.get("signs") != "alone":
        names.append((made.standing.by_name, made.standing.office, _role_of(found, made.standing)))
    for seat in found.seats:
        mine = (seat.office, seat.role) in me.actor.offices
        names.append((me.name if mine else "–", seat.office, seat.role))
    return names


def _role_of(found: Dossier, standing: Standing) -> str:
    return queries.seats(found.history)[standing.entry, ""][1]


def _sheet(found: Dossier, made: Proposal, words: Words) -> dict[str, Any]:
    """What the paper says, all of it text."""
    case, standing = found.case, made.standing
    facts = [
        (gettext("Trägerschaft"), case.organisation),
        (gettext("Förderbereich"), words.area(case.area)),
        (gettext("Ziele"), "; ".join(made.goals) or "–"),
        (gettext("Beantragt"), format_chf(case.requested)),
    ]
    parts = [(title, text) for title, text in made.said.items()]
    if standing:
        facts.append((gettext("Antrag"), _proposed(standing, case.route_hash, words)))
        parts += [(gettext("Begründung"), standing.reasons), (gettext("Auflagen"), standing.conditions)]
        parts.append((gettext("Abweichende Empfehlungen"), standing.dissent))
    if found.line:
        facts.append((gettext("Frei im Förderbereich"), format_chf(found.line.left)))
    return {
        "language": lang(),
        "title": gettext("Antrag"),
        "number": case.number,
        "subject": case.title or case.number,
        "canton": label(words.programme.canton, lang()),
        "office": label(words.programme.sender["office"], lang()),
        "programme": label(words.programme.title, lang()),
        "facts": facts,
        "parts": [(title, text) for title, text in parts if text],
        "matrix": _matrix(made.panel, case.route_hash, words) if made.panel else None,
        "heard_title": gettext("Dazu wurde gehört"),
        "heard": [
            (
                words.step(case.route_hash, one.step),
                f"{words.outcome(case.route_hash, one.step, one.outcome)}"
                f" ({one.by_name}, {local_date(one.at)})",
                "\n".join(texts),
            )
            for one, texts in made.heard
        ],
    }


def _proposed(standing: Standing, route: str, words: Words) -> str:
    if not standing.grants:
        said = words.outcome(route, standing.step, standing.outcome)
        return gettext("Ablehnen") if standing.by_panel else said
    return gettext("%(amount)s bewilligen", amount=format_chf(standing.amount or 0))


def _matrix(panel: Round, route: str, words: Words) -> dict[str, Any]:
    """Offices × criteria; `apart`: rows on which they are far apart."""
    head = [words.office(one.office) for one in panel.statements]
    rows = [
        [gettext("Empfehlung"), *(words.outcome(route, panel.step, one.outcome) for one in panel.statements)]
    ]
    apart = [0] if panel.split else []
    for line in panel.lines:
        if line.apart:
            apart.append(len(rows))
        if line.field.type in ("choice", "money"):
            rows.append([label(line.field.label, lang()), *line.cells])
    return {"title": gettext("Empfehlungen"), "head": head, "rows": rows, "apart": apart}


def _shown(content: bytes, name: str) -> Response:
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
