"""Letters as PDF: templates are the programme's data; what people wrote comes in as JSON, stays text."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

from workflow.funding.programme import Programme
from workflow.texts import ZURICH


class Project(TypedDict):
    """`since`, `until`: ISO dates."""

    title: str
    since: str
    until: str


class Sender(TypedDict):
    canton: str
    department: str
    office: str
    address: str
    mail: str


class Remedy(TypedDict):
    """Who hears a Rekurs, and the days from delivery to lodge it and to give reasons for it."""

    authority: str
    address: str
    lodge_days: int
    reasons_days: int


class Resolution(TypedDict):
    """A decision of the government: its number, and its ISO date."""

    number: str
    on: str


class Signature(TypedDict):
    name: str
    function: str


class Order(TypedDict):
    """What the templates of orders read: texts in `language`, amounts in Rappen, dates ISO (Europe/Zurich).

    `language` is the programme's own; `requested` is what the application asked for, `asked` what this case
    does, an amendment; `granted` is 0 where nothing was granted; `accounted` and `settled` are
    what a grant comes to by its report's figures and in the end, 0 where the order is about no report;
    `instalments` are per cent; `repay_days` is 0 where the terms say none;
    `reviewed_by` names offices, never persons; `conditions` is a list without numbers; `resolution` is None
    where no government decided, `budget_confirmed_on` and `declined_on` where the applicant did not;
    `signatures` are those who decided, in their order. `opened_on`: when the amendment or appeal that the
    order is about began, None of an application itself. `remedy` is None where the applicant is an office of
    the canton: it gets an internal decision, which nobody appeals against.
    """

    language: str
    number: str
    programme: str
    call: str
    sender: Sender
    addressee: list[str]
    organisation: str
    project: Project
    area: str
    submitted_on: str
    opened_on: str | None
    requested: int
    asked: int
    granted: int
    accounted: int
    settled: int
    reviewed_by: list[str]
    reasons: str
    conditions: list[str]
    resolution: Resolution | None
    budget_confirmed_on: str | None
    declined_on: str | None
    instalments: list[int]
    report: str
    report_days: int
    repay_days: int
    remedy: Remedy | None
    copies: list[str]
    signatures: list[Signature]


def remedy(programme: Programme, role: str) -> Remedy:
    """A Rekurs goes to the authority above the one that decided, by its role."""
    above = programme.remedy["authorities"][role]
    return {
        "authority": programme.own(above["authority"]),
        "address": programme.own(above["address"]),
        "lodge_days": programme.remedy["lodge_days"],
        "reasons_days": programme.remedy["reasons_days"],
    }


FONTS = Path("/usr/share/fonts/truetype/noto")
"""Scripts beside those that Typst brings, Tigrinya, Arabic or Tamil among them: Debian's fonts-noto-core."""

UNSHOWN = ("could not be displayed with font", "the PDF contains the codepoint")
"""Why Typst makes no PDF/A of a text."""


def render(
    templates: Mapping[str, str], code: str, data: Order | Mapping[str, Any], *, now: datetime
) -> bytes:
    """The letter or paper `code` as PDF/A-2a, dated `now` (aware); equal input gives equal bytes.

    Where somebody has written what no font can show, a smiley, it is plain PDF with gaps (see `is_archival`):
    PDF/A allows none, and without its order a case would stand still.
    Typst reads nothing but the templates: they are put alone into a folder that is its root. Raises
    typst.TypstError when a template fails.
    """
    import typst  # seven megabytes, for those who make papers

    dated = {**data, "date": now.astimezone(ZURICH).date().isoformat()}
    with tempfile.TemporaryDirectory(prefix="letter-") as folder:
        for name, text in templates.items():
            Path(folder, f"{name}.typ").write_text(text, "utf-8")
        compiled = partial(
            typst.compile,
            Path(folder, f"{code}.typ"),
            root=Path(folder),
            ignore_system_fonts=True,
            font_paths=[FONTS] if FONTS.is_dir() else [],
            format="pdf",
            sys_inputs={"data": json.dumps(dated)},
            timestamp=now.astimezone(UTC).replace(microsecond=0),
        )
        try:
            pdf = compiled(pdf_standards="a-2a")
        except typst.TypstError as error:
            if not any(reason in str(error) for reason in UNSHOWN):
                raise
            pdf = compiled(pdf_standards="1.7")
    assert isinstance(pdf, bytes)
    return pdf


def is_archival(pdf: bytes) -> bool:
    """It is PDF/A: it shows all that was written, now and in fifty years."""
    return b"pdfaid:part" in pdf
