"""Publishing a programme's folder: checked, stored whole, pinned by content hash, money posted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from workflow.funding.programme import Bundle, Programme
from workflow.publishable import checked
from workflow.store import published


def publish_folder(db: Engine, folder: Path, now: datetime) -> str:
    """Publish the programme in this folder for new applications; returns its hash.

    The same folder twice is once. Raises RouteError when a route does not hold together.
    """
    bundle, programme, routes = checked(folder)
    with db.begin() as tx:
        published.lock(tx)
        return store(tx, bundle, programme, routes, now)


def store(
    tx: Connection, bundle: Bundle, programme: Programme, routes: Mapping[str, dict[str, Any]], now: datetime
) -> str:
    """Make what `publishable.checked_bundle` gave the version for new applications; returns its hash.

    Raises Refused (ceiling_in_use).
    """
    forms = {code: published.store(tx, "form", code, raw, now) for code, raw in bundle.forms.items()}
    letters = {
        code: published.store(tx, "letter", code, {"text": text}, now)
        for code, text in bundle.letters.items()
    }
    hashes = {code: published.store(tx, "route", code, raw, now) for code, raw in routes.items()}
    whole = {**bundle.programme, "routes": hashes, "forms": forms, "letters": letters}
    name = published.store(tx, "programme", programme.code, whole, now)
    published.make_current(tx, programme.code, name, now)
    for one in published.ceilings(tx, programme):
        line = {"programme": programme.code, "year": one.year, "area": one.area, "pot": one.pot}
        published.set_ceiling(tx, line, one.amount, now, carried=one.carried)
    return name
