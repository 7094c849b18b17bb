"""How root runs PostgreSQL, which refuses root, without touching a permission outside our folder."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from web.cli.processes import LaunchError


@dataclass(frozen=True, slots=True)
class Runner:
    """`prefix` goes before a command; what it makes belongs to `uid` and `gid`."""

    prefix: tuple[str, ...]
    uid: int
    gid: int


def runner_for(folder: Path, program: Path) -> Runner:
    """Who can run `program` as owner of `folder`, which exists; root's folder is given to that user.

    An ordinary user needs nothing. For root the ways are tried from the one with the fewest rights on:
    another user that may also read what is closed to it, as our folder may lie in root's alone; a user
    namespace in which root has another number; another user that may also write there, for containers
    that grant root nothing less. Raises LaunchError if none works.
    """
    if os.geteuid() != 0:
        return Runner((), os.geteuid(), os.getegid())
    owner = folder.stat()
    nobody = pwd.getpwnam("nobody")  # initdb asks for a user with a name
    # a folder that is in use already stays its owner's
    uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid else (nobody.pw_uid, nobody.pw_gid)
    runners = [
        Runner(_switch(uid, gid, "dac_read_search"), uid, gid),
        Runner(("unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}"), 0, 0),
        Runner(_switch(uid, gid, "dac_override"), uid, gid),
    ]
    if any(folder.iterdir()):
        runners = [runner for runner in runners if runner.uid == owner.st_uid]
    for runner in runners:
        os.chown(folder, runner.uid, runner.gid)
        if _works(runner, folder, program):
            return runner
    raise LaunchError(
        "PostgreSQL refuses to run as root, and no way was found to run it as another user here "
        f"(tried: {', '.join(' '.join(runner.prefix) for runner in runners) or 'none'}). "
        "Start this as an ordinary user."
    )


def _switch(uid: int, gid: int, capability: str) -> tuple[str, ...]:
    keep = (f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}")
    identity = (f"--reuid={uid}", f"--regid={gid}", "--clear-groups")
    return ("setpriv", *identity, "--securebits=+no_setuid_fixup", *keep)


def _works(runner: Runner, folder: Path, program: Path) -> bool:
    script = 'cd "$1" && test -w . && "$2" --version'
    command = (*runner.prefix, "sh", "-c", script, "sh", str(folder), str(program))
    try:
        return subprocess.run(command, capture_output=True, timeout=30).returncode == 0
    except OSError:
        return False
