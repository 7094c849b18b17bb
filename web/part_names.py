"""What the parts of a programme are called, and how what differs in them is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from web.language import gettext, lang
from web.screens import programme
from workflow.funding.money import format_chf
from workflow.funding.parts import Difference, written
from workflow.texts import label
from workflow.texts import marked as _

SECTIONS = {
    "applicant_languages": _("Weitere Sprachen für Trägerschaften"),
    "areas": _("Förderbereiche"),
    "calls": _("Ausschreibungen"),
    "canton": _("Name des Kantons"),
    "carry_over": _("Was ins neue Gesuch übernommen wird"),
    "carried": _("Übertrag ins nächste Jahr"),
    "ceilings": _("Kredite"),
    "contacts": _("Kontakte für Trägerschaften"),
    "departments": _("Departemente"),
    "holidays": _("Feiertage"),
    "indicators": _("Indikatoren"),
    "mails": _("Mails"),
    "needs": _("Anliegen der Trägerschaften"),
    "offices": _("Verwaltungsstellen"),
    "payer": _("Konto, von dem bezahlt wird"),
    "pots": _("Herkunft des Geldes"),
    "remedy": _("Rechtsmittel"),
    "roles": _("Rollen"),
    "sem_areas": _("Förderbereiche des Bundes"),
    "sem_report": _("Was der Bericht an das SEM zusammenzählt"),
    "sender": _("Absender der Schreiben"),
    "sizes": _("Grössen und Limiten"),
    "stages": _("Stufen der Übersicht"),
    "statuses": _("Stände für Trägerschaften"),
    "tables": _("Zuständigkeiten (Entscheidtabellen)"),
    "target_groups": _("Zielgruppen"),
    "terms": _("Auszahlung und Berichte"),
    "themes": _("Themengebiete"),
    "title": _("Name des Programms"),
    "years": _("Jahre des Programms"),
}
KINDS = {
    "programme": _("Programm"),
    "routes": _("Verfahren"),
    "forms": _("Formulare"),
    "letters": _("Schreiben"),
}
MONEY = ("max", "max_a_year")


class Named:
    """Names in the language of this request; what has none is called by its code."""

    def part(self, name: str, content: Any = None) -> str:
        """Such as «Verfahren: Mittlere Gesuche»."""
        kind, _, code = name.partition("/")
        if kind == "programme":
            return gettext(SECTIONS[code]) if code in SECTIONS else code
        return f"{gettext(KINDS[kind])}: {self.title(code, content)}"

    def title(self, code: str, content: Any) -> str:
        """The title that the content gives itself."""
        titles = content.get("title") if isinstance(content, Mapping) else None
        return label(titles, lang()) if titles else code

    def kind(self, code: str) -> str:
        return gettext(KINDS[code])

    def place(self, name: str, one: Difference) -> str:
        """Where it differs, in codes; in a letter the line."""
        if name.startswith("letters/") and one.path:
            return gettext("Zeile %(n)s", n=one.path[0])
        return " › ".join(map(self._word, one.path)) or gettext("das Ganze")

    def value(self, name: str, path: Sequence[str], value: Any) -> str:
        """A value as people read it; amounts in CHF."""
        if name in ("programme/sizes", "programme/ceilings", "programme/carried"):
            value = _with_money(value, path[-1] if path else "", "amounts" in path)
        if value is None:
            return "–"
        return written(value, short=False).rstrip() if isinstance(value, list | Mapping) else str(value)

    def _word(self, code: str) -> str:
        first, _, rest = code.partition(" ")
        areas, offices = programme().areas, programme().offices
        known = areas[first].title if first in areas else offices[first].title if first in offices else None
        return " ".join(filter(None, [label(known, lang()), rest])) if known else code


def _with_money(value: Any, key: str, inside: bool) -> Any:
    if isinstance(value, Mapping):
        return {name: _with_money(one, name, inside or key == "amounts") for name, one in value.items()}
    if isinstance(value, list):
        return [_with_money(one, "", inside) for one in value]
    is_money = isinstance(value, int) and (inside or key in MONEY)
    return format_chf(value) if is_money else value
