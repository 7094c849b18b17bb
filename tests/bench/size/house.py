"""The demo's year, copied to some thousand cases, behind the production server, and people signed in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa

from tests.bench.growth.loading import growth
from tests.bench.size.client import request
from web.cli import demo_data
from web.cli.embedded import DATABASE
from web.cli.progress import progress
from web.cli.story import Story, application
from web.cli.system import System, programs, running_system
from workflow.accounts import sign_in
from workflow.people import read_people

POSTGRES = ("shared_buffers=1GB", "maintenance_work_mem=512MB", "max_connections=200")
COORDINATOR = "regula.keller@integration.bs.example"
REVIEWER = "barbara.wenger@erwachsenenbildung.bs.example"
APPLICANT = "ana.petrovic@sprachbruecke.example"
AUDITOR = "werner.plattner@finanzkontrolle.bs.example"


@dataclass(slots=True)
class House:
    """`db`: for what is prepared and counted, never for what is measured."""

    system: System
    db: sa.Engine

    def cookie(self, email: str) -> str:
        """The header of a browser in which this person is signed in."""
        return f"foerderweg={self._token(email, 'browser')}"

    def bearer(self, email: str) -> str:
        """The header of a program that is signed in as this person."""
        return f"Bearer {self._token(email, 'api')}"

    def _token(self, email: str, kind: str) -> str:
        now = datetime.now(UTC)
        return sign_in(self.db, email, demo_data.PASSWORD, source="127.0.0.1", kind=kind, now=now).token

    @property
    def address(self) -> tuple[str, int]:
        """Where the web server answers."""
        split = urlsplit(self.system.base_url)
        return str(split.hostname), int(split.port or 80)

    @property
    def host(self) -> str:
        """The same as a request's header has it."""
        return urlsplit(self.system.base_url).netloc

    def running_case(self) -> UUID:
        """One that has been reviewed, so that there is something to read."""
        return UUID(
            str(self.one("SELECT id FROM cases WHERE step = 'synthesis' ORDER BY submitted_at LIMIT 1"))
        )

    def drafts(self, count: int) -> list[UUID]:
        """Filled-in applications of APPLICANT that can be submitted; each needs no attachment."""
        story = Story(
            self.db, self.system.settings, read_people(self.system.settings.programme), datetime.now(UTC)
        )
        story.seed = f"drafts-{story.now.isoformat()}"
        answers = application(
            "Sprachbrücke",
            title="Reden am Rhein",
            area="language",
            goals=["everyday_language"],
            requested=800_000,
        )
        return [story.draft(APPLICANT, answers) for _ in range(count)]

    def submissions(self, count: int) -> Iterator[bytes]:
        """A request for each of so many new drafts, which are there before the first is asked."""
        bearer = self.bearer(APPLICANT)
        return iter([self._submission(bearer, draft) for draft in self.drafts(count)])

    def _submission(self, bearer: str, draft: UUID) -> bytes:
        key, path = str(UUID(int=draft.int ^ 1)), f"/api/v1/applications/{draft}/submission"
        return request("POST", path, self.host, Authorization=bearer, Idempotency_Key=key)

    def one(self, query: str) -> object:
        """The one value that this query gives."""
        with self.db.connect() as tx:
            return tx.execute(sa.text(query)).scalar_one()

    def all(self, query: str) -> Sequence[object]:
        """The first column of all that this query gives."""
        with self.db.connect() as tx:
            return tx.execute(sa.text(query)).scalars().all()


@contextmanager
def house(cases: int, *, processes: tuple[str, ...] = ("worker", "clock"), web: int = 2) -> Iterator[House]:
    """Everything running over so many cases, in a folder that goes with it. `web`: the server's processes."""
    with (
        tempfile.TemporaryDirectory(prefix="size-", ignore_cleanup_errors=True) as name,
        running_system(Path(name), processes=("mail",), postgres_options=POSTGRES) as system,
    ):
        demo_data.load(system.settings, lambda _: None, now=datetime.now(UTC))
        if cases:
            growth(partial(system.postgres.connect, DATABASE)).to(cases, progress(f"{cases} cases"))
        bind = system.base_url.removeprefix("http://")
        [server] = [one for one in programs(system.settings, bind) if one.name == "web"]
        ours = [one.replace("web.app:", "tests.bench.size.app:") for one in server.command]
        ours[ours.index("--workers") + 1] = str(web)
        system.supervisor.add(replace(server, command=tuple(ours)))
        for process in (*processes, "web"):
            system.start(process)
        db = sa.create_engine(system.settings.database_url)
        yield House(system, db)
        db.dispose()
