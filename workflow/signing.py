"""Sign-off inside an organisation: the first of two signatures. The last one is the submission itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from workflow.engine.case import Actor
from workflow.intake import checked
from workflow.store import applications, outbox, signatures


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
