"""The whole system from the command line's side: up, ready, one process gone and back, down."""

import smtplib
import urllib.request
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from web.cli.processes import LaunchError, accepts, free_port
from web.cli.system import running_system

FAST = ("fsync=off",)


def test_whole_system_comes_up_survives_kills_and_goes_down(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_system(data, port=(port := free_port()), postgres_options=FAST) as system:
        assert system.base_url == f"http://127.0.0.1:{port}"
        for name in ("web", "worker", "clock", "mail"):
            system.kill(name)
            system.start(name)
        with urllib.request.urlopen(f"{system.base_url}/readyz") as answer:
            assert answer.status == 200
        with (
            pytest.raises(LaunchError, match=f"Port {port} is taken"),
            running_system(tmp_path / "2", port=port),
        ):
            pass
    assert not accepts(port)
    assert not accepts(system.postgres.port)
    assert not accepts(system.valkey.port)


def test_processes_are_started_when_they_are_asked_for(tmp_path: Path) -> None:
    with running_system(tmp_path / "data", processes=("mail",), postgres_options=FAST) as system:
        with pytest.raises(KeyError):
            system.stop("web")
        mail = urlsplit(system.settings.smtp_url)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Grüezi"
        with smtplib.SMTP(mail.hostname or "", mail.port or 0) as server:
            server.send_message(message)
        caught = list(Maildir(system.settings.data_dir / "mails", create=False))
        assert [mail["To"] for mail in caught] == ["b@example.org"]


def test_running_processes_cannot_change_the_tables(tmp_path: Path) -> None:
    environments = Path("/proc")
    if not environments.exists():
        pytest.skip("no /proc to read the environment of a process from")
    with running_system(tmp_path / "data", processes=("mail",), postgres_options=FAST) as system:
        environment = environments / str(system.supervisor.pid("mail")) / "environ"
        given = environment.read_text(encoding="utf-8")
        assert system.postgres.passwords["foerderweg_app"] in given
        assert system.postgres.passwords["foerderweg_owner"] not in given
