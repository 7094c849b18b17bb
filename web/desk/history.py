"""What happened to a case, in plain words: one sentence for each kind of event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, assert_never

from web.desk.words import Words, moment
from web.language import gettext as _
from web.language import ngettext
from web.screens import last_day
from workflow.engine import events as ev
from workflow.engine.case import Seat
from workflow.funding.money import format_chf
from workflow.texts import local_date


def sentence(name: str, data: Mapping[str, Any], route: str, words: Words) -> str:
    """The event with this name and data, as a person reads it; `route` is the hash of the case's route."""
    event = ev.load(name, data)
    match event:
        case ev.Submitted():
            return _("Eröffnet") if event.parent else _("Gesuch eingereicht")
        case ev.Entered():
            return _entered(event, route, words)
        case ev.Reseated():
            who = ", ".join(dict.fromkeys(words.seat(Seat(**seat)) for seat in event.seats))
            step = words.step(route, event.step)
            return _("%(step)s: nach neuer Zuständigkeit bei %(who)s", step=step, who=who)
        case ev.Declared():
            return _("Erklärt, dass kein Ausstandsgrund besteht")
        case ev.Recused():
            return _("In den Ausstand getreten")
        case ev.Unstaffed():
            step = words.step(route, event.step)
            return _(
                "%(step)s: niemand ist mehr da, der das tun darf; die Amtsleitung ist gefragt", step=step
            )
        case ev.Completed():
            return _completed(event, route, words)
        case ev.Assigned():
            return _assigned(event, route, words)
        case ev.PanelClosed():
            return _closed(event, route, words)
        case ev.Chosen():
            step, to = words.step(route, event.step), words.step(route, event.to)
            return _("%(step)s Nach Regel weiter zu «%(to)s»", step=step, to=to)
        case ev.Called():
            step = words.step(route, event.step)
            if event.attempt > 1:
                return _("%(step)s: Versuch %(attempt)s", step=step, attempt=event.attempt)
            return _("%(step)s: in Arbeit", step=step)
        case ev.CallReturned():
            return _("%(step)s: das Schreiben ist erstellt und abgelegt", step=words.step(route, event.step))
        case ev.CallFailed():
            step = words.step(route, event.step)
            return _(
                "%(step)s: das Schreiben konnte nicht erstellt werden; der Betrieb ist gefragt", step=step
            )
        case ev.Reminded():
            return _("Erinnerung bei %(percent)s Prozent der Frist", percent=event.at_percent)
        case ev.Escalated():
            percent = event.at_percent
            told = _("Vorgesetzte der Stelle verständigt bei %(percent)s Prozent der Frist", percent=percent)
            return f"{told}; {_('wer es hatte, hat es nicht mehr allein')}" if event.freed else told
        case ev.DeadlinePassed():
            return _("Frist abgelaufen: ab jetzt genügt, was das Verfahren als genügend nennt")
        case ev.Lapsed():
            step = words.step(route, event.step)
            outcome = words.outcome(route, event.step, event.outcome)
            return _("%(step)s: Frist unbenützt abgelaufen – %(outcome)s", step=step, outcome=outcome)
        case ev.Received():
            return _(
                "%(step)s: %(outcome)s",
                step=words.step(route, event.step),
                outcome=words.outcome(route, event.step, "received"),
            )
        case ev.ChildOpened():
            opened = words.child(route, event.code)
            return _("%(child)s; bis zum Abschluss steht es still", child=opened) if event.freezes else opened
        case ev.ChildDue():
            return _due(event)
        case ev.ChildEnded():
            ended = _("%(child)s: abgeschlossen", child=words.child(route, event.code))
            if event.settled is None:
                return ended
            return _(
                "%(ended)s, der Beitrag macht %(amount)s aus", ended=ended, amount=format_chf(event.settled)
            )
        case ev.Settled():
            return _("Abgerechnet: der Beitrag macht %(amount)s aus", amount=format_chf(event.settled))
        case ev.ChildAwaited():
            return _(
                "%(step)s Nach Regel weiter zu «%(to)s»",
                step=words.outcome(route, event.step, event.ending),
                to=words.step(route, event.to),
            )
        case ev.WayProposed():
            return _(
                "Vorgeschlagen: %(way)s, weiter mit «%(to)s»; eine zweite Person muss zustimmen",
                way=words.way(route, event.way),
                to=words.step(route, event.to),
            )
        case ev.WayTaken():
            return _(
                "%(way)s: weiter mit «%(to)s»",
                way=words.way(route, event.way),
                to=words.step(route, event.to),
            )
        case ev.Suspended():
            return _("Sistiert: das Gesuch und seine Fristen stehen still")
        case ev.Resumed():
            return ngettext(
                "Fortgesetzt: die Fristen sind um %(n)s Arbeitstag verschoben",
                "Fortgesetzt: die Fristen sind um %(n)s Arbeitstage verschoben",
                event.days,
            )
        case ev.Nudged():
            return _("Erinnert, wer dran ist: %(step)s", step=words.step(route, event.step))
        case ev.Paid():
            return _paid(event)
        case ev.Extended():
            due = local_date(last_day(moment(event.due_at)))
            return ngettext(
                "Frist um %(n)s Arbeitstag verlängert, bis %(due)s",
                "Frist um %(n)s Arbeitstage verlängert, bis %(due)s",
                event.days,
                due=due,
            )
        case ev.Migrated():
            return _("Folgt von hier an einer neuen Fassung des Verfahrens")
        case ev.Withdrawn():
            return _("Gesuch zurückgezogen")
        case ev.Ended():
            return _ended(event, words)
        case _:
            assert_never(event)


