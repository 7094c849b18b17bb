"""One JSON line a request: what was asked, by whom, how it went and how long it took; never content."""

from __future__ import annotations

import re
import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from workflow.log import configure

SECRET = ("account.link", "account.choose")
QUIET = ("static", "readiness.healthz", "readiness.readyz", "metrics.metrics")


def register(app: Flask) -> None:
    """Log every request of this app but those that only look whether it lives."""
    configure()
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    clear_contextvars()
    given = request.headers.get("X-Request-ID", "")
    request_id = given if re.fullmatch(r"[A-Za-z0-9-]{8,64}", given) else uuid4().hex
    bind_contextvars(request_id=request_id)
    for name in ("application_id", "case_id"):
        if name in (request.view_args or {}):
            bind_contextvars(case_id=str(request.view_args[name]))  # type: ignore[index]
    g.began = time.perf_counter()
    g.request_id = request_id


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    if request.endpoint not in QUIET:
        structlog.get_logger().info(
            "request",
            method=request.method,
            # of a link that opens a door, only which kind it was
            path=str(request.url_rule) if request.endpoint in SECRET else request.path,
            status=response.status_code,
            ms=round((time.perf_counter() - g.began) * 1000, 1),
        )
    return response
