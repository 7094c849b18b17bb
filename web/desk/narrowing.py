"""What the query string narrows a list to, and the addresses of the same list narrowed otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from flask import request

from web.addresses import url_for
from workflow.store.queries import Filters


@dataclass(frozen=True, slots=True)
class Narrowing:
    """`given`: the filters that are set, by name, as they stand in the query string."""

    given: Mapping[str, str]

    @property
    def filters(self) -> Filters:
        texts = {name: value for name, value in self.given.items() if name not in ("late", "tab")}
        return Filters(late="late" in self.given, **texts)

    @property
    def is_narrow(self) -> bool:
        """A filter is set; a tab is none."""
        return bool(self.given.keys() - {"tab"})

    @property
    def query(self) -> str:
        """The filters as they stand in an address."""
        return urlencode(self.given)

    def url(self, endpoint: str, **change: str | int | None) -> str:
        """The address of a list with these filters and this change; None takes one away."""
        return url_for(endpoint, **{**self.given, **change})


def narrowing(*names: str, query: str | None = None) -> Narrowing:
    """Reads these filters from the query string, or from another one.

    Without what no code and no name can contain.
    """
    given = request.args if query is None else dict(parse_qsl(query))
    values = {name: _printable(given.get(name, "")) for name in names}
    return Narrowing({name: value for name, value in values.items() if value})


def _printable(text: str) -> str:
    """PostgreSQL's text cannot hold the character NUL."""
    return "".join(char for char in text.strip()[:200] if char.isprintable())
