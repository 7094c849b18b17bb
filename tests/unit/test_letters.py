"""Orders as PDF: the same every time, readable, and deaf to what applicants write."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
import typst
from pypdf import PdfReader

import workflow
from workflow.errors import RouteError
from workflow.funding.letters import FONTS, Order, is_archival, render
from workflow.funding.programme import load_folder
from workflow.proposing import try_letters

BUNDLE = load_folder(Path(workflow.__file__).parent / "programmes/kip3-basel-stadt")
LETTERS = BUNDLE.letters
NO_FONTS = not FONTS.is_dir() and os.environ.get("FOERDERWEG_REQUIRE_FONTS") != "1"
NOW = datetime(2026, 12, 31, 23, 30, 30, 123456, tzinfo=UTC)
HOSTILE = '#read("/etc/passwd") ] #panic("x") $1/0$ *a* \\ // <b> `c` @d'
ORDER: Order = {
    "language": "de",
    "number": "2027-0042",
    "programme": "KIP 3",
    "call": "Projekteingabe 2027",
    "sender": {
        "canton": "Kanton Basel-Stadt",
        "department": "Präsidialdepartement",
        "office": "Fachstelle Integration",
        "address": "Marktplatz 30a, 4001 Basel",
        "mail": "integration@kip3.example",
    },
    "addressee": ["Verein Brücke", "4057 Basel"],
    "organisation": "Verein Brücke",
    "project": {"title": "Deutsch", "since": "2027-03-01", "until": "2027-12-31"},
    "area": "Sprache",
    "opened_on": "2026-12-01",
    "submitted_on": "2026-11-23",
    "asked": 0,
    "requested": 3_800_000,
    "granted": 3_200_005,
    "accounted": 3_100_000,
    "settled": 3_000_000,
    "reviewed_by": ["Fachstelle Erwachsenenbildung"],
    "reasons": "Erster Grund.\nZweiter Grund.",
    "conditions": ["Mit Kinderbetreuung."],
    "resolution": None,
    "budget_confirmed_on": "2026-12-14",
    "declined_on": None,
    "instalments": [80, 20],
    "report": "Schlussbericht",
    "report_days": 60,
    "repay_days": 30,
    "remedy": {"authority": "Regierungsrat", "address": "Basel", "lodge_days": 10, "reasons_days": 30},
    "copies": ["Finanzen"],
    "signatures": [{"name": "M. Vogt", "function": "Leiterin"}],
}


def text(pdf: bytes) -> str:
    """All that a letter says, without its line ends."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


@pytest.mark.parametrize("code", sorted(set(LETTERS) - {"frame", "agreement"}))
def test_every_order_names_case_remedy_and_signature(code: str) -> None:
    said = text(render(LETTERS, code, ORDER, now=NOW))
    for words in ("Verfügung", "2027-0042", "«Deutsch»", "innert 10 Tagen", "innert 30 Tagen", "M. Vogt"):
        assert words in said
    assert "1. Januar 2027" in said  # the date in Basel, where the new year has begun


def test_a_grant_in_part_says_what_is_paid_when() -> None:
    said = text(render(LETTERS, "order_granted", ORDER, now=NOW))
    for words in (
        "CHF 38'000.00",
        "CHF 32'000.05",
        "CHF 25'600.04",
        "CHF 6'400.01",
        "Mit Kinderbetreuung.",
        "teilweise",
    ):
        assert words in said


def titled(title: str) -> bytes:
    return render(
        LETTERS, "order_granted", {**ORDER, "project": {**ORDER["project"], "title": title}}, now=NOW
    )


@pytest.mark.parametrize("title", ["Fest 😀", "\ue000", "\uffff"])
def test_what_no_font_can_show_stops_no_order(title: str) -> None:
    pdf = titled(title)
    assert "CHF 32'000.05" in text(pdf)
    assert not is_archival(pdf)


def test_latin_script_needs_no_fonts_of_the_machine() -> None:
    assert is_archival(titled("Deutsch"))


