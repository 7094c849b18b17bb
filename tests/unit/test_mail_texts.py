"""What mails say: the programme's words where it has some, the catalogue's where it has none."""

from __future__ import annotations

from typing import Any

import pytest

from workflow.errors import RouteError
from workflow.funding.mails import BODIES, SUBJECTS, parse_mails, wording

OWN: dict[str, Any] = {
    "office_turn": {
        "subject": {"de": "Neu: %(number)s", "fr": "Nouveau: %(number)s"},
        "body": {"de": "Bitte ansehen:", "fr": "Veuillez voir:"},
    }
}


def test_the_programme_has_its_own_words() -> None:
    assert wording(parse_mails(OWN), "office_turn", "de", "K-1") == ("Neu: K-1", "Bitte ansehen:")
    assert wording(parse_mails(OWN), "office_turn", "fr", "K-1")[0] == "Nouveau: K-1"


def test_a_percent_sign_is_doubled_and_a_body_has_lines() -> None:
    said = {"subject": {"de": "100\u00a0%% %(number)s"}, "body": {"de": "Eins\n\nZwei"}}
    assert wording(parse_mails({"office_turn": said}), "office_turn", "de", "K-1") == (
        "100\u00a0% K-1",
        "Eins\n\nZwei",
    )


def test_where_it_has_none_the_catalogue_speaks() -> None:
    assert wording({}, "office_turn", "de", "K-1")[0] == "Gesuch K-1: eine Pendenz wartet"
    assert wording({}, "office_turn", "fr", "K-1")[0] != "Gesuch K-1: eine Pendenz wartet"
    assert wording(parse_mails(OWN), "applicant_turn", "de", "K-1")[0].startswith("Gesuch K-1")


def test_every_event_has_a_subject_and_a_body() -> None:
    assert set(SUBJECTS) == set(BODIES)


@pytest.mark.parametrize(
    "raw",
    [
        {"nothing_of_the_kind": OWN["office_turn"]},
        {"office_turn": {"subject": {"de": "Neu"}}},
        {"office_turn": {"subject": {"de": "%(title)s"}, "body": {"de": "Text"}}},
        {"office_turn": {"subject": {"de": "100 %"}, "body": {"de": "Text"}}},
        # Python would take it; a number of several characters fails at the first mail
        {"office_turn": {"subject": {"de": "%(number)c"}, "body": {"de": "Text"}}},
        {"office_turn": {"subject": {"de": "%(number)999999999s"}, "body": {"de": "Text"}}},
        # no header: each such mail would fail
        {"office_turn": {"subject": {"de": "Neu\n"}, "body": {"de": "Text"}}},
        {"office_turn": {"subject": {"de": "Neu\r\nBcc: a@example.org"}, "body": {"de": "Text"}}},
        {"office_turn": {"subject": {"de": "Neu"}, "body": {"de": "Text\0"}}},
        {"office_turn": {"subject": {"de": "Neu"}, "body": {"de": "\ud800"}}},
        {"office_turn": {"subject": {"de": "Neu"}, "body": {"de": b"Text"}}},
        {"office_turn": {"subject": {"de": "Neu"}, "body": {"de": "x" * 5001}}},
    ],
)
def test_a_text_that_no_mail_can_carry_or_names_more_than_the_number_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(RouteError, match="mail_malformed"):
        parse_mails(raw)
