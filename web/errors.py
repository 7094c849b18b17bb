"""What a person, or a program, is told when something is refused or goes wrong."""

from __future__ import annotations

import structlog
from flask import Flask, Response, json, render_template, request
from structlog.contextvars import get_contextvars
from werkzeug.exceptions import (
    BadHost,
    BadRequest,
    HTTPException,
    InternalServerError,
    RequestEntityTooLarge,
    ServiceUnavailable,
)

from web.language import lang
from web.security import FORM_BYTES, settings
from workflow.connecting import is_away, is_busy, is_unfit
from workflow.errors import FoerderwegError, Invalid, Problem, TryLater
from workflow.funding import problems
from workflow.funding.money import format_chf
from workflow.log import brief
from workflow.texts import marked as _
from workflow.texts import texts

DRAINED_BYTES = 256 * 1024 * 1024
AMOUNTS = ("amount", "limit", "left")  # parameters in Rappen


# What happened, whether anything is lost, what to do now.
TEXTS: dict[str, str] = {
    "invalid_answers": _("Einige Angaben fehlen oder stimmen noch nicht. Ihre Eingaben sind noch da."),
    "wrong_credentials": _("E-Mail oder Passwort stimmen nicht. Bitte beides prüfen und nochmals versuchen."),
    "too_many_attempts": _(
        "Zu viele Versuche. Zum Schutz des Kontos ist die Anmeldung gesperrt. "
        "Versuchen Sie es in %(minutes)s Minuten wieder."
    ),
    "too_many_requests": _(
        "Zu viele Versuche. Bitte versuchen Sie es in %(minutes)s Minuten wieder. Es wurde nichts geändert."
    ),
    "name_missing": _("Bitte geben Sie Ihren Namen an."),
    "name_too_long": _("Der Name ist zu lang: Er darf höchstens %(max)s Zeichen haben."),
    "report_missing": _(
        "Der Bericht zu diesem Gesuch fehlt. Bis er da ist, wird nichts ausbezahlt. Es wurde nichts geändert."
    ),
    "reports_missing": _(
        "Zu einem früheren Beitrag an Ihre Trägerschaft fehlt der Bericht. Sie finden ihn bei Ihren Gesuchen "
        "unter «Das wartet auf Sie». Sobald er da ist, nehmen wir dieses Gesuch entgegen; Ihr Entwurf bleibt."
    ),
    "organisation_waits": _(
        "Die Fachstelle hat Ihre Trägerschaft noch nicht bestätigt. Sie können schreiben und speichern; "
        "einreichen können Sie nach der Bestätigung. Wir melden uns per Mail."
    ),
    "organisation_refused": _(
        "Die Fachstelle konnte Ihre Trägerschaft nicht bestätigen. Einreichen ist darum nicht möglich. "
        "Ihre Angaben sind gespeichert. Den Grund sehen Sie auf der Seite Ihrer Trägerschaft."
    ),
    "second_signature_needed": _(
        "Es braucht zuerst die Unterschrift einer zweiten Person Ihrer Trägerschaft für diese Angaben. "
        "Das Gesuch ist noch nicht eingereicht."
    ),
    "looks_registered": _(
        "Eine Trägerschaft mit diesem Namen, dieser UID oder diesem Konto ist schon registriert. "
        "Es wurde noch nichts gespeichert."
    ),
    "decided_already": _("Darüber ist schon entschieden. Es wurde nichts geändert."),
    "same_organisation": _("Das ist schon dieselbe Trägerschaft. Es wurde nichts geändert."),
    "unconfirmed_stays": _(
        "Bleiben muss die Trägerschaft, die bestätigt ist: wer die andere registriert hat, "
        "kennt die Fachstelle noch nicht. Es wurde nichts geändert."
    ),
    "kinds_differ": _(
        "Diese beiden sind verschiedener Art und bleiben darum getrennt. Es wurde nichts geändert."
    ),
    "more_than_own": _(
        "Wer zu zweien unterschreibt, kann niemandem Einzelunterschrift geben oder nehmen. "
        "Es wurde nichts geändert."
    ),
    "signers_only": _("Das kann nur, wer für die Trägerschaft unterschreibt. Es wurde nichts geändert."),
    "is_member_already": _("Diese Person gehört schon zu Ihrer Trägerschaft. Es wurde nichts geändert."),
    "no_such_invitation": _("Diese Einladung gilt nicht mehr. Bitten Sie die Trägerschaft um eine neue."),
    "adviser_stays_adviser": _(
        "Wer berät, unterschreibt nicht. Beenden Sie die Beratung und laden Sie die Person neu ein."
    ),
    "last_signer": _(
        "Jemand muss für die Trägerschaft unterschreiben können. Geben Sie dieses Recht zuerst einer anderen "
        "Person. Es wurde nichts geändert."
    ),
    "kind_is_fixed": _(
        "Diese Rechtsform würde die Art der Trägerschaft ändern. Wenden Sie sich bitte an die Fachstelle."
    ),
    "not_eligible": _(
        "Nach Ihren Antworten kann dieses Projekt hier nicht gefördert werden. Es wurde kein Gesuch begonnen."
    ),
    "call_closed": _(
        "Die Ausschreibung nimmt zurzeit keine Gesuche an. Ihre gespeicherten Angaben bleiben erhalten."
    ),
    "handed_in": _(
        "Dieses Gesuch ist schon eingereicht. Zurückziehen lässt es sich auf seiner Seite, "
        "solange es geprüft wird."
    ),
    "saved_elsewhere": _(
        "Jemand anders hat dieses Gesuch inzwischen gespeichert. Ihre Eingaben stehen noch im Formular."
    ),
    "section_closed": _(
        "Dieser Abschnitt kann jetzt nicht geändert werden. Das Gespeicherte gilt unverändert."
    ),
    "file_too_big": _(
        "«%(file)s» ist zu gross: höchstens %(megabytes)s MB. Die Datei wurde nicht gespeichert."
    ),
    "file_wrong_type": _(
        "«%(file)s» hat nicht das richtige Format, möglich ist: %(wanted)s. "
        "Die Datei wurde nicht gespeichert."
    ),
    "storage_full": _(
        "Die Datei konnte nicht gespeichert werden, weil die Ablage voll ist. "
        "Ihre übrigen Angaben sind noch da; versuchen Sie es bitte später nochmals."
    ),
    "file_empty": _("«%(file)s» ist leer. Die Datei wurde nicht gespeichert."),
    "may_not_draft": _(
        "Sie dürfen die Gesuche dieser Trägerschaft lesen, aber nicht schreiben. Es wurde nichts geändert."
    ),
    "may_not_sign": _(
        "Einreichen darf nur, wer für die Trägerschaft unterschreibt. Ihre Angaben sind gespeichert."
    ),
    "area_not_in_call": _(
        "Der gewählte Förderbereich gehört nicht zu dieser Ausschreibung. Ihre Angaben sind gespeichert."
    ),
    "route_would_change": _(
        "Förderbereich, Zielgruppe und die Grössenordnung des Betrags lassen sich jetzt nicht mehr ändern, "
        "weil andere Stellen zuständig würden. Ihre Angaben sind gespeichert. "
        "Wenden Sie sich bitte an die Fachstelle."
    ),
    "not_yours": _("Dafür sind Sie in diesem Geschäft nicht zuständig. Es wurde nichts geändert."),
    "declare_first": _(
        "Bevor Sie dieses Dossier bearbeiten, erklären Sie bitte, ob ein Ausstandsgrund besteht. "
        "Es wurde nichts geändert."
    ),
    "no_own_measures": _("Diese Stelle reicht in diesem Programm keine eigenen Vorhaben ein."),
    "password_too_short": _("Das Passwort ist zu kurz: Es braucht mindestens %(min)s Zeichen."),
    "password_too_long": _("Das Passwort ist zu lang: Es darf höchstens %(max)s Zeichen haben."),
    "password_obvious": _("Dieses Passwort ist leicht zu erraten. Wählen Sie eines ohne Ihren Namen."),
    "nothing_parked": _("Das ist nicht mehr liegen geblieben: Es läuft wieder, oder jemand war schneller."),
    "step_waits": _("Ein Schritt des Gesuchs wartet darauf. Lassen Sie es noch einmal versuchen."),
    "own_office": _("Das ist ein Vorhaben Ihrer eigenen Stelle. Andere prüfen und entscheiden es."),
    "own_organisation": _(
        "Sie gehören zur gesuchstellenden Trägerschaft und wirken darum hier nicht mit. "
        "Es wurde nichts geändert."
    ),
    "recused": _("Sie sind in diesem Geschäft im Ausstand. Es wurde nichts geändert."),
    "four_eyes": _(
        "Sie haben in diesem Geschäft schon einen früheren Schritt erledigt. Diesen Schritt muss jemand "
        "anders tun (Vier-Augen-Prinzip). Es wurde nichts geändert."
    ),
    "one_seat_each": _("Sie haben zu diesem Gesuch schon Stellung genommen. Es wurde nichts geändert."),
    "proposed_meanwhile": _(
        "Was vorgeschlagen ist, hat sich inzwischen geändert. Es wurde nichts eingetragen. "
        "Lesen Sie bitte zuerst, was jetzt vorgeschlagen ist."
    ),
    "taken_already": _(
        "Das hat inzwischen jemand anders aus der Stelle. Es wurde nichts geändert. "
        "Schauen Sie bitte nach, was jetzt gilt."
    ),
    "yours_already": _("Das haben Sie schon übernommen."),
    "nobody_chosen": _("Bitte wählen Sie eine Person."),
    "cannot_have_it": _(
        "Diese Person kann das nicht übernehmen: Sie hat die nötige Rolle nicht, oder eine Regel steht "
        "dagegen (Ausstand, Mitgliedschaft, vier Augen). Es wurde nichts geändert."
    ),
    "linked": _(
        "Das System kennt eine Verbindung zwischen dieser Person und der Trägerschaft. Solange sie nicht "
        "erklärt hat, dass kein Ausstandsgrund besteht, kann sie es nicht übernehmen. "
        "Es wurde nichts geändert."
    ),
    "nothing_to_declare": _("Bei diesem Schritt ist keine Erklärung nötig. Es wurde nichts geändert."),
    "declared_already": _("Ihre Erklärung liegt schon vor. Sie können weiterarbeiten."),
    "nothing_open": _("Hier ist zurzeit nichts zu tun. Es wurde nichts geändert."),
    "too_late_to_withdraw": _(
        "Dieses Gesuch kann jetzt nicht mehr zurückgezogen werden. Es wurde nichts geändert. "
        "Wenden Sie sich bitte an die Fachstelle."
    ),
    "submitted_already": _("Dieses Gesuch ist schon eingereicht. Es wurde nichts doppelt erfasst."),
    "no_such_outcome": _("Diese Antwort ist bei diesem Schritt nicht möglich. Es wurde nichts geändert."),
    "suspended": _("Dieses Gesuch ist sistiert: es steht still. Es wurde nichts geändert."),
    "not_suspended": _("Dieses Gesuch ist nicht sistiert. Es wurde nichts geändert."),
    "not_at_this_step": _("Das ist bei diesem Schritt nicht vorgesehen. Es wurde nichts geändert."),
    "child_is_open": _("Davon ist schon eines offen. Bitte warten Sie, bis es abgeschlossen ist."),
    "sent_already": _("Dieses Schreiben ist schon versandt; zurücknehmen lässt es sich nicht mehr."),
    "way_used_up": _("Das ist für dieses Gesuch schon so oft geschehen, wie das Verfahren es zulässt."),
    "nudged_enough": _("Daran ist schon %(most)s Mal erinnert worden. Bitte rufen Sie an."),
    "too_long": _("Die Frist kann noch um höchstens %(most)s Arbeitstage verlängert werden."),
    "own_review": _("Ihre Stelle hat in diesem Geschäft schon mitgewirkt. Es wurde nichts geändert."),
    "too_many_views": _(
        "Sie haben schon %(most)s eigene Ansichten. Löschen Sie zuerst eine. Es wurde nichts geändert."
    ),
    "export_too_long": _(
        "Das sind mehr als %(most)s Zeilen: zu viele für eine Datei. Grenzen Sie die Liste bitte zuerst ein."
    ),
    "closed": _("Dieses Geschäft ist abgeschlossen. Es wurde nichts geändert."),
    "step_has_passed": _(
        "Dieser Schritt ist inzwischen erledigt: jemand anders war schneller, oder die Frist ist abgelaufen. "
        "Ihre Eingabe wurde nicht übernommen. Schauen Sie bitte nach, was jetzt gilt."
    ),
    "seat_is_done": _(
        "Diese Stellungnahme ist schon abgegeben. Ihre Eingabe wurde nicht übernommen. "
        "Schauen Sie bitte nach, was jetzt gilt."
    ),
    "no_such_seat": _("Diese Aufgabe gibt es bei diesem Schritt nicht. Es wurde nichts geändert."),
    "amount_missing": _("Bitte einen Betrag über null angeben. Ihre Eingaben sind noch da."),
    "amount_over_limit": _(
        "%(amount)s sind mehr als die %(limit)s, die hier höchstens möglich sind. Es wurde nichts geändert."
    ),
    "amount_over_reserved": _(
        "%(amount)s sind mehr als die %(limit)s, die für dieses Gesuch reserviert sind. "
        "Es wurde nichts geändert."
    ),
    "not_enough_money": _(
        "Im Förderbereich sind noch %(left)s frei; %(amount)s können nicht reserviert werden. "
        "Es wurde nichts geändert."
    ),
    "no_account": _("Es ist kein Konto angegeben, auf das bezahlt würde."),
    "foreign_account": _(
        "Das Konto liegt im Ausland. In die Datei kommen nur Konten in der Schweiz und in Liechtenstein."
    ),
    "address_missing": _("Im Eintrag der Trägerschaft fehlt der Ort; Banken verlangen ihn."),
    "filed_already": _("Diese Zahlung steht schon in der Datei vom %(at)s von %(name)s."),
    "filed_and_taken_back": _(
        "Genau diese Datei hat %(name)s am %(at)s schon erstellt; seither wurde eine Zahlung zurückgenommen. "
        "Hat die Bank sie schon, kann sie sie als doppelt ablehnen: Bezahlen Sie dann im Finanzsystem."
    ),
    "kept_elsewhere": _(
        "Inzwischen haben Sie in einem anderen Fenster oder auf einem anderen Gerät daran weitergeschrieben. "
        "Was hier steht, ist nicht gespeichert."
    ),
    "too_much_to_keep": _(
        "Das ist zu viel: Mehr als %(most)s Kilobyte, oder %(rows)s Zeilen einer Tabelle, kann ein Formular "
        "nicht aufbewahren."
    ),
    "written_enough": _(
        "Heute haben Sie schon %(most)s Nachrichten geschrieben. Bitte warten Sie die Antwort ab, "
        "oder rufen Sie an."
    ),
    "nobody_reads_it": _(
        "Zurzeit würde das hier niemand lesen. Bitte rufen Sie an oder schreiben Sie eine E-Mail."
    ),
    "other_account": _(
        "Im Eintrag der Trägerschaft steht jetzt ein anderes Konto, %(iban)s. "
        "In die Datei kommt das Konto aus dem Gesuch."
    ),
    "more_than_due": _("%(amount)s ist mehr, als jetzt fällig ist: %(limit)s."),
    "filed_meanwhile": _(
        "Eben hat jemand anders eine Datei mit einer dieser Zahlungen erstellt. Ihre wurde nicht erstellt."
    ),
    "nothing_to_pay": _("Hier ist nichts zugesichert, das ausbezahlt würde. Es wurde nichts geändert."),
    "paid_meanwhile": _(
        "Inzwischen hat jemand anders eine Auszahlung eingetragen: ausbezahlt sind jetzt %(amount)s. "
        "Ihre wurde nicht eingetragen."
    ),
    "amount_over_open": _(
        "%(amount)s ist mehr als die %(left)s, die noch offen sind. Es wurde nichts eingetragen."
    ),
    "amount_over_paid": _(
        "Zurücknehmen lässt sich höchstens, was ausbezahlt ist: %(limit)s. Es wurde nichts eingetragen."
    ),
    "size_not_open": _(
        "Für %(amount)s ist hier kein Verfahren offen, höchstens für %(limit)s. Ihre Angaben bleiben "
        "gespeichert. Für mehr nehmen Sie bitte mit der Fachstelle Kontakt auf."
    ),
    "key_reused": _(
        "Dieselbe Meldung kam ein zweites Mal mit anderem Inhalt. Die erste gilt. "
        "Laden Sie die Seite bitte neu."
    ),
    "no_such_audience": _("Bitte wählen Sie, wer es lesen soll. Es wurde nichts gesendet."),
    "cannot_be_mentioned": _(
        "Diese Person kann das Dossier zurzeit nicht lesen und lässt sich darum nicht erwähnen. "
        "Es wurde nichts gesendet; Ihr Text ist noch da."
    ),
    "not_your_comment": _("Zurückziehen kann nur, wer es geschrieben hat. Es wurde nichts geändert."),
    "answered_already": _("Darauf ist schon eine Antwort da; es bleibt darum stehen."),
    "ceiling_in_use": _(
        "%(amount)s ist weniger als die %(limit)s, die in diesem Förderbereich schon reserviert, "
        "zugesichert oder ausbezahlt sind. Es wurde nichts geändert."
    ),
    "is_there_already": _("Mit dieser Adresse ist schon jemand da. Es wurde nichts geändert."),
    "own_roles": _("Den eigenen Zugang ändert jemand anders von der Administration."),
    "nothing_changed": _("So, wie Sie es vorschlagen, gilt es schon. Es wurde nichts geändert."),
    "part_changed": _(
        "Diesen Teil hat inzwischen jemand anders geändert. Machen Sie Ihre Änderung bitte am neuen Stand."
    ),
    "programme_changed": _(
        "Das Programm hat inzwischen jemand anders geändert. Prüfen Sie den Vorschlag zuerst neu."
    ),
    "second_person": _("Veröffentlichen muss das eine zweite Person. Es wurde nichts geändert."),
    "someone_was_faster": _(
        "Jemand anders war schneller. Ihre Eingabe wurde nicht übernommen. "
        "Schauen Sie bitte nach, was jetzt gilt."
    ),
}

