"""Is this process alive, and could it do its work? For whoever starts, watches or balances it."""

from __future__ import annotations

import psycopg
import redis
from flask import Blueprint, Flask
from sqlalchemy.exc import SQLAlchemyError

from web.security import db, settings
from workflow.errors import NotFound
from workflow.store import queries

blueprint = Blueprint("readiness", __name__)


def register(app: Flask) -> None:
    """Add /healthz and /readyz."""
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
def healthz() -> dict[str, str]:
    """200 as long as the process answers at all."""
    return {"status": "alive"}


@blueprint.get("/readyz")
def readyz() -> tuple[dict[str, object], int]:
    """200 when cases can be worked on. Redis carries hints alone: without it all is accepted, done later."""
    states = {"database": _database(), "redis": _redis()}
    ready = states["database"] == "ready"
    return {"status": "ready" if ready else "not ready", **states}, 200 if ready else 503


def _database() -> str:
    try:
        if not queries.migrated(db()):
            return "migrations missing"
        queries.programme(db())
    except NotFound:
        return "no programme published"
    except (SQLAlchemyError, psycopg.Error):
        return "away"
    return "ready"


def _redis() -> str:
    try:
        with redis.Redis.from_url(settings().redis_url, socket_timeout=1, socket_connect_timeout=1) as client:
            client.ping()
    except redis.RedisError:
        return "away"
    return "ready"
