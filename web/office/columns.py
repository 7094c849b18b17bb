"""The office's tables as files: which columns each has."""

from __future__ import annotations

from web.desk.words import Words
from web.exports import As, Column
from web.language import gettext as _
from web.language import lang
from web.screens import last_day
from workflow.funding.forms import Form
from workflow.store.queries import (
    AreaFigures,
    CaseRow,
    Decided,
    MoneyRow,
    Read,
    Registered,
    SemRow,
    SemTarget,
    StageRow,
)
from workflow.texts import label


def of_cases(words: Words) -> list[Column[CaseRow]]:
    """A case with what the list shows of it, each figure in a column of its own."""
    return [
        Column(_("Nummer"), lambda row: row.number),
        Column(_("Trägerschaft"), lambda row: row.organisation),
        Column(_("Titel"), lambda row: row.title),
        Column(_("Stufe"), lambda row: words.stage(row.stage)),
        Column(_("Schritt"), lambda row: words.step(row.route_hash, row.step)),
        Column(_("Stand für die Trägerschaft"), lambda row: words.status(row.status)),
        Column(_("Liegt bei"), lambda row: ", ".join(map(words.office, row.offices))),
        Column(_("Wer ist dran?"), lambda row: ", ".join(row.holders)),
        Column(
            _("Fällig"), lambda row: None if row.ending or not row.due_at else last_day(row.due_at), As.DAY
        ),
        Column(_("Überfällig"), lambda row: _("ja") if row.late else _("nein")),
        Column(_("Förderbereich"), lambda row: words.area(row.area)),
        Column(_("Grösse"), lambda row: row.size),
        Column(_("Ausschreibung"), lambda row: words.call(row.call)),
        Column(_("Beantragt"), lambda row: row.requested, As.MONEY),
        Column(_("reserviert"), lambda row: row.held, As.MONEY),
        Column(_("bewilligt"), lambda row: row.committed, As.MONEY),
        Column(_("ausbezahlt"), lambda row: row.paid, As.MONEY),
        Column(_("Tage im Schritt"), lambda row: None if row.ending else row.age_days, As.NUMBER),
        Column(_("Eingereicht"), lambda row: row.submitted_at, As.MOMENT),
    ]


def of_stages(words: Words) -> list[Column[StageRow]]:
    """A column of the pipeline as a row."""
    return [
        Column(_("Stufe"), lambda row: words.stage(row.stage)),
        Column(_("Gesuche"), lambda row: row.count, As.NUMBER),
        Column(_("Beantragt"), lambda row: row.amount, As.MONEY),
        Column(_("Ältestes, Tage"), lambda row: row.oldest_days, As.NUMBER),
        Column(_("Überfällig"), lambda row: row.late, As.NUMBER),
    ]


def of_money(words: Words) -> list[Column[MoneyRow]]:
    """A budget line."""
    return [
        Column(_("Jahr"), lambda row: row.year, As.NUMBER),
        Column(_("Förderbereich"), lambda row: words.area(row.area)),
        Column(_("Herkunft"), lambda row: words.pot(row.pot)),
        Column(_("Kredit"), lambda row: row.ceiling, As.MONEY),
        Column(_("Übertrag"), lambda row: row.carried, As.MONEY),
        Column(_("ausbezahlt"), lambda row: row.paid, As.MONEY),
        Column(_("zugesichert"), lambda row: row.committed, As.MONEY),
        Column(_("reserviert"), lambda row: row.reserved, As.MONEY),
        Column(_("frei"), lambda row: row.left, As.MONEY),
    ]


def of_organisations(form: Form | None) -> list[Column[Registered]]:
    """An organisation as the Fachstelle's list has it."""
    options = form.fields()["organisation.legal_form"].options if form else ()
    legal_forms = {one.code: label(one.label, lang()) for one in options}
    states = {"waiting": _("wartet auf Bestätigung"), "confirmed": _("bestätigt")}
    return [
        Column(_("Trägerschaft"), lambda row: row.name),
        Column(_("Stand"), lambda row: states.get(row.state, _("nicht bestätigt"))),
        Column(_("Rechtsform"), lambda row: legal_forms.get(row.legal_form, row.legal_form)),
        Column(_("Ort"), lambda row: row.town),
        Column(_("UID"), lambda row: row.uid),
        Column(_("Personen"), lambda row: row.members, As.NUMBER),
        Column(_("Gesuche"), lambda row: row.cases, As.NUMBER),
        Column(_("Registriert"), lambda row: row.since, As.MOMENT),
    ]


