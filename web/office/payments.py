"""What is to be paid out: Finance ticks what has gone, and each is a command of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from uuid import UUID, uuid5

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from web import screens
from web.desk.words import Words
from web.errors import text_of
from web.exports import PAGE_ROWS, As, Column, every, export
from web.language import gettext as _
from web.language import lang, ngettext
from web.security import db, do, now, posted_uuid, signed_in
from workflow import payment_files
from workflow.engine.commands import Pay
from workflow.errors import Conflict, FoerderwegError
from workflow.funding.money import format_iban, parse_chf
from workflow.payment_files import Wish
from workflow.store import queries
from workflow.store.queries import Payable, Payments
from workflow.texts import ZURICH, label

MOST = 100
"""Payments that one form records."""


@dataclass(slots=True)
class Tried:
    """What was typed and not done: case → amount, case → why not, and case → what to look at again.

    `file`: it was to be a file for the bank. `sure`: marks of the doubts that were shown.
    """

    typed: Mapping[UUID, str] = field(default_factory=dict)
    failed: Mapping[UUID, str] = field(default_factory=dict)
    doubtful: Mapping[UUID, str] = field(default_factory=dict)
    file: bool = False
    sure: Collection[str] = ()

    def ticks(self, case_id: UUID) -> bool:
        """What failed is not asked for again by a file, and can be corrected on the list."""
        return case_id in self.typed and (case_id in self.failed) is not self.file


def payments() -> str:
    """What is open, or what was paid."""
    return _page(Tried())


def payments_file(kind: str) -> Response:
    """The same as a file."""
    words = Words()
    columns: list[Column[Payable]] = [
        Column(_("Nummer"), lambda row: row.number),
        Column(_("Trägerschaft"), lambda row: row.organisation),
        Column(_("Förderbereich"), lambda row: words.area(row.area)),
        Column(_("Kredit"), lambda row: row.year, As.NUMBER),
        Column(_("Herkunft"), lambda row: words.pot(row.pot)),
        Column(_("Bewilligt seit"), lambda row: row.granted_at, As.MOMENT),
        Column(_("bewilligt"), lambda row: row.committed, As.MONEY),
        Column(_("ausbezahlt"), lambda row: row.paid, As.MONEY),
        Column(_("offen"), lambda row: row.open, As.MONEY),
        Column(_("Nächste Tranche"), lambda row: row.instalment[0] or None, As.NUMBER),
        Column(_("Betrag der Tranche"), lambda row: row.instalment[2], As.MONEY),
        Column(_("jetzt fällig"), lambda row: row.due, As.MONEY),
        Column(_("wartet auf"), lambda row: label(row.waits, lang()) if row.waits else None),
        Column(_("gesperrt"), lambda row: _("Ja") if row.stopped else _("Nein")),
    ]
    first = _found(None, PAGE_ROWS)
    if first.with_accounts:
        columns += [
            Column(_("Konto lautet auf"), lambda row: row.account.holder if row.account else None),
            Column(_("IBAN"), lambda row: format_iban(row.account.iban) if row.account else None),
        ]
    rows = every(lambda after: _found(after, PAGE_ROWS) if after else first)
    shown = _("ausbezahlt") if request.args.get("shown") == "paid" else _("offen")
    return export(kind, "-".join([_("Auszahlungen"), shown]), columns, rows)


def record() -> Response | tuple[str, int]:
    """Record each that was ticked; what is refused says why, and stays as it was typed."""
    ticked = _ticked()
    before = _seen(ticked)
    typed = _typed(ticked)
    failed, done, over, unlike = {}, 0, list[str](), list[str]()
    for case_id, paid in ticked.items():
        key = uuid5(posted_uuid("command_id"), f"{case_id}.{paid}")
        try:
            amount = parse_chf(typed[case_id])
            if amount <= 0:
                way = _("Zurücknehmen geht nur einzeln, mit einem Grund.")
                failed[case_id] = way if amount else _("Bitte einen Betrag über null angeben.")
                continue
            do(Pay(case_id, amount, paid), key=key)
            done += 1
            row = before.get(case_id)
            if row is not None and row.paid == paid:
                over += [row.number] if amount > row.due else []
                unlike += (
                    [row.number] if row.filed and amount not in {one.amount for one in row.filed} else []
                )
        except ValueError:
            failed[case_id] = _("Das ist kein Betrag.")
        except FoerderwegError as error:
            failed[case_id] = text_of(error, lang())
    if done:
        flash(ngettext("%(n)s Auszahlung ist eingetragen.", "%(n)s Auszahlungen sind eingetragen.", done))
    if over:  # it has gone: what happened is written down, and looked at
        said = _(
            "Mehr eingetragen, als fällig war: %(cases)s. Ein Versehen korrigieren Sie unter «Ausbezahlt»."
        )
        flash(said % {"cases": ", ".join(over)}, "warning")
    if unlike:
        said = _(
            "Anders eingetragen, als es in der Zahlungsdatei steht: %(cases)s."
            " Ein Versehen korrigieren Sie unter «Ausbezahlt»."
        )
        flash(said % {"cases": ", ".join(unlike)}, "warning")
    if not ticked:
        flash(_("Sie haben nichts angekreuzt."), "warning")
    if failed:
        return _page(Tried(typed, failed)), 409
    return redirect(url_for(".payments"), 303)


def bank_file() -> Response | tuple[str, int]:
    """A file for the bank of those that were ticked; it records nothing.

    What cannot be in it, and what somebody should look at again, is named first: then there is no file.
    """
    ticked = _ticked()
    _seen(())  # 404 for who has no overview
    payer = screens.programme().payer
    if not ticked or payer is None:
        missing = (
            _("Es fehlt das Konto, von dem bezahlt wird.") if ticked else _("Sie haben nichts angekreuzt.")
        )
        flash(missing, "warning")
        return redirect(url_for(".payments"), 303)
    typed = _typed(ticked)
    wishes = [Wish(case_id, paid, _rappen(typed[case_id])) for case_id, paid in ticked.items()]
    said = set(request.form.getlist("sure"))
    try:
        made = payment_files.make(db(), signed_in().actor, payer, wishes, sure=said, now=now())
    except Conflict as error:
        flash(text_of(error, lang()), "warning")
        return redirect(url_for(".payments"), 303)
    if made.content:
        title, day = _("Zahlungsdatei"), f"{now().astimezone(ZURICH):%Y-%m-%d}"
        name = f"{title}-{day}-{made.message}.xml"
        return send_file(BytesIO(made.content), "application/xml", as_attachment=True, download_name=name)
    failed = {
        case_id: text_of(why, lang()) if _is_amount(typed[case_id]) else _("Das ist kein Betrag.")
        for case_id, why in made.refused.items()
    }
    doubtful = {
        case_id: " ".join(text_of(why, lang()) for why in one.reasons)
        for case_id, one in made.doubtful.items()
    }
    seen = said | {one.mark for one in made.doubtful.values()}
    return _page(Tried(typed, failed, doubtful, file=True, sure=sorted(seen))), 409


def _rappen(text: str) -> int:
    """What is no amount is none."""
    return parse_chf(text) if _is_amount(text) else 0


def _is_amount(text: str) -> bool:
    try:
        parse_chf(text)
    except ValueError:
        return False
    return True


def _page(tried: Tried) -> str:
    shown = request.args.get("shown", "")
    found = _found(request.args.get("after"))
    listed = {row.case_id: row.number for row in found.rows}
    gone = {*tried.failed, *tried.doubtful} - set(listed)  # paid by somebody else, or on another page
    return render_template(
        "office/payments.html",
        found=found,
        listed=listed,
        numbers=listed | {case_id: row.number for case_id, row in (_seen(gone) if gone else {}).items()},
        shown="paid" if shown == "paid" else "open",
        tried=tried,
        may_pay=any(row.may_pay for row in found.rows),
        payer=screens.programme().payer,
        words=Words(),
    )


def _found(after: str | None, limit: int = 50) -> Payments:
    shown = request.args.get("shown", "")
    found = queries.payments(db(), signed_in().actor, now=now(), shown=shown, after=after, limit=limit)
    return found if found is not None else abort(404)


def _seen(cases: Collection[UUID]) -> dict[UUID, Payable]:
    """What this person sees of these cases now; 404 without an overview."""
    found = queries.payables(db(), signed_in().actor, cases, now=now())
    return found if found is not None else abort(404)


def _typed(cases: Collection[UUID]) -> dict[UUID, str]:
    return {case_id: request.form.get(f"amount.{case_id}", "") for case_id in cases}


def _ticked() -> dict[UUID, int]:
    """Case → Rappen paid before, as they were seen; 400 for anything that is not one of our own inputs."""
    found: dict[UUID, int] = {}
    given: Sequence[str] = request.form.getlist("case")
    for text in given:
        case_id, _dot, paid = text.partition(".")
        try:
            found[UUID(case_id)] = int(paid)
        except ValueError:
            raise BadRequest from None
    if len(found) > MOST:
        raise BadRequest
    return found