def _entered(event: ev.Entered, route: str, words: Words) -> str:
    step = words.step(route, event.step)
    who = ", ".join(dict.fromkeys(words.seat(Seat(**seat)) for seat in event.seats))
    if not who or event.due_at is None:
        return step
    due = local_date(last_day(moment(event.due_at)))
    return _("%(step)s: liegt bei %(who)s, fällig am %(due)s", step=step, who=who, due=due)


def _completed(event: ev.Completed, route: str, words: Words) -> str:
    step, outcome = words.step(route, event.step), words.outcome(route, event.step, event.outcome)
    done = _("%(step)s: %(outcome)s", step=step, outcome=outcome)
    if event.stands_in_for:
        done += f" ({_('in Stellvertretung')})"
    if event.holds:
        return _("%(done)s, reserviert sind %(amount)s", done=done, amount=format_chf(event.holds))
    return done


def _assigned(event: ev.Assigned, route: str, words: Words) -> str:
    step = words.step(route, event.step)
    if not event.to:
        return _("%(step)s: an die Stelle zurückgegeben", step=step)
    if event.to == event.by:
        return _("%(step)s: übernommen", step=step)
    return _("%(step)s: jemandem aus der Stelle übergeben", step=step)


def _closed(event: ev.PanelClosed, route: str, words: Words) -> str:
    step, outcome = words.step(route, event.step), words.outcome(route, event.step, event.outcome)
    closed = _("%(step)s abgeschlossen: %(outcome)s", step=step, outcome=outcome)
    missing = _seats(event.missing, route, event.step, words)
    return (
        _("%(closed)s. Ohne Stellungnahme: %(missing)s", closed=closed, missing=missing)
        if missing
        else closed
    )


def _seats(codes: Iterable[str], route: str, step: str, words: Words) -> str:
    return ", ".join(words.seat_title(route, step, code) or code for code in codes)


def _paid(event: ev.Paid) -> str:
    if event.amount < 0:
        return _("Auszahlung zurückgenommen: %(amount)s", amount=format_chf(-event.amount))
    return _("Ausbezahlt: %(amount)s", amount=format_chf(event.amount))


def _due(event: ev.ChildDue) -> str:
    if event.stops:
        return _("Der Bericht fehlt immer noch: Zahlungen und neue Gesuche sind gesperrt")
    if event.days > 0:
        return _("Der Bericht ist überfällig: die Trägerschaft ist erinnert")
    return _("Der Bericht wird fällig: die Trägerschaft ist erinnert")


def _ended(event: ev.Ended, words: Words) -> str:
    ended = _("Abgeschlossen: %(status)s", status=words.status(event.status))
    if event.commits:
        return _("%(ended)s, zugesichert sind %(amount)s", ended=ended, amount=format_chf(event.commits))
    return ended