@pytest.mark.skipif(NO_FONTS, reason="fonts-noto-core is not installed")
@pytest.mark.parametrize("title", ["ትግርኛ", "العربية", "தமிழ்"])
def test_the_scripts_of_those_who_apply_are_shown(title: str) -> None:
    pdf = titled(title)
    assert "CHF 32'000.05" in text(pdf)
    assert is_archival(pdf)


def test_an_order_that_no_office_gets_a_copy_of_names_none() -> None:
    assert "Mitteilung an: Finanzen" in text(render(LETTERS, "order_inadmissible", ORDER, now=NOW))
    said = text(render(LETTERS, "order_inadmissible", {**ORDER, "copies": []}, now=NOW))
    assert "Zustellung an: Verein Brücke" in said
    assert "Mitteilung" not in said


NOT_INTERNAL = {"frame", "agreement", "appeal_upheld", "appeal_dismissed"}
"""Offices of the canton sign no agreement and lodge no appeal."""


@pytest.mark.parametrize("code", sorted(set(LETTERS) - NOT_INTERNAL))
def test_an_office_of_the_canton_gets_an_internal_decision(code: str) -> None:
    said = text(render(LETTERS, code, {**ORDER, "remedy": None}, now=NOW))
    assert "Interner Entscheid" in said
    for words in ("Verfügung", "Rekurs", "Verfahrenskosten", "ausbezahlt"):
        assert words not in said


def test_an_agreement_says_what_both_sides_owe() -> None:
    said = text(render(LETTERS, "agreement", {**ORDER, "instalments": [50, 40, 10]}, now=NOW))
    for words in (
        "Leistungsvereinbarung",
        "CHF 32'000.05",
        "CHF 16'000.02",  # half, rounded down
        "CHF 3'200.01",  # the rest, to the Rappen
        "nach Genehmigung des Schlussberichts",
        "Mit Kinderbetreuung.",
        "Verein Brücke",
    ):
        assert words in said
    assert "Interne" in text(render(LETTERS, "agreement", {**ORDER, "remedy": None}, now=NOW))


def test_a_small_grant_is_paid_at_once() -> None:
    whole: Order = {
        **ORDER,
        "granted": 3_800_000,
        "instalments": [100],
        "budget_confirmed_on": None,
        "conditions": [],
    }
    said = text(render(LETTERS, "order_granted", whole, now=NOW))
    assert "in einem Mal" in said
    assert "teilweise" not in said
    assert "Auflagen" not in said


def test_equal_input_gives_equal_bytes() -> None:
    first, again = (render(LETTERS, "order_rejected", ORDER, now=NOW) for _ in range(2))
    assert first == again
    assert first != render(LETTERS, "order_rejected", ORDER, now=datetime(2027, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize("code", sorted(set(LETTERS) - {"frame"}))
def test_what_people_write_is_never_read_as_typst(code: str) -> None:
    hostile: Order = {
        **ORDER,
        "organisation": HOSTILE,
        "addressee": [HOSTILE],
        "project": {**ORDER["project"], "title": HOSTILE},
        "reasons": HOSTILE,
        "conditions": [HOSTILE],
    }
    said = text(render(LETTERS, code, hostile, now=NOW))
    assert '#read("/etc/passwd") ] #panic("x") $1/0$ *a*' in said
    assert "root:" not in said


def test_a_template_reads_no_file_outside_its_folder(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    for path in (secret, "/etc/passwd", "../../etc/passwd"):
        with pytest.raises(typst.TypstError):
            render({"leak": f'#read("{path}")'}, "leak", ORDER, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "#data.conditions.first()",
        "#data.remedy.authority",
        '#if data.remedy != none and data.remedy.authority.starts-with("Appell") { panic() }',
    ],
    ids=["without conditions", "without a remedy", "of one authority"],
)
def test_a_letter_is_tried_of_every_order_that_there_can_be(text: str) -> None:
    letters = {**LETTERS, "order_ended": f"{LETTERS['order_ended']}\n{text}"}
    try_letters(BUNDLE, now=NOW, codes=["order_ended"])
    with pytest.raises(RouteError, match="letter_fails at=letters/order_ended"):
        try_letters(replace(BUNDLE, letters=letters), now=NOW, codes=["order_ended"])
