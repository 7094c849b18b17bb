"""caluma: a workflow of simple tasks; who completes the second of three skips the third, by its API."""

from __future__ import annotations

import os
from collections.abc import Callable

from psycopg.conninfo import conninfo_to_dict

NEXT = {
    "submit": "['a', 'b', 'c']|tasks",
    "a": "'decide'|task",
    "b": "'decide'|task",
    "c": "'decide'|task",
}


def prepare(url: str) -> None:
    _django(url)
    from caluma.caluma_workflow.models import Flow, Task, TaskFlow, Workflow
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    if Workflow.objects.exists():
        return
    tasks = {name: Task.objects.create(slug=name, name=name, type="simple") for name in (*NEXT, "decide")}
    bench = Workflow.objects.create(slug="bench", name="bench", is_published=True)
    bench.start_tasks.add(tasks["submit"])
    after: dict[str, Flow] = {}
    for name, jexl in NEXT.items():
        flow = after.setdefault(jexl, Flow.objects.create(next=jexl) if jexl not in after else after[jexl])
        TaskFlow.objects.create(workflow=bench, task=tasks[name], flow=flow)


def unfinished(url: str) -> tuple[int, int]:
    _django(url)
    from caluma.caluma_workflow.models import Case, WorkItem

    skipped = WorkItem.objects.filter(task_id="c", status="skipped").count()
    ended = Case.objects.filter(status="completed").count()
    total = Case.objects.count()
    return 2 * total - skipped - ended, total


def client(url: str) -> Callable[[], None]:
    _django(url)
    from caluma.caluma_user.models import AnonymousUser
    from caluma.caluma_workflow import api
    from caluma.caluma_workflow.models import Case, Workflow, WorkItem
    from django.db import transaction

    user = AnonymousUser()

    def act(case_id: object, name: str) -> None:
        with transaction.atomic():
            Case.objects.select_for_update().get(pk=case_id)
            item = WorkItem.objects.get(case_id=case_id, task_id=name, status="ready")
            item.meta = {"vote": "yes"}
            api.complete_work_item(item, user)
            reviews = WorkItem.objects.filter(case_id=case_id, task_id__in="abc")
            if name in "abc" and reviews.filter(status="completed").count() == 2:
                api.skip_work_item(reviews.get(status="ready"), user)

    def one_case() -> None:
        with transaction.atomic():
            bench = Workflow.objects.get(pk="bench")
            case = api.start_case(bench, user, meta={"requested": 400_000})
            api.complete_work_item(case.work_items.get(task_id="submit"), user)
        for name in ("a", "b", "decide"):
            act(case.pk, name)

    return one_case


def _django(url: str) -> None:
    """Its settings come from the environment."""
    given = conninfo_to_dict(url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    os.environ |= {f"DATABASE_{name}": str(given[key]) for name, key in names.items()} | {
        "DJANGO_SETTINGS_MODULE": "caluma.settings.django",
        "SECRET_KEY": "nobody's",
        "ALLOWED_HOSTS": "localhost",
        "VISIBILITY_CLASSES": "caluma.caluma_core.visibilities.Any",
        "PERMISSION_CLASSES": "caluma.caluma_core.permissions.AllowAny",
    }
    import django

    django.setup()
