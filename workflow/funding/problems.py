"""What can be wrong with an answer: each code with the text a person reads."""

from __future__ import annotations

from datetime import date
from string import Formatter
from typing import Any

from workflow.errors import Problem
from workflow.funding.money import format_chf
from workflow.texts import local_date, texts
from workflow.texts import marked as _

PROBLEMS: dict[str, str] = {
    "required": _("Bitte ausfüllen."),
    "file_required": _("Bitte eine Datei beilegen."),
    "must_be_true": _("Diese Erklärung ist nötig."),
    "wrong_type": _("Diese Angabe hat nicht die erwartete Form."),
    "unknown": _("«{value}» gibt es in diesem Programm nicht, oder nicht mehr."),
    "bad_character": _("Dieser Text enthält Zeichen, die nicht gespeichert werden können."),
    "too_long": _("Zu lang: höchstens {max} Zeichen."),
    "not_a_number": _("Bitte eine ganze Zahl angeben."),
    "too_small": _("Zu klein: mindestens {min}."),
    "too_big": _("Zu gross: höchstens {max}."),
    "not_money": _("Bitte einen Betrag in Franken angeben, zum Beispiel 12'345.50."),
    "amount_too_small": _("Der Betrag muss mindestens {min:chf} sein."),
    "amount_too_big": _("Der Betrag darf höchstens {max:chf} sein."),
    "not_a_date": _("Bitte ein Datum angeben, zum Beispiel 03.02.2026."),
    "no_such_day": _("Diesen Tag gibt es nicht. Bitte Tag, Monat und Jahr prüfen."),
    "not_a_choice": _("Bitte aus der Liste wählen."),
    "not_an_email": _("Das ist keine gültige E-Mail-Adresse."),
    "not_an_iban": _("Das ist keine gültige IBAN. Bitte Ziffer für Ziffer prüfen."),
    "qr_iban": _(
        "Das ist eine QR-IBAN: Auf sie lässt sich nur mit einer QR-Referenz zahlen, wie sie auf einer "
        "Rechnung steht, und eine Auszahlung hat keine. Bitte die gewöhnliche IBAN desselben Kontos angeben; "
        "sie steht im Kontoauszug."
    ),
    "not_a_uid": _("Das ist keine gültige UID. Eine sieht so aus: CHE-109.322.551."),
    "not_a_postcode": _("Eine Postleitzahl hat vier Ziffern, zum Beispiel 4053."),
    "too_few_rows": _("Bitte mindestens {min} Zeilen ausfüllen."),
    "plan_row_missing": _(
        "Die {min} Posten des Budgets stehen zuerst, in ihrer Reihenfolge; neue folgen danach."
    ),
    "too_many_rows": _("Höchstens {max} Zeilen sind möglich."),
    "too_many_files": _("Höchstens {max} Dateien sind möglich."),
    "unknown_field": _("Dieses Feld gibt es hier nicht."),
    "other_outcome": _("Dieses Feld gehört nicht zur gewählten Antwort: bitte leer lassen."),
    "other_group": _("Diese Auswahl passt nicht zum gewählten Förderbereich."),
    "totals_differ": _("Kosten ({left:chf}) und Finanzierung ({right:chf}) müssen gleich hoch sein."),
    "total_is_not": _("Kosten ohne weitere Finanzierung: {total:chf}. Bewilligt sind {wanted:chf}."),
    "more_than": _("Der Betrag darf höchstens {max:chf} sein."),
    "less_than": _("Für dieses Ergebnis muss der Betrag mindestens {min:chf} sein."),
    "not_below": _("Für dieses Ergebnis muss der Betrag kleiner sein als {wanted:chf}."),
    "overhead_too_high": _("Gemeinkosten sind bis {percent} Prozent der Kosten möglich: {limit:chf}."),
    "own_share_too_low": _("Der eigene Anteil muss mindestens {percent} Prozent betragen: {limit:chf}."),
    "day_is_past": _("Dieser Tag ist schon vorbei."),
    "day_to_come": _("Dieser Tag kommt erst noch."),
    "day_too_early": _("Frühestens am {day:day}: Erst da begann dieser Schritt."),
    "not_an_hour": _("Bitte eine volle Stunde zwischen 0 und 23 angeben."),
    "always_quiet": _("Das wäre der ganze Tag: Bitte zwei verschiedene Stunden angeben."),
    "too_many_days": _("Zu lang: höchstens {max} Tage."),
    "away_already": _("An einigen dieser Tage ist schon eine Abwesenheit eingetragen."),
    "not_a_colleague": _("Bitte eine andere Person aus derselben Stelle wählen."),
    "not_yourself": _(
        "Wer vertritt, erhält die Aufgaben der Person. Darum trägt niemand sich selbst ein: das tut sie"
        " selbst oder die Administration."
    ),
    "period_reversed": _("Das Ende liegt vor dem Beginn."),
}


class _Texts(Formatter):
    """str.format with two more formats: `chf`, an amount in Rappen, and `day`, an ISO date."""

    def format_field(self, value: Any, format_spec: str) -> str:
        match format_spec:
            case "chf":
                return format_chf(value)
            case "day":
                return local_date(date.fromisoformat(value))
            case _:
                return str(super().format_field(value, format_spec))


def problem_text(problem: Problem, lang: str) -> str:
    """The text of a problem in a language, its figures filled in."""
    return _Texts().vformat(texts(lang).gettext(PROBLEMS[problem.code]), (), dict(problem.params))