def of_decided(words: Words) -> list[Column[Decided]]:
    """A decision of the quarter."""
    return [
        Column(_("Nummer"), lambda row: row.number),
        Column(_("Trägerschaft"), lambda row: row.organisation),
        Column(_("Förderbereich"), lambda row: words.area(row.area)),
        Column(_("Grösse"), lambda row: row.size),
        Column(_("Entschieden"), lambda row: row.at, As.MOMENT),
        Column(_("Beantragt"), lambda row: row.requested, As.MONEY),
        Column(_("Bewilligt"), lambda row: row.granted, As.MONEY),
        Column(_("Stand"), lambda row: words.status(row.status)),
    ]


def of_areas(words: Words, year: int) -> list[Column[AreaFigures]]:
    """A funding area in the quarter."""
    return [
        Column(_("Förderbereich"), lambda row: words.area(row.area)),
        Column(_("eingegangen"), lambda row: row.came_in, As.NUMBER),
        Column(_("Beantragt"), lambda row: row.requested, As.MONEY),
        Column(_("bewilligte Gesuche"), lambda row: row.granted, As.NUMBER),
        Column(_("nicht bewilligte"), lambda row: row.refused, As.NUMBER),
        Column(_("Bewilligt"), lambda row: row.amount, As.MONEY),
        Column(
            _("Kredit %(year)s", year=year), lambda row: row.money.ceiling if row.money else None, As.MONEY
        ),
        Column(_("frei"), lambda row: row.money.left if row.money else None, As.MONEY),
    ]


def of_sem_areas(words: Words) -> list[Column[SemRow]]:
    """A funding area in the report to the federal state."""
    return [
        Column(_("Förderbereich des Bundes"), lambda row: words.sem_area(row.sem)),
        Column(_("Förderbereich"), lambda row: words.area(row.code)),
        *_of_people(),
    ]


def of_sem_groups(words: Words) -> list[Column[SemRow]]:
    """A main target group in it."""
    return [Column(_("Zielgruppe"), lambda row: words.target_group(row.code)), *_of_people()]


def of_sem_targets(words: Words) -> list[Column[SemTarget]]:
    """An indicator in it."""
    return [
        Column(_("Förderbereich des Bundes"), lambda row: words.sem_area(row.sem)),
        Column(_("Woran gemessen"), lambda row: words.indicator(row.indicator)[0]),
        Column(_("Einheit"), lambda row: words.indicator(row.indicator)[1]),
        Column(_("Gesuche"), lambda row: row.cases, As.NUMBER),
        Column(_("Zielwert"), lambda row: row.planned, As.NUMBER),
        Column(_("davon mit Bericht"), lambda row: row.expected, As.NUMBER),
        Column(_("Erreicht"), lambda row: row.reached if row.expected or row.reached else None, As.NUMBER),
    ]


def of_sem_money(words: Words) -> list[Column[MoneyRow]]:
    """A budget line in it."""
    return [
        Column(_("Förderbereich des Bundes"), lambda row: words.sem_area(words.sem_of(row.area))),
        Column(_("Förderbereich"), lambda row: words.area(row.area)),
        Column(_("Herkunft"), lambda row: words.pot(row.pot)),
        Column(_("Kredit mit Übertrag"), lambda row: row.whole, As.MONEY),
        Column(_("bewilligt"), lambda row: row.committed + row.paid, As.MONEY),
        Column(_("davon ausbezahlt"), lambda row: row.paid, As.MONEY),
        Column(_("davon noch offen"), lambda row: row.committed, As.MONEY),
    ]


def _of_people() -> list[Column[SemRow]]:
    return [
        Column(_("eingereicht"), lambda row: row.came_in, As.NUMBER),
        Column(_("bewilligt"), lambda row: row.granted, As.NUMBER),
        Column(_("mit genehmigtem Bericht"), lambda row: row.reported, As.NUMBER),
        Column(_("Personen geplant"), lambda row: row.planned, As.NUMBER),
        Column(_("davon mit Bericht"), lambda row: row.expected, As.NUMBER),
        Column(_("Personen erreicht"), lambda row: row.reached if row.reported else None, As.NUMBER),
    ]


def of_reads(words: Words) -> list[Column[Read]]:
    """Who read which dossier, the first time on a day."""
    return [
        Column(_("Zum ersten Mal am"), lambda row: row.at, As.MOMENT),
        Column(_("Person"), lambda row: row.person),
        Column(_("Stelle"), lambda row: "; ".join(words.office(office) for office, _role in row.roles)),
        Column(_("Nummer"), lambda row: row.number),
        Column(_("Trägerschaft"), lambda row: row.organisation),
    ]
