"""The questions before the form."""

from workflow.funding.eligibility import Question, assess

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
