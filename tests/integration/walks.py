"""People of KIP 3 by what they do, and ways to bring a case to where a test begins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from pypdf import PdfReader

from tasks.deliver import deliver_due
from web.cli.story import Story, application, decision, proposal, review
from workflow.engine.case import Case
from workflow.engine.commands import TakeWay
from workflow.errors import FoerderwegError
from workflow.store import journal, queries, verifying

HEKS = "miriam.aebi@heks.example"
GGG = "daniela.frey@ggg-migration.example"
CHECKER = "regula.keller@integration.bs.example"
SYNTHESIS = "mehmet.demir@integration.bs.example"
THIRD = "sarah.leuenberger@integration.bs.example"
LEAD = "barbara.wenger@erwachsenenbildung.bs.example"
LEAD_TOO = "philipp.luedin@erwachsenenbildung.bs.example"
REVIEWER = "nadine.oser@integration.bs.example"
SECOND = "esther.kunz@sozialhilfe.bs.example"
HEAD = "andrea.bernasconi@integration.bs.example"
DIVISION = "thomas.iselin@pd.bs.example"
DEPARTMENT = "christine.burckhardt@pd.bs.example"
STEERING = "gabriela.thommen@isi.bs.example"
TREASURY = "anita.schweizer@fd.bs.example"
CHANCELLERY = "martin.haefeli@pd.bs.example"
OPERATOR = "jasmin.huber@pd.bs.example"
AUDITOR = "werner.plattner@finanzkontrolle.bs.example"
FINANCE = "karin.moeschlin@pd.bs.example"

COMPLETE = {"check": {"complete": True, "responsible": True}}
QUERY = {"check": {"sections": ["plan"], "question": "Wie viele Freiwillige helfen mit?"}}
INADMISSIBLE = {"check": {"reasons": "Das Projekt findet nicht in Basel statt."}}
NOTED = {"statement": {"remarks": ""}}
REASONS = "Im Rahmen des Kredits."

T = TypeVar("T")


def language(francs: int = 38_000, **more: Any) -> dict[str, Any]:
    """An application in the area Sprache: Erwachsenenbildung leads, Sozialhilfe is second."""
    return application(
        "HEKS",
        title="Deutsch im Quartier",
        area="language",
        goals=["everyday_language"],
        requested=francs * 100,
        **{"target_group": "recognised_refugees", **more},
    )


def at_check(told: Story, francs: int = 38_000) -> UUID:
    return told.submit(HEKS, language(francs))


def at_review(told: Story, francs: int = 38_000) -> UUID:
    case_id = at_check(told, francs)
    told.do(CHECKER, case_id, "complete", COMPLETE)
    return case_id


def at_synthesis(told: Story, francs: int = 38_000) -> UUID:
    case_id = at_review(told, francs)
    told.do(LEAD, case_id, "yes", review("Gut begründet."))
    told.do(SECOND, case_id, "yes", review("Passt."))
    return case_id


def at_synthesis_of_three(told: Story, francs: int) -> UUID:
    """Of size L or XL: the third review is of the Fachstelle."""
    case_id = at_review(told, francs)
    for email in (LEAD, SECOND, REVIEWER):
        told.do(email, case_id, "yes", review("Gut begründet."))
    return case_id


def at_decision(told: Story, francs: int = 38_000) -> UUID:
    """As much is proposed, and reserved, as was asked for."""
    case_id = at_synthesis(told, francs)
    told.do(SYNTHESIS, case_id, "propose", proposal(francs * 100, "Beide Stellen empfehlen."))
    return case_id


def at_confirmation(told: Story, granted: int = 30_000) -> UUID:
    """Granted in part; the applicant is asked to confirm the budget."""
    case_id = at_decision(told)
    told.do(HEAD, case_id, "grant", decision(granted * 100, REASONS))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})
    return case_id


def costs(francs: int) -> dict[str, Any]:
    """A revised budget of so much."""
    return {"budget": {"costs": [{"kind": "fees", "label": "Kursleitung", "amount": francs * 100}]}}


def report(told: Story, case_id: UUID) -> dict[str, Any]:
    """A report on a grant: what was planned came about, to the franc."""
    actor = told.actors[HEKS]
    page = queries.application(told.db, actor, case_id)
    assert page is not None
    form = queries.form(told.db, page.programme_hash, "report")
    plan = queries.planned_rows(told.db, actor, case_id, form)
    return {
        "results": {
            "participants": 44,
            "targets": [{**row, "reached": row["planned"]} for row in plan["results"]["targets"]],
            "goals": "Fast alle Plätze waren besetzt.",
        },
        "accounts": {
            "costs": [{**row, "spent": row["planned"]} for row in plan["accounts"]["costs"]],
            "sources": [{**row, "received": row["planned"]} for row in plan["accounts"]["sources"]],
        },
    }


def state(told: Story, case_id: UUID) -> Case:
    with told.db.connect() as tx:
        return journal.read(tx, case_id).case


def happened(told: Story, case_id: UUID) -> list[str]:
    """The names of all events of a case."""
    return [
        row.name
        for row in rows(told.db, "SELECT name FROM events WHERE case_id = :id ORDER BY version", id=case_id)
    ]


def rows(db: sa.Engine, query: str, **parameters: Any) -> Sequence[Any]:
    with db.connect() as tx:
        return tx.execute(sa.text(query), parameters).all()


def agree(told: Story, email: str, way: TakeWay) -> None:
    """A second person agrees with what stands there proposed."""
    proposed = state(told, way.case_id).proposal
    assert proposed is not None
    told.aside(email, replace(way, agrees_with=proposed.by), "Einverstanden.")


def deliver(told: Story) -> None:
    """What is due outside is brought about, and what follows from it; orders are posted the same day."""
    while deliver_due(told.db, told.settings, lambda: told.now):
        told.route()
    if told.post():
        deliver(told)


def order(told: Story, case_id: UUID, reader: str = HEKS) -> str:
    """The text of the one letter that the applicant finds."""
    page = queries.application(told.db, told.actors[reader], case_id)
    assert page is not None
    [letter] = page.letters
    pages = PdfReader(queries.file_path(told.settings, letter)).pages
    return " ".join(" ".join(one.extract_text() for one in pages).split())


def at_once(*doings: Callable[[], T]) -> list[T | FoerderwegError]:
    """All of these in the same instant, each in a thread of its own: what they return, or their refusals."""
    start = threading.Barrier(len(doings))

    def one(doing: Callable[[], T]) -> T | FoerderwegError:
        start.wait()
        try:
            return doing()
        except FoerderwegError as error:
            return error

    with ThreadPoolExecutor(len(doings)) as pool:
        return list(pool.map(one, doings))


def assert_kept(db: sa.Engine) -> None:
    """Everything agrees with the events, and no case is parked."""
    with db.connect() as tx:
        found = verifying.check_cases(tx, verifying.case_ids(tx)) + verifying.check_money(tx)
    assert not found, "\n".join(map(str, found))
    assert rows(db, "SELECT FROM agenda WHERE parked_at IS NOT NULL") == []


def assert_balanced(db: sa.Engine) -> None:
    """The money alone."""
    with db.connect() as tx:
        assert verifying.check_money(tx) == []
    assert rows(db, "SELECT FROM budget_lines")
