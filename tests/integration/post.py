"""The other end of the mails: a real SMTP server that keeps what it gets."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

from aiosmtpd.handlers import Message
from aiosmtpd.smtp import SMTP, Envelope, Session


class Inbox(Message):
    """A mail server's end that keeps what it gets. `refuses`, `hangs_up_on`: mails to this place.

    `on_mail`: done before a mail is accepted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[EmailMessage] = []
        self.conversations = 0
        self.refuses = self.hangs_up_on = "nobody"
        self.on_mail: Callable[[], None] = lambda: None

    def handle_message(self, message: EmailMessage) -> None:  # type: ignore[override]
        self.mails.append(message)
        self.on_mail()

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _e: object, name: str, says: list[str]
    ) -> list[str]:
        session.host_name = name
        self.conversations += 1
        return says

    async def handle_RCPT(self, server: SMTP, _s: object, envelope: Envelope, to: str, _o: object) -> str:
        if to.endswith(self.hangs_up_on):
            assert server.transport is not None
            server.transport.close()
        if to.endswith((self.refuses, self.hangs_up_on)):
            return "550 nobody here"
        envelope.rcpt_tos.append(to)
        return "250 OK"
