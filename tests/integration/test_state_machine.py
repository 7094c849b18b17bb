"""Any order of commands, clock ticks, late and doubled deliveries, and deaths between any two statements."""

from __future__ import annotations

import itertools
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg import sql
from psycopg.pq.abc import PGresult

from tasks.deliver import deliver_due
from tests.builders import MONDAY, commands_of, settings_for
from tests.integration.lawful import EVENTS, broken, of_file, unlawful
from tests.integration.test_door import choices, said
from tests.integration.walks import (
    CHECKER,
    DIVISION,
    HEAD,
    HEKS,
    LEAD,
    REASONS,
    assert_kept,
    at_decision,
    happened,
    language,
    rows,
    state,
)
from web.cli.embedded import OWNER
from web.cli.story import Story, decision
from workflow.engine.case import Actor
from workflow.engine.commands import ChildEnded, Command, Complete, Report
from workflow.engine.decide import allowed
from workflow.errors import FoerderwegError, Invalid, NotAllowed, NotFound, Refused
from workflow.service import advance_due, handle
from workflow.store import journal, prepared, published

EXAMPLES = int(os.environ.get("FOERDERWEG_WORLDS", "8"))
STEPS = 60
NUMBERS = itertools.count()


class Died(BaseException):
    """The process is gone: nothing of ours catches this."""


@dataclass
class Death:
    came: bool = False


@contextmanager
def dying(db: sa.Engine, after: int) -> Iterator[Death]:
    """Death before the statement (or the commit) with this number, counted from 0, if there are as many."""
    left, death = itertools.count(), Death()

    def count(*_: object) -> None:
        if next(left) == after:
            death.came = True
            raise Died

    def execute(cursor: psycopg.Cursor[Any], *said: Any, **how: Any) -> psycopg.Cursor[Any]:
        count()
        return sends(cursor, *said, **how)

    def sent(*said: Any, **how: Any) -> PGresult:
        count()
        return hot(*said, **how)

    sends, hot = psycopg.Cursor.execute, prepared.sent
    sa.event.listen(db, "commit", count)
    try:
        with pytest.MonkeyPatch.context() as patch:  # all statements come by one of these
            patch.setattr(psycopg.Cursor, "execute", execute)
            patch.setattr(prepared, "sent", sent)
            yield death
    except Died:
        pass
    finally:
        sa.event.remove(db, "commit", count)


DEATHS: defaultdict[str, Counter[int]] = defaultdict(Counter)
"""What was done → before which of its statements somebody has died over it, and how often."""


def dying_everywhere(db: sa.Engine, what: str, doing: Callable[[], object]) -> None:
    """Do it again and again: the first time death comes before the first statement, the next time before the
    second, and so on until it comes through; so there is none before which it has not died."""
    for number in itertools.count():
        with dying(db, number) as death:
            doing()
        if not death.came:
            return
        DEATHS[what][number] += 1


DIES = st.sampled_from((True, False, False))


class World(RuleBasedStateMachine):
    """KIP 3 in a database of its own. What a person sent is kept, to be sent again later."""

    told: Story

    def __init__(self) -> None:
        super().__init__()
        self.cases: list[UUID] = []
        self.sent: list[tuple[Command, Actor, UUID, Any]] = []

    @initialize(francs=st.sampled_from((9_000, 38_000, 150_000)))
    def first(self, francs: int) -> None:
        self.cases.append(self.told.submit(HEKS, language(francs)))

    @precondition(lambda self: len(self.cases) < 3)
    @rule(francs=st.sampled_from((9_000, 38_000)))
    def submitted(self, francs: int) -> None:
        self.cases.append(self.told.submit(HEKS, language(francs)))

    @rule(seed=st.integers(0, 2**32), dies=DIES)
    def somebody_acts(self, seed: int, dies: bool) -> None:
        """What is offered to somebody; perhaps the server dies over it, and they click again and again."""
        dice = Random(seed)
        case_id = dice.choice(self.cases)
        usual = ("complete", "declare", "receive", "resume", "pay")
        found = [one for one in choices(self.told, case_id) if one[1].action in usual or dice.random() < 0.05]
        found = [one for one in found if one[1].action != "open_child"]
        if not found:
            return
        actor, offer, entry = dice.choice(found)
        command, key = dice.choice(commands_of(case_id, entry, offer)), uuid4()
        answers: Any = {"reason": "Aus gutem Grund."}
        if isinstance(command, Complete):
            answers = said(offer.step, command.outcome, dice, self.told.now)
        if dies:
            dying_everywhere(self.told.db, "action", lambda: self.send(command, actor, key, answers))
        self.send(command, actor, key, answers)
        self.sent.append((command, actor, key, answers))

    def send(self, command: Command, actor: Actor, key: UUID, answers: Any) -> None:
        try:
            handle(self.told.db, command, actor, key, self.told.now, answers)
        except Invalid:
            pass  # an amount of the dice that the form does not take
        except Refused as error:
            if not error.code.startswith(("amount_", "not_enough_money")):
                raise

    @precondition(lambda self: self.sent)
    @rule(place=st.integers(0, 100))
    def a_command_comes_again(self, place: int) -> None:
        before = self.events()
        command, actor, key, answers = self.sent[place % len(self.sent)]
        known = rows(self.told.db, "SELECT FROM commands WHERE command_id = :key", key=key)
        with suppress(FoerderwegError):  # it was refused, and may be accepted by now, or refused again
            assert handle(self.told.db, command, actor, key, self.told.now, answers).repeated == bool(known)
        assert not known or self.events() == before

    @rule(seed=st.integers(0, 2**32))
    def somebody_tries_what_is_not_theirs(self, seed: int) -> None:
        dice = Random(seed)
        case_id = dice.choice(self.cases)
        actor = self.told.actors[dice.choice(sorted(self.told.actors))]
        with self.told.db.connect() as tx:
            stored = journal.read(tx, case_id)
            route = published.route(tx, stored.route_hash)
        mine = {
            (one.action, one.step, one.seat)
            for one in allowed(route, stored.case, actor, self.told.now.date())
        }
        step = stored.case.step or ""
        for seat in stored.case.open_seats:
            if ("complete", step, seat.code) not in mine:
                command = Complete(case_id, step, seat.code, "grant", stored.case.entry)
                with pytest.raises((NotAllowed, NotFound, Refused)):
                    handle(self.told.db, command, actor, uuid4(), self.told.now, {})
        for forged in (Report(case_id, stored.case.entry, 1, "x"), ChildEnded(case_id, "x", "granted")):
            with pytest.raises((NotAllowed, NotFound)):
                handle(self.told.db, forged, actor, uuid4(), self.told.now)
        assert state(self.told, case_id) == stored.case

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.told.now += timedelta(hours=hours)

    @rule(limit=st.integers(1, 5), dies=DIES)
    def a_worker_routes(self, limit: int, dies: bool) -> None:
        def routes() -> None:
            advance_due(self.told.db, self.told.now, limit)

        if dies:
            dying_everywhere(self.told.db, "routing", routes)
        else:
            routes()

    @rule(dies=DIES)
    def a_worker_delivers(self, dies: bool) -> None:
        def delivers() -> None:
            self.told.now += timedelta(seconds=30)  # the lease of who died over it is over
            deliver_due(self.told.db, self.told.settings, lambda: self.told.now)

        if dies:
            dying_everywhere(self.told.db, "delivery", delivers)
        else:
            delivers()

    @invariant()
    def all_agrees(self) -> None:
        if self.cases:
            assert_kept(self.told.db)

    @invariant()
    def nobody_has_approved_who_may_not(self) -> None:
        assert unlawful(self.told.db, of_file(self.told.people)) == []

    def events(self) -> list[Any]:
        return list(rows(self.told.db, "SELECT case_id, version FROM events ORDER BY position"))


