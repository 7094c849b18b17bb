"""Tables as files: real dates and amounts, whole or not at all, and never a formula."""

from __future__ import annotations

import csv
import tracemalloc
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from tempfile import TemporaryFile
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

from web import exports
from web.exports import As, Column, every, write_csv, write_xlsx
from workflow.errors import Refused

NAMESPACE = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
ROW = ("Kurs; «A»\nzwei", 1234550, date(2026, 2, 3), datetime(2026, 7, 1, 22, 5, tzinfo=UTC), None)
COLUMNS: list[Column[Any]] = [
    Column("Titel", lambda row: row[0]),
    Column("Betrag", lambda row: row[1], As.MONEY),
    Column("Tag", lambda row: row[2], As.DAY),
    Column("Eingereicht", lambda row: row[3], As.MOMENT),
    Column("Leer", lambda row: row[4], As.NUMBER),
]


def csv_of(columns: list[Column[Any]], rows: Iterable[Any]) -> list[list[str]]:
    made = BytesIO()
    write_csv(made, "Gesuche", columns, rows)
    text = made.getvalue().decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(text[1:].splitlines(keepends=True), delimiter=";"))


def xlsx_of(columns: list[Column[Any]], rows: Iterable[Any]) -> list[list[tuple[str | None, str]]]:
    """Rows of (type, content) of the cells that are there."""
    made = BytesIO()
    write_xlsx(made, "Gesuche", columns, rows)
    with ZipFile(made) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    return [
        [(cell.get("t"), "".join(cell.itertext())) for cell in row.iterfind("s:c", NAMESPACE)]
        for row in sheet.iterfind("s:sheetData/s:row", NAMESPACE)
    ]


def test_csv_has_plain_dates_and_amounts() -> None:
    heads, row = csv_of(COLUMNS, [ROW])
    assert heads == ["Titel", "Betrag", "Tag", "Eingereicht", "Leer"]
    assert row == ["Kurs; «A»\nzwei", "12345.50", "2026-02-03", "2026-07-02 00:05", ""]


def test_xlsx_has_real_dates_and_amounts() -> None:
    heads, row = xlsx_of(COLUMNS, [ROW])
    assert heads[0] == ("inlineStr", "Titel")
    assert row[0] == ("inlineStr", "Kurs; «A»\nzwei")
    assert row[1] == (None, "12345.5")
    assert row[2] == (None, "46056")  # days since 1899-12-30
    assert row[3][1].startswith("46205.0034")
    assert len(row) == 4


@pytest.mark.parametrize("text", ["=1+1", "+41 61 267 00 00", "-1", "@SUM(A1)", "\tx", "=cmd|' /C calc'!A0"])
def test_nothing_becomes_a_formula(text: str) -> None:
    columns: list[Column[Any]] = [Column("Titel", lambda row: str(row))]
    assert csv_of(columns, [text])[1][0].startswith("'")
    assert xlsx_of(columns, [text])[1] == [("inlineStr", text)]


@dataclass(frozen=True, slots=True)
class Part:
    rows: list[int]
    next: str | None


def test_every_page_is_read_once() -> None:
    asked: list[str | None] = []

    def fetch(after: str | None) -> Part:
        asked.append(after)
        start = int(after or 0)
        return Part([start, start + 1], str(start + 2) if start < 4 else None)

    assert list(every(fetch)) == [0, 1, 2, 3, 4, 5]
    assert asked == [None, "2", "4"]


def test_whoever_asks_for_too_much_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 3)
    assert list(exports._bounded([1, 2, 3])) == [1, 2, 3]
    with pytest.raises(Refused, match="export_too_long"):
        list(exports._bounded([1, 2, 3, 4]))


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_memory_does_not_grow_with_the_rows(write: exports.Writer) -> None:
    def peak(rows: int) -> int:
        tracemalloc.start()
        with TemporaryFile() as file:
            write(file, "Gesuche", COLUMNS, (ROW for _ in range(rows)))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(10)
    assert peak(400) < peak(40) + 100_000
