"""What the yearly report adds up is said by the programme, and is there in its forms."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workflow.errors import RouteError
from workflow.funding.federal import check_sem_report, parse_sem_report
from workflow.funding.forms import Form
from workflow.funding.programme import Programme, load_folder
from workflow.settings import PROGRAMMES

BUNDLE = load_folder(PROGRAMMES / "kip3-basel-stadt")
PROGRAMME = Programme.parse(BUNDLE.programme)
OPTIONS = PROGRAMME.options(BUNDLE.forms["application"])
APPLICATION, REPORT = (Form.parse(BUNDLE.forms[code], OPTIONS) for code in ("application", "report"))


def test_a_programme_may_add_nothing_up() -> None:
    assert parse_sem_report(None) is None
    assert Programme.parse(load_folder(PROGRAMMES / "demo-canton").programme).sem_report is None


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("people", {"planned": "people.participants"}),
        ("people", {"planned": "people.participants.group"}),
        ("people", {"reached": "results.goals"}),
        ("people", {"reached": "results.nothing"}),
        ("targets", {"planned": "plan"}),
        ("targets", {"reached": "results.targets.nothing"}),
        ("targets", {"by": "goal"}),
    ],
)
def test_a_figure_that_is_not_in_the_forms_is_refused(name: str, change: dict[str, str]) -> None:
    wanted = PROGRAMME.sem_report
    assert wanted is not None
    check_sem_report(wanted, APPLICATION, {"report": REPORT})
    wrong = replace(wanted, **{name: replace(getattr(wanted, name), **change)})
    with pytest.raises(RouteError, match="form_malformed"):
        check_sem_report(wrong, APPLICATION, {"report": REPORT})


def test_each_pot_says_whose_money_it_is() -> None:
    assert PROGRAMME.labels["pot_notes"].keys() == PROGRAMME.labels["pots"].keys()
