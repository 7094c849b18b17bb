"""A mail as it is sent: the same again for the same effect."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

import structlog

from workflow.settings import Settings

LOG = structlog.get_logger()


def compose(
    settings: Settings, key: str, to: Sequence[str], subject: str, words: Sequence[str], now: datetime
) -> EmailMessage | None:
    """One mail with these paragraphs; None when there is nobody to send it to."""
    if not to:
        LOG.warning("mail_without_address", effect=key)
        return None
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = settings.mail_from
    message["To"] = ", ".join(to)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(key, settings.base_url)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(words) + "\n")
    return message


def message_id(key: str, base_url: str) -> str:
    """The same for the same effect, however often it is sent."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{urlsplit(base_url).hostname}>"
