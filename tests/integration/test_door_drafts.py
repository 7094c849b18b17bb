"""Working copies: started when allowed, saved by one at a time, files by what they are."""

from __future__ import annotations

import io
import os
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.integration.members import actor, together
from tests.integration.walks import (
    CHECKER,
    COMPLETE,
    GGG,
    HEKS,
    QUERY,
    at_check,
    language,
    rows,
    state,
)
from web.cli.story import ATTACHED, ELIGIBLE, PDF, Story
from workflow import drafts, signing, uploads
from workflow.engine.commands import Complete, Submit
from workflow.errors import Conflict, Invalid, KeyReused, NotAllowed, NotFound, Problem, Refused
from workflow.people import organisation_id
from workflow.service import handle
from workflow.store import files, queries
from workflow.store.queries import Application
from workflow.texts import ZURICH

STATUTES = "attachments.statutes"


def start(told: Story, email: str = HEKS, **more: Any) -> UUID:
    asked: dict[str, Any] = {
        "organisation_id": organisation_id("heks"),
        "call": "project-round-2027",
        "eligibility": ELIGIBLE,
        "now": told.now,
        "application_id": told.next_id(),
    }
    return drafts.start(told.db, told.actors[email], **{**asked, **more})


def page(told: Story, application_id: UUID) -> Application:
    found = queries.application(told.db, told.actors[HEKS], application_id)
    assert found is not None
    return found


def save(told: Story, draft: UUID, answers: dict[str, Any], revision: int, email: str = HEKS) -> drafts.Saved:
    return drafts.save(told.db, told.actors[email], draft, answers, revision=revision, now=told.now)


def attach(
    told: Story, draft: UUID, content: bytes, name: str = "Statuten.pdf", path: str = STATUTES, **more: Any
) -> drafts.Added:
    asked = {"settings": told.settings, "now": told.now, "file_id": uuid4(), **more}
    return drafts.attach(told.db, told.actors[HEKS], draft, path, name, io.BytesIO(content), **asked)


