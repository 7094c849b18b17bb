"""A conversation with the mail server, bounded in time."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urlsplit

from workflow.settings import Settings

STEP_SECONDS, CONVERSATION_SECONDS = 5, 12
"""Together less than the lease of an effect."""


@contextmanager
def open_smtp(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A conversation with the mail server, signed in where SMTP_URL says as whom.

    smtps:// speaks TLS from the start; smtp:// with a user changes to TLS before the password. A server that
    is slow at every step is cut off in the end, so that a mail never outlives its lease.
    """
    server = urlsplit(settings.smtp_url)
    host = server.hostname or ""
    if server.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            host, server.port or 465, timeout=STEP_SECONDS, context=ssl.create_default_context()
        )
    else:
        smtp = smtplib.SMTP(host, server.port or 25, timeout=STEP_SECONDS)
    cut = threading.Timer(CONVERSATION_SECONDS, _cut, (smtp,))
    cut.start()
    try:
        if server.username:
            if server.scheme == "smtp":
                smtp.starttls(context=ssl.create_default_context())
            smtp.login(unquote(server.username), unquote(server.password or ""))
        yield smtp
    finally:
        with suppress(OSError, smtplib.SMTPException):  # what was accepted is sent, however it says goodbye
            smtp.quit()
        smtp.close()
        cut.cancel()


def _cut(smtp: smtplib.SMTP) -> None:
    if smtp.sock is not None:
        with suppress(OSError):  # it may end by itself in the same instant
            smtp.sock.shutdown(socket.SHUT_RDWR)
