"""What people take along of an application: a receipt, the answers as PDF, all of it as one ZIP.

Made when it is asked for, from the record alone: the same record gives the same bytes. A receipt proves that
what was handed in is unchanged: the hash on it is the one in the event.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from workflow.engine.canonical import canonical
from workflow.funding import letters
from workflow.funding.questions import Field
from workflow.settings import Settings
from workflow.store import files
from workflow.store.queries.rows import FileRow
from workflow.store.queries.whole import Submission, Whole
from workflow.texts import ZURICH, label, local_date, local_datetime, texts

FOLDER = Path(letters.__file__).parent / "papers"
CHUNK = 1 << 16
EARLIEST = datetime(1980, 1, 1)  # that a ZIP can name


def receipt(found: Whole, settings: Settings, lang: str) -> bytes:
    """The receipt as PDF, dated by what was handed in last."""
    gettext = texts(lang).gettext
    first, last = found.submissions[0], found.submissions[-1]
    asked = urlencode({"number": found.number, "hash": last.hash})
    data = {
        **_sheet(found, lang, gettext("Empfangsbestätigung")),
        "submissions": [
            {"title": _title(found, one, lang), "at": _at(one, lang), "hash": one.hash}
            for one in found.submissions
        ],
        "files": [{"name": one.name, "sha256": one.sha256} for one in found.uploads],
        "check_url": f"{settings.base_url}/receipts?{asked}",
        "words": {
            "fingerprint": gettext("Prüfsumme der Angaben (SHA-256)"),
            "files": gettext("Prüfsummen der Beilagen (SHA-256)"),
            "check_title": gettext("So lässt sich das prüfen"),
            "check": gettext(
                "Hier sagt Förderweg, ob unter dieser Nummer genau diese Angaben eingegangen sind:"
            ),
            "check_alone": gettext(
                "Oder ohne uns: Im ZIP mit allen Unterlagen liegt jede Eingabe als JSON-Datei. Ihre SHA-256-"
                "Prüfsumme (zum Beispiel mit sha256sum) ist die Prüfsumme oben; so auch bei den Beilagen."
            ),
        },
    }
    data["facts"] = [*data["facts"], (gettext("Eingegangen"), _at(first, lang)), *_advised(found, lang)]
    return letters.render(_templates(), "receipt", data, now=last.at)


def proposal(sheet: Mapping[str, Any], *, now: datetime) -> bytes:
    """The one page for those who decide, as PDF. `sheet`: all that it says, in words."""
    return letters.render(_templates(), "proposal", sheet, now=now)


def answers_pdf(found: Whole, lang: str) -> bytes:
    """The answers as they stand now, to read and to print."""
    gettext = texts(lang).gettext
    last = found.submissions[-1]
    names = {str(one.id): one.name for one in found.uploads}
    hidden = found.form.hidden(last.answers)
    sections = [
        {
            "title": label(section.title, lang),
            "fields": [
                _answer(one, last.answers.get(section.code, {}).get(one.code), names, lang)
                for one in section.fields
                if f"{section.code}.{one.code}" not in hidden
            ],
        }
        for section in found.form.sections
    ]
    data = {**_sheet(found, lang, gettext("Angaben des Gesuchs")), "sections": sections}
    return letters.render(_templates(), "answers", data, now=last.at)


def archive(found: Whole, settings: Settings, lang: str) -> Iterator[bytes]:
    """A ZIP of everything, piece by piece: no more than a file's chunk is ever in memory."""
    gettext, out = texts(lang).gettext, _Pieces()
    first, last = found.submissions[0].at, found.submissions[-1].at
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        made: list[tuple[str, bytes, datetime]] = [
            (f"{gettext('Empfangsbestätigung')}.pdf", receipt(found, settings, lang), last),
            (f"{gettext('Angaben')}.pdf", answers_pdf(found, lang), last),
        ]
        made += [
            (f"{gettext('Eingabe')}-{number}.json", canonical(one.said), one.at)
            for number, one in enumerate(found.submissions, 1)
            if one.said is not None
        ]
        for name, content, at in made:
            zipped.writestr(_entry(name, at), content)
            yield out.take()
        for folder, rows in ((gettext("Beilagen"), found.uploads), (gettext("Briefe"), found.letters)):
            for name, row in _named(rows):
                entry = _entry(f"{folder}/{name}", max(row.at, first))
                entry.compress_type = zipfile.ZIP_STORED  # PDF and pictures are compressed already
                path = files.path_of(settings.data_dir, row.sha256)
                with path.open("rb") as source, zipped.open(entry, "w") as target:
                    while chunk := source.read(CHUNK):
                        target.write(chunk)
                        yield out.take()
    yield out.take()


