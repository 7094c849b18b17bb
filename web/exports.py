"""A page's table as a file: CSV, or XLSX with real dates and amounts; the whole result, from the page's rows.

Made on disk before the first byte goes out: memory is that of one row, and a failure is an error page, never
half a table.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from io import TextIOWrapper
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any, Generic, Protocol, TypeVar

from flask import send_file
from werkzeug.wrappers import Response

from web.security import now
from workflow.errors import Refused
from workflow.texts import ZURICH

MOST_ROWS = 200_000
PAGE_ROWS = 1000
FORMATS = "any(csv, xlsx):kind"
"""Of an address: `f"/office/cases.<{FORMATS}>"`; the view takes `kind`."""

BYTE_ORDER_MARK = "\ufeff"
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
SHEET_NAME_LENGTH = 31

T = TypeVar("T")
Row = TypeVar("Row", covariant=True)
Value = str | int | float | date | datetime | None
Writer = Callable[[IO[bytes], str, Sequence["Column[Any]"], Iterable[Any]], None]


class As(Enum):
    """What a column holds, and so how it is written. The value: its width and number format in a sheet."""

    TEXT = (28, "@")
    NUMBER = (10, "0")
    SHARE = (10, "0.0")  # a figure with decimals
    MONEY = (14, "#,##0.00")  # whole Rappen
    DAY = (11, "dd.mm.yyyy")
    MOMENT = (16, "dd.mm.yyyy hh:mm")  # an aware datetime, shown in Europe/Zurich


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column: its heading, what it shows of a row, and as what."""

    title: str
    value: Callable[[T], Value]
    how: As = As.TEXT


class Page(Protocol[Row]):
    """A page of a list; `next` is what its query takes as `after` for the page behind it."""

    @property
    def rows(self) -> Sequence[Row]: ...
    @property
    def next(self) -> str | None: ...


def every(fetch: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """All rows of a list that is read by pages: `fetch` takes `after`."""
    after: str | None = None
    while True:
        page = fetch(after)
        yield from page.rows
        if (after := page.next) is None:
            return


def export(kind: str, name: str, columns: Sequence[Column[T]], rows: Iterable[T]) -> Response:
    """The table as a download, `name`-2026-02-03.csv; `kind`: csv | xlsx.

    Raises Refused for too many rows.
    """
    write: Writer
    write, media_type = {
        "csv": (write_csv, "text/csv"),
        "xlsx": (write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    }[kind]
    made = TemporaryFile()  # noqa: SIM115 (closed with the response)
    try:
        write(made, name, columns, _bounded(rows))
    except BaseException:
        made.close()
        raise
    made.seek(0)
    file = f"{name}-{now().astimezone(ZURICH):%Y-%m-%d}.{kind}"
    return send_file(made, media_type, as_attachment=True, download_name=file)


def write_csv(file: IO[bytes], _name: str, columns: Sequence[Column[T]], rows: Iterable[T]) -> None:
    """Semicolons and a byte order mark, as Excel here expects; dates in ISO 8601; amounts as 12345.50."""
    text = TextIOWrapper(file, "utf-8", newline="", write_through=True)
    text.write(BYTE_ORDER_MARK)
    lines = csv.writer(text, delimiter=";")
    lines.writerow(_harmless(column.title) for column in columns)
    lines.writerows([_in_csv(column.value(row), column.how) for column in columns] for row in rows)
    text.detach()


def write_xlsx(file: IO[bytes], name: str, columns: Sequence[Column[T]], rows: Iterable[T]) -> None:
    """One sheet, its heading fixed and with filters. Texts are written as texts, whatever they look like."""
    import xlsxwriter  # some megabytes, for those who export

    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:  # its own files go, whatever happens
        sheet = book.add_worksheet(name[:SHEET_NAME_LENGTH])
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        formats = {how: book.add_format({"num_format": how.value[1]}) for how in As}
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.how.value[0])
            sheet.write_string(0, at, column.title, bold)
        last = 0
        for last, row in enumerate(rows, 1):
            for at, column in enumerate(columns):
                value = column.value(row)
                if isinstance(value, str):
                    sheet.write_string(last, at, value, formats[As.TEXT])
                elif isinstance(value, date):
                    sheet.write_datetime(last, at, _local(value), formats[column.how])
                elif value is not None:
                    number = value / 100 if column.how is As.MONEY else value
                    sheet.write_number(last, at, number, formats[column.how])
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, len(columns) - 1)


def _bounded(rows: Iterable[T]) -> Iterator[T]:
    """At most MOST_ROWS; whoever asks for more is told, instead of getting a part that looks whole."""
    each = iter(rows)
    yield from islice(each, MOST_ROWS)
    if next(each, None) is not None:
        raise Refused("export_too_long", most=MOST_ROWS)


def _local(day: date) -> date:
    """A moment as clocks in Zurich show it: a sheet knows no time zones."""
    return day.astimezone(ZURICH).replace(tzinfo=None) if isinstance(day, datetime) else day


def _in_csv(value: Value, how: As) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _harmless(value)
    if isinstance(value, datetime):
        return f"{_local(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if how is As.MONEY:
        return f"{value / 100:.2f}"
    return f"{value:.1f}" if how is As.SHARE else str(value)


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text
