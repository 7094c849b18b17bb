"""eventsourcing: one aggregate a case, its events in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from psycopg.conninfo import conninfo_to_dict


class Case(Aggregate):
    @event("Submitted")
    def __init__(self, requested: int) -> None:
        self.requested, self.yes, self.stage = requested, [], "review"
        self.open = ["a", "b", "c"]

    def approve(self, seat: str) -> None:
        assert seat in self.open
        self._approved(seat)
        if len(self.yes) == 2:
            self._agreed()

    @event("Approved")
    def _approved(self, seat: str) -> None:
        self.open.remove(seat)
        self.yes.append(seat)

    @event("Agreed")
    def _agreed(self) -> None:
        self.open, self.stage = [], "decide"

    def decide(self, granted: int) -> None:
        assert self.stage == "decide"
        self._decided(granted)
        self._ended("granted")

    @event("Decided")
    def _decided(self, granted: int) -> None:
        self.granted = granted

    @event("Ended")
    def _ended(self, ending: str) -> None:
        self.stage = ending


def prepare(url: str) -> None:
    _application(url, "yes").close()


def unfinished(url: str) -> tuple[int, int]:
    """Of the last five hundred: each is read anew from its events."""
    cases = _application(url, "no")
    last = cases.recorder.max_notification_id() or 0
    told = cases.recorder.select_notifications(start=max(1, last - 2_500), limit=2_500)
    ids = {one.originator_id for one in told if one.topic.endswith("Case.Ended")}
    found = [cases.repository.get(case_id) for case_id in ids]
    return sum((case.stage, case.yes, case.open) != ("granted", ["a", "b"], []) for case in found), len(found)


def client(url: str) -> Callable[[], None]:
    cases = _application(url, "no")  # side by side, making them would collide

    def one_case() -> None:
        case = Case(400_000)
        cases.save(case)
        for seat in ("a", "b"):
            case = cases.repository.get(case.id)
            case.approve(seat)
            cases.save(case)
        case = cases.repository.get(case.id)
        case.decide(400_000)
        cases.save(case)

    return one_case


def _application(url: str, makes_tables: str) -> Application:
    given = conninfo_to_dict(url)
    return Application(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "CREATE_TABLE": makes_tables,
            "POSTGRES_DBNAME": given["dbname"],
            "POSTGRES_HOST": given["host"],
            "POSTGRES_PORT": given["port"],
            "POSTGRES_USER": given["user"],
            "POSTGRES_PASSWORD": given["password"],
        }
    )
