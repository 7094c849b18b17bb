"""What the dossier knows beside the application: earlier grants, double funding, comparable grants, links."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.browsing import signed_in
from tests.counting import plans, statements, ways
from tests.integration.test_appeals import SECRETARIAT, lodged
from tests.integration.test_children import amendment, opened
from tests.integration.test_children import granted as whole_grant
from tests.integration.walks import (
    AUDITOR,
    CHECKER,
    COMPLETE,
    DIVISION,
    GGG,
    HEAD,
    HEKS,
    LEAD,
    LEAD_TOO,
    SYNTHESIS,
    assert_kept,
    at_review,
    deliver,
    happened,
    language,
    rows,
)
from web.cli.story import Story, application, decision
from workflow.engine.commands import Complete
from workflow.errors import NotAllowed, Refused
from workflow.people import organisation_id, person_id
from workflow.service import handle
from workflow.store import organisations as store
from workflow.store import queries
from workflow.store.queries.findings import MOST_ALIKE, MOST_SHOWN, Findings
from workflow.store.queries.ties import who_is_linked
from workflow.store.tables import cases

LEITUNG = "andrea.bernasconi@integration.bs.example"
SIZE = 20_000


def found(told: Story, email: str, case_id: UUID) -> Findings:
    page = queries.dossier(told.db, told.actors[email], case_id, now=told.now)
    assert page is not None
    assert page.findings is not None
    return page.findings


def similar(organisation: str, title: str = "Deutsch im Quartier Gundeli") -> dict[str, object]:
    return application(
        organisation, title=title, area="living_together", goals=["contact"], requested=9_000_00
    )


def granted(told: Story, people: int, recused: str = "") -> UUID:
    """A small application of HEKS that was granted in full. `recused`: who stepped back from its review."""
    answers = {**language(9_000), "people": {"target_group": "recognised_refugees"}}
    answers["people"]["participants"] = [{"group": "recognised_refugees", "number": people}]
    case_id = told.submit(HEKS, answers)
    told.do(CHECKER, case_id, "complete", {"check": {"complete": True, "responsible": True}})
    if recused:
        told.recuse(recused, case_id)
    told.do(LEAD_TOO, case_id, "yes", {"criteria": SCORES, "recommendation": {"reasons": "Gut."}})
    told.do(LEITUNG, case_id, "grant", decision(9_000_00, "Im Rahmen des Kredits."))
    deliver(told)
    return case_id


SCORES = dict.fromkeys(("need", "goals", "access", "quality", "costs"), "4")


def test_other_applications_with_the_reason_for_the_match(told: Story) -> None:
    this = at_review(told)
    other = told.submit(GGG, similar("GGG Migration"))
    unlike = told.submit(GGG, similar("GGG Migration", "Singen und Tanzen"))
    told.declare(LEAD, this)
    noticed = found(told, LEAD, this)
    [match] = noticed.alike
    assert (match.id, match.own, match.reasons, match.title, match.seen) == (
        other,
        False,
        ("similar",),
        None,
        False,
    )
    assert 40 <= match.likeness < 100
    assert noticed.earlier == []
    assert unlike not in {one.id for one in noticed.alike}
    coordinator = found(told, CHECKER, this)
    assert coordinator.alike[0].title == "Deutsch im Quartier Gundeli"


def test_two_of_one_organisation_in_one_area_and_call(told: Story) -> None:
    first, second = at_review(told), at_review(told)
    [match] = found(told, CHECKER, second).alike
    assert (match.id, match.own, match.reasons) == (first, True, ("similar", "same_area"))
    told.withdraw(HEKS, first)
    withdrawn = found(told, CHECKER, second)
    assert withdrawn.alike == []
    assert [(one.id, one.ending) for one in withdrawn.earlier] == [(first, "withdrawn")]


def test_what_comparable_grants_cost_for_each_person(app: Flask, told: Story) -> None:
    for people in (10, 30, 90):
        granted(told, people)
    this = at_review(told)
    noticed = found(told, CHECKER, this)
    assert [one.per_person for one in noticed.comparable] == [100_00, 300_00, 900_00]
    assert noticed.median == 300_00
    assert [one.committed for one in noticed.earlier] == [9_000_00] * 3
    text = signed_in(app, CHECKER).open(f"/desk/cases/{this}").text
    assert "CHF 791.66" in text  # 38'000 for 48 persons
    assert "in der Mitte CHF 300.00" in text
    assert "deutlich mehr als üblich" in text
    assert_kept(told.db)


def test_a_grant_from_which_one_has_stepped_back_is_not_compared_with(told: Story) -> None:
    granted(told, 10, recused=LEAD)
    this = at_review(told)
    told.declare(LEAD, this)
    noticed = found(told, LEAD, this)
    assert (noticed.earlier, noticed.comparable, noticed.median) == ([], [], None)
    assert len(found(told, CHECKER, this).comparable) == 1


def test_of_many_only_the_newest_and_the_most_alike_are_shown(app: Flask, told: Story) -> None:
    """All others are a click away for who has the lists, and the page says that there are."""
    own = []
    for _ in range(MOST_SHOWN + 2):
        told.wait(minutes=1)
        own.append(at_review(told))
    this = own.pop()
    said = found(told, CHECKER, this)
    assert [one.id for one in said.newest] == own[:0:-1]
    assert {one.id for one in said.most_alike} < {one.id for one in said.alike} == set(own)
    other = told.submit(GGG, similar("GGG Migration"))
    said = found(told, CHECKER, this)
    assert other in {one.id for one in said.alike}
    assert other not in {one.id for one in said.most_alike}  # less alike than ten of its own
    told.declare(LEAD, this)
    page = signed_in(app, CHECKER).open(f"/desk/cases/{this}").text
    assert "Das sind die neuesten." in page
    assert "Alle Gesuche dieser Trägerschaft" in page
    assert "das sind die ähnlichsten" in page
    page = signed_in(app, LEAD).open(f"/desk/cases/{this}").text
    assert "Alle Gesuche dieser Trägerschaft" not in page


def test_drafts_with_the_same_title_hide_no_double_funding(told: Story) -> None:
    """What nobody has handed in is nobody's business, and takes no place among those compared."""
    for _ in range(MOST_ALIKE + 1):
        told.draft(GGG, similar("GGG Migration"))
    this = at_review(told)
    other = told.submit(GGG, similar("GGG Migration"))
    assert [one.id for one in found(told, CHECKER, this).alike] == [other]


