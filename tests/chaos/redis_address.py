"""An address behind which one of several servers stands, as a balancer's or a name's: moved at will."""

from __future__ import annotations

import contextlib
import socket
import threading

from web.cli.processes import free_port


class Address:
    """Connections to `port` are passed on to the port `behind`, the present one."""

    def __init__(self, behind: int) -> None:
        self.behind = behind
        self.port = free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self._lines: list[_Line] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def silence(self) -> None:
        """What goes over the present lines is lost from now on, and nobody is told: a machine is gone."""
        for line in self._lines:
            line.silent = True

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._lines:
            line.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.behind), timeout=2)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                self._lines.append(_Line(client, server))


class _Line:
    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.silent = False
        self.ends = (client, server)
        for source, target in (self.ends, self.ends[::-1]):
            threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self.silent:
                    target.sendall(data)
        if not self.silent:
            self.close()

    def close(self) -> None:
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
