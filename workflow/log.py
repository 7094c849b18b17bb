"""One JSON line an event, of ids, codes and figures, never what people wrote.

On standard error, so that what a command answers stays whole.
"""

from __future__ import annotations

import logging
import sys

import structlog

ADDED = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def brief(error: BaseException) -> str:
    """An error's kind and its first line: below it PostgreSQL shows the row, and so what people wrote."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def configure(level: int = logging.INFO) -> None:
    """Set up this process's log; `level` as in the standard library's logging.

    Of libraries it takes warnings and errors: a task that failed, a broker that went away.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *ADDED,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *ADDED],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler])