# For codes that have no text of their own.
BY_STATUS: dict[int, str] = {
    400: _(
        "Diese Anfrage ist unvollständig angekommen. Es wurde nichts geändert. "
        "Gehen Sie bitte zurück, laden Sie die Seite neu und versuchen Sie es nochmals."
    ),
    401: _(
        "Ihre Anmeldung ist abgelaufen, und was Sie eben senden wollten, ist noch nicht gespeichert. "
        "Melden Sie sich in einem zweiten Fenster an, gehen Sie hier einen Schritt zurück "
        "und senden Sie es nochmals."
    ),
    403: _("Das dürfen Sie mit Ihren Rechten nicht. Es wurde nichts geändert."),
    404: _(
        "Unter dieser Adresse gibt es nichts, oder es ist nicht für Sie bestimmt. "
        "Prüfen Sie die Adresse, oder beginnen Sie auf der Startseite."
    ),
    405: _("Diese Adresse nimmt eine solche Anfrage nicht an. Es wurde nichts geändert."),
    409: _("Das ist im jetzigen Stand nicht möglich. Es wurde nichts geändert."),
    413: _(
        "Das ist zu gross: eine Datei darf höchstens %(megabytes)s MB haben. Es wurde nichts gespeichert. "
        "Gehen Sie bitte zurück und wählen Sie eine kleinere Datei."
    ),
    422: _("Diese Angaben passen nicht zusammen. Es wurde nichts geändert."),
    429: _("Zu viele Anfragen. Es wurde nichts geändert. Bitte versuchen Sie es etwas später wieder."),
    500: _(
        "Das hätte nicht geschehen dürfen. Was vorher gespeichert war, ist noch da. "
        "Versuchen Sie es nochmals; bleibt es dabei, melden Sie der Fachstelle bitte die Nummer unten."
    ),
    503: _(
        "Die Datenbank antwortet gerade nicht. Was vorher gespeichert war, ist noch da. "
        "Warten Sie bitte einen Moment und senden Sie es dann nochmals."
    ),
}
NO_TOKEN = _(
    "Es fehlt ein gültiges Token, oder die Sitzung ist abgelaufen. Es wurde nichts geändert. "
    "Melden Sie sich neu an und senden Sie es mit dem neuen Token nochmals."
)
TOO_LONG = _("Das ist zu gross: höchstens %(kilobytes)s KB auf einmal. Es wurde nichts gespeichert.")
TITLES: dict[int, str] = {
    400: _("Das hat nicht geklappt"),
    401: _("Bitte melden Sie sich wieder an"),
    403: _("Das ist hier nicht möglich"),
    404: _("Hier ist nichts"),
    405: _("Das hat nicht geklappt"),
    409: _("Das geht so nicht mehr"),
    413: _("Zu gross"),
    422: _("Das passt noch nicht"),
    429: _("Einen Moment bitte"),
    500: _("Ein Fehler in unserem Programm"),
    503: _("Im Moment nicht erreichbar"),
}


