"""The API: the whole way of an application over HTTP, and how it answers what is wrong."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tasks.deliver import deliver_due
from tests.browsing import app_for
from web import staff_schemas
from web.cli.story import (
    ATTACHED,
    ELIGIBLE,
    PDF,
    Story,
    application,
    decision,
    dispatch,
    proposal,
    review,
)
from web.security import FORM_BYTES
from workflow.accounts import MOST_ATTEMPTS, sign_in
from workflow.people import organisation_id, person_id
from workflow.store import queries

HEKS = "miriam.aebi@heks.example"
READER = "urs.ackermann@sprachbruecke.example"
COORDINATOR = "regula.keller@integration.bs.example"
SECOND_COORDINATOR = "mehmet.demir@integration.bs.example"
LEAD = "barbara.wenger@erwachsenenbildung.bs.example"
SECOND = "esther.kunz@sozialhilfe.bs.example"
HEAD = "andrea.bernasconi@integration.bs.example"
DIVISION = "thomas.iselin@pd.bs.example"
ANSWERS = application(
    "HEKS",
    title="Deutsch im Quartier",
    area="language",
    goals=["everyday_language"],
    requested=38_000_00,
    target_group="recognised_refugees",
)


class Caller:
    """One person at the API, signed in, on the story's clock."""

    def __init__(self, client: FlaskClient, email: str) -> None:
        self.client = client
        answer = client.post("/api/v1/sessions", json={"email": email, "password": "geheim"})
        assert answer.status_code == 201, answer.text
        self.headers = {"Authorization": f"Bearer {answer.json['token']}"}  # type: ignore[index]

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers=self.headers, **options)

    def post(self, path: str, body: Any = None, *, key: object = None, **options: Any) -> TestResponse:
        headers = {**self.headers, "Idempotency-Key": str(key or uuid4())}
        if body is not None:
            options["json"] = body
        return self.client.post(f"/api/v1{path}", headers=headers, **options)

    def patch(self, path: str, body: Any, *, etag: str | None) -> TestResponse:
        headers = {**self.headers, **({"If-Match": etag} if etag else {})}
        return self.client.patch(f"/api/v1{path}", json=body, headers=headers)

    def delete(self, path: str, etag: str | None = None) -> TestResponse:
        headers = {**self.headers, **({"If-Match": etag} if etag else {})}
        return self.client.delete(f"/api/v1{path}", headers=headers)


@pytest.fixture
def client(told: Story) -> Iterator[FlaskClient]:
    app = app_for(told, told.settings)
    yield app.test_client()
    app.extensions["foerderweg.db"].dispose()


def begin(caller: Caller, key: object = None) -> str:
    body = {
        "call": "project-round-2027",
        "organisation": str(organisation_id("heks")),
        "eligibility": ELIGIBLE,
    }
    answer = caller.post("/applications", body, key=key)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1/applications/{json(answer)['id']}"
    return str(json(answer)["id"])


def fill(caller: Caller, application_id: str) -> None:
    at = f"/applications/{application_id}"
    saved = caller.patch(at, {"answers": ANSWERS}, etag=caller.get(at).headers["ETag"])
    assert (saved.status_code, json(saved)["problems"]) == (200, [])
    for path in ATTACHED:
        added = attach(caller, application_id, PDF, path=path)
        assert added.status_code == 201, added.text


def attach(
    caller: Caller,
    application_id: str,
    content: bytes,
    key: object = None,
    path: str = "attachments.statutes",
) -> TestResponse:
    parts = {"path": path, "file": (io.BytesIO(content), ATTACHED[path])}
    return caller.post(f"/applications/{application_id}/files", key=key, data=parts)


def complete(
    caller: Caller, case_id: str, outcome: str, answers: Mapping[str, Any] | None = None
) -> TestResponse:
    """Do what the offers of the case name, after declaring no conflict where that is asked."""
    case = json(caller.get(f"/cases/{case_id}"))
    if any(offer["action"] == "declare" for offer in case["offers"]):
        assert caller.post(f"/cases/{case_id}/declaration", {"conflict": False}).status_code == 200
        case = json(caller.get(f"/cases/{case_id}"))
    return send(caller, case_id, case, outcome, answers)