def test_a_grant_and_the_same_area_are_noticed_behind_ten_newer_ones(app: Flask, told: Story) -> None:
    """Whoever decides reads of the earlier grant, and not that there was none."""
    grant = granted(told, 10)
    same = told.submit(HEKS, similar("HEKS", "Chor"))
    for _ in range(MOST_SHOWN + 1):
        told.wait(minutes=1)
        at_review(told)
    this = told.submit(HEKS, similar("HEKS", "Garten"))
    told.do(CHECKER, this, "complete", COMPLETE)
    said = found(told, CHECKER, this)
    assert not {grant, same} & {one.id for one in said.newest}
    assert "same_area" in {one.id: one.reasons for one in said.alike}[same]
    page = signed_in(app, CHECKER).open(f"/desk/cases/{this}/proposal").text
    assert "CHF 9'000.00" in page.split('id="grants"')[1].split("</section>")[0]


def test_behind_the_gate_nothing_of_it_is_known(told: Story) -> None:
    this = at_review(told)
    page = queries.dossier(told.db, told.actors[LEAD], this, now=told.now)
    assert page is not None
    assert page.findings is None


def test_the_dossier_takes_as_many_queries_for_many_matches_as_for_one(app: Flask, told: Story) -> None:
    this = at_review(told)
    at_review(told)
    browser = signed_in(app, CHECKER)
    browser.open(f"/desk/cases/{this}")
    few = statements(app, browser, f"/desk/cases/{this}")
    for _ in range(4):
        at_review(told)
        told.submit(GGG, similar("GGG Migration"))
    assert statements(app, browser, f"/desk/cases/{this}") == few


