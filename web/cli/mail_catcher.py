"""A mail server for demos and tests: keeps every mail in a folder (Maildir) and sends none on."""

import signal
import sys
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox


def main() -> None:
    """Serve until a signal comes; arguments: the port, the folder and, unless it is 127.0.0.1, the host."""
    port, folder, *host = sys.argv[1:]
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before the server's thread starts, which inherits it
    controller = Controller(Mailbox(Path(folder)), hostname=host[0] if host else "127.0.0.1", port=int(port))
    controller.start()
    signal.sigwait(ends)
    controller.stop()


if __name__ == "__main__":
    main()
