"""Every address of the application, with who may use it. A new one that is not listed here fails the test."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.browsing import app_for
from web.cli.story import ELIGIBLE, PDF, Story, application
from workflow import proposing
from workflow.accounts import sign_in_as
from workflow.people import organisation_id, person_id
from workflow.store import queries

PEOPLE = {
    "nobody": None,
    "own": "miriam.aebi@heks.example",
    "stranger": "ana.petrovic@sprachbruecke.example",
    "undeclared": "philipp.luedin@erwachsenenbildung.bs.example",
    "declared": "barbara.wenger@erwachsenenbildung.bs.example",
    "uninvolved": "nicole.schaer@fruehfoerderung.bs.example",
    "coordinator": "regula.keller@integration.bs.example",
    "finance": "karin.moeschlin@pd.bs.example",
    "auditor": "werner.plattner@finanzkontrolle.bs.example",
    "admin": "elias.graber@pd.bs.example",
}
"""The columns, by their first letters: who asks for something of a case of HEKS that is in review."""

WIDTH = 62
MATRIX = """
                                                              nob own str und dec uni coo fin aud adm
GET /                                                         200 200 200 200 200 200 200 200 200 200
GET /account/forgotten                                        200 200 200 200 200 200 200 200 200 200
GET /account/link/<token>                                     404 404 404 404 404 404 404 404 404 404
GET /api/v1/applications                                      401 200 200 200 200 200 200 200 200 200
GET /api/v1/applications/<application_id>                     401 200 404 404 404 404 404 404 404 404
GET /api/v1/applications/<application_id>/archive             401 200 404 404 200 404 200 404 200 404
GET /api/v1/applications/<application_id>/children/<code>     401 404 404 404 404 404 404 404 404 404
GET /api/v1/applications/<application_id>/form                401 200 404 404 404 404 404 404 404 404
GET /api/v1/applications/<application_id>/receipt             401 200 404 404 200 404 200 404 200 404
GET /api/v1/applications/<application_id>/timeline            401 200 404 404 404 404 404 404 404 404
GET /api/v1/calls                                             200 200 200 200 200 200 200 200 200 200
GET /api/v1/calls/<code>/form                                 200 200 200 200 200 200 200 200 200 200
GET /api/v1/cases                                             401 404 404 404 404 404 200 200 200 404
GET /api/v1/cases/<case_id>                                   401 404 404 200 200 404 200 404 200 404
GET /api/v1/cases/<case_id>/events                            401 404 404 403 200 404 200 404 200 404
GET /api/v1/cases/<case_id>/steps/<code>/form                 401 404 404 404 200 404 404 404 404 404
GET /api/v1/files/<file_id>                                   401 200 404 404 200 404 200 404 200 404
GET /api/v1/me                                                401 200 200 200 200 200 200 200 200 200
GET /api/v1/money                                             401 404 404 404 404 404 200 200 200 404
GET /api/v1/needs                                             200 200 200 200 200 200 200 200 200 200
GET /api/v1/openapi.json                                      200 200 200 200 200 200 200 200 200 200
GET /api/v1/pipeline                                          401 404 404 404 404 404 200 200 200 404
GET /api/v1/work-items                                        401 200 200 200 200 200 200 200 200 200
GET /applications                                             303 200 200 200 200 200 200 200 200 200
GET /applications/<application_id>                            303 200 404 404 404 404 404 404 404 404
GET /applications/<application_id>/archive                    303 200 404 404 200 404 200 404 200 404
GET /applications/<application_id>/changes                    303 200 404 404 200 404 200 404 200 404
GET /applications/<application_id>/discard                    303 303 404 404 404 404 404 404 404 404
GET /applications/<application_id>/receipt                    303 200 404 404 200 404 200 404 200 404
GET /applications/<application_id>/sections/<code>            303 303 404 404 404 404 404 404 404 404
GET /applications/<application_id>/step                       303 303 404 404 404 404 404 404 404 404
GET /applications/<application_id>/submit                     303 303 404 404 404 404 404 404 404 404
GET /applications/<application_id>/withdraw                   303 200 404 404 404 404 404 404 404 404
GET /applications/<application_id>/children/<code>            303 404 404 404 404 404 404 404 404 404
GET /calls/<code>                                             200 200 200 200 200 200 200 200 200 200
GET /demo/mails                                               200 200 200 200 200 200 200 200 200 200
GET /demo/people                                              200 200 200 200 200 200 200 200 200 200
GET /desk                                                     303 404 404 200 200 200 200 200 200 200
GET /desk/away                                                303 404 404 200 200 200 200 200 200 200
GET /desk/cases/<case_id>                                     303 404 404 200 200 404 200 404 200 404
GET /desk/cases/<case_id>/why                                 303 404 404 404 200 404 200 404 200 404
GET /desk/cases/<case_id>/children/<code>                     303 404 404 404 404 404 404 404 404 404
GET /desk/cases/<case_id>/proposal                            303 404 404 200 200 404 200 404 200 404
GET /desk/cases/<case_id>/proposal.pdf                        303 404 404 404 200 404 200 404 200 404
GET /desk/cases/<case_id>/proposal/<outcome>.pdf              303 404 404 404 404 404 404 404 404 404
GET /desk/cases/<case_id>/steer                               303 404 404 200 200 404 200 404 200 404
GET /desk/decisions                                           303 404 404 200 200 200 200 200 200 200
POST /desk/decisions                                          401 404 404 400 400 400 400 400 400 400
POST /desk/decisions/declarations                             401 404 404 303 303 303 303 303 303 303
GET /desk/cases/<case_id>/recuse                              303 404 404 200 200 404 404 404 404 404
GET /files/<file_id>                                          303 200 404 404 200 404 200 404 200 404
GET /files/<file_id>/view                                     303 200 404 404 200 404 200 404 200 404
GET /healthz                                                  200 200 200 200 200 200 200 200 200 200
GET /office                                                   303 404 404 404 404 404 200 200 200 404
GET /office/cases                                             303 404 404 404 404 404 200 200 200 404
GET /office/money                                             303 404 404 404 404 404 200 200 200 404
GET /office/reads                                             303 404 404 404 404 404 404 404 200 404
GET /office/mails                                             303 404 404 404 404 404 200 404 200 200
GET /office/steering                                          303 404 404 404 404 404 200 200 200 404
GET /office/routes                                            303 404 404 404 404 404 303 303 303 404
GET /office/routes/-/check                                    303 404 404 404 404 404 200 200 200 404
GET /office/routes/<code>                                     303 404 404 404 404 404 200 200 200 404
GET /office/routes/<code>.bpmn                                303 404 404 404 404 404 200 200 200 404
GET /metrics                                                  404 404 404 404 404 404 404 404 404 404
GET /needs                                                    200 200 200 200 200 200 200 200 200 200
GET /needs/<code>                                             200 200 200 200 200 200 200 200 200 200
GET /operations                                               303 404 404 404 404 404 200 404 200 200
GET /readyz                                                   200 200 200 200 200 200 200 200 200 200
GET /receipts                                                 200 200 200 200 200 200 200 200 200 200
GET /sign-in                                                  200 200 200 200 200 200 200 200 200 200
GET /static/<filename>                                        200 200 200 200 200 200 200 200 200 200
POST /account/forgotten                                       200 200 200 200 200 200 200 200 200 200
POST /account/language                                        400 400 400 400 400 400 400 400 400 400
POST /account/link/<token>                                    404 404 404 404 404 404 404 404 404 404
POST /api/v1/applications                                     401 201 403 403 403 403 403 403 403 403
PATCH /api/v1/applications/<application_id>                   401 412 404 404 404 404 404 404 404 404
POST /api/v1/applications/<application_id>/files              401 409 404 404 404 404 404 404 404 404
DELETE /api/v1/applications/<application_id>/files/<file_id>  401 409 404 404 404 404 404 404 404 404
POST /api/v1/applications/<application_id>/submission         401 409 404 404 404 404 404 404 404 404
POST /api/v1/cases/<case_id>/completions                      401 403 404 403 422 404 403 403 403 404
POST /api/v1/sessions                                         201 201 201 201 201 201 201 201 201 201
POST /applications/<application_id>/sections/<code>           401 409 404 404 404 404 404 404 404 404
POST /applications/<application_id>/autosave                  401 409 404 404 404 404 404 404 404 404
POST /applications/<application_id>/step                      401 403 404 404 404 404 404 404 404 404
POST /applications/<application_id>/discard                   401 303 404 404 404 404 404 404 404 404
POST /applications/<application_id>/submit                    401 409 404 404 404 404 404 404 404 404
POST /operations/cases                                        401 403 403 403 403 403 403 403 403 303
POST /operations/effects                                      401 403 403 403 403 403 403 403 403 303
POST /office/routes/-/check                                   401 404 404 404 404 404 200 200 200 404
POST /calls/<code>                                            401 303 403 403 403 403 403 403 403 403
POST /api/v1/cases/<case_id>/asides                           401 403 404 403 403 404 409 403 403 404
POST /api/v1/cases/<case_id>/children                         401 409 404 409 409 404 409 409 409 404
POST /applications/<application_id>/children/<code>           401 409 404 404 404 404 404 404 404 404
POST /desk/cases/<case_id>/children/<code>                    401 404 404 409 409 404 409 404 409 404
POST /desk/cases/<case_id>/aside                              401 404 404 403 403 404 303 404 403 404
POST /desk/away                                               401 404 404 403 403 403 403 403 403 422
POST /desk/cases/<case_id>/assign                             401 404 404 409 409 404 403 404 403 404
POST /desk/cases/<case_id>/complete                           401 404 404 403 422 404 403 404 403 404
POST /desk/cases/<case_id>/statement                           401 404 404 403 409 404 403 404 403 404
GET /account                                                   303 200 200 200 200 200 200 200 200 200
GET /account/mails                                             303 404 404 200 200 200 200 200 200 200
POST /account/password                                         401 422 422 422 422 422 422 422 422 422
POST /account/mails                                            401 404 404 303 303 303 303 303 303 303
GET /account/new                                              200 200 200 200 200 200 200 200 200 200
POST /account/new                                             422 422 422 422 422 422 422 422 422 422
GET /desk/together/<code>                                     303 404 404 200 200 200 200 200 200 200
POST /desk/together/<code>                                    401 404 404 422 422 422 422 422 422 422
GET /organisations                                            303 200 200 200 200 200 200 200 200 200
GET /organisations/new                                        303 200 200 200 200 200 200 200 200 200
POST /organisations/new                                       401 422 422 422 422 422 422 422 422 422
GET /organisations/<organisation_id>                          303 200 404 404 404 404 404 404 404 404
GET /organisations/<organisation_id>/record                   303 200 404 404 404 404 404 404 404 404
POST /organisations/<organisation_id>/record                  401 422 404 404 404 404 404 404 404 404
POST /organisations/<organisation_id>/documents               401 303 404 404 404 404 404 404 404 404
POST /organisations/<organisation_id>/members                 401 422 404 404 404 404 404 404 404 404
POST /organisations/<organisation_id>/members/<person_id>     401 422 404 404 404 404 404 404 404 404
POST /invitations/<invitation_id>                             401 404 404 404 404 404 404 404 404 404
POST /applications/<application_id>/record                    401 303 404 404 404 404 404 404 404 404
GET /office/organisations                                     303 404 404 404 404 404 200 404 200 404
GET /office/organisations/<organisation_id>                   303 404 404 404 404 404 200 404 200 404
POST /office/organisations/<organisation_id>                  401 404 404 404 404 404 422 404 404 404
POST /invitations/<invitation_id>/end                         401 404 404 404 404 404 404 404 404 404
GET /desk/inbox.<kind>                                        303 404 404 200 200 200 200 200 200 200
GET /office/pipeline.<kind>                                   303 404 404 404 404 404 200 200 200 404
GET /office/cases.<kind>                                      303 404 404 404 404 404 200 200 200 404
GET /office/reads.<kind>                                      303 404 404 404 404 404 404 404 200 404
GET /office/steering.<kind>                                   303 404 404 404 404 404 200 200 200 404
GET /office/money.<kind>                                      303 404 404 404 404 404 200 200 200 404
GET /office/organisations.<kind>                              303 404 404 404 404 404 200 404 200 404
GET /desk/cases/<case_id>/comments/new                        303 404 404 404 200 404 200 404 404 404
POST /desk/cases/<case_id>/comments                           401 404 404 403 303 404 303 404 403 404
POST /desk/cases/<case_id>/comments/read                      401 404 404 403 303 404 303 403 303 404
POST /desk/cases/<case_id>/comments/<comment_id>/end          401 404 404 404 404 404 404 404 404 404
POST /applications/<application_id>/messages                  401 404 404 404 404 404 404 404 404 404
POST /applications/<application_id>/messages/read             401 303 404 404 404 404 404 404 404 404
POST /applications/<application_id>/messages/<comment_id>/end 401 404 404 404 404 404 404 404 404 404
GET /api/v1/cases/<case_id>/comments                          401 200 404 404 200 404 200 404 200 404
POST /api/v1/cases/<case_id>/comments                         401 409 404 403 201 404 201 403 403 404
GET /api/v1/cases/<case_id>/inquiries                         401 404 404 403 200 404 200 404 200 404
DELETE /api/v1/cases/<case_id>/comments/<comment_id>          401 404 404 404 404 404 404 404 404 404
GET /administration                                           303 404 404 404 404 404 200 404 200 200
GET /administration/parts                                     303 404 404 404 404 404 200 404 200 200
GET /administration/parts/<name>                              303 404 404 404 404 404 200 404 200 200
GET /administration/proposals/<proposal_id>                   303 404 404 404 404 404 200 404 200 200
GET /administration/proposals/<proposal_id>/letters/<code>.pdf303 404 404 404 404 404 200 404 200 200
POST /administration/parts/<name>                             401 404 404 404 404 404 403 404 403 200
POST /administration/proposals/<proposal_id>                  401 404 404 404 404 404 422 404 403 422
GET /administration/limits                                    303 404 404 404 404 404 200 404 200 200
GET /administration/credits                                   303 404 404 404 404 404 200 404 200 200
GET /administration/areas                                     303 404 404 404 404 404 200 404 200 200
GET /administration/areas/<code>                              303 404 404 404 404 404 200 404 200 200
GET /administration/offices                                   303 404 404 404 404 404 200 404 200 200
GET /administration/offices/<code>                            303 404 404 404 404 404 200 404 200 200
GET /administration/holidays                                  303 404 404 404 404 404 200 404 200 200
GET /administration/calls                                     303 404 404 404 404 404 200 404 200 200
GET /administration/calls/<code>                              303 404 404 404 404 404 200 404 200 200
GET /administration/people                                    303 404 404 404 404 404 404 404 200 200
GET /administration/people/<person_id>                        303 404 404 404 404 404 404 404 200 200
GET /api/v1/calls/open                                        200 200 200 200 200 200 200 200 200 200
POST /administration/limits                                   401 404 404 404 404 404 403 404 403 422
POST /administration/areas/<code>                             401 404 404 404 404 404 403 404 403 422
POST /administration/offices/<code>                           401 404 404 404 404 404 403 404 403 422
POST /administration/holidays                                 401 404 404 404 404 404 403 404 403 422
POST /administration/credits                                  401 404 404 404 404 404 422 404 403 422
POST /administration/calls/<code>                             401 404 404 404 404 404 422 404 403 422
POST /administration/people                                   401 404 404 404 404 404 404 404 403 422
POST /administration/people/<person_id>                       401 404 404 404 404 404 404 404 403 422
GET /administration/people.<kind>                             303 404 404 404 404 404 404 404 200 200
GET /administration/proposals.<kind>                          303 404 404 404 404 404 200 404 200 200
GET /office/changes                                           303 404 404 404 404 404 200 200 200 404
POST /office/views                                            401 404 404 404 404 404 303 303 303 404
POST /office/views/<view_id>/remove                           401 404 404 404 404 404 303 303 303 404
GET /office/mails.<kind>                                      303 404 404 404 404 404 200 404 200 200
GET /office/steering/areas.<kind>                             303 404 404 404 404 404 200 200 200 404
GET /office/money/sem                                         303 404 404 404 404 404 200 200 200 404
GET /office/money/sem/<part>.<kind>                           303 404 404 404 404 404 200 200 200 404
GET /office/money/what-if/left.<kind>                         303 404 404 404 404 404 200 200 200 404
GET /administration/carried                                   303 404 404 404 404 404 200 404 200 200
POST /administration/carried                                  401 404 404 404 404 404 422 404 403 422
GET /administration/tables/<table>.<kind>                     303 404 404 404 404 404 200 404 200 200
GET /office/money/payments                                    303 404 404 404 404 404 200 200 200 404
GET /office/money/payments.<kind>                             303 404 404 404 404 404 200 200 200 404
GET /office/money/repayments                                  303 404 404 404 404 404 200 200 200 404
GET /office/money/repayments.<kind>                           303 404 404 404 404 404 200 200 200 404
GET /office/money/reports                                     303 404 404 404 404 404 200 200 200 404
GET /office/money/reports.<kind>                              303 404 404 404 404 404 200 200 200 404
POST /office/money/payments                                   401 404 404 404 404 404 303 303 303 404
POST /office/money/payments/bank-file                         401 404 404 404 404 404 303 303 303 404
GET /office/money/<year>.svg                                  303 404 404 404 404 404 200 200 200 404
GET /office/money/what-if                                     303 404 404 404 404 404 200 200 200 404
GET /office/money/what-if.<kind>                              303 404 404 404 404 404 200 200 200 404
GET /office/time                                              303 404 404 404 404 404 200 200 200 404
GET /office/time/stages.<kind>                                303 404 404 404 404 404 200 200 200 404
GET /office/time/months.<kind>                                303 404 404 404 404 404 200 200 200 404
GET /office/time/queue.<kind>                                 303 404 404 404 404 404 200 200 200 404
GET /office/time/stages.svg                                   303 404 404 404 404 404 200 200 200 404
GET /office/time/months.svg                                   303 404 404 404 404 404 200 200 200 404
# From here on each changes what the next one finds.
POST /desk/cases/<case_id>/declare                                 401 404 404 303 409 404 403 404 403 404
POST /api/v1/cases/<case_id>/declaration                           401 403 404 409 409 404 403 403 403 404
POST /desk/cases/<case_id>/recuse                                  401 404 404 303 303 404 403 404 403 404
POST /api/v1/cases/<case_id>/withdrawal                            401 200 404 403 403 404 403 403 403 404
POST /applications/<application_id>/withdraw                       401 409 404 404 404 404 404 404 404 404
DELETE /api/v1/sessions/current                                    401 204 204 204 204 204 204 204 204 204
POST /account/sessions                                             401 303 303 303 303 303 303 303 303 303
POST /sign-out                                                     303 303 303 303 303 303 303 303 303 303
POST /sign-in                                                      303 303 303 303 303 303 303 303 303 303
POST /demo/sign-in                                                 303 303 303 303 303 303 303 303 303 303
"""
CALL = "project-round-2027"
SECTION = "project"
FILE_FIELD = "attachments.statutes"
COMPLETION = {"step": "review", "seat": "lead", "outcome": "yes", "entry": 2}
BODIES: Mapping[str, dict[str, Any]] = {
    "POST /api/v1/sessions": {"json": {"email": PEOPLE["own"], "password": "geheim"}},
    "POST /api/v1/applications": {
        "json": {"call": CALL, "organisation": str(organisation_id("heks")), "eligibility": ELIGIBLE}
    },
    "PATCH /api/v1/applications/<application_id>": {"json": {"answers": {SECTION: {"title": "Anders"}}}},
    "POST /api/v1/cases/<case_id>/declaration": {"json": {"conflict": False}},
    "POST /api/v1/cases/<case_id>/completions": {"json": {**COMPLETION, "answers": None}},
    "POST /api/v1/cases/<case_id>/asides": {
        "json": {"action": "extend", "days": 99, "entry": 2, "reason": "Krankheit."}
    },
    "POST /api/v1/cases/<case_id>/children": {
        "json": {"child": "appeal", "entry": 2, "answers": {"appeal": {"request": "Nein."}}}
    },
    "POST /desk/cases/<case_id>/aside": {
        "data": {"action": "extend", "days": "1", "entry": "2", "reason": "Krankheit."}
    },
    "POST /desk/away": {"data": {"person": str(person_id("nadine.oser@integration.bs.example"))}},
    "POST /desk/cases/<case_id>/assign": {
        "data": {"way": "take", "seat": "lead", "entry": "2", "held_by": "somebody else"}
    },
    "GET /desk/cases/<case_id>/comments/new": {"query_string": {"audience": "reviewers"}},
    "POST /desk/cases/<case_id>/comments": {"data": {"audience": "reviewers", "text": "Gut."}},
    "POST /applications/<application_id>/messages": {"data": {"message": str(uuid4()), "text": "Gern."}},
    "POST /api/v1/cases/<case_id>/comments": {"json": {"audience": "reviewers", "text": "Gut."}},
    "POST /operations/cases": {"data": {"case_id": str(uuid4())}},
    "POST /calls/<code>": {"data": {**ELIGIBLE, "organisation": str(organisation_id("heks"))}},
    "POST /applications/<application_id>/sections/<code>": {"data": {"revision": "9", "press": "save"}},
    "POST /applications/<application_id>/autosave": {
        "data": {"changes": '{"project.title": {"value": "Anders", "seen": []}}', "save_id": str(uuid4())}
    },
    "POST /applications/<application_id>/step": {"data": {k: str(v) for k, v in COMPLETION.items()}},
    "POST /desk/cases/<case_id>/complete": {"data": {k: str(v) for k, v in COMPLETION.items()}},
    "POST /desk/cases/<case_id>/statement": {"data": {k: str(v) for k, v in COMPLETION.items()}},
    "POST /organisations/new": {"data": {"organisation_id": str(uuid4())}},
    "POST /office/organisations/<organisation_id>": {"data": {"press": "refuse"}},
    "POST /administration/parts/<name>": {"data": {"text": "{country: CH, subdivision: BS, extra: []}"}},
    "POST /administration/people/<person_id>": {"data": {"press": "end"}},
    "POST /administration/proposals/<proposal_id>": {"data": {"press": "refuse"}},
    "POST /office/views": {"data": {"name": "Sprache", "query": "area=language"}},
    "POST /sign-in": {"data": {"email": PEOPLE["own"], "password": "geheim"}},
    "POST /demo/sign-in": {"data": {"person": str(person_id("elias.graber@pd.bs.example"))}},
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person with a browser's session and a program's token."""

    client: FlaskClient
    token: str


