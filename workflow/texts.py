"""Words and dates as people read them; the German text is the msgid that catalogues translate."""

from __future__ import annotations

import gettext
import io
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ZURICH = ZoneInfo("Europe/Zurich")
SOURCE_LANGUAGE = "de"
CATALOGUES = {file.stem: file for file in (Path(__file__).parent / "translations").glob("*.po")}
LANGUAGES = (SOURCE_LANGUAGE, *sorted(CATALOGUES))
"""The languages that pages and mails can speak."""


@cache
def texts(lang: str) -> gettext.NullTranslations:
    """The catalogue of a language (`.gettext`, `.ngettext`); German msgids where there is none.

    Compiled when it is first needed, so that no compiled file can be older than its source.
    """
    if lang not in CATALOGUES:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with CATALOGUES[lang].open("rb") as file:
        write_mo(compiled, read_po(file, locale=lang))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def marked(msgid: str) -> str:
    """Marks a text for the catalogues, imported as `_`; it is translated when it is shown."""
    return msgid


def label(labels: Mapping[str, str], lang: str) -> str:
    """The label of a code, {"fr": …, "de": …}, in a language; in any other where it has no such text.

    Publishing sees to it that every label is there in every language of its programme.
    """
    return labels.get(lang) or next(iter(labels.values()))


_TURNS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNSEEN = r"\s\u00ad\u034f\u115f\u1160\u180e\u200b-\u200f\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
_SEEN = re.compile(f"[^{_UNSEEN}]")


def as_seen(text: str) -> str:
    """Without signs that turn round what stands beside it, an amount in an order too; empty where nothing of
    it could be seen. Arabic and Hebrew need none of them."""
    text = _TURNS.sub("", text).strip()
    return text if _SEEN.search(text) else ""


def is_unwritable(text: str) -> bool:
    """Whether it has control characters, or halves of pairs, that no mail, file or column can hold."""
    return any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in text)


def local_date(moment: date | datetime) -> str:
    """03.02.2026; an aware datetime is first taken to Europe/Zurich."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(ZURICH)
    return f"{moment:%d.%m.%Y}"


def local_time(moment: datetime) -> str:
    """14:05 in Europe/Zurich, of an aware datetime."""
    return f"{moment.astimezone(ZURICH):%H:%M}"


def local_datetime(moment: datetime) -> str:
    """03.02.2026, 14:05 in Europe/Zurich, of an aware datetime."""
    return f"{moment.astimezone(ZURICH):%d.%m.%Y, %H:%M}"
