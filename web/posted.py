"""What a form of ours posted: which button was pressed, the answers in it, the files that came along."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast
from uuid import UUID, uuid5

from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from workflow.funding.forms import Answers, Form


@dataclass(frozen=True, slots=True)
class Press:
    """The button. `add` a row to the table `at`; `drop` the row `at`; anything else is the form's own."""

    action: str
    at: str

    @property
    def changes_rows(self) -> bool:
        """The form is only to be shown again, with other rows."""
        return self.action in ("add", "drop")

    @property
    def more(self) -> str | None:
        """The table that was asked for more rows: what the template's `more` wants."""
        return self.at if self.action == "add" else None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent. `id`: the same when the same form is sent again."""

    id: UUID
    name: str
    stream: BinaryIO


def posted_files(path: str, key: UUID) -> Iterator[Upload]:
    """The files for the field at `path`; `key`: the id of the form's one click."""
    for number, one in enumerate(one for one in request.files.getlist(path) if one.filename):
        yield Upload(uuid5(key, f"{path}.{number}"), one.filename or "", cast("BinaryIO", one.stream))


def posted_json(name: str) -> Any:
    """What one of our scripts sent as JSON; 400 for anything else."""
    try:
        given = json.loads(request.form.get(name, ""))
        check_json(given)
    except (RecursionError, ValueError):
        raise BadRequest from None
    return given


def check_json(given: Any) -> None:
    """Raises UnicodeEncodeError for halves of pairs: JSON can spell them, and nothing can keep them."""
    json.dumps(given, ensure_ascii=False).encode()


def pressed() -> Press:
    """The button that sent this form."""
    action, _, at = request.form.get("press", "").partition(":")
    return Press(action, at)


def posted_answers(form: Form, sections: Iterable[str] | None = None) -> Answers:
    """The answers as typed, without a row that was to be dropped. `sections`: those that the page showed."""
    press, posted = pressed(), request.form
    if press.action == "drop":
        row = f"{press.at}."
        kept = [(name, text) for name, text in posted.items(multi=True) if not name.startswith(row)]
        return form.parse_html(MultiDict(kept), sections)
    return form.parse_html(posted, sections)
