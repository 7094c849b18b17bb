"""What can happen to a running system, one method a fault; each leaves it running, or started again."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import redis

from tests.chaos.people import side_by_side
from tests.chaos.smtp_gate import Gate, Mode
from web.cli.processes import LaunchError, Program, free_port
from web.cli.system import System, commands, process_env

STARTS_AT = datetime(2026, 10, 24, 20, tzinfo=UTC)
JUMPS = (
    ("the end of summer time", datetime(2026, 10, 25, 4, tzinfo=UTC)),
    ("the end of the year", datetime(2026, 12, 31, 23, 30, tzinfo=UTC)),
    ("a month later", datetime(2027, 2, 1, 9, tzinfo=UTC)),
)
STOPPED_SECONDS = 24.0
"""Longer than a lease (20 s), an idle transaction (10 s) and the wait for a lock (15 s)."""
DOUBLING_SECONDS, LONGEST_DOUBLING_SECONDS = 2.0, 10.0
"""Longer than the first only until a message has come: nobody sends one while all are just starting."""
QUEUE = "celery"
FILE_LIMIT = 600
"""Bytes that a file may have while the folder of files is «full»; the statutes and every letter have more."""


class Faults:
    """A system whose clock is moved, its mails by way of a gate. `wrong`: what did not start again;
    `doubled`: messages that came twice."""

    def __init__(self, system: System, random: Random) -> None:
        self.system, self.random = system, random
        self.wrong: list[str] = []
        self.doubled = 0
        self.offset = STARTS_AT - datetime.now(UTC)
        self.gate = Gate(free_port(), int(system.settings.smtp_url.rsplit(":", 1)[1]))
        self.smtp = f"smtp://127.0.0.1:{self.gate.listener.getsockname()[1]}"
        self.jumps = list(JUMPS)
        self.stopped: list[threading.Thread] = []
        self.know_programs()

    def know_programs(self) -> None:
        """Web, worker and clock with the moved time, their mails by way of the gate, their logs by a pipe."""
        settings = replace(self.system.settings, clock_offset=self.offset, smtp_url=self.smtp)
        bind = settings.base_url.removeprefix("http://")
        env = process_env(settings)
        for name, command in commands(settings, bind).items():
            log = self.system.settings.data_dir / "log" / f"{name}.storm.log"
            line = ("/bin/sh", "-c", f'"$@" 2>&1 | cat >> "{log}"', "sh", sys.executable, "-m", *command)
            self.system.supervisor.add(Program(name, line, env=env))

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        with suppress(KeyError):
            self.system.kill(name, number)
        self.start(name)

    def start(self, name: str) -> None:
        for _ in range(20):
            try:
                self.system.start(name)
                return
            except LaunchError as error:
                if "running already" in str(error):
                    return
                time.sleep(0.5)
        self.wrong.append(f"{name} does not start again")

    def kill_worker(self) -> None:
        """SIGKILL to the whole process group, started again"""
        self.kill("worker")

    def kill_web(self) -> None:
        """SIGKILL to the whole process group, started again"""
        self.kill("web")

    def kill_clock(self) -> None:
        """SIGKILL to the whole process group, started again"""
        self.kill("clock")

    def kill_all_at_once(self) -> None:
        """SIGKILL to web, worker and clock while Redis is emptied and killed"""
        for name in ("web", "worker", "clock"):
            with suppress(KeyError):
                self.system.kill(name)
        self.empty_and_kill_redis()
        for name in ("worker", "clock", "web"):
            self.start(name)

    def empty_and_kill_redis(self) -> None:
        """FLUSHALL, SIGKILL, its files deleted, away for up to 2 s"""
        with suppress(redis.RedisError), redis.Redis.from_url(self.system.valkey.url) as client:
            client.flushall()
        self.system.kill("valkey")
        self.system.empty_valkey()
        time.sleep(self.random.uniform(0, 2))
        self.start("valkey")

    def stop_postgres_at_once(self) -> None:
        """SIGQUIT: immediate shutdown, recovery from its log"""
        self.kill("postgres", signal.SIGQUIT)

    def double_messages(self) -> None:
        """every message that waits or is sent meanwhile comes twice: Redis's MONITOR shows each"""
        with suppress(redis.RedisError), redis.Redis.from_url(self.system.valkey.url) as client:
            for message in client.lrange(QUEUE, 0, -1):
                self.again(client, message)
            with client.monitor() as seen:
                client.ping()  # so that there is a command to read even when nobody sends a message
                before, until = self.doubled, time.monotonic() + LONGEST_DOUBLING_SECONDS
                over = self.ask_later(client)
                for said in seen.listen():
                    command = str(said["command"])
                    if command.startswith(f"LPUSH {QUEUE} "):
                        self.again(client, command.removeprefix(f"LPUSH {QUEUE} "))
                    if command == f"ECHO {QUEUE}":
                        over.join()  # it has its answer, too
                        if self.doubled > before or time.monotonic() > until:
                            break
                        over = self.ask_later(client)  # all who send are just starting

    def ask_later(self, client: redis.Redis) -> threading.Timer:
        """Let the one who follows the commands see, after a while, that it may be time to end."""
        over = threading.Timer(DOUBLING_SECONDS, lambda: client.echo(QUEUE))
        over.start()
        return over

    def again(self, client: redis.Redis, message: bytes | str) -> None:
        client.rpush(QUEUE, message)
        self.doubled += 1

    def delay_and_reorder_messages(self) -> None:
        """all messages are held back for 1.5 s and given back in another order"""
        with suppress(redis.RedisError), redis.Redis.from_url(self.system.valkey.url) as client:
            held: list[Any] = []
            until = time.monotonic() + 1.5
            while time.monotonic() < until:
                if message := client.lpop(QUEUE):
                    held.append(message)
                else:
                    time.sleep(0.01)
            self.random.shuffle(held)
            for message in held:
                client.rpush(QUEUE, message)

    def stop_for_long(self, name: str) -> None:
        """SIGSTOP for longer than any timeout, while the others go on."""
        group = self.system.supervisor.pid(name)

        def stop() -> None:
            time.sleep(STOPPED_SECONDS)
            with suppress(ProcessLookupError):  # another fault has killed it meanwhile
                os.killpg(group, signal.SIGCONT)

        os.killpg(group, signal.SIGSTOP)
        self.stopped += side_by_side([stop])

    def stop_worker_for_long(self) -> None:
        """SIGSTOP for 24 s, while the others go on"""
        self.stop_for_long("worker")

    def stop_web_for_long(self) -> None:
        """SIGSTOP for 24 s, while the others go on"""
        self.stop_for_long("web")

    def mail_server(self, mode: Mode, seconds: float) -> None:
        self.gate.mode = mode
        time.sleep(seconds)
        self.gate.mode = "open"

    def mail_refused(self) -> None:
        """the mail server refuses for 2 s"""
        self.mail_server("refuse", 2)

    def mail_hangs(self) -> None:
        """the mail server says nothing for 3 s"""
        self.mail_server("hang", 3)

    def mail_dies_after_accepting(self) -> None:
        """the mail server takes mails for 1.5 s and dies before it says so"""
        self.mail_server("die", 1.5)

    def files_full(self) -> None:
        """no file of web and worker may grow beyond 600 bytes for 3 s: RLIMIT_FSIZE (Linux)"""
        import resource

        pids = [pid for name in ("web", "worker") for pid in _group(self.system.supervisor.pid(name))]
        for pid in pids:
            with suppress(ProcessLookupError, PermissionError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (FILE_LIMIT, resource.RLIM_INFINITY))
        time.sleep(3)
        for pid in pids:
            with suppress(ProcessLookupError, PermissionError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)

    def move_the_time(self) -> None:
        """web, worker and clock are killed and start at the next moment of JUMPS"""
        _, moment = self.jumps.pop(0)
        for name in ("web", "worker", "clock"):
            with suppress(KeyError):
                self.system.kill(name)
        self.offset = moment - datetime.now(UTC)
        self.know_programs()
        for name in ("worker", "clock", "web"):
            self.start(name)


def _group(leader: int) -> list[int]:
    """The processes of a process group, by /proc; without those that only carry the log."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            if entry.name.isdecimal():
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                if int(fields[2]) == leader and (entry / "comm").read_text().strip() not in ("sh", "cat"):
                    found.append(int(entry.name))
    return found
