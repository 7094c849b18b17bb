"""Stands before the mail server and misbehaves on demand, as mail servers and lines do."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Literal

Mode = Literal["open", "refuse", "hang", "die"]
HANG_SECONDS = 60.0


class Gate:
    """`mode`: passes all on; closes at once; never answers; takes a mail and dies before saying so.

    `swallowed`: mails that the server took and whose sender was not told.
    """

    def __init__(self, port: int, behind: int) -> None:
        self.mode: Mode = "open"
        self.swallowed = 0
        self.behind = behind
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client, self.mode), daemon=True).start()

    def _serve(self, client: socket.socket, mode: Mode) -> None:
        with client, contextlib.suppress(OSError):
            if mode == "refuse":
                return
            if mode == "hang":
                time.sleep(HANG_SECONDS)
                return
            with socket.create_connection(("127.0.0.1", self.behind)) as server:
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                if mode == "open":
                    back.start()
                    _pump(client, server)
                    return
                self._deaf(client, server)

    def _deaf(self, client: socket.socket, server: socket.socket) -> None:
        """Line by line; once the whole mail is with the server, the client hears nothing more."""
        client.sendall(server.recv(4096))
        in_mail, tail = False, b""
        while data := client.recv(65536):
            server.sendall(data)
            tail = (tail + data)[-8:]
            if in_mail and tail.endswith(b"\r\n.\r\n"):
                server.recv(4096)  # it has accepted
                self.swallowed += 1
                return
            answer = b"" if in_mail else server.recv(4096)
            in_mail = in_mail or answer.startswith(b"354")
            client.sendall(answer)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
