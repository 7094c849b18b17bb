"""Organisations: roles of members, what their record says in a form, and which look like one and the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from workflow.engine.case import SIGNING
from workflow.funding.forms import Form
from workflow.funding.questions import Field

FORM = "organisation"
"""The form of a programme with which organisations register, and change their record."""

ROLES: Mapping[str, frozenset[str]] = {
    "reads": frozenset({"read"}),
    "drafts": frozenset({"read", "draft"}),
    "signs_with": frozenset({"read", "draft", "cosign"}),
    "signs": frozenset({"read", "draft", "sign"}),
    "advises": frozenset({"read", "draft", "advise"}),
}
"""What a member may do, by role; `signs` alone, `signs_with` a second person."""

FORMS_WORDS = (
    *("verein", "stiftung", "genossenschaft", "gmbh", "ag", "association", "fondation", "societe"),
    *("der", "die", "das", "fur", "und", "in", "im", "am", "de", "la", "le", "les", "des", "et", "the"),
)
ALIKE = 0.86

# Where a form asks what the record knows; a form that does not ask is left alone.
PATHS: Mapping[str, str] = {
    "organisation.name": "name",
    "organisation.legal_form": "legal_form",
    "organisation.institution": "legal_form",
    "organisation.uid": "uid",
    "organisation.address.street": "street",
    "organisation.address.postcode": "postcode",
    "organisation.address.town": "town",
    "organisation.signing": "signing",
    "account.iban": "iban",
    "account.holder": "holder",
}

DOCUMENTS: Mapping[str, str] = {"attachments.statutes": "documents.statutes"}
"""Files that a new application takes along: path in its form → path in the organisation's."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells organisations apart."""

    id: UUID
    name: str
    uid: str = ""
    iban: str = ""


@dataclass(frozen=True, slots=True)
class Twin:
    """An organisation that may be the same. `reasons`: of uid, iban, name."""

    id: UUID
    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """The form says something else than the record. `path`: of the answer."""

    path: str
    column: str
    record: str
    answer: str


def role_of(rights: Iterable[str]) -> str:
    """The code of the role that these rights make; empty for none."""
    given = set(rights)
    for role in ("advises", "signs", "signs_with", "drafts", "reads"):
        if ROLES[role] <= given:
            return role
    return ""


def may_give(giver: frozenset[str], rights: frozenset[str]) -> bool:
    """Whether a member with these rights may give, change or take away others': nobody gives more than they
    have, so that one of two who sign together cannot make themselves sign alone."""
    return bool(giver & SIGNING) and ("sign" not in rights or "sign" in giver)


def signing_of(members: Iterable[frozenset[str]]) -> str:
    """How an organisation signs: single, as soon as one member signs alone, else joint."""
    return "single" if any("sign" in rights for rights in members) else "joint"


def name_key(name: str) -> str:
    """A name without accents, case, legal forms and small words, its words in order of the alphabet."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall("[a-z0-9]+", plain)
    kept = sorted(word for word in words if word not in FORMS_WORDS)
    return " ".join(kept or sorted(words))


def twins_of(one: Identity, others: Iterable[Identity]) -> list[Twin]:
    """Those that are likely the same organisation, the most likely first."""
    found = []
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(name_key(one.name))
    for other in others:
        if other.id == one.id:
            continue
        reasons = [name for name in ("uid", "iban") if getattr(one, name) == getattr(other, name) != ""]
        matcher.set_seq1(name_key(other.name))
        if matcher.real_quick_ratio() >= ALIKE <= matcher.quick_ratio() and matcher.ratio() >= ALIKE:
            reasons.append("name")
        if reasons:
            found.append(Twin(other.id, other.name, tuple(reasons)))
    return sorted(found, key=lambda twin: (-len(twin.reasons), twin.reasons[0] == "name", twin.name))


def prefilled(form: Form, record: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The answers that an organisation's record already knows."""
    answers: dict[str, dict[str, Any]] = {}
    for path, column in PATHS.items():
        value, field = record[column], _field(form, path)
        options = [option.code for option in field.options] if field else []
        if field and value and (not options or value in options):
            *outer, code = path.split(".")
            part: dict[str, Any] = answers
            for name in outer:
                part = part.setdefault(name, {})
            part[code] = value
    return answers


def differences(form: Form, record: Mapping[str, str], answers: Mapping[str, Any]) -> list[Difference]:
    """Where readable answers say something else than the record; how it signs follows from its members."""
    values, problems = form.judge(answers)
    found = []
    for path, column in PATHS.items():
        answer = answer_at(values, path)
        asked = _field(form, path) and path not in problems and column != "signing"
        if asked and isinstance(answer, str) and answer and answer != record[column]:
            found.append(Difference(path, column, record[column], answer))
    return found


def answer_at(answers: Mapping[str, Any], path: str) -> Any:
    """What stands at such a path; None for nothing."""
    part: Any = answers
    for name in path.split("."):
        part = part.get(name) if isinstance(part, Mapping) else None
    return part


def _field(form: Form, path: str) -> Field | None:
    """The field that the path lies in; None where the form does not ask that."""
    return form.fields().get(".".join(path.split(".")[:2]))
