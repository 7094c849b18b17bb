"""The Celery application of our workers, with mails left for later: what it routes alone is measured."""

from tasks.app import app

app.conf.task_routes = {"deliver": {"queue": "later"}}