def test_a_draft_is_started_once_per_id(told: Story) -> None:
    draft = start(told)
    assert start(told, application_id=draft) == draft
    with pytest.raises(NotFound):
        start(told, GGG, application_id=draft, organisation_id=organisation_id("ggg-migration"))
    with pytest.raises(KeyReused):
        start(told, application_id=draft, copy_of=told.submit(HEKS, language()))
    assert len(rows(told.db, "SELECT FROM applications")) == 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"eligibility": {**ELIGIBLE, "non_profit": "no"}}, "not_eligible"),
        ({"eligibility": {key: ELIGIBLE[key] for key in list(ELIGIBLE)[1:]}}, "not_eligible"),
        ({"call": "project-round-2026"}, "call_closed"),
        ({"call": "nothing"}, "call_closed"),
    ],
)
def test_a_draft_needs_an_open_call_and_the_right_answers(
    told: Story, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as caught:
        start(told, **more)
    assert caught.value.code == code


@pytest.mark.parametrize("email", [GGG, CHECKER])
def test_nobody_starts_a_draft_for_somebody_else(told: Story, email: str) -> None:
    with pytest.raises(NotAllowed, match="may_not_draft"):
        start(told, email)


def test_who_may_only_read_changes_nothing(told: Story) -> None:
    reader = "urs.ackermann@sprachbruecke.example"
    draft = start(
        told, "ana.petrovic@sprachbruecke.example", organisation_id=organisation_id("sprachbruecke")
    )
    with pytest.raises(NotAllowed, match="may_not_draft"):
        save(told, draft, {"plan": {}}, 1, reader)
    with pytest.raises(NotAllowed, match="may_not_draft"):
        drafts.discard(told.db, told.actors[reader], draft, now=told.now)
    assert queries.application(told.db, told.actors[reader], draft) is not None


def test_the_second_to_save_learns_that_somebody_was_faster(told: Story) -> None:
    draft = start(told)
    assert save(told, draft, {"plan": {"need": "Gross."}}, 1).revision == 2
    with pytest.raises(Conflict, match="saved_elsewhere"):
        save(told, draft, {"plan": {"need": "Klein."}}, 1, "jonas.wirz@heks.example")
    assert page(told, draft).answers["plan"]["need"] == "Gross."
    assert save(told, draft, {"plan": {"need": "Klein."}}, 2, "jonas.wirz@heks.example").revision == 3


def test_what_is_saved_is_kept_as_typed_and_other_sections_stay(told: Story) -> None:
    draft = start(told)
    save(told, draft, {"plan": {"need": "Gross."}}, 1)
    saved = save(told, draft, {"financing": {"requested": "viel"}, "account": {"iban": "CH00"}}, 2)
    assert {path: found[0].code for path, found in saved.problems.items()} == {
        "financing.requested": "not_money",
        "account.iban": "not_an_iban",
    }
    answers = page(told, draft).answers
    assert (answers["plan"]["need"], answers["financing"]["requested"]) == ("Gross.", "viel")
    with pytest.raises(Refused, match="section_closed"):
        save(told, draft, {"nonsense": {}}, 3)


def test_a_file_goes_into_its_field_and_out_again(told: Story) -> None:
    draft, file_id = start(told), uuid4()
    sent: dict[str, Any] = {"name": "C:\\Eigene\\Statuten <1>.pdf", "file_id": file_id}
    added = attach(told, draft, PDF, **sent)
    assert (added.id, added.name, added.media_type, added.size) == (
        file_id,
        "Statuten 1.pdf",
        "application/pdf",
        len(PDF),
    )
    assert page(told, draft).answers["attachments"]["statutes"] == [str(file_id)]
    attach(told, draft, PDF, **sent)  # a repeated request
    assert page(told, draft).answers["attachments"]["statutes"] == [str(file_id)]
    row = page(told, draft).files[file_id]
    assert queries.file_path(told.settings, row).read_bytes() == PDF
    drafts.detach(told.db, told.actors[HEKS], draft, STATUTES, file_id, now=told.now)
    assert page(told, draft).answers["attachments"]["statutes"] == []


def test_a_draft_is_discarded_with_all_that_hangs_on_it(told: Story) -> None:
    draft, other = told.draft(HEKS, language()), start(told)
    signing.sign(told.db, told.actors[HEKS], draft, now=told.now)
    with pytest.raises(NotFound):
        drafts.discard(told.db, told.actors[GGG], draft, now=told.now)
    drafts.discard(told.db, told.actors[HEKS], draft, now=told.now)
    with pytest.raises(NotFound):
        drafts.discard(told.db, told.actors[HEKS], draft, now=told.now)
    assert [row.id for row in rows(told.db, "SELECT id FROM applications")] == [other]
    assert rows(told.db, "SELECT FROM files") == []
    [noted] = rows(told.db, "SELECT data FROM organisation_log WHERE kind = 'discarded'")
    assert noted.data == {"title": "Deutsch im Quartier"}
    handed_in = told.submit(HEKS, language())
    with pytest.raises(Refused, match="handed_in"):
        drafts.discard(told.db, told.actors[HEKS], handed_in, now=told.now)


def ends_at(told: Story, draft: UUID) -> datetime | None:
    [row] = queries.my_applications(told.db, told.actors[HEKS])
    assert row.id == draft
    assert page(told, draft).ends_at == row.ends_at
    return row.ends_at


def test_what_nobody_writes_at_is_erased_once_its_people_were_told(told: Story) -> None:
    draft, a_day = start(told), timedelta(days=1)
    for later, count in ((334, 0), (336, 1), (337, 0)):
        assert drafts.tell_of_ending(told.db, told.now + later * a_day) == count
        assert drafts.erase_over(told.db, told.now + later * a_day) == 0
    end = ends_at(told, draft)
    assert end is not None
    assert end.astimezone(ZURICH).time() == time.min
    assert timedelta(days=30) < end - (told.now + 336 * a_day) <= timedelta(days=31)
    [mail] = rows(told.db, "SELECT payload FROM outbox WHERE payload->>'text' = 'draft_ends'")
    assert mail.payload["organisation"] == str(organisation_id("heks"))
    assert mail.payload["path"] == f"applications/{draft}"
    assert drafts.erase_over(told.db, end - timedelta(seconds=1)) == 0
    assert drafts.erase_over(told.db, end) == 1
    assert rows(told.db, "SELECT FROM applications") == []


def test_a_clock_that_stood_still_erases_nothing_untold(told: Story) -> None:
    start(told)
    late = told.now + timedelta(days=500)
    assert drafts.erase_over(told.db, late) == 0
    assert drafts.tell_of_ending(told.db, late) == 1
    assert drafts.erase_over(told.db, late + timedelta(days=30)) == 0
    assert drafts.erase_over(told.db, late + timedelta(days=31)) == 1


def test_who_writes_on_keeps_the_draft(told: Story) -> None:
    draft = start(told)
    told.now += timedelta(days=340)
    assert drafts.tell_of_ending(told.db, told.now) == 1
    assert save(told, draft, {"project": {"title": "Weiter"}}, 1).revision == 2
    assert ends_at(told, draft) is None
    assert drafts.erase_over(told.db, told.now + timedelta(days=40)) == 0
    assert drafts.tell_of_ending(told.db, told.now + timedelta(days=40)) == 0


def test_what_somebody_signs_waits_for_the_second_signature(told: Story) -> None:
    together(told)
    draft = told.draft(HEKS, language())
    assert drafts.tell_of_ending(told.db, told.now + timedelta(days=336)) == 1
    assert not signing.sign(told.db, actor(told, HEKS), draft, now=told.now)
    with told.db.begin() as tx:
        signed = {"at": told.now + timedelta(days=340)}
        assert tx.execute(text("UPDATE signatures SET at = :at"), signed).rowcount == 1
    assert drafts.erase_over(told.db, told.now + timedelta(days=370)) == 0
    assert drafts.erase_over(told.db, told.now + timedelta(days=340 + 366)) == 1


def test_what_was_handed_in_does_not_end(told: Story) -> None:
    draft = told.draft(HEKS, language())
    with told.db.begin() as tx:
        tx.execute(text("UPDATE applications SET ends_at = :now"), {"now": told.now})
    told.hand_in(HEKS, draft)
    later = told.now + timedelta(days=1000)
    assert (drafts.tell_of_ending(told.db, later), drafts.erase_over(told.db, later)) == (0, 0)


def test_the_same_id_with_another_file_or_field_is_no_success(told: Story) -> None:
    draft, file_id = start(told), uuid4()
    for _ in range(2):
        assert attach(told, draft, PDF, file_id=file_id).name == "Statuten.pdf"
    other: list[dict[str, Any]] = [
        {"content": PDF + b"\n%"},
        {"content": PDF, "name": "Jahresrechnung.pdf"},
        {"content": PDF, "path": "attachments.accounts"},
    ]
    for one in other:
        with pytest.raises(KeyReused):
            attach(told, draft, file_id=file_id, **one)
    assert page(told, draft).answers["attachments"] == {"statutes": [str(file_id)]}
    drafts.detach(told.db, told.actors[HEKS], draft, STATUTES, file_id, now=told.now)
    assert attach(told, draft, PDF, file_id=file_id).name == "Statuten.pdf"  # a repetition that came late


def test_no_more_files_than_the_field_takes_are_kept(told: Story) -> None:
    draft = start(told)
    for name in ("Statuten.pdf", "Änderung.pdf"):
        attach(told, draft, PDF, name=name)
    with pytest.raises(Invalid) as refused:
        attach(told, draft, PDF)
    assert [one.code for one in refused.value.fields[STATUTES]] == ["too_many_files"]
    assert len(page(told, draft).answers["attachments"]["statutes"]) == 2
    assert len(rows(told.db, "SELECT FROM files")) == 2


def test_what_no_form_asks_for_is_not_kept(told: Story) -> None:
    draft = start(told)
    for rows_there in ([{"label": "a"}] * 501, [{"label": "a" * 200_000}] * 3):
        with pytest.raises(Refused, match="too_much_to_keep"):
            save(told, draft, {"budget": {"costs": rows_there}}, 1)
    assert "costs" not in page(told, draft).answers.get("budget", {})


def test_staff_read_no_file_that_was_taken_out_or_is_not_sent_yet(told: Story) -> None:
    draft, wrong, more = told.draft(HEKS, language()), uuid4(), uuid4()
    viewer, plan = told.actors[CHECKER], "attachments.cost_plan"

    def seen() -> dict[str, bool]:
        found = queries.dossier(told.db, viewer, draft, now=told.now)
        assert found is not None
        opened = {name: queries.file(told.db, viewer, one) is not None for name, one in both.items()}
        assert opened == {name: one in found.files for name, one in both.items()}
        return opened

    both = {"wrong": wrong, "more": more}
    attach(told, draft, PDF, "Lohnausweis.pdf", plan, file_id=wrong)
    drafts.detach(told.db, told.actors[HEKS], draft, plan, wrong, now=told.now)
    told.hand_in(HEKS, draft)
    assert seen() == {"wrong": False, "more": False}
    assert queries.file(told.db, told.actors[HEKS], wrong) is not None
    told.do(CHECKER, draft, "query", {"check": {"sections": ["attachments"], "question": "Was fehlt?"}})
    attach(told, draft, PDF, "Kostenplan 2.pdf", plan, file_id=more)
    assert seen() == {"wrong": False, "more": False}
    told.do(HEKS, draft, "answered")
    assert seen() == {"wrong": False, "more": True}


def test_a_file_that_arrives_after_the_submission_is_refused(told: Story) -> None:
    draft = told.draft(HEKS, language())
    before = page(told, draft).answers["attachments"]

    class Slow(io.BytesIO):
        """A file on a slow line: before it is here, somebody else hands the application in."""

        def read(self, size: int | None = -1, /) -> bytes:
            if page(told, draft).number is None:
                told.hand_in(HEKS, draft)
            return super().read(size)

    with pytest.raises(Refused, match="section_closed"):
        drafts.attach(
            told.db,
            told.actors[HEKS],
            draft,
            STATUTES,
            "Statuten.pdf",
            Slow(PDF),
            settings=told.settings,
            now=told.now,
            file_id=uuid4(),
        )
    assert page(told, draft).answers["attachments"] == before


def test_a_file_is_named_as_what_it_is(told: Story) -> None:
    """Else who saves it to open it would run what its name says."""
    for name, kept in (
        ("Statuten.hta", "Statuten.hta.pdf"),
        ("Statuten", "Statuten.pdf"),
        ("A.PDF", "A.PDF"),
    ):
        assert attach(told, start(told), PDF, name=name).name == kept


def problem(told: Story, draft: UUID, content: bytes, name: str) -> Problem:
    with pytest.raises(Invalid) as caught:
        attach(told, draft, content, name)
    [(path, [found])] = caught.value.fields.items()
    assert path == STATUTES
    return found


def test_what_is_no_such_file_is_refused_saying_which_and_why(told: Story) -> None:
    draft = start(told)
    program = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(400)
    page_of_html = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
    for content in (program, page_of_html, b"Nur Text.", b"PK\x03\x04" + bytes(60)):
        found = problem(told, draft, content, "Statuten.pdf")
        assert (found.code, found.params["file"]) == ("file_wrong_type", "Statuten.pdf")
        assert "PDF" in str(found.params["wanted"])
    assert problem(told, draft, b"", "leer.pdf") == Problem("file_empty", {"file": "leer.pdf"})
    assert page(told, draft).answers.get("attachments") is None
    assert rows(told.db, "SELECT FROM files") == []
    assert not [path for path in told.settings.data_dir.rglob("*") if path.is_file()]


def test_the_limit_is_allowed_and_one_byte_more_is_not(told: Story) -> None:
    draft, most = start(told), told.settings.upload_max_bytes
    at_limit = PDF + bytes(most - len(PDF))
    assert attach(told, draft, at_limit).size == most
    assert problem(told, draft, at_limit + b"0", "gross.pdf") == Problem(
        "file_too_big", {"file": "gross.pdf", "megabytes": 10}
    )
    folder = told.settings.data_dir / "files"
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert [path.stat().st_size for path in kept] == [most]  # nothing half is left behind


def test_the_content_counts_whatever_the_name_says(told: Story) -> None:
    draft = start(told)
    assert attach(told, draft, PDF, "bild.png").media_type == "application/pdf"


def test_the_same_content_is_kept_once(told: Story) -> None:
    first, second = start(told), start(told)
    for draft in (first, second):
        attach(told, draft, PDF)
    hashes = {row.sha256 for row in rows(told.db, "SELECT sha256 FROM files")}
    assert len(hashes) == 1
    assert files.path_of(told.settings.data_dir, hashes.pop()).read_bytes() == PDF


def test_only_what_was_uploaded_counts_as_a_file(told: Story) -> None:
    elsewhere = start(told, GGG, organisation_id=organisation_id("ggg-migration"))
    file_id = uuid4()
    drafts.attach(
        told.db,
        told.actors[GGG],
        elsewhere,
        STATUTES,
        "Statuten.pdf",
        io.BytesIO(PDF),
        settings=told.settings,
        now=told.now,
        file_id=file_id,
    )
    for claimed in (str(uuid4()), str(file_id)):
        draft = start(told)
        save(told, draft, {**language(), "attachments": {"statutes": [claimed]}}, 1)
        assert page(told, draft).answers["attachments"].get("statutes") is None
        with pytest.raises(Invalid) as caught:
            handle(told.db, Submit(draft), told.actors[HEKS], uuid4(), told.now)
        assert sorted(caught.value.fields) == sorted(ATTACHED)


def test_saving_an_old_page_undoes_no_upload(told: Story) -> None:
    draft = start(told)
    attach(told, draft, PDF)
    save(told, draft, {"attachments": {"statutes": []}}, page(told, draft).revision)
    assert len(page(told, draft).answers["attachments"]["statutes"]) == 1


def test_a_field_that_takes_no_file_is_not_there(told: Story) -> None:
    draft = start(told)
    for path in ("project.title", "nothing.there", "attachments"):
        with pytest.raises(NotFound, match="no_such_field"):
            attach(told, draft, PDF, path=path)


def test_after_submission_everything_is_closed(told: Story) -> None:
    case_id = at_check(told)
    with pytest.raises(Refused, match="section_closed"):
        save(told, case_id, {"plan": {"need": "Anders."}}, page(told, case_id).revision)
    with pytest.raises(Refused, match="section_closed"):
        attach(told, case_id, PDF)
    file_id, *_ = page(told, case_id).files
    with pytest.raises(Refused, match="section_closed"):
        drafts.detach(told.db, told.actors[HEKS], case_id, STATUTES, file_id, now=told.now)


def test_a_query_opens_what_it_names_and_the_answer_is_what_counts(told: Story) -> None:
    case_id = at_check(told)
    told.do(CHECKER, case_id, "query", QUERY)
    revision = page(told, case_id).revision
    with pytest.raises(Refused) as caught:
        save(told, case_id, {"plan": {"need": "Neu."}, "budget": {}}, revision)
    assert (caught.value.code, caught.value.params) == ("section_closed", {"section": "budget"})
    with pytest.raises(Refused, match="section_closed"):
        attach(told, case_id, PDF)
    plan = {**page(told, case_id).answers["plan"], "need": "Neu beschrieben."}
    save(told, case_id, {"plan": plan}, revision)
    before = state(told, case_id).content
    dossier = queries.dossier(told.db, told.actors[CHECKER], case_id, now=told.now)
    assert dossier is not None
    assert dossier.answers["plan"]["need"] != "Neu beschrieben."  # still being written
    told.do(HEKS, case_id, "answered")
    assert state(told, case_id).content != before
    dossier = queries.dossier(told.db, told.actors[CHECKER], case_id, now=told.now)
    assert dossier is not None
    assert dossier.answers["plan"]["need"] == "Neu beschrieben."
    told.do(CHECKER, case_id, "complete", COMPLETE)
    assert state(told, case_id).step == "review"


def answered(told: Story, case_id: UUID) -> None:
    command = Complete(case_id, "query", "", "answered", state(told, case_id).entry)
    handle(told.db, command, told.actors[HEKS], uuid4(), told.now)


def test_an_answer_that_would_change_the_way_is_refused(told: Story) -> None:
    case_id = at_check(told)
    sections = ["project", "people", "budget", "financing"]
    told.do(CHECKER, case_id, "query", {"check": {"sections": sections, "question": "Stimmt das?"}})
    other = language(target_group="support_needed")
    changes: list[dict[str, Any]] = [
        {"project": {**language()["project"], "area": "counselling", "goals": ["advice"]}},
        {"people": other["people"]},
        {part: language(9_000)[part] for part in ("budget", "financing")},
    ]
    for change in changes:
        original = {section: language()[section] for section in change}
        save(told, case_id, change, page(told, case_id).revision)
        with pytest.raises(Refused, match="route_would_change"):
            answered(told, case_id)
        save(told, case_id, original, page(told, case_id).revision)
    cheaper = {part: language(37_000)[part] for part in ("budget", "financing")}
    save(told, case_id, cheaper, page(told, case_id).revision)
    answered(told, case_id)
    assert state(told, case_id).facts["requested"] == 37_000_00
    assert rows(told.db, "SELECT requested FROM cases")[0].requested == 37_000_00


def test_an_answer_must_be_complete(told: Story) -> None:
    case_id = at_check(told)
    told.do(CHECKER, case_id, "query", QUERY)
    save(told, case_id, {"plan": {"need": "Nur das."}}, page(told, case_id).revision)
    with pytest.raises(Invalid) as caught:
        answered(told, case_id)
    assert set(caught.value.fields) == {"plan.activities", "plan.targets"}


def test_files_of_a_discarded_draft_leave_the_disk(told: Story) -> None:
    draft, other = start(told), start(told)
    for one, content in ((draft, PDF + b"\n% one"), (draft, PDF), (other, PDF)):
        attach(told, one, content)
    kept = {row.sha256: row for row in rows(told.db, "SELECT sha256 FROM files ORDER BY at")}
    for one in kept:
        os.utime(files.path_of(told.settings.data_dir, one), (0, 0))
    drafts.discard(told.db, told.actors[HEKS], draft, now=told.now)
    assert uploads.sweep(told.db, told.settings) == 0
    there = {one: files.path_of(told.settings.data_dir, one).exists() for one in kept}
    assert sorted(there.values()) == [False, True]
    [left] = rows(told.db, "SELECT sha256 FROM files")
    assert there[left.sha256]
