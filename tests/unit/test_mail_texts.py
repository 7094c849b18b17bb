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
    ],
)
def test_a_text_that_names_more_than_the_number_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(RouteError, match="mail_malformed"):
        parse_mails(raw)
