"""python-statemachine over a row of SQLAlchemy's ORM: read and locked, moved on, written."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

from sqlalchemy import JSON, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker
from statemachine import State, StateMachine


class Base(DeclarativeBase):
    pass


class Case(Base):
    __tablename__ = "statechart_cases"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str | None]
    yes: Mapped[list[str]] = mapped_column(JSON)
    open: Mapped[list[str]] = mapped_column(JSON)


class Process(StateMachine):
    review = State(initial=True)
    decision = State()
    granted = State(final=True)

    approve = review.to(decision, cond="enough") | review.to.itself(internal=True)
    grant = decision.to(granted)

    def enough(self, seat: str) -> bool:
        return len({*self.model.yes, seat}) >= 2

    def on_approve(self, seat: str) -> None:
        assert seat in self.model.open
        self.model.yes = [*self.model.yes, seat]
        self.model.open = [one for one in self.model.open if one != seat]

    def on_enter_decision(self) -> None:
        self.model.open = []


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
            Process(case).send(event, **said)
            return case.state

    def one_case() -> None:
        case_id = uuid4()
        with begin() as session:
            case = Case(id=case_id, yes=[], open=["a", "b", "c"])
            Process(case)
            session.add(case)
        act(case_id, "approve", seat="a")
        act(case_id, "approve", seat="b")
        assert act(case_id, "grant") == "granted"

    return one_case


def _engine(url: str):
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
