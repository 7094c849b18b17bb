"""The questions before the form."""

from typing import Any

import pytest

from workflow.funding.eligibility import Question, assess, parse_question

PLACE = Question("place", {"de": "Findet es hier statt?"}, "yes", {"de": "Nur hier."})
STATE = Question("state", {"de": "Ist es eine Schule?"}, "no", {"de": "Keine Schulen."})


def test_wanted_answers_are_eligible() -> None:
    assert assess([PLACE, STATE], {"place": "yes", "state": "no"}).ok


def test_the_other_answer_is_explained() -> None:
    found = assess([PLACE, STATE], {"place": "yes", "state": "yes"})
    assert not found.ok
    assert found.unmet == (STATE,)
    assert found.open == ()


def test_no_answer_is_never_consent() -> None:
    found = assess([PLACE, STATE], {"place": "vielleicht"})
    assert not found.ok
    assert found.open == (PLACE, STATE)


@pytest.mark.parametrize(("said", "wanted"), [(True, "yes"), (False, "no"), ("yes", "yes"), ("no", "no")])
def test_who_answers_as_wanted_is_not_refused_whatever_yaml_calls_it(said: Any, wanted: str) -> None:
    asked = parse_question(
        {"code": "place", "text": {"de": "Hier?"}, "wanted": said, "unmet": {"de": "Nein."}}
    )
    assert assess([asked], {"place": wanted}).ok
