"""A small supervisor: starts child processes, knows when they are ready, lets none outlive the run."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

READY_SECONDS = 60.0
GRACE_SECONDS = 15.0
RESTART_PAUSE_SECONDS = 1.0
PAUSE_SECONDS = 0.05
# below the range from which systems give ports to outgoing connections, so that none of those takes one
PORTS = range(20000, 32000)
_PROMISED: deque[socket.socket] = deque(maxlen=200)


class LaunchError(Exception):
    """Something could not be started; the message is for the person at the command line."""


@dataclass(frozen=True, slots=True)
class Program:
    """One child to run: `env` is its whole environment, `ready` is asked until it says yes."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool] = lambda: True
    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM


class Supervisor:
    """The children of one run. As a context manager it ends them all, the youngest first.

    Each child leads a session of its own and writes to `log_dir/NAME.log`, or where this process writes to.
    `inherit` are file descriptors that every child keeps open (the lock of the data folder).
    """

    def __init__(self, log_dir: Path | None, inherit: tuple[int, ...] = ()) -> None:
        self._log_dir = log_dir
        self._inherit = inherit
        self._programs: dict[str, Program] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        guard = Path(__file__).with_name("guard.py")
        self._guard = subprocess.Popen(
            [sys.executable, "-I", str(guard)],
            stdin=subprocess.PIPE,
            pass_fds=self._inherit,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for name in reversed(list(self._running)):
                self.stop(name)
        finally:
            self._guard.communicate()

    def run(self, program: Program) -> None:
        """Add a program and start it."""
        self.add(program)
        self.start(program.name)

    def add(self, program: Program) -> None:
        """Make a program known, to be started by its name."""
        self._programs[program.name] = program

    def start(self, name: str, *, seconds: float = READY_SECONDS) -> None:
        """Start a known program and wait until it is ready; raises LaunchError with the end of its log."""
        if name in self._running:
            raise LaunchError(f"{name} is running already")
        program = self._programs[name]
        log = self._log_dir / f"{name}.log" if self._log_dir else None
        begin = log.stat().st_size if log and log.exists() else 0
        with log.open("ab") if log else contextlib.nullcontext() as out:
            child = subprocess.Popen(
                program.command,
                cwd=program.cwd,
                env=program.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=self._inherit,
                start_new_session=True,
                umask=0o077,  # what it writes is nobody else's to read
            )
        self._running[name] = child
        self._tell_guard(f"+{child.pid} {program.stop_signal.value}")
        until = time.monotonic() + seconds
        while not program.ready():
            if child.poll() is not None:
                self._ended(name)
                raise LaunchError(
                    f"{name} ended while starting (exit {child.returncode}):\n{_tail(log, begin)}"
                )
            if time.monotonic() > until:
                self.stop(name)
                raise LaunchError(f"{name} was not ready after {seconds:.0f} seconds:\n{_tail(log, begin)}")
            time.sleep(PAUSE_SECONDS)

    def pid(self, name: str) -> int:
        """The process id of a running child."""
        return self._running[name].pid

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal that ends the child to its whole process group and wait for the end of the child."""
        child = self._running[name]
        _signal_group(child, number)
        child.wait(GRACE_SECONDS)
        self._ended(name)

    def stop(self, name: str) -> None:
        """End a child in order; one that does not end within the grace is killed."""
        child = self._running[name]
        _signal_group(child, self._programs[name].stop_signal)
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            # also for what the child itself left behind, and when a second Ctrl-C cuts the waiting short
            _signal_group(child, signal.SIGKILL)
            child.wait()
            self._ended(name)

    def lost(self) -> list[str]:
        """Names of the children that have ended although nobody asked them to; each is told once."""
        lost = [name for name, child in self._running.items() if child.poll() is not None]
        for name in lost:
            _signal_group(self._running[name], signal.SIGKILL)
            self._ended(name)
        return lost

    def keep_running(self, say: Callable[[str], None]) -> NoReturn:
        """Until interrupted, start again each child that has ended although nobody asked it to."""
        down: list[str] = []
        while True:
            time.sleep(RESTART_PAUSE_SECONDS)
            for name in self.lost():
                say(f"{name} has ended unexpectedly and is started again")
                down.append(name)
            for name in tuple(down):
                try:
                    self.start(name)
                    down.remove(name)
                except LaunchError as error:
                    say(str(error))

    def _ended(self, name: str) -> None:
        self._tell_guard(f"-{self._running.pop(name).pid}")

    def _tell_guard(self, line: str) -> None:
        assert self._guard.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # without its guard the run still ends its children itself
            self._guard.stdin.write(line.encode() + b"\n")
            self._guard.stdin.flush()


def free_port() -> int:
    """A TCP port of the loopback that is free now and that no other process is given here meanwhile.

    A server takes it seconds later, and again after each restart. Until then the port's UDP twin, which no
    server wants, is held as its promise: it ends with this process, or after many others were asked for.
    """
    for port in random.SystemRandom().sample(PORTS, min(100, len(PORTS))):
        promise = socket.socket(type=socket.SOCK_DGRAM)
        try:
            promise.bind(("127.0.0.1", port))
        except OSError:
            promise.close()
            continue
        if port_is_free(port):
            _PROMISED.append(promise)
            return port
        promise.close()
    raise LaunchError("No free TCP port found on 127.0.0.1")


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def accepts(port: int) -> bool:
    """Whether somebody listens on this port of the loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # macOS answers "not permitted" for a group of which only an unreaped process is left
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def _tail(log: Path | None, begin: int) -> str:
    if log is None:
        return "see above"
    with log.open("rb") as file:
        file.seek(begin)
        lines = file.read().decode("utf-8", "replace").splitlines()
    return "\n".join(lines[-20:])
