"""One JSON line an event on standard output; ids, codes and figures, never what people wrote."""

from __future__ import annotations

import logging

import structlog


def configure(level: int = logging.INFO) -> None:
    """Set up this process's log; `level` as in the standard library's logging."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