def send(
    caller: Caller,
    case_id: str,
    shown: Mapping[str, Any],
    outcome: str,
    answers: Mapping[str, Any] | None = None,
) -> TestResponse:
    [offer] = [one for one in shown["offers"] if one["action"] == "complete"]
    body = {"step": offer["step"], "seat": offer["seat"], "outcome": outcome, "entry": shown["entry"]}
    return caller.post(f"/cases/{case_id}/completions", {**body, "answers": answers})


def json(answer: TestResponse) -> Any:
    return answer.get_json()


def test_the_whole_way_of_an_application(client: FlaskClient, told: Story) -> None:
    heks, checker, synthesis, lead, second, head, division = (
        Caller(client, email)
        for email in (HEKS, COORDINATOR, SECOND_COORDINATOR, LEAD, SECOND, HEAD, DIVISION)
    )
    case_id = begin(heks)
    assert "project.title" in json(heks.get(f"/applications/{case_id}"))["missing"]
    fill(heks, case_id)
    assert json(heks.get(f"/applications/{case_id}"))["missing"] == []
    key = uuid4()
    first = heks.post(f"/applications/{case_id}/submission", key=key)
    again = heks.post(f"/applications/{case_id}/submission", key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (json(first)["repeated"], json(again)["repeated"]) == (False, True)
    assert json(first)["number"] == json(again)["number"]
    told.route()

    items = json(checker.get("/work-items"))
    assert [(item["case_id"], item["step"]) for item in items["items"]] == [(case_id, "formal_check")]
    asked = {"check": {"sections": ["plan"], "question": "Wie viele Kurse sind es?"}}
    form = json(checker.get(f"/cases/{case_id}/steps/formal_check/form"))
    fields = {one["code"]: one["outcomes"] for one in form["sections"][0]["fields"]}
    assert (fields["question"], fields["complete"]) == (["query"], ["complete"])
    assert heks.get(f"/cases/{case_id}/steps/formal_check/form").status_code == 404
    assert complete(checker, case_id, "query", asked).status_code == 200
    told.route()
    mine = json(heks.get(f"/applications/{case_id}"))
    assert (mine["open_sections"], mine["query_message"]) == (["plan"], "Wie viele Kurse sind es?")
    refused = heks.patch(
        f"/applications/{case_id}", {"answers": {"budget": ANSWERS["budget"]}}, etag=str(mine["revision"])
    )
    assert (refused.status_code, json(refused)["code"]) == (409, "section_closed")
    plan = {"plan": {**ANSWERS["plan"], "activities": "Zwei Kurse."}}
    assert (
        heks.patch(f"/applications/{case_id}", {"answers": plan}, etag=str(mine["revision"])).status_code
        == 200
    )
    assert send(heks, case_id, mine, "answered").status_code == 200
    told.route()
    assert complete(checker, case_id, "complete", {"check": {"complete": True, "responsible": True}})
    told.route()

    closed = json(lead.get(f"/cases/{case_id}"))
    assert sorted(closed) == ["case", "entry", "offers", "opened"]
    assert [offer["action"] for offer in closed["offers"]] == ["declare", "recuse"]
    assert sorted(closed["case"]) == ["area", "id", "number", "organisation", "stage"]
    assert lead.get(f"/cases/{case_id}/events").status_code == 403
    assert lead.get(f"/cases/{case_id}/steps/review/form").status_code == 404
    assert complete(lead, case_id, "yes", review("Gut begründet.")).status_code == 200
    hidden = json(second.get(f"/cases/{case_id}"))
    assert "statements" not in hidden
    assert complete(second, case_id, "yes", review("Passt.")).status_code == 200
    told.route()
    assert complete(synthesis, case_id, "propose", proposal(35_000_00, "Empfohlen.")).status_code == 200
    told.route()
    theirs = json(heks.get(f"/applications/{case_id}"))
    assert (theirs["status"], theirs["step"], theirs["entry"]) == ("decision", None, 0)
    assert (
        complete(head, case_id, "grant", decision(30_000_00, "Kredit.", "Bericht im Juni.")).status_code
        == 200
    )
    told.route()
    assert complete(division, case_id, "confirm").status_code == 200
    told.route()
    mine = json(heks.get(f"/applications/{case_id}"))
    assert (mine["status"], mine["granted"]) == ("confirm", 30_000_00)
    sections = json(heks.get(f"/cases/{case_id}/steps/{mine['step']}/form"))["sections"]
    assert "budget" in {one["code"] for one in sections}
    costs = [{"kind": "fees", "label": "Kursleitung", "amount": "30'000"}]
    assert send(heks, case_id, mine, "accept", {"budget": {"costs": costs}}).status_code == 200
    told.route()
    while deliver_due(told.db, told.settings, lambda: told.now):
        told.route()

    assert complete(checker, case_id, "sent", dispatch(told.now + timedelta(days=1))).status_code == 422
    assert complete(checker, case_id, "sent", dispatch(told.now)).status_code == 200
    told.route()
    mine = json(heks.get(f"/applications/{case_id}"))
    assert (mine["status"], mine["number"]) == ("granted", json(first)["number"])
    assert mine["sent_on"] == "2026-09-07"
    with heks.get(f"/files/{mine['letters'][0]['id']}") as letter:
        assert letter.data.startswith(b"%PDF")
        assert letter.headers["Content-Disposition"].startswith("attachment")
    [line] = [row for row in json(checker.get("/money")) if row["committed"]]
    assert (line["area"], line["pot"], line["committed"], line["reserved"]) == (
        "language",
        "lump_sum",
        30_000_00,
        0,
    )
    stages = {row["stage"]: row["count"] for row in json(checker.get("/pipeline"))["stages"]}
    assert stages["closed"] == 1
    assert sum(stages.values()) == 1
    page = json(checker.get("/cases", query_string={"stage": "closed", "area": "language", "limit": 1}))
    assert ([row["id"] for row in page["items"]], page["total"]) == ([case_id], 1)
    names = [event["name"] for event in json(checker.get(f"/cases/{case_id}/events"))]
    assert (names[0], names[-1], names.count("PanelClosed")) == ("Submitted", "Ended", 1)


def test_times_are_utc_and_amounts_are_rappen(client: FlaskClient, told: Story) -> None:
    case_id = told.submit(HEKS, ANSWERS)
    row = json(Caller(client, COORDINATOR).get("/cases"))["items"][0]
    assert (row["id"], row["requested"]) == (str(case_id), 38_000_00)
    assert row["submitted_at"] == told.now.isoformat()
    assert datetime.fromisoformat(row["due_at"]).utcoffset() is not None


def test_lists_are_as_their_schemas_say(client: FlaskClient, told: Story) -> None:
    told.submit(HEKS, ANSWERS)
    coordinator, viewer = Caller(client, COORDINATOR), told.actors[COORDINATOR]
    page = queries.cases(told.db, viewer, queries.Filters(), now=told.now)
    assert json(coordinator.get("/cases")) == staff_schemas.Cases().dump(page)
    work = queries.inbox(told.db, viewer, now=told.now)
    assert json(coordinator.get("/work-items")) == staff_schemas.WorkItems().dump(work)


def test_a_conflict_of_interest_takes_a_person_out(client: FlaskClient, told: Story) -> None:
    case_id = told.submit(HEKS, ANSWERS)
    told.do(COORDINATOR, case_id, "complete", {"check": {"complete": True, "responsible": True}})
    lead = Caller(client, LEAD)
    assert lead.post(f"/cases/{case_id}/declaration", {"conflict": True}).status_code == 200
    assert json(lead.get(f"/cases/{case_id}"))["offers"] == []
    assert json(lead.get("/work-items"))["total"] == 0


def test_withdrawal(client: FlaskClient, told: Story) -> None:
    case_id = told.submit(HEKS, ANSWERS)
    heks = Caller(client, HEKS)
    assert heks.post(f"/cases/{case_id}/withdrawal").status_code == 200
    told.route()
    assert json(heks.get(f"/applications/{case_id}"))["status"] == "withdrawn"
    late = heks.post(f"/cases/{case_id}/withdrawal")
    assert (late.status_code, json(late)["code"]) == (409, "too_late_to_withdraw")


def test_a_key_is_needed_and_good_for_one_payload(client: FlaskClient) -> None:
    heks = Caller(client, HEKS)
    body = {
        "call": "project-round-2027",
        "organisation": str(organisation_id("heks")),
        "eligibility": ELIGIBLE,
    }
    for headers, code in (
        ({}, "idempotency_key_missing"),
        ({"Idempotency-Key": "7"}, "idempotency_key_not_a_uuid"),
    ):
        answer = client.post("/api/v1/applications", json=body, headers={**heks.headers, **headers})
        assert (answer.status_code, json(answer)["code"]) == (400, code)
    key = uuid4()
    assert begin(heks, key) == begin(heks, key) == str(key)
    assert [row["id"] for row in json(heks.get("/applications"))] == [str(key)]
    fill(heks, str(key))
    file_id = uuid4()
    twice = [attach(heks, str(key), PDF, key=file_id).status_code for _ in range(2)]
    assert twice == [201, 201]
    files = json(heks.get(f"/applications/{key}"))["answers"]["attachments"]["statutes"]
    assert files.count(str(file_id)) == 1
    command = uuid4()
    assert heks.post(f"/applications/{key}/submission", key=command).status_code == 201
    reused = heks.post(f"/cases/{key}/withdrawal", key=command)
    assert (reused.status_code, json(reused)["code"]) == (422, "key_reused")


def test_saving_needs_the_revision_that_was_read(client: FlaskClient) -> None:
    heks = Caller(client, HEKS)
    application_id = begin(heks)
    at = f"/applications/{application_id}"
    body = {"answers": {"project": {"title": "Deutsch"}, "financing": {"requested": "viel"}}}
    assert heks.patch(at, body, etag=None).status_code == 428
    saved = heks.patch(at, body, etag='"1"')
    assert (saved.status_code, saved.headers["ETag"]) == (200, '"2"')
    [problem] = json(saved)["problems"]
    assert (problem["path"], problem["code"]) == ("financing.requested", "not_money")
    stale = heks.patch(at, body, etag='"1"')
    assert (stale.status_code, json(stale)["code"], json(stale)["retry"]) == (412, "saved_elsewhere", True)
    odd = heks.patch(at, {"answers": {"project": {"title": "a\0b"}}}, etag='"2"')
    [problem] = json(odd)["errors"]
    assert (odd.status_code, problem["path"], problem["code"]) == (422, "project.title", "bad_character")
    kept = json(heks.get(at))
    assert (kept["answers"]["financing"]["requested"], kept["revision"]) == ("viel", 2)
    whatever = heks.patch(at, body, etag="*")  # RFC 9110: it is there
    assert (whatever.status_code, whatever.headers["ETag"]) == (200, '"3"')


def test_a_file_changes_the_revision_and_says_the_next_one_to_who_saw_the_last(client: FlaskClient) -> None:
    heks, key = Caller(client, HEKS), uuid4()
    at = f"/applications/{begin(heks)}"

    def add(etag: str | None, key: object) -> TestResponse:
        headers = {**heks.headers, "Idempotency-Key": str(key), **({"If-Match": etag} if etag else {})}
        parts = {"path": "attachments.statutes", "file": (io.BytesIO(PDF), "Statuten.pdf")}
        return client.post(f"/api/v1{at}/files", headers=headers, data=parts)

    added = add('"1"', key)
    assert (added.status_code, added.headers["ETag"]) == (201, heks.get(at).headers["ETag"])
    assert heks.patch(at, {"answers": {}}, etag=added.headers["ETag"]).headers["ETag"] == '"3"'
    again = add('"1"', key)
    assert (again.status_code, again.headers["ETag"]) == (
        201,
        '"2"',
    )  # as the first time: the 3 is not its own
    stale = add('"1"', uuid4())
    assert (stale.status_code, json(stale)["code"]) == (412, "saved_elsewhere")
    field = f"{at}/files/{json(added)['id']}?path=attachments.statutes"
    assert heks.delete(field, '"2"').status_code == 412
    assert heks.delete(field, '"3"').headers["ETag"] == heks.get(at).headers["ETag"] == '"4"'
    blind = add(None, uuid4())
    assert (blind.status_code, "ETag" in blind.headers) == (201, False)  # somebody may have saved in between


def test_an_incomplete_submission_says_what_is_missing(client: FlaskClient) -> None:
    heks = Caller(client, HEKS)
    answer = heks.post(f"/applications/{begin(heks)}/submission")
    document = json(answer)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert (document["status"], document["code"], document["retry"]) == (422, "invalid_answers", False)
    assert ("project.title", "required") in {(one["path"], one["code"]) for one in document["errors"]}
    assert document["detail"]


def test_a_wrong_file_is_named(client: FlaskClient) -> None:
    heks = Caller(client, HEKS)
    application_id = begin(heks)
    answer = attach(heks, application_id, b"MZ this is no PDF at all")
    [problem] = json(answer)["errors"]
    assert (answer.status_code, problem["path"], problem["code"]) == (
        422,
        "attachments.statutes",
        "file_wrong_type",
    )
    assert "Statuten.pdf" in problem["detail"]
    nothing = heks.post(f"/applications/{application_id}/files", data={"path": "attachments.statutes"})
    assert [one["path"] for one in json(nothing)["errors"]] == ["file"]


def test_a_file_can_be_taken_out(client: FlaskClient) -> None:
    heks = Caller(client, HEKS)
    application_id = begin(heks)
    file_id = json(attach(heks, application_id, PDF))["id"]
    with heks.get(f"/files/{file_id}") as answer:
        assert answer.data == PDF
        assert answer.headers["Cache-Control"] == "private, no-cache"
    at = f"/applications/{application_id}/files/{file_id}"
    assert heks.delete(at).status_code == 422
    elsewhere = heks.delete(f"{at}?path=attachments.accounts")
    assert (elsewhere.status_code, json(elsewhere)["code"]) == (404, "no_such_file")
    gone = heks.delete(f"{at}?path=attachments.statutes")
    assert (gone.status_code, gone.data, "Content-Type" in gone.headers) == (204, b"", False)
    assert heks.delete(f"{at}?path=attachments.statutes").status_code == 404
    assert json(heks.get(f"/applications/{application_id}"))["answers"]["attachments"]["statutes"] == []


def test_bodies_are_checked(client: FlaskClient) -> None:
    heks = Caller(client, HEKS)
    bodies: list[tuple[Any, list[tuple[str, str]]]] = [
        ({}, [("call", "required"), ("eligibility", "required"), ("organisation", "required")]),
        (
            {"call": 7, "organisation": "x", "eligibility": {"place": True}},
            [("call", "wrong_type"), ("eligibility", "wrong_type"), ("organisation", "wrong_type")],
        ),
        (
            {"call": "c", "organisation": str(uuid4()), "eligibility": {}, "more": 1},
            [("more", "unknown_field")],
        ),
        ([], [("body", "wrong_type")]),
        (
            {"call": "c", "eligibility": {"place": ["\0"]}},
            [("eligibility.place.0", "bad_character")],
        ),
        ({"call": "c", "eligibility": {"a\0b": "yes"}}, [("eligibility", "bad_character")]),
    ]
    for body, errors in bodies:
        answer = heks.post("/applications", body)
        assert answer.status_code == 422
        assert sorted((one["path"], one["code"]) for one in json(answer)["errors"]) == errors


def test_what_http_itself_refuses_is_problem_json(client: FlaskClient) -> None:
    caller = Caller(client, COORDINATOR)
    requests: list[tuple[str, str, dict[str, Any], int]] = [
        ("GET", "/nothing", {}, 404),
        ("GET", "/cases/7", {}, 404),
        ("PUT", "/calls", {}, 405),
        ("POST", "/applications", {"data": "call=1"}, 415),
        ("POST", "/applications", {"data": "{", "content_type": "application/json"}, 400),
        ("POST", "/applications", {"json": {"call": "x" * FORM_BYTES}}, 413),
        ("GET", "/cases?limit=0", {}, 422),
        ("GET", "/cases?after=-1", {}, 422),
        ("GET", f"/cases?after=2026-09-07 08:00:00 00|{uuid4()}", {}, 422),  # as a + that nobody escaped
        ("GET", f"/cases?sort=amount&after=2026-09-07T08:00:00%2B00:00|{uuid4()}", {}, 422),
        ("GET", "/work-items?after=2027-01-01%7Cnonsense", {}, 422),
        ("GET", "/cases?stages=review", {}, 422),
        ("GET", "/cases?text=%00", {}, 422),
    ]
    for method, path, options, status in requests:
        answer = client.open(f"/api/v1{path}", method=method, headers=caller.headers, **options)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), path
        assert json(answer)["status"] == status
        assert status != 413 or "höchstens 1024 KB" in json(answer)["detail"]
    assert caller.get("/cases?after=").status_code == 200


