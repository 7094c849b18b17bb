"""What a form of the administration posted, each field read as its kind; what is wrong is told by field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from flask import request
from marshmallow import ValidationError

from web.errors import problem_text
from web.language import gettext, lang
from web.office.checking import Finding
from workflow.errors import Problem
from workflow.funding.answers import Limits, read_date, read_email, read_money, read_text

T = TypeVar("T")


class Posted:
    """Reads one field after the other; `findings`: what was wrong so far. A wrong one reads as its blank."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def text(self, name: str, title: str, *, most: int = 500, blank: bool = False) -> str:
        """One line."""
        return self._read(name, title, lambda raw: read_text(raw, Limits(most=most)), "", blank)

    def email(self, name: str, title: str) -> str:
        return self._read(name, title, lambda raw: read_email(raw, Limits()), "", False)

    def money(self, name: str, title: str, *, blank: bool = False) -> int | None:
        """Rappen; None for a field that may stay empty."""
        return self._read(name, title, lambda raw: read_money(raw, Limits()), None, blank)

    def day(self, name: str, title: str) -> date | None:
        """A day, as 01.01.2027 or 2027-01-01."""
        iso = self._read(name, title, lambda raw: read_date(raw, Limits()), "", False)
        return date.fromisoformat(iso) if iso else None

    def choice(self, name: str, title: str, known: Any) -> str:
        """One of these codes."""
        value = request.form.get(name, "")
        if value not in known:
            self.wrong(title, gettext("Bitte wählen."))
            return ""
        return value

    def wrong(self, title: str, says: str) -> None:
        self.findings.append(Finding(title, says, ""))

    def _read(self, name: str, title: str, read: Callable[[str], T], empty: T, blank: bool) -> T:
        raw = request.form.get(name, "").strip()
        if not raw:
            if not blank:
                self.wrong(title, problem_text(Problem("required"), lang()))
            return empty
        try:
            return read(raw)
        except ValidationError as error:
            for one in error.messages if isinstance(error.messages, list) else []:
                if isinstance(one, Problem):
                    self.wrong(title, problem_text(one, lang()))
            return empty


def next_new_year(today: date) -> date:
    """The day from which a limit mostly counts."""
    return date(today.year + 1, 1, 1)
