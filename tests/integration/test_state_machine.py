"""Any order of commands, clock ticks, late and doubled deliveries, and deaths between any two statements."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from random import Random
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

from tasks.deliver import deliver_due
from tests.builders import MONDAY, commands_of, settings_for
from tests.integration.test_door import choices, said
from tests.integration.walks import HEKS, assert_kept, language, rows, state
from web.cli.embedded import OWNER
from web.cli.story import Story
from workflow.engine.case import Actor
from workflow.engine.commands import ChildEnded, Command, Complete, Report
from workflow.engine.decide import allowed
from workflow.errors import FoerderwegError, Invalid, NotAllowed, NotFound, Refused
from workflow.service import advance_due, handle
from workflow.store import journal, published

EXAMPLES = int(os.environ.get("FOERDERWEG_WORLDS", "8"))
STEPS = 60
NUMBERS = itertools.count()


class Died(BaseException):
    """The process is gone: nothing of ours catches this."""


@contextmanager
def dying(db: sa.Engine, after: int) -> Iterator[None]:
    """Death before the statement (or the commit) with this number, counted from 0."""
    left = itertools.count()

    def count(*_: object) -> None:
        if next(left) == after:
            raise Died

    def execute(cursor: psycopg.Cursor[Any], *said: Any, **how: Any) -> psycopg.Cursor[Any]:
        count()
        return sends(cursor, *said, **how)

    sends = psycopg.Cursor.execute
    sa.event.listen(db, "commit", count)
    try:
        with pytest.MonkeyPatch.context() as patch:  # all statements come by here, the hot ones too
            patch.setattr(psycopg.Cursor, "execute", execute)
            yield
    except Died:
        pass
    finally:
        sa.event.remove(db, "commit", count)


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

    @rule(seed=st.integers(0, 2**32), dies=st.one_of(st.none(), st.integers(0, 6)))
    def somebody_acts(self, seed: int, dies: int | None) -> None:
        """What is offered to somebody; perhaps the server dies over it, and they click again."""
        dice = Random(seed)
        case_id = dice.choice(self.cases)
        usual = ("complete", "declare", "receive", "resume")
        found = [one for one in choices(self.told, case_id) if one[1].action in usual or dice.random() < 0.05]
        found = [one for one in found if one[1].action != "open_child"]
        if not found:
            return
        actor, offer, entry = dice.choice(found)
        command, key = dice.choice(commands_of(case_id, entry, offer)), uuid4()
        answers: Any = {"reason": "Aus gutem Grund."}
        if isinstance(command, Complete):
            answers = said(offer.step, command.outcome, dice)
        if dies is not None:
            with dying(self.told.db, dies):
                self.send(command, actor, key, answers)
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

    @rule(limit=st.integers(1, 5), dies=st.one_of(st.none(), st.integers(0, 5)))
    def a_worker_routes(self, limit: int, dies: int | None) -> None:
        if dies is None:
            advance_due(self.told.db, self.told.now, limit)
            return
        with dying(self.told.db, dies):
            advance_due(self.told.db, self.told.now, limit)

    @rule(dies=st.one_of(st.none(), st.integers(0, 12)))
    def a_worker_delivers(self, dies: int | None) -> None:
        if dies is None:
            deliver_due(self.told.db, self.told.settings, lambda: self.told.now)
            return
        with dying(self.told.db, dies):
            deliver_due(self.told.db, self.told.settings, lambda: self.told.now)
        self.told.now += timedelta(seconds=30)  # its lease is over

    @invariant()
    def all_agrees(self) -> None:
        if self.cases:
            assert_kept(self.told.db)

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
