"""SpiffWorkflow: its workflow as JSON in one row a case, read, moved on and written in each action."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
from SpiffWorkflow.serializer.dict import DictionarySerializer
from SpiffWorkflow.serializer.json import JSONSerializer
from SpiffWorkflow.specs import Join, Simple, WorkflowSpec
from SpiffWorkflow.util.task import TaskState
from SpiffWorkflow.workflow import Workflow

SEATS = ("a", "b", "c")


def process() -> WorkflowSpec:
    """Three seats in parallel; the join fires at two and cancels the third; then the decision."""
    spec = WorkflowSpec("bench", addstart=True)
    submit, agreed, decide = (
        Simple(spec, "submit"),
        Join(spec, "agreed", "submit", 2, cancel=True),
        Simple(spec, "decide", manual=True),
    )
    spec.start.connect(submit)
    for seat in SEATS:
        review = Simple(spec, seat, manual=True)
        submit.connect(review)
        review.connect(agreed)
    agreed.connect(decide)
    decide.connect(Simple(spec, "granted"))
    return spec


class Serializer(JSONSerializer):
    """The specification is code and not read again with every case, which makes it faster."""

    def deserialize_workflow(self, state: str) -> Workflow:
        return DictionarySerializer.deserialize_workflow(
            self, self._loads(state) | {"wf_spec": {"task_specs": {}}}
        )

    def deserialize_workflow_spec(self, _state: dict) -> WorkflowSpec:
        return SPEC


SPEC = process()


def prepare(url: str) -> None:
    with psycopg.connect(url) as db:
        db.execute("CREATE TABLE IF NOT EXISTS spiff_cases (id uuid PRIMARY KEY, state text NOT NULL)")


def unfinished(url: str) -> tuple[int, int]:
    """Of five hundred: each is read as a workflow."""
    serializer = Serializer()
    with psycopg.connect(url) as db:
        rows = db.execute("SELECT state FROM spiff_cases LIMIT 500").fetchall()
    found = [serializer.deserialize_workflow(state) for (state,) in rows]
    return sum(not _finished(workflow) for workflow in found), len(found)


def _finished(workflow: Workflow) -> bool:
    third = workflow.get_tasks(spec_name="c")
    return workflow.is_completed() and [task.state for task in third] == [TaskState.CANCELLED]


def client(url: str) -> Callable[[], None]:
    db, serializer = psycopg.connect(url), Serializer()

    def submit(case_id: UUID) -> None:
        with db.transaction():
            workflow = Workflow(SPEC)
            go_on(workflow)
            db.execute("INSERT INTO spiff_cases VALUES (%s, %s)", (case_id, kept(workflow)))

    def complete(case_id: UUID, name: str) -> bool:
        with db.transaction():
            [state] = db.execute(
                "SELECT state FROM spiff_cases WHERE id = %s FOR UPDATE", (case_id,)
            ).fetchone()
            workflow = serializer.deserialize_workflow(state)
            [task] = workflow.get_tasks(state=TaskState.READY, spec_name=name)
            task.run()
            go_on(workflow)
            db.execute("UPDATE spiff_cases SET state = %s WHERE id = %s", (kept(workflow), case_id))
            return workflow.is_completed()

    def go_on(workflow: Workflow) -> None:
        """All that no person has to do."""
        while ready := [one for one in workflow.get_tasks(state=TaskState.READY) if not one.task_spec.manual]:
            for task in ready:
                task.run()

    def kept(workflow: Workflow) -> str:
        return serializer.serialize_workflow(workflow, include_spec=False)

    def one_case() -> None:
        case_id = uuid4()
        submit(case_id)
        complete(case_id, "a")
        complete(case_id, "b")
        assert complete(case_id, "decide")

    return one_case
