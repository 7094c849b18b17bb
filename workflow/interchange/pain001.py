"""Payments as a file for the bank: pain.001.001.09 after the Swiss Payment Standards.

Domestic payments in CHF to an account in Switzerland or Liechtenstein (type D), in one booking.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from workflow.funding.payer import Payer
from workflow.texts import ZURICH

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
LIECHTENSTEIN = range(9485, 9500)
"""Its postcodes, within the Swiss ones."""

MOST_NAME, MOST_TEXT, MOST_TOWN, MOST_NUMBER = 70, 140, 35, 16

# Latin as far as the standard takes it, and what stands for the rest that people here type.
_FOREIGN = re.compile(r"[^ -~\u00a0-\u017f\u0218-\u021b\u20ac]")
_INSTEAD = str.maketrans(dict.fromkeys("‑–—", "-") | dict.fromkeys("‘’", "'") | dict.fromkeys("“”„", '"'))
_NUMBERED = re.compile(r"(.*\D) (\d+ ?[a-zA-Z]?(?:[-/]\d+ ?[a-zA-Z]?)?)")


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment, in Rappen. `id`: the same for the same payment, whenever the file is made; 35 characters.

    `name`: whose account it is; the address is theirs; `text` is read by who gets it.
    """

    id: str
    amount: int
    name: str
    street: str
    postcode: str
    town: str
    iban: str
    text: str


def message_id(payer: Payer, transfers: Sequence[Transfer]) -> str:
    """The same for the same payments, on whatever day and by whomever: banks refuse one that they know."""
    said = [payer.iban, *sorted(f"{one.id} {one.amount} {one.iban}" for one in transfers)]
    return f"FW-{hashlib.sha256('|'.join(said).encode()).hexdigest()[:30]}"


def pain001(payer: Payer, transfers: Sequence[Transfer], at: datetime) -> bytes:
    """The file, made at this moment (aware), to be executed on its day or the bank's next."""
    here = at.astimezone(ZURICH)
    name = message_id(payer, transfers)
    root = ET.Element("Document", xmlns=NAMESPACE)
    whole = ET.SubElement(root, "CstmrCdtTrfInitn")
    total = {"NbOfTxs": str(len(transfers)), "CtrlSum": _francs(sum(one.amount for one in transfers))}
    head = ET.SubElement(whole, "GrpHdr")
    _put(head, {"MsgId": name, "CreDtTm": here.isoformat(timespec="seconds"), **total})
    _put(head, {"InitgPty/Nm": latin(payer.name, MOST_NAME)})
    order = ET.SubElement(whole, "PmtInf")
    _put(order, {"PmtInfId": name, "PmtMtd": "TRF", **total, "ReqdExctnDt/Dt": here.date().isoformat()})
    _put(order, {"Dbtr/Nm": latin(payer.name, MOST_NAME), "DbtrAcct/Id/IBAN": payer.iban})
    # The bank that an account of these countries is with stands in its IBAN.
    _put(order, {"DbtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd": "CHBCC"})
    _put(order, {"DbtrAgt/FinInstnId/ClrSysMmbId/MmbId": payer.iban[4:9].lstrip("0")})
    for one in transfers:
        _put_transfer(ET.SubElement(order, "CdtTrfTxInf"), one)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def latin(text: str, most: int) -> str:
    """As banks take it: signs that they know, in one line, so many at most."""
    plain = _FOREIGN.sub(_base, " ".join(text.translate(_INSTEAD).split()))
    return plain[:most].strip()


def _base(found: re.Match[str]) -> str:
    """The letter without its marks, or a full stop."""
    plain = unicodedata.normalize("NFKD", found[0]).encode("ascii", "ignore").decode()
    return plain if plain.isprintable() and plain else "."


def _put_transfer(node: ET.Element, one: Transfer) -> None:
    _put(node, {"PmtId/InstrId": one.id, "PmtId/EndToEndId": one.id, "Amt/InstdAmt": _francs(one.amount)})
    node[-1][0].set("Ccy", "CHF")
    street = _NUMBERED.fullmatch(one.street.strip())
    name, house = street.groups() if street else (one.street, "")
    abroad = one.postcode.isdigit() and int(one.postcode) in LIECHTENSTEIN
    _put(node, {"Cdtr/Nm": latin(one.name, MOST_NAME)})
    address = {
        "StrtNm": latin(name, MOST_NAME),
        "BldgNb": latin(house, MOST_NUMBER),
        "PstCd": latin(one.postcode, MOST_NUMBER),
        "TwnNm": latin(one.town, MOST_TOWN),
        "Ctry": "LI" if abroad else "CH",
    }
    _put(node, {f"Cdtr/PstlAdr/{tag}": text for tag, text in address.items() if text})
    _put(node, {"CdtrAcct/Id/IBAN": one.iban, "RmtInf/Ustrd": latin(one.text, MOST_TEXT)})


def _put(node: ET.Element, texts: dict[str, str]) -> None:
    """Texts by their path below, one after the other; what was begun last is gone on with."""
    for path, text in texts.items():
        at = node
        *outer, tag = path.split("/")
        for name in outer:
            at = at[-1] if len(at) and at[-1].tag == name else ET.SubElement(at, name)
        ET.SubElement(at, tag).text = text


def _francs(rappen: int) -> str:
    return f"{rappen // 100}.{rappen % 100:02d}"
