"""Is a route safe to publish? The same check as on the command line, with each finding in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request

from web import errors
from web.desk.words import Words
from web.language import gettext, lang
from workflow import publishable
from workflow.engine.parsing import parse_route
from workflow.errors import FoerderwegError, RouteError
from workflow.funding.plain import read_yaml
from workflow.funding.programme import Bundle, Programme
from workflow.funding.route_page import misread
from workflow.interchange.bpmn import bpmn
from workflow.interchange.layout import lay_out
from workflow.texts import marked as _

MOST = 100_000
"""Characters; the longest route of KIP 3 has a fifth of it."""


TEXTS = {
    "closes_before_it_opens": _("Diese Ausschreibung schliesst, bevor sie öffnet."),
    "bounded_step_entered_by_rule": _(
        "Eine Regel führt zu einem Schritt, der nicht beliebig oft kommen darf: %(step)s"
    ),
    "commits_unheld": _("Auf diesem Weg ist nicht reserviert, was hier zugesichert wird."),
    "deadline_beside_quorum": _(
        "Entweder eine Mehrheit schliesst, oder zur Frist genügt weniger, nicht beides."
    ),
    "empty_condition": _("Eine Bedingung ist leer: %(fact)s"),
    "endings_differ": _("Was folgt, wenn «%(child)s» so endet, fehlt oder ist zu viel: %(ending)s"),
    "lapse_without_outcome": _("Die Frist läuft ab, aber es steht kein Ergebnis da, das die Uhr wählt."),
    "fact_by_rule": _("Was im Gesuch vermerkt wird, wählt ein einzelner Mensch: %(outcome)s"),
    "form_malformed": _("Dieses Formular ist nicht lesbar bei: %(key)s"),
    "letter_fails": _("Das Schreiben lässt sich nicht setzen: %(why)s"),
    "loop_without_bound": _("Diese Schlaufe kann ohne Ende durchlaufen werden."),
    "mail_malformed": _("Dieser Text einer Mail ist nicht lesbar, oder ein solches Ereignis gibt es nicht."),
    "malformed_route": _("Das Verfahren ist nicht lesbar: %(detail)s"),
    "malformed_step": _("Dieser Schritt ist nicht lesbar: %(detail)s"),
    "malformed_way": _("Ein Weg neben dem Verfahren ist nicht lesbar: %(detail)s"),
    "money_by_rule": _(
        "Geld reserviert nur, was ein einzelner Mensch wählt; die Uhr gibt es höchstens frei: %(outcome)s"
    ),
    "no_amount": _("Es fehlt, um welchen Betrag es geht."),
    "no_authority": _("Wer hier unterschreibt, braucht eine Instanz für den Rekurs: %(role)s"),
    "no_bound": _("Es fehlt, wie oft das geschehen darf."),
    "no_credit": _("Für das Jahr %(year)s hat dieser Förderbereich keinen Kredit: %(area)s"),
    "no_date": _("Das ist kein Datum."),
    "no_days": _("Das ist keine Zahl von Tagen."),
    "no_due_time": _("Es fehlt eine Frist von mindestens einem Arbeitstag."),
    "no_catalogue": _("In dieser Sprache sind die Seiten nicht übersetzt: %(language)s"),
    "no_ending": _("Von hier führt kein Weg zu einem Ende."),
    "no_figure": _("Diese Zahl gibt es nicht, oder nicht im Bericht: %(source)s"),
    "no_money": _("Das ist kein Betrag."),
    "no_terms": _("Für diese Grösse fehlt, wie ausbezahlt und berichtet wird."),
    "no_outcome": _("Kein Mensch kann hier etwas wählen."),
    "no_such_case": _("Dieses Gesuch gibt es nicht, oder Sie dürfen es nicht lesen: %(number)s"),
    "never_accepted": _("Dort endet nichts mit einer Genehmigung: %(child)s"),
    "no_way_past_bound": _("Ist die Zahl der Male aufgebraucht, bleibt hier nichts mehr zu wählen: %(step)s"),
    "not_together": _(
        "Für viele auf einmal (together): ein Formular, genau ein Ergebnis, keine Ausstandsklärung."
    ),
    "no_reasons": _(
        "Auf diesem Weg verlangt kein Formular die Erwägungen (reasons) zu diesem Schreiben: %(letter)s"
    ),
    "nobody_signs": _(
        "Jedes Schreiben nennt, wer entschieden hat; auf diesem Weg unterschreibt (signs) niemand: %(letter)s"
    ),
    "nobody_says": _("Kein Formular verlangt, was dieser Schritt braucht: %(fact)s"),
    "not_always_said": _("Auf diesem Weg sagt niemand, was der Schritt braucht: %(fact)s"),
    "child_too_early": _("Darauf wird erst später gewartet; hier könnte es vorher zu Ende sein: %(step)s"),
    "missing_key": _("Hier fehlt etwas: %(key)s"),
    "unknown_outcome": _("Dieses Ergebnis hat kein Schritt mit diesem Formular: %(outcome)s"),
    "unknown_pot": _("Diese Herkunft des Geldes gibt es nicht: %(pot)s"),
    "unknown_holidays": _("Von diesem Land oder Kanton sind keine Feiertage bekannt: %(why)s"),
    "unknown_key": _("Das liest niemand; ist es richtig geschrieben? %(key)s"),
    "wrong_value": _(
        "So wird das nicht gelesen (Zahl, Text, true oder false, Liste, Titel je Sprache?): %(key)s"
    ),
    "reads_nothing": _("Ohne Ausstandsklärung (gate) bleibt das Dossier dieser Rolle verschlossen: %(role)s"),
    "not_sending": _(
        "Versenden (sends) kann eine Person der Verwaltung, gleich nachdem ein Schreiben gemacht ist."
    ),
    "hides_letter": _("Auf diesem Weg bliebe ein Schreiben für immer unversandt: %(step)s"),
    "nobody_receives": _("Niemand trägt ein, dass die Nachricht da ist: %(message)s"),
    "heard_elsewhere": _("Der Rekurs käme zu einer anderen Instanz, als die Verfügung nennt: %(role)s"),
    "hears_itself": _("Wer entschieden hat, hätte auch mit dem Rekurs zu tun: %(role)s, %(step)s"),
    "instalments_unclear": _("Die Tranchen sind ganze Prozente, jede über null und zusammen 100."),
    "internal_speaks_out": _("Intern, und wendet sich doch an die Trägerschaft: %(step)s"),
    "nobody_stands_there": _("Dort steht ein Gesuch nie still: %(step)s"),
    "nothing_to_pay": _("Dort ist kein Geld zugesichert, das ausbezahlt würde: %(step)s"),
    "not_decided": _("Über dieses Gesuch ist noch nicht entschieden: %(number)s"),
    "not_a_human_step": _("Hier handelt kein Mensch."),
    "not_there": _("Das gibt es in diesem Programm nicht: %(key)s"),
    "not_translated": _("Ein Text fehlt in der Sprache «%(language)s»."),
    "payer_unclear": _(
        "Bezahlt wird von einem Konto in der Schweiz oder in Liechtenstein: mit Name und gewöhnlicher IBAN, "
        "keiner QR-IBAN."
    ),
    "programme_malformed": _("Das Programm ist so nicht lesbar: %(why)s"),
    "quorum_out_of_reach": _("So viele Stimmen gibt es hier nicht."),
    "reminders_unclear": _(
        "Die Tage der Erinnerungen folgen aufeinander, und der letzte liegt nach der Frist."
    ),
    "report_days_differ": _("Im Verfahren läuft eine andere Frist für den Bericht: %(days)s Tage."),
    "report_not_expected": _(
        "Das Schreiben verlangt einen Bericht, auf den dieses Verfahren nicht wartet (expects): %(letter)s"
    ),
    "reviews_itself": _("Die Stelle würde ihr eigenes Vorhaben prüfen: %(office)s"),
    "row_without_result": _("Eine Zeile der Tabelle hat kein Ergebnis."),
    "sizes_unclear": _("Jede Grösse braucht eine Zeile, und für denselben Tag nur eine."),
    "stands_twice": _("Das steht mehr als einmal da, und nur eines davon würde gelten: %(key)s"),
    "table_without_else": _("Der Tabelle fehlt, was sonst gilt."),
    "text_cut": _(
        "Das ist keine Sprache. Ein Text mit Komma steht in Anführungszeichen, sonst geht verloren, was "
        "dahinter kommt: %(key)s"
    ),
    "waits_unclear": _("Jede Wartezeit beginnt bei einer Tranche, die es gibt, eine nach der andern."),
    "undeclared_fact": _("Diese Angabe ist nicht vereinbart: %(fact)s"),
    "unknown_call": _("Diese Handlung gibt es nicht: %(call)s"),
    "unknown_child": _("Ein solches Geschäft ist nicht vorgesehen: %(child)s"),
    "unknown_condition": _("Diese Bedingung gibt es nicht: %(fact)s"),
    "unknown_form": _("Dieses Formular gibt es nicht: %(form)s"),
    "unknown_kind": _("Diese Art von Schritt gibt es nicht: %(kind)s"),
    "unknown_letter": _("Dieses Schreiben gibt es nicht: %(letter)s"),
    "unknown_money": _("So lässt sich Geld nicht bewegen: %(money)s"),
    "unknown_area": _("Diesen Förderbereich gibt es nicht: %(area)s"),
    "unknown_office": _("Diese Stelle gibt es nicht: %(office)s"),
    "unknown_role": _("Diese Rolle gibt es nicht: %(role)s"),
    "unknown_route": _("Dieses Verfahren gibt es nicht: %(route)s"),
    "unknown_seat": _("Diesen Platz gibt es nicht, oder er ist nur beratend: %(seat)s"),
    "unknown_signature": _("So wird nicht unterschrieben: %(signs)s"),
    "unknown_stage": _("Diese Stufe gibt es nicht: %(stage)s"),
    "unknown_status": _("Diesen Stand gibt es nicht: %(status)s"),
    "unknown_step": _("Diesen Schritt gibt es nicht: %(step)s"),
    "unknown_table": _("Diese Tabelle gibt es nicht: %(table)s"),
    "unknown_timer": _("Das kann eine Uhr nicht: %(do)s"),
    "unknown_type": _("Diese Art von Angabe gibt es nicht: %(type)s"),
    "unknown_vote": _("Eine Stimme ist dafür oder dagegen: %(vote)s"),
    "unreachable": _("Hierher führt kein Weg."),
    "named_otherwise": _("In diesem Teil muss stehen: %(key)s: %(name)s"),
    "unreadable": _("Das ist kein lesbares YAML: %(why)s"),
    "verdict_out_of_reach": _("Wo eine Zahl von Stimmen schliesst, gibt es dieses Ergebnis nie: %(verdict)s"),
    "verdict_without_outcome": _("Was folgt, fehlt für den Fall: %(verdict)s"),
    "wrong_type": _("Diese Angabe ist von anderer Art: %(fact)s"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`at`: the step or part; `says`: what is wrong; `way`: a shortest way there, in codes of steps."""

    at: str
    says: str
    way: str


