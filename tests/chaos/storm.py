"""The whole system as real processes, people who work over HTTP, a seeded schedule of faults: `make chaos`.

Then it is compared, from the database and from what the outside received: nothing lost, half, doubled, stuck
or out of balance, and all caught up within seconds of the last fault, without anyone's hand.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from mailbox import Maildir
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa

from tasks.compose import message_id
from tests.chaos import oracle
from tests.chaos.faults import JUMPS, Faults
from tests.chaos.people import Applicant, Log, Official, side_by_side
from tests.chaos.whole import CASES_LEFT, EFFECTS_LEFT
from web.cli.processes import LaunchError
from web.cli.story import actors
from web.cli.system import System, running_system
from workflow.people import load_people, organisation_id, read_people
from workflow.verify import verify

OUTPUT = Path("var/chaos/latest.json")
OFFICIALS = (
    "regula.keller@integration.bs.example",
    "mehmet.demir@integration.bs.example",
    "barbara.wenger@erwachsenenbildung.bs.example",
    "philipp.luedin@erwachsenenbildung.bs.example",
    "nadine.oser@integration.bs.example",
    "sarah.leuenberger@integration.bs.example",
    "andrea.bernasconi@integration.bs.example",
)
APPLICANTS = 4
CATCH_UP_SECONDS = 30.0


@dataclass
class Outcome:
    """`doubled_mails`: those that came more than once; `swallowed_mails`: those that the mail server took and
    did not say so; `unexplained_mails`: those that came more often than they were tried.
    """

    seed: int
    applications: int
    submitted: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    half: int = 0
    doubled_letters: int = 0
    doubled_mails: int = 0
    swallowed_mails: int = 0
    unexplained_mails: int = 0
    stuck: int = 0
    unbalanced: int = 0
    chain_broken: int = 0
    wrong_replay: int = 0
    caught_up_seconds: float = 0.0
    seconds: float = 0.0
    doubled_messages: int = 0
    requests_broken_off: int = 0
    answers_later: int = 0
    said: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        bad = (self.lost, self.half, self.doubled_letters, self.unexplained_mails, self.stuck)
        also = (self.unbalanced, self.chain_broken, self.wrong_replay, len(self.said))
        return not any((*bad, *also)) and self.caught_up_seconds <= CATCH_UP_SECONDS


class Storm:
    """The system, its people, and what is done to it."""

    def __init__(self, system: System, seed: int, applications: int, say: Callable[[str], None]) -> None:
        self.system, self.seed, self.applications, self.say = system, seed, applications, say
        self.random = Random(seed)
        self.log = Log()
        self.came: Counter[str] = Counter()
        self.faults = Faults(system, self.random)

    def schedule(self, count: int) -> list[str]:
        """So many faults, and each kind at least once, in an order that the seed alone decides."""
        often = ["kill_worker", "kill_web", "double_messages", "delay_and_reorder_messages"]
        once = [
            "kill_clock",
            "kill_all_at_once",
            "empty_and_kill_redis",
            "stop_postgres_at_once",
            "mail_refused",
            "mail_hangs",
            "mail_dies_after_accepting",
            *(["files_full"] if sys.platform == "linux" else []),
        ]
        long = ["stop_worker_for_long", "stop_web_for_long"]
        found = [*once, *often, *(long if count >= 24 else long[:1])]
        found += self.random.choices([*once, *often], k=max(0, count - len(found)))
        self.random.shuffle(found)
        for number in range(len(JUMPS)):
            found.insert(len(found) * (number + 1) // (len(JUMPS) + 1), "move_the_time")
        return found

    def run(self, faults: int) -> Outcome:
        people = read_people(self.system.settings.programme)
        db = sa.create_engine(self.system.settings.database_url, pool_pre_ping=True)
        load_people(db, people, password="geheim")
        began = time.monotonic()
        for name in ("worker", "clock", "web"):
            self.faults.start(name)
        _until_ready(self.system.base_url)
        numbers = itertools.count()
        url = self.system.base_url
        signer = "miriam.aebi@heks.example"
        organisation = str(organisation_id("heks"))
        applicants = [Applicant(url, signer, self.log, self.seed, organisation) for _ in range(APPLICANTS)]
        officials = [Official(url, email, self.log, self.seed) for email in OFFICIALS]
        writing = side_by_side([lambda one=one: one.work(numbers, self.applications) for one in applicants])  # type: ignore[misc]
        working = side_by_side([one.work for one in officials])
        plan = self.schedule(faults)
        for number, fault in enumerate(plan):
            # faults are spread over the applications, and none waits for ever
            wanted = self.applications * number // len(plan)
            until = time.monotonic() + 20
            while len(self.log.submitted) < wanted and time.monotonic() < until:
                time.sleep(0.05)
            bring = getattr(self.faults, fault)
            self.say(f"{len(self.log.submitted):>5} submitted  {fault.replace('_', ' ')}: {bring.__doc__}")
            bring()
            self.came[fault] += 1
            for name in self.system.supervisor.lost():
                self.faults.start(name)
        for thread in (*self.faults.stopped, *writing):
            thread.join(600)
        self.say("the last fault is over")
        self.until_nobody_has_work(db)
        self.log.over.set()
        for thread in (*writing, *working):
            thread.join(60)
        for one in (*applicants, *officials):
            one.http.close()
        caught_up = self.catch_up(db)
        outcome = self.compare(db, people, caught_up)
        outcome.seconds = round(time.monotonic() - began, 1)
        self.faults.gate.close()
        db.dispose()
        return outcome

    def until_nobody_has_work(self, db: sa.Engine) -> None:
        """People work on after the last fault, until their desks are empty."""
        until = time.monotonic() + 300
        waiting = "SELECT count(*) FROM work_items WHERE closed_at IS NULL AND role <> 'applicant'"
        while _count(db, waiting) and time.monotonic() < until:
            time.sleep(0.2)
        self.say(f"nobody has anything left to do: {_count(db, waiting)} open")

    def catch_up(self, db: sa.Engine) -> float:
        """Seconds until the machine owes nothing any more, once people have gone home."""
        start = time.monotonic()
        while time.monotonic() < start + 120:
            cases, effects = _count(db, self.due_now()), _count(db, EFFECTS_LEFT)
            if not cases and not effects:
                break
            self.say(f"{cases} cases and {effects} effects to catch up")
            time.sleep(0.5)
        return round(time.monotonic() - start, 1)

    def due_now(self) -> str:
        seconds = int(self.faults.offset.total_seconds())
        return CASES_LEFT.replace("now()", f"now() + interval '{seconds} seconds'")

    def compare(self, db: sa.Engine, people: dict[str, Any], caught_up: float) -> Outcome:
        found = verify(self.system.settings.database_url, self.system.settings.data_dir, jobs=1).findings
        codes = Counter(one.code for one in found)
        there = {str(name): number for name, number in oracle.there(db).items()}
        lost = [name for name, number in self.log.submitted.items() if there.get(name) != number]
        unanswered = [name for name in there if name not in self.log.submitted]
        replayed = oracle.wrong_in(db, actors(people))
        stuck = oracle.stuck(db)
        twice = "SELECT count(*) FROM (SELECT FROM files WHERE kind = 'letter' GROUP BY application_id, step"
        doubled, unexplained, missing = self.mails(db)
        money = ("unbalanced", "balance_differs", "postings_differ")
        return Outcome(
            seed=self.seed,
            applications=self.applications,
            submitted=len(self.log.submitted),
            faults=dict(sorted(self.came.items())),
            lost=len(lost) + missing,
            half=sum(codes.values())
            - sum(codes[code] for code in (*money, "chain_broken"))
            + len(unanswered),
            doubled_letters=_count(db, f"{twice} HAVING count(*) > 1) twice"),
            doubled_mails=doubled,
            swallowed_mails=self.faults.gate.swallowed,
            unexplained_mails=unexplained,
            stuck=len(stuck),
            unbalanced=sum(codes[code] for code in money),
            chain_broken=codes["chain_broken"],
            wrong_replay=len(replayed),
            caught_up_seconds=caught_up,
            doubled_messages=self.faults.doubled,
            requests_broken_off=self.log.broken_off,
            answers_later=self.log.unavailable,
            said=[
                *self.faults.wrong,
                *self.log.wrong[:5],
                *(f"undone {one}" for one in oracle.undone(db)),
                *self.errors(),
                *map(str, found[:20]),
                *replayed[:10],
                *(f"stuck {one}" for one in stuck[:10]),
            ],
        )

    def errors(self) -> list[str]:
        """What the web servers themselves say should not have happened, each once."""
        found = Counter[str]()
        for file in (self.system.settings.data_dir / "log").glob("*.storm.log"):
            for line in file.read_text("utf-8", "replace").splitlines():
                if '"unknown_error"' in line:
                    with suppress(ValueError):
                        found[str(json.loads(line).get("exception", line))[-600:]] += 1
        return [f"{count} × {line}" for line, count in found.most_common(5)]

    def mails(self, db: sa.Engine) -> tuple[int, int, int]:
        """(came twice, twice though nothing was swallowed, never came)."""
        with db.connect() as tx:
            rows = tx.execute(sa.text("SELECT key, attempts FROM outbox WHERE kind = 'mail'")).all()
        tried = {message_id(row.key, self.system.settings.base_url): row.attempts for row in rows}
        came = Counter(
            mail["Message-ID"] for mail in Maildir(self.system.settings.data_dir / "mails", create=False)
        )
        doubled = [name for name, count in came.items() if count > 1]
        unexplained = [name for name in came if name not in tried or came[name] > tried[name]]
        return len(doubled), len(unexplained), len(tried.keys() - came.keys())


def storm(applications: int, seed: int, faults: int, say: Callable[[str], None]) -> Outcome:
    """One run on servers and in a folder of its own."""
    with _folder() as folder, running_system(folder, processes=("mail",)) as system:
        return Storm(system, seed, applications, say).run(faults)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="storm-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _until_ready(url: str) -> None:
    import urllib.request

    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(f"{url}/readyz", timeout=5):
            return
        time.sleep(0.1)


def _count(db: sa.Engine, query: str) -> int:
    for _ in range(100):
        try:
            with db.connect() as tx:
                return int(tx.execute(sa.text(query)).scalar_one())
        except sa.exc.OperationalError:
            time.sleep(0.2)
    raise LaunchError("the database does not come back")


def main() -> int:
    """Run, print the table, write it as JSON; 1 when anything is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--applications", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--faults", type=int, default=40)
    options = parser.parse_args()
    outcome = storm(options.applications, options.seed, options.faults, lambda line: print(line, flush=True))
    print()
    for name, value in asdict(outcome).items():
        if name == "faults":
            print(f"{'faults':<22}{sum(value.values())}")
            for kind, count in value.items():
                print(f"  {kind.replace('_', ' '):<28}{count}")
        elif name == "said":
            for line in value:
                print(f"  ! {line}")
        else:
            print(f"{name.replace('_', ' '):<22}{value}")
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(asdict(outcome), indent=1) + "\n", "utf-8")
    print(f"\n{'All is as it must be' if outcome.whole else 'NOT as it must be'}: {OUTPUT}")
    return 0 if outcome.whole else 1


if __name__ == "__main__":
    sys.exit(main())
