"""The file for the bank: as the schema has it, as the Swiss Payment Standards want it, and the same twice."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import distribution
from xml.etree import ElementTree as ET

import pytest
import xmlschema

from workflow.funding.payer import Payer
from workflow.interchange.pain001 import NAMESPACE, Transfer, latin, message_id, pain001

AT = datetime(2027, 3, 1, 23, 30, tzinfo=UTC)
PAYER = Payer("Finanzverwaltung des Kantons Basel-Stadt", "CH8700770000000000000")
HEKS = Transfer(
    id="KIP3-2027-00001-0",
    amount=24_000_05,
    name="HEKS Regionalstelle beider Basel",
    street="Pfeffingerstrasse 41",
    postcode="4053",
    town="Basel",
    iban="CH9300762011623852957",
    text="KIP3-2027-00001, Tranche 1/2",
)
GGG = replace(HEKS, id="KIP3-2027-00002-100", amount=95, street="Im Tal", postcode="9490", town="Vaduz")
ODD = replace(
    HEKS,
    id="KIP3-2027-00003-0",
    name=f"Verein «Brücke & Bögen» – Yıldız, Petrović, ትግርኛ\x07 {'lang ' * 30}",
    street="Rue de l’Étang 12a",
    town="La Chaux-de-Fonds mit einem sehr langen Zusatz",
    text="<Tranche>\n2/4",
)


def read(file: bytes) -> ET.Element:
    """The tree without its namespace."""
    return ET.fromstring(file.decode().replace(f' xmlns="{NAMESPACE}"', ""))


def test_it_is_valid_by_the_schema_of_iso_20022() -> None:
    """The schema comes with sepaxml, which writes SEPA alone; the Swiss one is a restriction of it."""
    schema = distribution("sepaxml").locate_file("sepaxml/schemas/pain.001.001.09.xsd")
    found = xmlschema.XMLSchema(str(schema))
    found.validate(pain001(PAYER, [HEKS, GGG, ODD], AT).decode())
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        found.validate(pain001(PAYER, [], AT).decode())


def test_it_says_what_a_domestic_payment_needs_and_nothing_that_one_may_not_have() -> None:
    tree = read(pain001(PAYER, [HEKS, GGG], AT))
    [order] = tree.findall(".//PmtInf")
    for part in (tree[0][0], order):
        assert (part.findtext("NbOfTxs"), part.findtext("CtrlSum")) == ("2", "24001.00")
    assert tree.findtext(".//CreDtTm") == "2027-03-02T00:30:00+01:00"
    assert order.findtext("ReqdExctnDt/Dt") == "2027-03-02"
    assert order.findtext("Dbtr/Nm") == PAYER.name
    assert order.findtext("DbtrAcct/Id/IBAN") == PAYER.iban
    assert order.findtext("DbtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd") == "CHBCC"
    assert order.findtext("DbtrAgt/FinInstnId/ClrSysMmbId/MmbId") == "770"
    heks, ggg = order.findall("CdtTrfTxInf")
    said = {
        "PmtId/EndToEndId": "KIP3-2027-00001-0",
        "Amt/InstdAmt": "24000.05",
        "Cdtr/Nm": "HEKS Regionalstelle beider Basel",
        "Cdtr/PstlAdr/StrtNm": "Pfeffingerstrasse",
        "Cdtr/PstlAdr/BldgNb": "41",
        "Cdtr/PstlAdr/PstCd": "4053",
        "Cdtr/PstlAdr/TwnNm": "Basel",
        "Cdtr/PstlAdr/Ctry": "CH",
        "CdtrAcct/Id/IBAN": "CH9300762011623852957",
        "RmtInf/Ustrd": "KIP3-2027-00001, Tranche 1/2",
    }
    assert {path: heks.findtext(path) for path in said} == said
    assert [one.get("Ccy") for one in order.iter("InstdAmt")] == ["CHF", "CHF"]
    assert (ggg.findtext("Amt/InstdAmt"), ggg.findtext("Cdtr/PstlAdr/Ctry")) == ("0.95", "LI")
    assert (ggg.findtext("Cdtr/PstlAdr/StrtNm"), ggg.find("Cdtr/PstlAdr/BldgNb")) == ("Im Tal", None)
    for tag in ("AdrLine", "PmtTpInf", "LclInstrm", "SvcLvl", "ChrgBr", "CdtrAgt", "Strd"):
        assert tree.find(f".//{tag}") is None, tag


def test_no_text_is_longer_than_banks_take_it_or_has_signs_that_they_refuse() -> None:
    tree = read(pain001(PAYER, [HEKS, GGG, ODD], AT))
    most = {"Nm": 70, "StrtNm": 70, "TwnNm": 35, "BldgNb": 16, "PstCd": 16, "Ustrd": 140}
    most |= dict.fromkeys(("MsgId", "PmtInfId", "InstrId", "EndToEndId"), 35)
    for node in tree.iter():
        text = node.text or ""
        if not len(node):
            assert 0 < len(text) <= most.get(node.tag, 35), node.tag
            assert text == latin(text, 140), node.tag
        if node.tag in ("MsgId", "PmtInfId", "InstrId", "EndToEndId"):
            assert set(text) <= set(string.ascii_letters + string.digits + "+?/-:().,' "), text
            assert not text.startswith("/")
            assert "//" not in text
    odd = tree.findall(".//CdtTrfTxInf")[2]
    name = odd.findtext("Cdtr/Nm") or ""
    assert name.startswith("Verein «Brücke & Bögen» - Yıldız, Petrović, ..... lang lang")
    assert odd.findtext("Cdtr/PstlAdr/StrtNm") == "Rue de l'Étang"
    assert odd.findtext("Cdtr/PstlAdr/BldgNb") == "12a"
    assert odd.findtext("RmtInf/Ustrd") == "<Tranche> 2/4"


def test_the_same_payments_are_the_same_message_whenever_and_in_whatever_order_they_are_ticked() -> None:
    name = message_id(PAYER, [HEKS, GGG])
    assert message_id(PAYER, [GGG, HEKS]) == name
    for at in (AT, AT + timedelta(days=3)):
        assert read(pain001(PAYER, [HEKS, GGG], at)).findtext(".//MsgId") == name
    others = (
        (PAYER, [HEKS]),
        (PAYER, [HEKS, replace(GGG, amount=96)]),
        (PAYER, [HEKS, replace(GGG, iban="CH5604835012345678009")]),
        (replace(PAYER, iban="CH5604835012345678009"), [HEKS, GGG]),
    )
    assert name not in {message_id(*one) for one in others}