@dataclass(frozen=True, slots=True)
class Checked:
    """`bpmn`: the XML to draw it by, empty where the route cannot be drawn."""

    findings: Sequence[Finding]
    title: str
    steps: int
    bpmn: str


def page(bundle: Bundle, programme: Programme) -> str:
    """Ask for a route's text, and say what is wrong with the one that was given."""
    text = request.form.get("text", "")
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        text = upload.stream.read(4 * MOST).decode("utf-8", "replace")
    checked = check(text, bundle, programme) if request.method == "POST" else None
    return render_template("office/check_route.html", text=text, checked=checked, words=Words())


def check(text: str, bundle: Bundle, programme: Programme) -> Checked:
    """The route that this text describes, beside what is published now."""
    try:
        if len(text) > MOST:
            raise RouteError("unreadable", at="", why=f"> {MOST}")
        raw = read_yaml(text, "route", trusted=False)
        if wrong := list(misread(raw)):
            return Checked([said(one) for one in wrong], "", 0, "")
        route = parse_route(publishable.compiled(raw, programme.tables))
        routes = publishable.parsed_routes(bundle, programme) | {route.code: route}
        found = publishable.findings(bundle, programme, route, routes)
        drawn = "" if found else bpmn(route, lay_out(route, raw, lang(), Words().lane)).decode()
    except RouteError as error:
        return Checked([said(error)], "", 0, "")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Checked([said(RouteError("malformed_step", detail=repr(error)))], "", 0, "")
    return Checked([said(one) for one in found], route.code, len(route.steps), drawn)


def said(error: FoerderwegError) -> Finding:
    """What a code says, in words, and where."""
    known = {name: str(value) for name, value in error.params.items()}
    text = TEXTS.get(error.code)
    if error.code in errors.TEXTS:
        says = errors.text_of(error, lang())
    else:
        says = gettext(text) % defaultdict(str, known) if text else str(error)
    line = gettext("Zeile %(n)s", n=known["line"]) if "line" in known else ""
    return Finding(", ".join(filter(None, [known.get("at"), line])), says, known.get("way", ""))
