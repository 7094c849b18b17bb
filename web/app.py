"""The Flask application: settings and database in, blueprints of all desks together."""

from __future__ import annotations

import gc
import os
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from web import (
    account,
    api,
    demo,
    errors,
    live,
    metrics,
    operations,
    portal,
    readiness,
    request_log,
    screens,
    security,
    sign_in,
)
from web.administration import blueprint as administration
from web.deciding import blueprint as deciding
from web.desk import blueprint as desk
from web.office import blueprint as office
from workflow.connecting import connect
from workflow.settings import LOOPBACK, Settings, SettingsError
from workflow.texts import SOURCE_LANGUAGE

CONNECTIONS = 8
"""To the database, of one process; who asks while all are busy waits for one. Opening more and closing them
again costs more than most pages: what was prepared on them goes too."""
PATIENCE_SECONDS = 10
"""Who has waited so long for a connection is told to come back."""


def served() -> Flask:
    """The application for a server that forks its processes from this one, as gunicorn does with --preload.

    What is there by now is shared, and none of them looks through it for garbage again, for 0.13 s each time.
    """
    app = create_app()
    app.jinja_env.compile_all(SOURCE_LANGUAGE)  # type: ignore[attr-defined]  # ours: see screens
    gc.freeze()
    return app


def create_app(settings: Settings | None = None) -> Flask:
    """The application for these settings, or for those of the environment.

    Raises SettingsError; a demo, where one click becomes anybody, starts on the loopback alone.
    """
    settings = settings or Settings.from_env(os.environ)
    if settings.demo and urlsplit(settings.base_url).hostname not in LOOPBACK:
        raise SettingsError("FOERDERWEG_BASE_URL", "on 127.0.0.1 or localhost while FOERDERWEG_DEMO is 1")
    app = Flask(__name__)
    if settings.proxies:  # who asks, and by which scheme, is what the proxies before us say
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    app.extensions["foerderweg.settings"] = settings
    app.extensions["foerderweg.clock"] = lambda: datetime.now(UTC) + settings.clock_offset
    app.extensions["foerderweg.db"] = connect(
        settings.database_url, pool_size=CONNECTIONS, max_overflow=0, pool_timeout=PATIENCE_SECONDS
    )
    for part in (request_log, security, errors, screens, readiness, metrics, live, api):
        part.register(app)
    for blueprint in (
        sign_in.blueprint,
        account.blueprint,
        portal.blueprint,
        desk,
        deciding,
        office,
        administration,
        operations.blueprint,
    ):
        app.register_blueprint(blueprint)
    app.jinja_env.globals["demo"] = settings.demo
    if settings.demo:
        app.register_blueprint(demo.blueprint)
    return app