def test_the_dossier_asks_together_what_it_can(app: Flask, told: Story) -> None:
    this = at_review(told)
    browser = signed_in(app, CHECKER)
    browser.open(f"/desk/cases/{this}")
    # who asks, the programme, the case, all that stands in it, other applications
    assert ways(app, browser, f"/desk/cases/{this}") == 5


def test_a_link_that_the_system_knows_is_shown_at_the_gate(app: Flask, told: Story) -> None:
    answers = language()
    answers["organisation"] |= {"contact_name": "Barbara Wenger"}
    this = told.submit(HEKS, answers)
    told.do(CHECKER, this, "complete", {"check": {"complete": True, "responsible": True}})
    page = signed_in(app, LEAD).open(f"/desk/cases/{this}")
    assert "Ihr Name steht im Gesuch bei «Ansprechperson»." in page.text
    assert "Güterstrasse" not in page.text
    assert "kennt eine Verbindung" not in signed_in(app, LEAD_TOO).open(f"/desk/cases/{this}").text


def test_a_known_link_stops_the_assignment_until_it_is_declared_to_be_none(app: Flask, told: Story) -> None:
    answers = language()
    answers["organisation"] |= {"contact_name": "Barbara Wenger"}
    this = told.submit(HEKS, answers)
    told.do(CHECKER, this, "complete", {"check": {"complete": True, "responsible": True}})
    own, colleague = signed_in(app, LEAD), signed_in(app, LEAD_TOO)
    at = f"/desk/cases/{this}"
    for browser, said in (
        (own, {"way": "take"}),
        (colleague, {"way": "hand_over", "person": told.actors[LEAD].person}),
    ):
        page = browser.open(at)
        answer = browser.send(page.form("/assign"), said, status=409)
        assert "kennt eine Verbindung zwischen dieser Person" in answer.text
    assert "Assigned" not in happened(told, this)
    told.declare(LEAD, this)
    own.send(own.open(at).form("/assign"), {"way": "take"})
    assert happened(told, this)[-1] == "Assigned"


def test_where_nobody_else_declares_a_known_link_stops_all_work(app: Flask, told: Story) -> None:
    answers = language()
    answers["organisation"] |= {"contact_name": "Regula Keller"}
    this = told.submit(HEKS, answers)
    at, browser, colleague = f"/desk/cases/{this}", signed_in(app, CHECKER), signed_in(app, SYNTHESIS)
    offered = colleague.open(f"{at}/steer")
    assert "Regula Keller steht mit der Trägerschaft in Verbindung" in offered.words()
    assert f'<option value="{told.actors[CHECKER].person}">' not in offered.text
    with pytest.raises(NotAllowed, match="declare_first"):
        handle(
            told.db,
            Complete(this, "formal_check", "", "complete", 1),
            told.actors[CHECKER],
            uuid4(),
            told.now,
        )
    page = browser.open(at)
    assert "Ihr Name steht im Gesuch bei «Ansprechperson»." in page.text
    assert "/complete" not in page.text
    steers = browser.open(f"{at}/steer")
    assert "kennt eine Verbindung zwischen Ihnen" in steers.text
    assert 'name="days"' not in steers.text
    browser.send(page.form("/declare"))
    assert f'<option value="{told.actors[CHECKER].person}">' in colleague.open(f"{at}/steer").text
    told.do(CHECKER, this, "complete", COMPLETE)
    assert happened(told, this)[-1] == "Entered"
    with pytest.raises(Refused, match="nothing_to_declare"):
        told.declare(SYNTHESIS, told.submit(HEKS, answers))


def test_who_was_a_member_once_is_linked(told: Story) -> None:
    this = at_review(told)
    with told.db.begin() as tx:
        by, checker = told.actors[HEKS].person, told.actors[CHECKER].person
        store.note(tx, organisation_id("heks"), by, "left", told.now, UUID(checker))
        assert who_is_linked(tx, this, [checker, told.actors[LEAD].person]) == {checker}
        store.merge(tx, organisation_id("heks"), organisation_id("ggg-migration"), told.now, members=True)
        assert who_is_linked(tx, this, [checker, told.actors[LEAD].person]) == {checker}


