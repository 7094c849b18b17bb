"""django-viewflow: a flow of handles; each action locks its process as the library does."""

from __future__ import annotations

from collections.abc import Callable

import django
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

APPS = (
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "viewflow",
    "viewflow.workflow",
    "viewflow_bench",
)


def prepare(url: str) -> None:
    _django(url)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def unfinished(url: str) -> tuple[int, int]:
    _django(url)
    from viewflow.workflow.models import Process, Task
    from viewflow_bench.flows import Bench

    withdrawn = Task.objects.filter(flow_task=Bench.c, status="CANCELED").count()
    ended = Process.objects.filter(status="DONE").count()
    total = Process.objects.count()
    return 2 * total - withdrawn - ended, total


def client(url: str) -> Callable[[], None]:
    _django(url)
    from django.db import transaction
    from viewflow.workflow.models import Task
    from viewflow_bench.flows import Bench

    def act(process_id: int, name: str) -> None:
        node = getattr(Bench, name)
        with transaction.atomic():
            task = Task.objects.get(process_id=process_id, flow_task=node, status="NEW")
            node.run(task)

    def one_case() -> None:
        with transaction.atomic():
            process = Bench.submit.run()
        for name in ("a", "b", "decide"):
            act(process.pk, name)

    return one_case


def _django(url: str) -> None:
    given = conninfo_to_dict(url)
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": given["dbname"],
        "USER": given["user"],
        "PASSWORD": given["password"],
        "HOST": given["host"],
        "PORT": given["port"],
    }
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=APPS,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