def register(app: Flask) -> None:
    """Every error of this app becomes a page, or under /api/ application/problem+json."""
    app.register_error_handler(FoerderwegError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unknown)


def text_of(error: FoerderwegError, language: str) -> str:
    """What a refusal means for the person, in a language, its figures filled in."""
    msgid = TEXTS.get(error.code) or BY_STATUS[error.status]
    params = {
        name: format_chf(value) if name in AMOUNTS and isinstance(value, int) else value
        for name, value in error.params.items()
    }
    return texts(language).gettext(msgid) % params


def problem_text(problem: Problem, language: str) -> str:
    """What is wrong with one answer, or with a file that came for it."""
    if problem.code in problems.PROBLEMS:  # «too_long» is an answer here, and a deadline in TEXTS
        return problems.problem_text(problem, language)
    return texts(language).gettext(TEXTS[problem.code]) % problem.params


def retry_after(error: FoerderwegError) -> dict[str, str]:
    """The header that says when to try again, for a TryLater that knows."""
    minutes = error.params.get("minutes") if isinstance(error, TryLater) else None
    return {"Retry-After": str(int(minutes) * 60)} if minutes else {}


def problem_document(error: FoerderwegError, language: str) -> dict[str, object]:
    """The RFC 9457 document of a refusal; the API answers with it."""
    fields = error.fields if isinstance(error, Invalid) else {}
    return _document(error.status, error.code, text_of(error, language), language) | {
        "params": dict(error.params),
        "retry": error.retry,
        "errors": [_problem(path, one, language) for path, found in fields.items() for one in found],
    }


