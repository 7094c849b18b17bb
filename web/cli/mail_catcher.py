"""A mail server for demos and tests: keeps every mail in a folder (Maildir) and sends none on."""

import signal
import sys
from mailbox import Maildir

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope


class Folder:
    """Keeps each mail as it came: parsing it would cost as much as taking it."""

    def __init__(self, path: str) -> None:
        self.mails = Maildir(path)

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.add(content.replace(b"\r\n", b"\n"))
        return "250 OK"


def main() -> None:
    """Serve until a signal comes; arguments: the port, the folder and, unless it is 127.0.0.1, the host."""
    port, folder, *host = sys.argv[1:]
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before the server's thread starts, which inherits it
    controller = Controller(Folder(folder), hostname=host[0] if host else "127.0.0.1", port=int(port))
    controller.start()
    signal.sigwait(ends)
    controller.stop()


if __name__ == "__main__":
    main()