class _Pieces:
    """A file that can only be written on: what came since the last `take`."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self.waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        taken, self.waiting = b"".join(self.waiting), []
        return taken


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    local = max(at.astimezone(ZURICH).replace(tzinfo=None), EARLIEST)  # a ZIP knows no time zones
    entry = zipfile.ZipInfo(name, local.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _named(rows: Sequence[FileRow]) -> Iterator[tuple[str, FileRow]]:
    """A name for each file that no system takes for a path, each once."""
    taken: set[str] = set()
    for row in rows:
        name = safe_name(row.name)
        stem, dot, ending = name.rpartition(".")
        number = 1
        while name.lower() in taken:
            number += 1
            name = f"{stem} ({number}){dot}{ending}" if stem else f"{ending} ({number})"
        taken.add(name.lower())
        yield name, row


def safe_name(name: str) -> str:
    """A file name without folders, control characters and what Windows refuses; never empty."""
    base = re.sub(r'[/\\:*?"<>|\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]', "_", name).strip(" .")
    if re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", base):
        base = f"_{base}"
    return base[-120:] or "Datei"


@cache
def _templates() -> Mapping[str, str]:
    return {file.stem: file.read_text("utf-8") for file in sorted(FOLDER.glob("*.typ"))}


def _sheet(found: Whole, lang: str, title: str) -> dict[str, Any]:
    """What stands at the head of each paper."""
    gettext, programme = texts(lang).gettext, found.programme
    return {
        "language": lang,
        "title": title,
        "number": found.number,
        "subject": found.title,
        "canton": label(programme.canton, lang),
        "office": label(programme.sender["office"], lang),
        "programme": label(programme.title, lang),
        "facts": [
            (gettext("Nummer"), found.number),
            (gettext("Trägerschaft"), found.organisation),
            (gettext("Ausschreibung"), label(programme.calls[found.call].title, lang)),
            (gettext("Förderbereich"), label(programme.areas[found.area].title, lang)),
        ],
    }


def _advised(found: Whole, lang: str) -> list[tuple[str, str]]:
    """Who filled it in for the organisation, and on whose word; a line for each adviser."""
    gettext, lines = texts(lang).gettext, {}
    for one in found.advice:
        said = gettext("%(name)s, Einwilligung von %(by)s, seit %(since)s")
        if not one.consent_by:
            said = gettext("%(name)s, mit Einwilligung seit %(since)s")
        lines[one.name] = said % {"name": one.name, "by": one.consent_by, "since": local_date(one.since)}
    return [(gettext("Ausgefüllt mit Beratung"), line) for line in lines.values()]


def _title(found: Whole, one: Submission, lang: str) -> str:
    if not one.step:
        return texts(lang).gettext("Eingereichte Angaben")
    return label(found.route_data["steps"][one.step]["title"], lang)


def _at(one: Submission, lang: str) -> str:
    return texts(lang).gettext("%(time)s Uhr") % {"time": local_datetime(one.at)}


def _answer(one: Field, value: Any, names: Mapping[str, str], lang: str) -> dict[str, Any]:
    """One answer for the template: text, or the cells of a table."""
    shown: dict[str, Any] = {"label": label(one.label, lang), "kind": one.type, "text": "–"}
    if one.type == "table":
        shown |= {
            "columns": [
                {"title": label(column.label, lang), "figure": column.type in ("money", "number")}
                for column in one.columns
            ],
            "rows": [[_cell(one, column, row, lang) for column in one.columns] for row in value or ()],
            "total": [_total(one, column, value, lang) for column in one.columns] if one.totals else None,
        }
    elif one.type == "file":
        shown["text"] = ", ".join(names[found] for found in value or () if found in names) or "–"
    else:
        shown["text"] = one.as_text(value, lang)
    return shown


def _cell(one: Field, column: Field, row: Mapping[str, Any], lang: str) -> str:
    text = column.as_text(row.get(column.code), lang)
    if column.unit_of and row.get(column.code) is not None:
        [indicator] = [other for other in one.columns if other.code == column.unit_of]
        text = f"{text} {indicator.unit(row.get(column.unit_of), lang)}".rstrip()
    return text


def _total(one: Field, column: Field, rows: Any, lang: str) -> str:
    return column.as_text(one.sum(rows, column.code), lang) if column.code in one.totals else ""