def test_who_has_no_token_gets_401(client: FlaskClient) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
        answer = client.get("/api/v1/me", headers=headers)
        assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "Token" in json(answer)["detail"]


def test_a_session_ends(client: FlaskClient) -> None:
    heks = Caller(client, HEKS)
    me = json(heks.get("/me"))
    assert (me["email"], me["roles"]) == (HEKS, [])
    assert [one["rights"] for one in me["organisations"]] == [["draft", "read", "sign"]]
    assert heks.delete("/sessions/current").status_code == 204
    assert heks.get("/me").status_code == 401


def test_neither_a_browsers_cookie_nor_its_token_opens_the_api(client: FlaskClient, told: Story) -> None:
    browser = sign_in(told.db, HEKS, "geheim", source="test", kind="browser", now=told.now)
    client.set_cookie("foerderweg", browser.token)
    assert client.get("/").status_code == 200
    assert client.get("/api/v1/me").status_code == 401
    headers = {"Authorization": f"Bearer {browser.token}"}
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_guessing_is_slowed_down(client: FlaskClient) -> None:
    wrong = {"email": HEKS, "password": "falsch"}
    answers = [client.post("/api/v1/sessions", json=wrong) for _ in range(MOST_ATTEMPTS + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {403}
    assert (answers[-1].status_code, json(answers[-1])["retry"]) == (429, True)
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_who_only_reads_cannot_begin(client: FlaskClient) -> None:
    body = {
        "call": "project-round-2027",
        "organisation": str(organisation_id("sprachbruecke")),
        "eligibility": ELIGIBLE,
    }
    answer = Caller(client, READER).post("/applications", body)
    assert (answer.status_code, json(answer)["code"]) == (403, "may_not_draft")
    heks = {**body, "organisation": str(organisation_id("heks"))}
    unmet = Caller(client, HEKS).post("/applications", {**heks, "eligibility": {**ELIGIBLE, "place": "no"}})
    assert (unmet.status_code, json(unmet)["code"]) == (409, "not_eligible")


def test_calls_are_public(client: FlaskClient) -> None:
    calls = {call["code"]: call for call in json(client.get("/api/v1/calls"))}
    assert calls["project-round-2027"]["open"] is True
    assert calls["project-round-2026"]["open"] is False
    assert {question["code"] for question in calls["project-round-2027"]["eligibility"]} == set(ELIGIBLE)


def test_the_document_describes_every_operation(client: FlaskClient) -> None:
    document = json(client.get("/api/v1/openapi.json"))
    assert document["openapi"].startswith("3.")
    described = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }
    rules = {
        (method, rule.rule.replace("<uuid:", "{").replace("<", "{").replace(">", "}"))
        for rule in client.application.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == rules
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            assert operation["summary"], path
            assert "default" in operation["responses"], path
    patch = document["paths"]["/api/v1/applications/{application_id}"]["patch"]
    assert "If-Match" in [one["name"] for one in patch["parameters"]]
    for path, method, asked in (
        ("/cases", "get", set(staff_schemas.CaseFilters().fields)),
        ("/work-items", "get", set(staff_schemas.WorkItemFilters().fields)),
        ("/pipeline", "get", set(staff_schemas.PipelineFilters().fields)),
        ("/calls/{code}/form", "get", {"kind"}),
        ("/applications/{application_id}/files/{file_id}", "delete", {"path"}),
    ):
        parameters = document["paths"][f"/api/v1{path}"][method]["parameters"]
        assert {one["name"] for one in parameters if one["in"] == "query"} == asked, path
    for path in (
        "applications/{application_id}/submission",
        "cases/{case_id}/withdrawal",
        "cases/{case_id}/completions",
    ):
        signed = document["paths"][f"/api/v1/{path}"]["post"]["responses"]["202"]["content"]
        assert signed["application/json"]["schema"] == {"$ref": "#/components/schemas/Submission"}, path
    content = document["paths"]["/api/v1/files/{file_id}"]["get"]["responses"]["200"]["content"]
    assert "application/pdf" in content
    schemas = document["components"]["schemas"]
    assert schemas["Question"]["properties"]["help"]["nullable"] is True
    for method, path, status in (
        ("post", "applications", "201"),
        ("get", "applications/{application_id}", "200"),
        ("patch", "applications/{application_id}", "200"),
        ("post", "applications/{application_id}/files", "201"),
        ("delete", "applications/{application_id}/files/{file_id}", "204"),
    ):
        answered = document["paths"][f"/api/v1/{path}"][method]["responses"][status]
        assert list(answered["headers"]) == ["ETag"], path
    session = document["paths"]["/api/v1/sessions"]["post"]
    assert session["security"] == []
    problem = document["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert list(problem) == ["application/problem+json"]


def test_who_works_for_no_office_any_more_reads_no_dossier(client: FlaskClient, told: Story) -> None:
    """Those who lost all their roles keep their account: what they once declared and did opens nothing."""
    case_id = told.submit(HEKS, ANSWERS)
    told.do(COORDINATOR, case_id, "complete", {"check": {"complete": True, "responsible": True}})
    told.do(LEAD, case_id, "yes", review("Gut begründet."))
    lead = Caller(client, LEAD)
    file = json(lead.get(f"/cases/{case_id}"))["files"][0]["id"]
    paths = [f"/cases/{case_id}", f"/cases/{case_id}/events", f"/cases/{case_id}/comments", f"/files/{file}"]
    assert statuses(lead, paths) == [200] * 4
    roles, mine = "UPDATE staff_roles SET role = 'admin' WHERE person_id = :id", {"id": person_id(LEAD)}
    with told.db.begin() as tx:
        tx.execute(sa.text(roles), mine)
    assert statuses(lead, paths) == [200, 403, 404, 404]
    assert json(lead.get(paths[0])).keys() == {
        "case",
        "opened",
        "offers",
        "entry",
    }  # that there is one they know
    with told.db.begin() as tx:
        tx.execute(sa.text("DELETE FROM staff_roles WHERE person_id = :id"), mine)
    assert statuses(lead, paths) == [404] * 4


def statuses(caller: Caller, paths: Sequence[str]) -> list[int]:
    found = []
    for path in paths:
        with caller.get(path) as answer:
            found.append(answer.status_code)
    return found
