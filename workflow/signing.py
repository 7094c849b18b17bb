"""Sign-off inside an organisation: the first of two signatures. The last one is the act itself: submitting an
application, taking it back, doing without what was granted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from workflow.engine.case import SIGNING, Actor
from workflow.engine.commands import Complete, Offer, Withdraw
from workflow.engine.decide import allowed
from workflow.engine.giving_up import gives_up, signed
from workflow.intake import checked
from workflow.store import applications, journal, outbox, published, signatures


def sign(db: Engine, actor: Actor, application_id: UUID, *, now: datetime) -> bool:
    """True: this person may submit now, alone or because somebody else has signed the same answers.

    False: their signature is noted and waits for another person's, who is told; signing again is nothing
    new. Raises what `intake.accept` raises for an application that is not ready.
    """
    with db.begin() as tx:
        draft = applications.find(tx, application_id, lock=True)
        if draft is not None and draft.submitted:
            return True  # the door knows whether it is the same click again
        ready = checked(tx, application_id, actor, now)
        alone = "sign" in actor.rights_in(str(ready.draft.organisation_id))
        if alone or signatures.other(tx, application_id, actor.person, ready.signed):
            return True
        made = signatures.sign(tx, application_id, actor.person, ready.signed, now)
        if made is not None:
            payload = {
                "text": "signature_wanted",
                "organisation": str(ready.draft.organisation_id),
                "but": actor.person,
                "path": f"applications/{application_id}/submit",
            }
            outbox.add(tx, f"{application_id}:signed:{made}", "notice", payload, now)
    return False


def sign_giving_up(db: Engine, actor: Actor, command: Complete | Withdraw, *, now: datetime) -> bool:
    """The same for what gives something up in a case that runs; True also for what needs no second signature,
    and for what the door will refuse.
    """
    if not any(rights & SIGNING for rights in actor.organisations.values()):
        return True
    with db.begin() as tx:
        stored = journal.read(tx, command.case_id, lock=True)
        route = published.route(tx, stored.route_hash)
        rights = actor.rights_in(stored.case.applicant)
        if "sign" in rights or not gives_up(route, stored.case, command):
            return True
        today = published.calendar(tx, stored.programme_hash).day_of(now)
        if not any(_is_offered(command, one) for one in allowed(route, stored.case, actor, today)):
            return True
        name = signed(stored.case, command)
        if signatures.other(tx, stored.id, actor.person, name):
            return True
        signatures.take_back_others(tx, stored.id, actor.person, name, now)
        made = signatures.sign(tx, stored.id, actor.person, name, now)
        if made is not None:
            payload = {
                "text": "giving_up_wanted",
                "organisation": stored.case.applicant,
                "but": actor.person,
                "path": f"applications/{stored.id}",
            }
            outbox.add(tx, f"{stored.id}:signed:{made}", "notice", payload, now)
    return False


def _is_offered(command: Complete | Withdraw, offer: Offer) -> bool:
    if isinstance(command, Withdraw):
        return offer.action == "withdraw"
    return offer.action == "complete" and (offer.step, offer.seat) == (command.step, command.seat)
