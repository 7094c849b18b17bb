"""The same rules as the pages, for programs: JSON under /api/v1, described by its OpenAPI document."""

from __future__ import annotations

from flask import Flask

from web.api import account, applications, cases, comments
from web.api.operations import Document, blueprint

__all__ = ["account", "applications", "cases", "comments", "register"]

TEXT = """
Every request but those marked public carries `Authorization: Bearer TOKEN`; cookies do not count.
Amounts are whole Rappen, times ISO 8601 in UTC, words are codes of the programme.
What changes a case or creates something needs an `Idempotency-Key`: repeated, it gives the first result.
What is refused is told as `application/problem+json` with a stable `code`.
"""


def register(app: Flask) -> None:
    """Add the API and its document /api/v1/openapi.json."""
    app.config.update(OPENAPI_URL_PREFIX="/api/v1", OPENAPI_JSON_PATH="openapi.json", JSON_SORT_KEYS=False)
    document = Document(
        app,
        spec_kwargs={
            "title": "Förderweg",
            "version": "v1",
            "openapi_version": "3.0.3",
            "info": {"description": TEXT.strip(), "license": {"name": "EUPL-1.2"}},
            "security": [{"bearer": []}],
        },
    )
    document.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    document.register_blueprint(blueprint)
