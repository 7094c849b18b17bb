"""The door for payment files: what the bank is to pay, and which payment is in which file.

A file records no payment: Finance writes down what has gone when the bank has executed it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from workflow.engine.case import Actor
from workflow.errors import Conflict, FoerderwegError, NotAllowed, NotFound, Refused
from workflow.funding.money import format_iban
from workflow.funding.payer import DOMESTIC, Payer
from workflow.interchange.pain001 import Transfer, message_id, pain001
from workflow.store import filed_payments
from workflow.store.queries import Payable, payables
from workflow.texts import local_datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """Pay so many Rappen of this case, of which so many were paid when somebody looked."""

    case_id: UUID
    paid: int
    amount: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why somebody should look again before the bank gets this.

    Whoever has seen `mark` has seen all of it: another amount, limit or file is another doubt.
    """

    reasons: Sequence[FoerderwegError]
    mark: str


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """By case what was `refused`, and what is `doubtful`; as long as there is any, `content` is empty."""

    message: str = ""
    content: bytes = b""
    refused: Mapping[UUID, FoerderwegError] = field(default_factory=dict)
    doubtful: Mapping[UUID, Doubt] = field(default_factory=dict)


def make(
    db: Engine,
    actor: Actor,
    payer: Payer,
    wishes: Sequence[Wish],
    *,
    sure: Collection[str],
    now: datetime,
) -> PaymentFile:
    """A pain.001 of these. `sure`: marks of the doubts that somebody has seen, and means all the same.

    The same wishes are the same message, which banks take once: a doubt, where a payment came back since.
    Raises NotFound without an overview, Conflict (filed_meanwhile).
    """
    rows = payables(db, actor, [one.case_id for one in wishes], now=now)
    if rows is None:
        raise NotFound("no_overview")
    refused = {
        one.case_id: why for one in wishes if (why := _refusal(rows.get(one.case_id), one)) is not None
    }
    good = [one for one in wishes if one.case_id not in refused]
    transfers = [_transfer(rows[one.case_id], one) for one in good]
    message = message_id(payer, transfers)
    doubts = {one.case_id: found for one in good if (found := _doubt(rows[one.case_id], one, message))}
    doubtful = {case_id: one for case_id, one in doubts.items() if one.mark not in sure}
    if refused or doubtful or not transfers:
        return PaymentFile(refused=refused, doubtful=doubtful)
    with db.begin() as tx:
        filed = [(one.case_id, one.paid, one.amount) for one in good]
        seen = [(case_id, one.message) for case_id in doubts for one in rows[case_id].filed]
        if not filed_payments.note(tx, filed, message, UUID(actor.person), now, seen=seen):
            raise Conflict("filed_meanwhile")
    return PaymentFile(message, pain001(payer, transfers, now))


def _refusal(row: Payable | None, wish: Wish) -> FoerderwegError | None:
    """Why this goes into no file."""
    if row is None:
        return NotFound("nothing_to_pay")
    if not row.may_pay or row.account is None:
        return NotAllowed("not_yours")
    if row.paid != wish.paid:
        return Refused("paid_meanwhile", amount=row.paid)
    if row.stopped:
        return Refused("report_missing")
    if wish.amount <= 0:
        return Refused("amount_missing")
    if wish.amount > row.open:
        return Refused("amount_over_open", amount=wish.amount, left=row.open)
    if not row.account.iban:
        return Refused("no_account")
    if not row.account.iban.startswith(DOMESTIC):
        return Refused("foreign_account")
    return None if row.account.town.strip() else Refused("address_missing")


def _doubt(row: Payable, wish: Wish, message: str) -> Doubt | None:
    reasons, mark = [], [str(wish.case_id), str(wish.amount)]
    for one in row.filed:
        if one.message != message or one.taken_back:
            code = "filed_already" if one.message != message else "filed_and_taken_back"
            reasons.append(Refused(code, at=local_datetime(one.made_at), name=one.made_by))
            mark.append(one.message)
    if row.account is not None and row.account.other:
        reasons.append(Refused("other_account", iban=format_iban(row.account.other)))
        mark.append(row.account.other)
    if wish.amount > row.due:
        reasons.append(Refused("more_than_due", amount=wish.amount, limit=row.due))
        mark.append(str(row.due))
    return Doubt(reasons, ".".join(mark)) if reasons else None


def _transfer(row: Payable, wish: Wish) -> Transfer:
    account = row.account
    assert account is not None  # see _refusal
    number, count, _ = row.instalment
    return Transfer(
        id=f"{row.number}-{row.paid}",
        amount=wish.amount,
        name=account.holder,
        street=account.street,
        postcode=account.postcode,
        town=account.town,
        iban=account.iban,
        text=f"{row.number}, Tranche {number}/{count}",
    )