def _problem(path: str, problem: Problem, language: str) -> dict[str, object]:
    return {
        "path": path,
        "code": problem.code,
        "params": dict(problem.params),
        "detail": problem_text(problem, language),
    }


def _document(status: int, code: str, detail: str, language: str) -> dict[str, object]:
    title = texts(language).gettext(TITLES.get(status) or TITLES[400 if status < 500 else 500])
    return {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}


def _refused(error: FoerderwegError) -> Response:
    structlog.get_logger().info("refused", code=error.code, status=error.status)
    return _answer(problem_document(error, lang()), retry_after(error))


def _unknown(error: Exception) -> Response:
    if is_away(error):
        what = "connections_taken" if is_busy(error) else "database_away"
        structlog.get_logger().error(what, error=brief(error))
        return _http(ServiceUnavailable())
    if is_unfit(error):
        structlog.get_logger().warning("unfit_input", exc_info=error)
        return _http(BadRequest())
    structlog.get_logger().error("unknown_error", exc_info=error)
    return _http(InternalServerError())


def _http(error: HTTPException) -> Response:
    """A refusal of Flask itself; a response that was raised (a redirect) goes out as it is."""
    if error.response is not None or isinstance(error, BadHost):  # at no host of ours there is no page
        return error.get_response()  # type: ignore[return-value]
    status = error.code or 500
    if isinstance(error, RequestEntityTooLarge):
        _drain()
    msgid = BY_STATUS.get(status) or BY_STATUS[400 if status < 500 else 500]
    most = request.max_content_length or 0
    if status == 401 and request.path.startswith("/api/"):
        msgid = NO_TOKEN
    elif status == 413 and most <= FORM_BYTES:
        msgid = TOO_LONG
    figures = {"megabytes": settings().upload_max_bytes // (1024 * 1024), "kilobytes": most // 1024}
    detail = texts(lang()).gettext(msgid) % figures
    code = (error.name or "error").lower().replace(" ", "_")
    headers = {"Retry-After": "5"} if status == 503 else {}
    headers |= {name: value for name, value in error.get_headers() if name in ("Allow", "WWW-Authenticate")}
    document = _document(status, code, detail, lang()) | {"params": {}, "retry": status == 503, "errors": []}
    return _answer(document, headers)


def _drain() -> None:
    """Read on to the end, or the browser would show a broken connection instead of the answer."""
    stream, left = request.environ["wsgi.input"], DRAINED_BYTES
    while left > 0 and (chunk := stream.read(64 * 1024)):
        left -= len(chunk)


def _answer(document: dict[str, object], headers: dict[str, str]) -> Response:
    status = int(str(document["status"]))
    document["request_id"] = get_contextvars().get("request_id", "")
    if request.path.startswith("/api/"):
        response = Response(json.dumps(document), status, content_type="application/problem+json")
    else:
        bare = status >= 500 or document["code"] == "no_programme"  # then nothing is asked of the database
        response = Response(render_template("error.html", **document, bare=bare), status)
    response.headers.update(headers)
    return response
