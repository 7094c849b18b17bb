"""How the answer to each type of field is read: raw text or JSON in, a JSON-ready value out."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate
from stdnum import iban
from stdnum.ch import uid
from stdnum.exceptions import ValidationError as NumberError

from workflow.errors import Param, Problem
from workflow.funding.money import parse_chf
from workflow.texts import is_unwritable

QR_IIDS = range(30000, 32000)  # SIX: institutions with this number take payments with a QR reference only
MOST = 10**9  # of things, where a form sets no limit
MOST_FILES = 5  # of a field, where a form sets no limit
MOST_MONEY = 10**11  # Rappen: one thousand million francs
_LIKE_A_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\d{1,2}\.(?:\d{2}|\d{4})", re.ASCII)
TRUE, FALSE = {"true", "on", "yes", "1"}, {"false", "off", "no", "0"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a field allows, apart from its type; Rappen for money, characters for text, items for lists."""

    least: int | None = None
    most: int | None = None
    choices: Collection[str] = ()
    must_be_true: bool = False


class Answer(fields.Field[Any]):
    """A marshmallow field whose value is read by one of the readers below."""

    def __init__(
        self, read: Callable[[Any, Limits], Any], limits: Limits, *, required: bool, missing: str
    ) -> None:
        super().__init__(required=required, error_messages={"required": missing, "null": missing})
        self.read = read
        self.limits = limits

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return self.read(value, self.limits)


def refuse(code: str, **params: Param) -> ValidationError:
    """The marshmallow error that carries one problem."""
    return ValidationError([Problem(code, params)])


def _words(value: Any) -> str:
    if not isinstance(value, str):
        raise refuse("wrong_type")
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    if is_unwritable(text):
        raise refuse("bad_character")
    return text


def read_longtext(value: Any, limits: Limits) -> str:
    """Text of several lines."""
    text = _words(value)
    most = limits.most or 10_000
    if len(text) > most:
        raise refuse("too_long", max=most)
    return text


def read_text(value: Any, limits: Limits) -> str:
    """Text of one line."""
    return read_longtext(" ".join(_words(value).split()), Limits(most=limits.most or 500))


def read_email(value: Any, _limits: Limits) -> str:
    """An address of e-mail, not checked for existence; its domain as DNS spells it.

    Not every mail server takes more than ASCII before the @: one such would keep a mail from all it goes to.
    """
    local, _, domain = read_text(value, Limits(most=254)).rpartition("@")
    try:
        text = f"{local}@{domain.encode('idna').decode()}"
        text.encode("ascii")
        return str(validate.Email()(text))
    except (ValidationError, UnicodeError):
        raise refuse("not_an_email") from None


def read_number(value: Any, limits: Limits) -> int:
    """A whole number."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", digits := re.sub(r"[\s'’]", "", value)):
        value = int(digits)
    if not isinstance(value, int) or isinstance(value, bool):
        raise refuse("not_a_number")
    return _within(
        value, limits.least or 0, MOST if limits.most is None else limits.most, "too_small", "too_big"
    )


def read_money(value: Any, limits: Limits) -> int:
    """Rappen: an int is Rappen already, text is an amount in francs."""
    try:
        rappen = parse_chf(value) if isinstance(value, str) else value
    except ValueError:
        raise refuse("not_money") from None
    if not isinstance(rappen, int) or isinstance(rappen, bool):
        raise refuse("not_money")
    most = MOST_MONEY if limits.most is None else limits.most
    return _within(rappen, limits.least or 0, most, "amount_too_small", "amount_too_big")


def _within(value: int, least: int, most: int, too_small: str, too_big: str) -> int:
    if value < least:
        raise refuse(too_small, min=least)
    if value > most:
        raise refuse(too_big, max=most)
    return value


def read_date(value: Any, _limits: Limits) -> str:
    """An ISO date, from 03.02.2026, 3. 2. 26 or 2026-02-03."""
    text = "".join(value.split()) if isinstance(value, str) else ""
    for shape in ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y"):
        with suppress(ValueError):
            day: date = datetime.strptime(text, shape).date()
            if 1900 <= day.year <= 2199:
                return day.isoformat()
    raise refuse("no_such_day" if _LIKE_A_DATE.fullmatch(text) else "not_a_date")


def read_boolean(value: Any, limits: Limits) -> bool:
    """True or False, from JSON or a check box."""
    word = str(value).lower()
    if not isinstance(value, str | bool) or word not in TRUE | FALSE:
        raise refuse("wrong_type")
    if limits.must_be_true and word in FALSE:
        raise refuse("must_be_true")
    return word in TRUE


def read_choice(value: Any, limits: Limits) -> str:
    """One code of the field's options."""
    if not isinstance(value, str) or value not in limits.choices:
        raise refuse("not_a_choice")
    return value


def read_choices(value: Any, limits: Limits) -> list[str]:
    """Several codes, once each."""
    if not isinstance(value, list):
        raise refuse("wrong_type")
    return list(dict.fromkeys(read_choice(one, limits) for one in value))


def read_iban(value: Any, _limits: Limits) -> str:
    """An IBAN without spaces; QR-IBANs are refused (they demand a QR reference)."""
    try:
        number: str = iban.validate(_words(value))
    except NumberError:
        raise refuse("not_an_iban") from None
    if number[:2] in ("CH", "LI") and number[4:9].isdigit() and int(number[4:9]) in QR_IIDS:
        raise refuse("qr_iban")
    return number


def read_uid(value: Any, _limits: Limits) -> str:
    """CHE-109.322.551, with or without the suffix for VAT."""
    text = re.sub(r"\s*(MWST|TVA|IVA|VAT)$", "", _words(value), flags=re.IGNORECASE)
    try:
        return str(uid.format(uid.validate(text)))
    except NumberError:
        raise refuse("not_a_uid") from None


def read_postcode(value: Any, _limits: Limits) -> str:
    """A Swiss postcode: four digits, not beginning with 0."""
    text = re.sub(r"^CH[\s-]*", "", _words(value))
    if not re.fullmatch(r"[1-9][0-9]{3}", text):
        raise refuse("not_a_postcode")
    return text


def read_file(value: Any, limits: Limits) -> list[str]:
    """Ids (UUID) of uploaded files; whose they are is checked where files are known."""
    if not isinstance(value, list):
        raise refuse("wrong_type")
    most = limits.most or MOST_FILES
    try:
        ids = list(dict.fromkeys(str(uuid.UUID(one)) for one in value))
    except (ValueError, TypeError, AttributeError):
        raise refuse("wrong_type") from None
    if len(ids) > most:
        raise refuse("too_many_files", max=most)
    return ids


READERS: Mapping[str, Callable[[Any, Limits], Any]] = {
    "text": read_text,
    "longtext": read_longtext,
    "email": read_email,
    "number": read_number,
    "money": read_money,
    "date": read_date,
    "boolean": read_boolean,
    "choice": read_choice,
    "choices": read_choices,
    "iban": read_iban,
    "uid": read_uid,
    "postcode": read_postcode,
    "indicator": read_choice,
    "file": read_file,
}
