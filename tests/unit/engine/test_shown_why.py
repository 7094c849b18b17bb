"""What the check refuses for its behaviour does misbehave: a run of the real engine shows each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.builders import CASE, SIGNER, Play
from workflow.engine.case import Actor
from workflow.engine.commands import Complete, Report
from workflow.engine.decide import allowed
from workflow.engine.events import PanelClosed
from workflow.engine.parsing import parse_route
from workflow.engine.route import APPLICANT, Call, Wait
from workflow.engine.tables import Fact
from workflow.errors import RouteError
from workflow.funding.programme import load_yaml

FOLDER = Path(__file__).parents[2] / "golden" / "routes"
RUNS, MOVES = 60, 120
FACTS: dict[str, Fact] = {
    "area": "language",
    "requested": 5_000_00,
    "granted": 1_000_00,
    "child_care": False,
    "project_end": "2027-06-30",
}


@dataclass
class Run:
    """How one went: `stuck` where nobody can act and no clock runs; `broke` where the engine failed."""

    told: Play
    stuck: bool = False
    broke: str = ""

    @property
    def over(self) -> bool:
        return self.told.case.ending is not None

    def visits(self, step: str) -> int:
        return self.told.case.visits.get(step, 0)


def play_one(file: Path, seed: int) -> Run:
    random = Random(seed)
    try:
        run = Run(Play(parse_route(load_yaml(file)), facts=FACTS))
    except RouteError as error:  # by rule alone, in the first moment
        return Run(None, broke=error.code)  # type: ignore[arg-type]
    try:
        for _ in range(MOVES):
            if run.over or run.stuck:
                break
            run.stuck = not move(run.told, random)
    except (RouteError, KeyError, AssertionError) as error:
        run.broke = repr(error)
    return run


def move(told: Play, random: Random) -> bool:
    """Somebody who may does something, or time passes; False when neither is possible."""
    step = told.route.steps[told.case.step or ""]
    if isinstance(step, Call):
        told.do(Report(CASE, told.case.entry, told.case.attempt, content="pdf"), SIGNER)
        told.rules()
        return True
    if told.case.timers and random.random() < 0.2:
        told.rules(days=60)
        return True
    for seat in random.sample(told.case.open_seats, len(told.case.open_seats)):
        actor = Actor(f"p{told.case.version}", frozenset({(seat.office, seat.role)}))
        who = SIGNER if seat.role == APPLICANT else actor
        offers = [one for one in allowed(told.route, told.case, who, told.today) if one.action == "complete"]
        outcomes = [(one.seat, outcome) for one in offers for outcome in one.outcomes]
        if outcomes:
            seat_code, outcome = random.choice(outcomes)
            facts = {"granted": random.choice((1_000_00, 5_000_00))}
            command = Complete(CASE, told.case.step or "", seat_code, outcome, told.case.entry, facts)
            told.do(command, who, left=10**12)
            told.rules()
            return True
    before = told.case.version
    if told.case.timers or isinstance(step, Wait):
        told.rules(days=400)
    return told.case.version > before


def rejected_by_nobody(run: Run) -> bool:
    closed = [event for event in run.told.events if isinstance(event, PanelClosed)]
    votes = {act.outcome for act in run.told.case.acts if act.step == "review"}
    return "no" not in votes and [one.outcome for one in closed] == ["rejected"]


SHOWN: dict[str, Callable[[list[Run]], bool]] = {
    "no_ending": lambda runs: any(run.visits("query") > 20 and not run.over for run in runs),
    "endless_by_rule": lambda runs: any("endless_route" in run.broke for run in runs),
    "loop_without_bound": lambda runs: any(run.visits("query") > 2 for run in runs),
    "bound_entered_by_rule": lambda runs: any(run.visits("query") > 2 for run in runs),
    "no_way_past_bound": lambda runs: any(run.stuck for run in runs),
    "quorum_out_of_reach": lambda runs: any(rejected_by_nobody(run) for run in runs),
    "no_verdict": lambda runs: any("split" in run.broke for run in runs),
    "lapse_without_outcome": lambda runs: any("quiet" in run.broke for run in runs),
    "unreachable": lambda runs: all(run.told.case.ending != "x" for run in runs),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_run_shows_why_it_is_refused(name: str) -> None:
    runs = [play_one(FOLDER / "broken" / f"{name}.yaml", seed) for seed in range(RUNS)]
    assert SHOWN[name](runs)


def test_the_sound_one_shows_nothing_of_the_kind() -> None:
    runs = [play_one(FOLDER / "sound.yaml", seed) for seed in range(RUNS)]
    assert all(run.over and not run.stuck and not run.broke for run in runs)
    assert not any(shown(runs) for name, shown in SHOWN.items() if name != "unreachable")
