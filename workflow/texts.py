"""Words and dates as people read them; the German text is the msgid that catalogues translate."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

ZURICH = ZoneInfo("Europe/Zurich")
SOURCE_LANGUAGE = "de"
CATALOGUES = Path(__file__).parent / "translations"


@cache
def texts(lang: str) -> gettext.NullTranslations:
    """The catalogue of a language (`.gettext`, `.ngettext`); German msgids where there is none."""
    return gettext.translation("messages", CATALOGUES, [lang], fallback=True)


def label(labels: Mapping[str, str], lang: str) -> str:
    """The label of a code, {"de": …, "en": …}, in a language; German where it is not translated."""
    return labels.get(lang) or labels[SOURCE_LANGUAGE]


def local_date(moment: date | datetime) -> str:
    """03.02.2026; an aware datetime is first taken to Europe/Zurich."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(ZURICH)
    return f"{moment:%d.%m.%Y}"


def local_datetime(moment: datetime) -> str:
    """03.02.2026, 14:05 in Europe/Zurich, of an aware datetime."""
    return f"{moment.astimezone(ZURICH):%d.%m.%Y, %H:%M}"
