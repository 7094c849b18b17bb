"""transitions over a row of SQLAlchemy's ORM: read and locked, moved on, written."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

from sqlalchemy import JSON, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker
from transitions import Machine


class Base(DeclarativeBase):
    pass


class Case(Base):
    __tablename__ = "transitions_cases"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    yes: Mapped[list[str]] = mapped_column(JSON)
    open: Mapped[list[str]] = mapped_column(JSON)

    def enough(self, seat: str) -> bool:
        return len({*self.yes, seat}) >= 2

    def vote(self, seat: str) -> None:
        assert seat in self.open
        self.yes = [*self.yes, seat]
        self.open = [one for one in self.open if one != seat]

    def withdraw(self, **_said: str) -> None:
        self.open = []


PROCESS = Machine(
    model=None,
    states=["review", {"name": "decision", "on_enter": "withdraw"}, "granted"],
    transitions=[
        {
            "trigger": "approve",
            "source": "review",
            "dest": "decision",
            "conditions": "enough",
            "before": "vote",
        },
        {"trigger": "approve", "source": "review", "dest": None, "before": "vote"},
        {"trigger": "grant", "source": "decision", "dest": "granted"},
    ],
    initial="review",
    auto_transitions=False,
)


def prepare(url: str) -> None:
    Base.metadata.create_all(_engine(url))


def unfinished(url: str) -> tuple[int, int]:
    with sessionmaker(_engine(url))() as session:
        cases = session.scalars(select(Case)).all()
        return sum((case.state, case.yes, case.open) != ("granted", ["a", "b"], []) for case in cases), len(
            cases
        )


def client(url: str) -> Callable[[], None]:
    begin = sessionmaker(_engine(url)).begin

    def act(case_id: UUID, event: str, **said: str) -> str:
        with begin() as session:
            case = session.get(Case, case_id, with_for_update=True)
            PROCESS.add_model(case, initial=case.state)
            case.trigger(event, **said)
            PROCESS.remove_model(case)
            return case.state

    def one_case() -> None:
        case_id = uuid4()
        with begin() as session:
            session.add(Case(id=case_id, state="review", yes=[], open=["a", "b", "c"]))
        act(case_id, "approve", seat="a")
        act(case_id, "approve", seat="b")
        assert act(case_id, "grant") == "granted"

    return one_case


def _engine(url: str):
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
