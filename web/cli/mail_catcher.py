"""A mail server for demos and tests: keeps every mail in a folder (Maildir) and sends none on."""

import signal
import sys
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox


def main() -> None:
    """Serve on 127.0.0.1 until a signal comes; arguments: the port and the folder."""
    port, folder = sys.argv[1:]
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before the server's thread starts, which inherits it
    controller = Controller(Mailbox(Path(folder)), hostname="127.0.0.1", port=int(port))
    controller.start()
    signal.sigwait(ends)
    controller.stop()


if __name__ == "__main__":
    main()