def test_who_stands_in_the_application_is_linked_to_all_that_belongs_to_it(told: Story) -> None:
    first = whole_grant(told)
    _many(told, first)
    amended = opened(told, HEKS, first, "amendment", amendment(5_000))
    told.do(CHECKER, amended, "decide", {"check": {"recommendation": "Begründet."}})
    told.do(HEAD, amended, "reject", {"decision": {"reasons": "Zu teuer."}})
    told.do(DIVISION, amended, "confirm", {"decision": {}})
    deliver(told)
    appeal = opened(told, CHECKER, amended, "appeal", lodged(told))
    with told.db.begin() as tx:
        tx.execute(
            sa.text("UPDATE persons SET name = 'Alex Beispiel' WHERE email = :it"), {"it": SECRETARIAT}
        )
    him = told.actors[SECRETARIAT].person
    for this in (first, amended, appeal):

        def linked(this: UUID = this) -> frozenset[str]:
            with told.db.connect() as tx:
                return who_is_linked(tx, this, [him])

        assert linked() == {him}
        assert not {"cases", "contents"} & _read(told, linked, b"merged_into")[1]


def test_a_recusal_is_minuted_with_its_reason_and_the_head_is_told_when_nobody_is_left(
    app: Flask, told: Story
) -> None:
    this = at_review(told)
    for email in (LEAD, LEAD_TOO):
        browser = signed_in(app, email)
        asked = browser.open(browser.open(f"/desk/cases/{this}").link("/recuse"))
        browser.send(asked.form("/recuse"), {"reason": f"Verwandt, sagt {email}."})
    assert happened(told, this)[-3:] == ["Recused", "Recused", "Unstaffed"]
    events = rows(told.db, "SELECT data FROM events WHERE case_id = :id AND name = 'Recused'", id=this)
    assert all("Verwandt" not in str(one.data) for one in events)
    text = signed_in(app, AUDITOR).open(f"/desk/cases/{this}").text
    assert f"Verwandt, sagt {LEAD_TOO}." in text
    assert "die Amtsleitung ist gefragt" in text
    mails = rows(told.db, "SELECT payload FROM outbox WHERE case_id = :id AND kind = 'mail'", id=this)
    assert {"text": "office_unstaffed", "office": "adult_education", "role": "office_head"} in [
        one.payload for one in mails
    ]
    assert_kept(told.db)


def test_a_pdf_is_looked_at_in_place_and_nothing_else_is(app: Flask, told: Story) -> None:
    this = at_review(told)
    told.declare(LEAD, this)
    browser = signed_in(app, LEAD)
    page = browser.open(f"/desk/cases/{this}")
    path = page.link("/view")
    answer = browser.http.get(path)
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].endswith("; sandbox")
    assert answer.headers["Content-Disposition"].startswith("inline")
    alone = browser.http.get(path, headers={"Sec-Fetch-Dest": "document"})
    assert alone.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert answer.headers["Vary"].count("Sec-Fetch-Dest") == 1
    for media_type, status in (("image/png", 200), ("text/html", 404), ("image/svg+xml", 404)):
        with told.db.begin() as tx:
            tx.execute(sa.text("UPDATE files SET media_type = :type"), {"type": media_type})
        answer = browser.http.get(path)
        assert answer.status_code == status
        if status == 200:
            assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert signed_in(app, LEAD_TOO).http.get(path).status_code == 404


@pytest.mark.parametrize("tab", ["mine", "office", "waiting"])
def test_the_inbox_reads_by_index_at_size(told: Story, tab: str) -> None:
    this = at_review(told)
    _many(told, this)
    read, whole = _read(told, lambda: queries.inbox(told.db, told.actors[LEAD], now=told.now, tab=tab))
    assert "work_items" not in whole
    index = {"mine": "ix_work_items_held", "waiting": "ix_work_items_done", "office": "ix_work_items_open"}
    assert index[tab] in read