def test_nothing_is_lost_doubled_or_half(servers: Any, kip3: Mapping[str, Any], tmp_path: Path) -> None:
    """Each example plays in a database of its own."""

    class InFolder(World):
        def __init__(self) -> None:
            super().__init__()
            self.name = f"world_{next(NUMBERS)}"
            self.admin("CREATE DATABASE {} TEMPLATE kip3 OWNER {}")
            url = servers.postgres.url(database=self.name)
            owner = servers.postgres.url(OWNER, self.name)
            self.told = Story(
                sa.create_engine(url),
                settings_for(url, owner, servers.valkey.url, tmp_path / self.name),
                kip3,
                MONDAY,
            )

        def teardown(self) -> None:
            self.told.db.dispose()
            self.admin("DROP DATABASE {} WITH (FORCE)")

        def admin(self, query: str) -> None:
            with servers.postgres.connect() as db:
                db.execute(sql.SQL(query).format(sql.Identifier(self.name), sql.Identifier(OWNER)))

    run_state_machine_as_test(
        InFolder,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_death_before_every_statement_of_a_whole_way_changes_nothing(
    told: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each action, pass and delivery dies before its first statement, then before its second, and so on."""
    twin = granted(told)
    DEATHS.clear()
    monkeypatch.setattr("web.cli.story.handle", mortal("action", handle))
    monkeypatch.setattr("web.cli.story.advance_due", mortal("routing", advance_due))
    case_id = granted(told)
    assert state(told, case_id).ending == state(told, twin).ending == "granted"
    assert happened(told, case_id) == happened(told, twin)
    deepest = {what: max(numbers) + 1 for what, numbers in DEATHS.items()}
    assert min(deepest[what] for what in ("action", "routing", "delivery")) >= 2, deepest
    assert unlawful(told.db, of_file(told.people)) == []
    assert_kept(told.db)


def mortal(what: str, doing: Callable[..., Any]) -> Callable[..., Any]:
    def done(db: sa.Engine, *said: Any) -> Any:
        dying_everywhere(db, what, lambda: doing(db, *said))
        return doing(db, *said)

    return done


def granted(told: Story) -> UUID:
    """One application from its submission to its order, delivered by workers that die again and again."""
    case_id = at_decision(told)
    told.do(HEAD, case_id, "grant", decision(38_000_00, REASONS))
    told.do(DIVISION, case_id, "confirm", {"decision": {}})

    def delivers() -> None:
        told.now += timedelta(seconds=30)
        deliver_due(told.db, told.settings, lambda: told.now)

    while state(told, case_id).step == "order_granted":
        dying_everywhere(told.db, "delivery", delivers)
        told.route()
    told.post()
    return case_id


def test_the_rule_beside_the_engine_finds_what_breaks_it(told: Story) -> None:
    """A rule that finds nothing proves nothing: the same rows with somebody else's hand in them."""
    case_id = at_decision(told)
    told.do(HEAD, case_id, "grant", decision(38_000_00, REASONS))
    people = of_file(told.people)
    with told.db.connect() as tx:
        rows_ = tx.execute(sa.text(EVENTS)).all()
    assert list(broken(rows_, people)) == []
    last = max(number for number, row in enumerate(rows_) if row.name == "Completed")

    def forged(**changed: Any) -> list[str]:
        rows = [SimpleNamespace(**row._asdict()) for row in rows_]
        rows[last].data = {**rows[last].data, **changed}
        return list(broken(rows, people))

    checker, lead = (told.actors[one].person for one in (CHECKER, LEAD))
    assert "not the role" in forged(by=lead)[0]
    assert "four eyes" in forged(by=checker)[0]
    assert "another visit" in forged(entry=1)[0]
