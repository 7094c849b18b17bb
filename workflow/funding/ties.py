"""What links somebody who would review an application to those who make it, as far as the system can know."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Answers = Mapping[str, Mapping[str, Any]]

NAMED_IN = (
    "organisation.contact_name",
    "organisation.signatories",
    "organisation.responsible",
    "account.holder",
)
"""Answers in which people stand by name."""


@dataclass(frozen=True, slots=True)
class Tie:
    """`kind`: named (in the answer `where`) | domain (`where`, of mails) | wrote (for them, `at`) | member
    (once, last heard of `at`).
    """

    kind: str
    where: str = ""
    at: datetime | None = None


def ties(
    name: str,
    email: str,
    answers: Answers,
    domains: Collection[str],
    wrote: datetime | None,
    member: datetime | None = None,
) -> Iterator[Tie]:
    """Every link of this person. `domains`: of the members' mails; `wrote`: last worked on one of theirs;
    `member`: when that was last known of them.
    """
    mine = set(_words(name))
    for path in NAMED_IN:
        section, field = path.split(".")
        said = set(_words(str(answers.get(section, {}).get(field) or "")))
        if len(mine) > 1 and mine <= said:
            yield Tie("named", path)
    theirs = {*domains, _domain(str(answers.get("organisation", {}).get("contact_email") or ""))}
    if _domain(email) in theirs - {""}:
        yield Tie("domain", _domain(email))
    if wrote is not None:
        yield Tie("wrote", at=wrote)
    if member is not None:
        yield Tie("member", at=member)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _domain(email: str) -> str:
    return email.casefold().rpartition("@")[2] if "@" in email else ""
