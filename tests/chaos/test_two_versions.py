"""Two versions work on one database during a deployment: the last landed one's worker beside this one's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.chaos.whole import assert_whole, catch_up, wait_for
from tests.integration.walks import CHECKER, COMPLETE, HEAD, HEKS, LEAD, language, state
from web.cli.processes import Program
from web.cli.story import Story, decision, review
from web.cli.system import System, process_env, publish
from workflow.funding.programme import Programme, load_folder
from workflow.publish import store
from workflow.publishable import compiled
from workflow.store import published

ROOT = Path(__file__).parents[2]
LANDED = "68627bd57c4a5319bd7dd751e48607fe8bf5031b"
"""The version that ran before this one."""


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The tree of that version, from the repository's own history."""
    archive = subprocess.run(("git", "archive", LANDED), cwd=ROOT, capture_output=True)
    if archive.returncode != 0:
        pytest.skip(f"this copy of the repository has no history that holds {LANDED}")
    (tmp_path / "before").mkdir()
    subprocess.run(("tar", "--extract"), input=archive.stdout, cwd=tmp_path / "before", check=True)
    return tmp_path / "before"


@pytest.fixture
def old_worker(system: System, told: Story, before: Path) -> Iterator[str]:
    """A worker of that version, known to the supervisor and not started yet."""
    env = process_env(told.settings) | {
        "PYTHONPATH": str(before),
        "FOERDERWEG_PROGRAMME": "kip3-basel-stadt",
        "FOERDERWEG_MAIL_FROM": "foerderweg@example.org",  # it takes no name yet
    }
    command = (sys.executable, "-P", "-m", "celery", "-A", "tasks.app", "worker", "--concurrency", "1")
    system.supervisor.add(Program("old", (*command, "--loglevel", "INFO"), env=env, cwd=before))
    yield "old"
    with suppress(KeyError):  # it does not run
        system.stop("old")


def test_a_case_goes_its_way_through_workers_of_both(
    system: System, told: Story, before: Path, old_worker: str
) -> None:
    """On what both know: the programme as the earlier version published it."""
    catch_up(told.db)  # the earlier version parks cases of a programme that it cannot read
    system.stop("worker")
    _as_published(told, before / "workflow" / "programmes" / "kip3-basel-stadt")
    people = _People(told.db, told.settings, told.people, told.now, seed=told.seed)
    try:
        _whole_way(system, told, people, old_worker)
    finally:
        publish(told.settings)  # the tests after this one take this version's programme again
    assert_whole(told.db, told.settings)


def _as_published(told: Story, folder: Path) -> None:
    """What was published then stays so, whatever this version has learnt to refuse."""
    bundle = load_folder(folder)
    programme = Programme.parse(bundle.programme)
    routes = {code: compiled(raw, programme.tables) for code, raw in bundle.routes.items()}
    with told.db.begin() as tx:
        published.lock(tx)
        store(tx, bundle, programme, routes, told.now)


def _whole_way(system: System, told: Story, people: Story, old_worker: str) -> None:
    answers = language(9_000)
    answers["organisation"] |= {"street": "Beispielweg 1", "postcode": "4051", "town": "Basel"}  # asked then
    case_id = people.submit(HEKS, answers)
    system.start(old_worker)
    wait_for(lambda: state(told, case_id).step == "formal_check")
    people.do(CHECKER, case_id, "complete", COMPLETE)
    wait_for(lambda: state(told, case_id).step == "review")
    system.stop(old_worker)
    people.do(LEAD, case_id, "yes", review("Gut begründet."))
    assert state(told, case_id).step == "review"
    system.start("worker")
    wait_for(lambda: state(told, case_id).step == "decide")
    system.start(old_worker)  # side by side
    people.do(HEAD, case_id, "grant", decision(9_000_00, "Im Rahmen des Kredits."))
    wait_for(lambda: state(told, case_id).ending == "granted")
    catch_up(told.db)
    system.stop(old_worker)


class _People(Story):
    """The people without their own routing: that is the workers' part here."""

    def route(self) -> None:
        """Nothing: the workers do it."""