@dataclass(frozen=True, slots=True)
class Scene:
    """The case, its file, and everybody who tries to get at it."""

    app: Flask
    ids: Mapping[str, str]
    visitors: Mapping[str, Visitor]


@pytest.fixture
def scene(told: Story) -> Iterator[Scene]:
    app = app_for(told, replace(told.settings, demo=True))
    answers = application(
        "HEKS", title="Deutsch im Quartier", area="language", goals=["everyday_language"], requested=38_000_00
    )
    case_id = told.submit(str(PEOPLE["own"]), answers)
    done = {"check": {"complete": True, "responsible": True}}
    told.do(str(PEOPLE["coordinator"]), case_id, "complete", done)
    told.declare(str(PEOPLE["declared"]), case_id)
    page = queries.application(told.db, told.actors[str(PEOPLE["own"])], case_id)
    assert page is not None
    file_id, *_ = page.files
    ids = {"application_id": str(case_id), "case_id": str(case_id), "file_id": str(file_id)}
    ids |= {"organisation_id": str(organisation_id("heks"))}
    ids |= {name: str(uuid4()) for name in ("invitation_id", "comment_id")}
    ids |= {
        "base": queries.programme(told.db).hash,
        "proposal_id": str(proposed(told)),
        "name": "programme/holidays",
    }
    ids["view_id"] = str(uuid4())
    ids["person_id"] = str(person_id("selin.arslan@heks.example"))
    visitors = {name: visitor(app, told, email) for name, email in PEOPLE.items()}
    yield Scene(app, ids, visitors)
    app.extensions["foerderweg.db"].dispose()


