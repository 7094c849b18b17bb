"""What is said about a case: who reads what, who may say it to whom, and that it is said once and kept."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import ProgrammingError

from tests.integration.walks import (
    AUDITOR,
    CHECKER,
    FINANCE,
    HEAD,
    HEKS,
    LEAD,
    LEAD_TOO,
    OPERATOR,
    SECOND,
    SYNTHESIS,
    assert_kept,
    at_review,
    at_synthesis,
    deliver,
    rows,
)
from web.cli.story import Story, application, review
from workflow import comments
from workflow.comments import MOST, NewComment
from workflow.engine.case import Actor
from workflow.errors import Invalid, KeyReused, NotAllowed, NotFound, Refused
from workflow.people import person_id
from workflow.store import queries
from workflow.store.reading import AUDIENCES

MEMBER, STRANGER = (
    "selin.arslan@heks.example",
    "ana.petrovic@sprachbruecke.example",
)
SECOND_TOO = "dragan.ilic@sozialhilfe.bs.example"
EVERYBODY = (
    AUDITOR,
    CHECKER,
    SYNTHESIS,
    LEAD,
    LEAD_TOO,
    SECOND,
    SECOND_TOO,
    HEAD,
    FINANCE,
    OPERATOR,
    HEKS,
    MEMBER,
    STRANGER,
)


def say(told: Story, email: str, case_id: UUID, audience: str, text: str, **more: object) -> UUID:
    said = NewComment(told.next_id(), case_id, audience, text, **more)  # type: ignore[arg-type]
    comments.write(told.db, told.actors[email], said, now=told.now)
    return said.id


def texts(told: Story, email: str, case_id: UUID) -> list[str | None] | None:
    """What this person reads; None: there is nothing to be read for them at all."""
    found = queries.talk(told.db, told.actors[email], case_id)
    return None if found is None else [one.text for one in found.comments]


def seen_by(told: Story, case_id: UUID, text: str) -> set[str]:
    return {email for email in EVERYBODY if text in (texts(told, email, case_id) or ())}


@pytest.fixture
def case_id(told: Story) -> UUID:
    """In review; everybody of both offices has declared, nobody has voted."""
    found = at_review(told)
    for email in (LEAD, LEAD_TOO, SECOND):
        told.declare(email, found)
    told.wait(hours=1)
    return found


@pytest.fixture
def voted(told: Story) -> UUID:
    """At the synthesis: nothing is veiled any more."""
    found = at_synthesis(told)
    told.wait(hours=1)
    return found


ALL_WHO_MAY_OPEN = {AUDITOR, CHECKER, SYNTHESIS, LEAD, SECOND}
LEAK_MATRIX = {
    "office": {AUDITOR, LEAD},
    "reviewers": ALL_WHO_MAY_OPEN,
    "applicant": ALL_WHO_MAY_OPEN | {HEKS, MEMBER},
}


@pytest.mark.parametrize("audience", LEAK_MATRIX)
def test_each_audience_and_nobody_else_reads_it(told: Story, voted: UUID, audience: str) -> None:
    say(told, LEAD, voted, audience, "Nur für die Gemeinten.")
    assert seen_by(told, voted, "Nur für die Gemeinten.") == LEAK_MATRIX[audience]


def test_before_the_gate_and_after_a_recusal_nobody_reads_or_writes(told: Story, case_id: UUID) -> None:
    say(told, CHECKER, case_id, "reviewers", "Bitte die Beilage 2 lesen.")
    assert texts(told, SECOND_TOO, case_id) is None
    with pytest.raises(NotAllowed, match="declare_first"):
        say(told, SECOND_TOO, case_id, "office", "Ich zuerst.")
    told.recuse(LEAD_TOO, case_id)
    assert texts(told, LEAD_TOO, case_id) is None
    with pytest.raises(NotAllowed, match="recused"):
        say(told, LEAD_TOO, case_id, "office", "Trotzdem.")


def test_own_first_holds_for_what_is_said_to_all(told: Story, case_id: UUID) -> None:
    say(told, LEAD, case_id, "reviewers", "Das Budget ist zu hoch.")
    told.wait(minutes=1)
    say(told, CHECKER, case_id, "reviewers", "Ich sehe es auch so.")
    assert texts(told, SECOND, case_id) == []
    page = queries.talk(told.db, told.actors[SECOND], case_id)
    assert page is not None
    assert (page.veiled, page.has_new) == (True, False)
    assert texts(told, LEAD, case_id) == ["Das Budget ist zu hoch."]  # the own one alone
    told.do(SECOND, case_id, "yes", review("Passt."))
    assert texts(told, SECOND, case_id) == ["Das Budget ist zu hoch.", "Ich sehe es auch so."]


def test_an_office_may_think_aloud_before_its_one_vote(told: Story, case_id: UUID) -> None:
    say(told, LEAD, case_id, "office", "Was denkst du?")
    assert seen_by(told, case_id, "Was denkst du?") == {LEAD, LEAD_TOO, AUDITOR}


def test_two_seats_of_one_office_hear_nothing_of_each_other(told: Story) -> None:
    answers = told_living_together()
    found = told.submit(HEKS, answers)
    told.do(CHECKER, found, "complete", {"check": {"complete": True, "responsible": True}})
    first, second = "nadine.oser@integration.bs.example", "david.suter@integration.bs.example"
    for email in (first, second):
        told.declare(email, found)
    told.wait(hours=1)
    say(told, first, found, "office", "Ich bin dagegen.")
    assert texts(told, second, found) == []


def told_living_together() -> dict[str, object]:
    """Large, in an area that the Fachstelle leads: it has two seats at the panel."""
    return application(
        "HEKS", title="Quartierfest", area="living_together", goals=["contact"], requested=120_000_00
    )


def test_what_the_applicant_reads_names_an_office_and_no_person(told: Story, case_id: UUID) -> None:
    say(told, LEAD, case_id, "applicant", "Wer leitet die Kurse?", asks=True)
    page = queries.talk(told.db, told.actors[MEMBER], case_id)
    assert page is not None
    [message] = page.comments
    assert (message.office, message.by_name, message.mentions) == ("adult_education", "", ())
    veiled = queries.talk(told.db, told.actors[SECOND], case_id)
    assert veiled is not None
    assert [one.by_name for one in veiled.comments] == [""]  # nor do colleagues before their vote


def test_an_applicant_answers_and_whoever_asked_hears_of_it(told: Story, case_id: UUID) -> None:
    question = say(told, LEAD, case_id, "applicant", "Wer leitet die Kurse?", asks=True)
    assert waiting(told, MEMBER, case_id)
    assert [one.case_id for one in queries.asked(told.db, told.actors[LEAD])] == [case_id]
    told.wait(hours=1)
    say(told, MEMBER, case_id, "applicant", "Frau Baur, Lehrerin.", answers=question)
    assert not waiting(told, MEMBER, case_id)
    assert queries.asked(told.db, told.actors[LEAD]) == []
    [news] = queries.news(told.db, told.actors[LEAD], now=told.now)
    assert (news.case_id, news.office, news.by_name) == (case_id, "", "Selin Arslan")
    comments.mark_read(told.db, told.actors[LEAD], case_id, now=told.now)
    assert queries.news(told.db, told.actors[LEAD], now=told.now) == []
    said = queries.talk(told.db, told.actors[SYNTHESIS], case_id)
    assert said is not None
    assert [(one.asks, one.answered, one.answers) for one in said.comments] == [
        (True, True, None),
        (False, False, question),
    ]
    assert_kept(told.db)


def waiting(told: Story, email: str, case_id: UUID) -> bool:
    [row] = [one for one in queries.my_applications(told.db, told.actors[email]) if one.id == case_id]
    return row.waiting_for_me


def test_what_an_applicant_begins_calls_those_who_steer(told: Story, case_id: UUID) -> None:
    begun = say(told, MEMBER, case_id, "applicant", "Unser Kursraum ist gekündigt.")
    called = rows(told.db, "SELECT p.email FROM mentions m JOIN persons p ON p.id = m.person_id")
    assert {CHECKER, SYNTHESIS} < {row.email for row in called}
    assert all(row.email.endswith("@integration.bs.example") for row in called)
    mails = rows(told.db, "SELECT payload FROM outbox WHERE payload->>'text' = 'comment_begun'")
    assert len(mails) == len(called)
    [news] = queries.news(told.db, told.actors[CHECKER], now=told.now)
    assert (news.case_id, news.office) == (case_id, "")
    told.wait(hours=1)
    answer = say(told, CHECKER, case_id, "applicant", "Danke, wir warten.")
    for email in (MEMBER, LEAD):
        talk = queries.talk(told.db, told.actors[email], case_id)
        assert talk is not None
        assert [one.id for one in talk.comments] == [begun, answer]
    with pytest.raises(NotFound, match="no_such_case"):
        say(told, STRANGER, case_id, "applicant", "Ich auch.")


def test_an_applicant_begins_five_messages_a_day(told: Story, case_id: UUID) -> None:
    for number in range(5):
        say(told, MEMBER, case_id, "applicant", f"Nachricht {number}.")
    with pytest.raises(Refused, match="written_enough"):
        say(told, MEMBER, case_id, "applicant", "Noch eine.")
    told.wait(days=1, hours=1)
    say(told, MEMBER, case_id, "applicant", "Am nächsten Tag.")


def test_an_applicant_writes_to_nobody_else(told: Story, case_id: UUID) -> None:
    note = say(told, LEAD, case_id, "reviewers", "Intern.")
    for answers in (note, uuid4()):
        with pytest.raises(NotFound, match="no_such_comment"):
            say(told, MEMBER, case_id, "applicant", "Hallo?", answers=answers)
    for audience, answered in (("reviewers", note), ("office", None)):
        with pytest.raises(Refused, match="no_such_audience"):
            say(told, MEMBER, case_id, audience, "Hallo?", answers=answered)
    question = say(told, LEAD, case_id, "applicant", "Wer leitet die Kurse?")
    with pytest.raises(NotFound, match="no_such_case"):
        say(told, STRANGER, case_id, "applicant", "Ich.", answers=question)
    only_reads = Actor(
        str(person_id(MEMBER)),
        organisations=dict.fromkeys(told.actors[MEMBER].organisations, frozenset({"read"})),
    )
    said = NewComment(uuid4(), case_id, "applicant", "Ich.", answers=question)
    with pytest.raises(NotAllowed, match="may_not_draft"):
        comments.write(told.db, only_reads, said, now=told.now)


def test_onlookers_read_and_say_nothing(told: Story, voted: UUID) -> None:
    with pytest.raises(NotAllowed, match="not_yours"):
        say(told, AUDITOR, voted, "reviewers", "Aha.")
    with pytest.raises(NotAllowed, match="not_yours"):
        say(told, FINANCE, voted, "reviewers", "Geld?")


def test_a_mention_reaches_who_can_read_it_and_nobody_else(told: Story, case_id: UUID) -> None:
    colleague, other = person_id(LEAD_TOO), person_id(SECOND)
    say(told, LEAD, case_id, "office", "Schau bitte.", mentions=frozenset({colleague}))
    [news] = queries.news(told.db, told.actors[LEAD_TOO], now=told.now)
    assert (news.case_id, news.by_name, news.title) == (case_id, "Barbara Wenger", "Deutsch im Quartier")
    assert queries.news(told.db, told.actors[SECOND], now=told.now) == []
    for audience in ("office", "reviewers"):  # not of the office; and before the vote nobody of another one
        with pytest.raises(Refused, match="cannot_be_mentioned"):
            say(told, LEAD, case_id, audience, "Du?", mentions=frozenset({other}))
    to = [queries.audience(told.db, told.actors[LEAD], case_id, one, now=told.now) for one in AUDIENCES]
    names = {name for one in to if one for _, name in one.mentionable}
    assert "Esther Kunz" not in names
    assert {"Philipp Lüdin", "Regula Keller"} <= names
    told.recuse(LEAD_TOO, case_id)
    assert queries.news(told.db, told.actors[LEAD_TOO], now=told.now) == []


def test_mails_say_that_something_waits_and_never_what(told: Story, case_id: UUID) -> None:
    deliver(told)
    before = {row.key for row in rows(told.db, "SELECT key FROM outbox")}
    say(told, LEAD, case_id, "applicant", "Geheime Frage?", asks=True)
    say(told, LEAD, case_id, "office", "Geheime Notiz.", mentions=frozenset({person_id(LEAD_TOO)}))
    new = [row for row in rows(told.db, "SELECT key, kind, payload FROM outbox") if row.key not in before]
    assert sorted(row.payload["text"] for row in new) == ["comment_mention", "comment_question"]
    assert {row.kind for row in new} == {"notice"}
    assert not any("Geheim" in str(row.payload) or "Barbara" in str(row.payload) for row in new)


def test_the_same_id_says_it_once(told: Story, voted: UUID) -> None:
    said = NewComment(uuid4(), voted, "reviewers", "Einmal.")
    assert comments.write(told.db, told.actors[LEAD], said, now=told.now)
    assert not comments.write(told.db, told.actors[LEAD], said, now=told.now)
    assert texts(told, SYNTHESIS, voted) == ["Einmal."]
    for other in (
        NewComment(said.id, voted, "reviewers", "Anders."),
        NewComment(said.id, voted, "applicant", "Einmal."),
        NewComment(said.id, voted, "reviewers", "Einmal.", frozenset({person_id(SYNTHESIS)})),
    ):
        with pytest.raises(KeyReused):
            comments.write(told.db, told.actors[LEAD], other, now=told.now)
    with pytest.raises(KeyReused):
        comments.write(told.db, told.actors[SECOND], said, now=told.now)


def test_what_was_taken_back_says_that_it_was_there(told: Story, case_id: UUID) -> None:
    said = say(told, LEAD, case_id, "office", "Vorschnell.")
    with pytest.raises(NotAllowed, match="not_your_comment"):
        comments.withdraw(told.db, told.actors[LEAD_TOO], case_id, said, now=told.now)
    with pytest.raises(NotFound, match="no_such_comment"):
        comments.withdraw(told.db, told.actors[SECOND], case_id, said, now=told.now)
    comments.withdraw(told.db, told.actors[LEAD], case_id, said, now=told.now)
    assert texts(told, LEAD_TOO, case_id) == [None]
    question = say(told, LEAD, case_id, "applicant", "Wer?", asks=True)
    say(told, MEMBER, case_id, "applicant", "Frau Baur.", answers=question)
    with pytest.raises(Refused, match="answered_already"):
        comments.withdraw(told.db, told.actors[LEAD], case_id, question, now=told.now)


@pytest.mark.parametrize("text", ["", "  \n ", "a" * (MOST + 1), "a\x00b"])
def test_an_empty_or_endless_text_is_told_so(told: Story, voted: UUID, text: str) -> None:
    with pytest.raises(Invalid):
        say(told, LEAD, voted, "reviewers", text)
    with pytest.raises(Refused, match="no_such_audience"):
        say(told, LEAD, voted, "everybody", "Hallo.")


def test_a_closed_case_asks_its_applicant_nothing(told: Story, voted: UUID) -> None:
    question = say(told, LEAD, voted, "applicant", "Wer?", asks=True)
    told.withdraw(HEKS, voted)
    with pytest.raises(Refused, match="closed"):
        say(told, LEAD, voted, "applicant", "Noch etwas?")
    with pytest.raises(Refused, match="closed"):
        say(told, MEMBER, voted, "applicant", "Frau Baur.", answers=question)
    assert not waiting(told, MEMBER, voted)
    say(told, SYNTHESIS, voted, "reviewers", "Schade.")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE comments SET text = ''",
        "DELETE FROM comments",
        "UPDATE mentions SET at = now()",
        "DELETE FROM mentions",
    ],
)
def test_the_program_cannot_change_what_was_said(told: Story, statement: str) -> None:
    with pytest.raises(ProgrammingError) as caught, told.db.begin() as tx:
        tx.execute(sa.text(statement))
    assert isinstance(caught.value.orig, InsufficientPrivilege)
