"""/metrics for Prometheus: the figures of the operations desk. Open only with the token of the settings."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Flask, Response, abort, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from werkzeug.exceptions import Unauthorized

from web.security import db, now, settings
from workflow.store import queries
from workflow.store.queries import Health

blueprint = Blueprint("metrics", __name__)


def register(app: Flask) -> None:
    """Add /metrics."""
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
def metrics() -> Response:
    """The figures as they are now, in Prometheus's text format."""
    token = settings().metrics_token
    if not token:
        abort(404)
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        raise Unauthorized
    registry = CollectorRegistry()
    registry.register(_Figures(queries.health(db(), now=now()), now()))
    return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4")


class _Figures(Collector):
    """One reading of `Health`."""

    def __init__(self, health: Health, at: datetime) -> None:
        self.health, self.at = health, at

    def collect(self) -> Iterator[Metric]:
        health = self.health
        for name, text, value in (
            ("cases_due", "Cases that a worker should look at now", health.cases_due),
            ("cases_parked", "Cases that could not go on", health.cases_parked),
            ("effects_due", "Mails and letters that should go out now", health.effects_due),
            ("effects_failing", "Effects that failed and will be tried again", health.effects_failing),
            ("effects_parked", "Effects that were given up", health.effects_parked),
            ("oldest_case_seconds", "Age of the oldest due case", self._age(health.oldest_case_due)),
            ("oldest_effect_seconds", "Age of the oldest due effect", self._age(health.oldest_effect_due)),
        ):
            yield GaugeMetricFamily(f"foerderweg_{name}", text, value)
        alive = GaugeMetricFamily(
            "foerderweg_processes", "Processes that are alive", labels=["kind", "release"]
        )
        living = [one for one in health.processes if one.alive]
        for kind, release in sorted({(one.kind, one.release) for one in living}):
            alive.add_metric(
                [kind, release], sum((one.kind, one.release) == (kind, release) for one in living)
            )
        yield alive

    def _age(self, since: datetime | None) -> float:
        return (self.at - since).total_seconds() if since else 0.0