def proposed(told: Story) -> UUID:
    """A change of the programme that waits for a second person."""
    known, proposal_id = queries.programme(told.db), uuid4()
    proposing.propose(
        told.db,
        told.actors[str(PEOPLE["admin"])],
        {"programme/holidays": {**known.programme.holidays, "extra": ["2027-02-15"]}},
        base=known.hash,
        reason="Fasnacht.",
        proposal_id=proposal_id,
        now=told.now,
    )
    return proposal_id


def visitor(app: Flask, told: Story, email: str | None) -> Visitor:
    client, token = app.test_client(), ""
    if email:
        client.set_cookie("foerderweg", sign_in_as(told.db, person_id(email), now=told.now).token)
        credentials = {"email": email, "password": "geheim"}
        token = client.post("/api/v1/sessions", json=credentials).get_json()["token"]
    return Visitor(client, token)


def test_every_address_is_listed(scene: Scene) -> None:
    there = {
        f"{method} {re.sub('<[^<>]+:', '<', rule.rule)}"
        for rule in scene.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert there == set(listed())


def test_who_may_use_each_address(scene: Scene) -> None:
    different = []
    for address, expected in listed().items():
        got = {name: status(scene, address, one) for name, one in scene.visitors.items()}
        different += [f"{address}: {one} {got[one]}" for one in PEOPLE if got[one] != expected[one]]
    assert different == []


def test_what_only_a_demo_has_is_not_there_otherwise(told: Story) -> None:
    app = app_for(told, told.settings)
    assert not [rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/demo")]
    app.extensions["foerderweg.db"].dispose()


def listed() -> dict[str, dict[str, int]]:
    """Address → person → status."""
    head, *rows = MATRIX.strip().splitlines()
    names = head.split()
    assert names == [name[:3] for name in PEOPLE]
    found = {}
    for row in rows:
        if row and not row.startswith("#"):
            address, statuses = row[:WIDTH].strip(), row[WIDTH:].split()
            found[address] = dict(zip(PEOPLE, map(int, statuses), strict=True))
    return found


def status(scene: Scene, address: str, visitor: Visitor) -> int:
    """What this visitor's request is answered with."""
    method, path = address.split(" ")
    code = CALL if "/calls/" in path else "medium" if "/routes/" in path else SECTION
    code = "language" if "/areas/" in path else "riehen" if "/offices/" in path else code
    code = "order_granted" if "/letters/" in path else "dispatch" if "/together/" in path else code
    code = "review" if "/steps/" in path else code
    code = "report" if "/children/" in path else "language_course" if "/needs/" in path else code
    for name, value in {
        **scene.ids,
        "code": code,
        "filename": "app.css",
        "part": "money",
        "kind": "csv",
        "year": "2027",
        "table": "carried",
    }.items():
        path = path.replace(f"<{name}>", value)
    options: dict[str, Any] = dict(BODIES.get(address, {}))
    if path.startswith("/api/"):
        headers = {"Idempotency-Key": str(uuid4())}
        if method == "PATCH":
            headers["If-Match"] = '"9"'
        if visitor.token:
            headers["Authorization"] = f"Bearer {visitor.token}"
        if path.endswith("/files"):
            options["data"] = {"path": FILE_FIELD, "file": (io.BytesIO(PDF), "a.pdf")}
        if method == "DELETE" and "/files/" in path:
            options["query_string"] = {"path": FILE_FIELD}
        options["headers"] = headers
    elif method == "POST":
        ids = {"csrf": csrf(visitor.client), "command_id": str(uuid4()), "application_id": str(uuid4())}
        ids["base"] = scene.ids["base"]
        options["data"] = {**options.get("data", {}), **ids}
    with visitor.client.open(path, method=method, **options) as answer:
        return answer.status_code


def csrf(client: FlaskClient) -> str:
    """The token that this browser's forms carry now."""
    found = re.search('name="csrf" value="([^"]+)"', client.get("/sign-in").get_data(as_text=True))
    assert found
    return found[1]