def test_findings_read_by_index_at_size(told: Story) -> None:
    this = at_review(told)
    _many(told, this)
    read, whole = _read(
        told, lambda: found(told, CHECKER, this), b"plainto_tsquery", b"AS same", b"likeness", b"jsonb_path"
    )
    assert {"ix_applications_words", "ix_cases_organisation_id_submitted_at", "ix_cases_grants"} <= read
    assert not {"cases", "applications", "contents"} & whole


def _read(told: Story, ask: Callable[[], object], *parts: bytes) -> tuple[set[str], set[str]]:
    """(indexes that are read, tables that are read whole) by what a query sends."""
    nodes = [node for plan in plans(told.db, ask, *parts) for node in plan]
    whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    return {node["Index Name"] for node in nodes if "Index Name" in node}, whole


def _many(told: Story, like: UUID) -> None:
    """So many more cases like this one, of other organisations, closed long ago."""
    with told.db.begin() as tx:
        said = {"id": like, "n": SIZE, "by": str(person_id(CHECKER))}
        for statement in MANY.split(";"):
            tx.execute(sa.text(statement), said)
    with told.db.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.execute(sa.text("ANALYZE"))


CASES = ", ".join(one.name for one in cases.columns if one.computed is None)
MANY = f"""
CREATE TEMP TABLE made ON COMMIT DROP AS SELECT gen_random_uuid() AS id, n FROM generate_series(1, :n) n;
INSERT INTO organisations (id, name, legal_form)
  SELECT id, 'Verein ' || n, 'association' FROM made WHERE n % 10 = 0;
INSERT INTO applications
  SELECT m.id, o.id, a.call, a.programme_hash, a.form_hash,
    jsonb_set(a.answers, '{{project}}',
      jsonb_build_object('title', 'Werkstatt ' || m.n, 'summary', md5(m.n::text))),
    a.eligibility, 1, a.saved_by, a.saved_at, NULL, to_tsvector('german', 'Werkstatt ' || m.n)
  FROM made m JOIN made o ON o.n = (m.n - 1) / 10 * 10 + 10 CROSS JOIN applications a WHERE a.id = :id;
INSERT INTO cases ({CASES}) SELECT {CASES} FROM (
  SELECT (jsonb_populate_record(c, jsonb_build_object('id', a.id, 'number', 'X-' || a.id,
    'organisation_id', a.organisation_id, 'committed', 100, 'ending', 'granted', 'stage', 'closed'))).*
  FROM cases c JOIN applications a ON a.id <> c.id WHERE c.id = :id) made_cases;
INSERT INTO work_items (case_id, entry, seat, step, office, role, opened_at, due_at, closed_at, closed_by)
  SELECT m.id, 1, '', 'review', 'office_' || n % 50, 'reviewer', now(), now(),
    CASE WHEN n % 2 = 0 THEN now() END, CASE WHEN n % 2 = 0 THEN gen_random_uuid()::text END FROM made m
"""


def test_a_project_of_another_year_than_that_of_its_call_is_said_to_both_sides(
    app: Flask, told: Story
) -> None:
    drafts = {year: told.draft(HEKS, language(year=year)) for year in (2027, 2028)}
    applicant = signed_in(app, HEKS)
    for year, draft in drafts.items():
        said = (
            "nach Ihren Angaben nicht 2027 statt" in applicant.open(f"/applications/{draft}/submit").words()
        )
        assert said is (year == 2028)
    told.hand_in(HEKS, drafts[2028])
    page = signed_in(app, CHECKER).open(f"/desk/cases/{drafts[2028]}")
    assert "Das Projekt findet nicht 2027 statt" in page.words()


def test_several_small_ones_that_would_be_a_larger_one_are_said(app: Flask, told: Story) -> None:
    first = told.submit(HEKS, language(9_000))
    page = signed_in(app, CHECKER).open(f"/desk/cases/{first}").words()
    assert "Als ein Gesuch wäre das" not in page
    second = told.submit(HEKS, language(9_000))
    told.submit(GGG, similar("GGG Migration"))
    for case_id in (first, second):
        page = signed_in(app, CHECKER).open(f"/desk/cases/{case_id}").words()
        assert "zusammen: CHF 18'000.00. Als ein Gesuch wäre das Grösse M." in page
