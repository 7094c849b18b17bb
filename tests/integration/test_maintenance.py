"""Verify finds every kind of damage; a backup comes back as it was, and goes on."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from psycopg import sql

from tests.browsing import app_for, signed_in
from tests.integration.conftest import Servers
from tests.integration.walks import (
    AUDITOR,
    CHECKER,
    COMPLETE,
    GGG,
    HEAD,
    HEKS,
    INADMISSIBLE,
    REASONS,
    at_confirmation,
    at_decision,
    at_review,
    deliver,
    language,
    rows,
    state,
)
from web.cli import main
from web.cli.embedded import OWNER
from web.cli.story import Story
from workflow.settings import Settings
from workflow.store import files
from workflow.verify import verify

NUMBERS = itertools.count()


@pytest.fixture
def lived(told: Story) -> Story:
    """Some cases at different places, one with a letter."""
    at_confirmation(told)
    at_review(told, 9_000)
    case_id = at_decision(told, 20_000)
    told.withdraw(HEKS, case_id)
    outside = told.submit(GGG, language(8_000))
    told.do(CHECKER, outside, "inadmissible", INADMISSIBLE)
    told.do(HEAD, outside, "confirm", {"decision": {"reasons": REASONS}})
    deliver(told)
    return told


def found(told: Story, jobs: int = 1) -> list[str]:
    report = verify(told.settings.database_url, told.settings.data_dir, jobs=jobs)
    return [finding.code for finding in report.findings]


@pytest.fixture
def owner(told: Story) -> Iterator[sa.Engine]:
    engine = sa.create_engine(told.settings.owner_database_url)
    yield engine
    engine.dispose()


def test_what_was_made_through_the_door_verifies(lived: Story) -> None:
    assert found(lived) == []
    assert rows(lived.db, "SELECT FROM files WHERE kind = 'letter'")


DAMAGE = [
    (
        "chain_broken",
        'UPDATE events SET data = data || \'{"step": "x"}\' WHERE version = 3 AND case_id = {case}',
    ),
    ("chain_broken", "UPDATE events SET hash = 'x' WHERE version = 2 AND case_id = {case}"),
    ("chain_broken", "DELETE FROM events WHERE version = 2 AND case_id = {case}"),
    (
        "chain_broken",
        "DELETE FROM events WHERE case_id = {case} AND version = (SELECT max(version)"
        " FROM events WHERE case_id = {case})",
    ),
    ("state_differs", "UPDATE cases SET state = state || '{\"held\": 5}' WHERE id = {case}"),
    ("column_differs", "UPDATE cases SET stage = 'closed' WHERE id = {case}"),
    (
        "work_differs",
        "UPDATE work_items SET closed_at = now() WHERE case_id = {case} AND closed_at IS NULL",
    ),
    (
        "work_differs",
        "UPDATE work_items SET closed_at = NULL WHERE ctid = (SELECT ctid FROM"
        " work_items WHERE case_id = {case} AND closed_at IS NOT NULL LIMIT 1)",
    ),
    ("agenda_differs", "UPDATE agenda SET due_at = NULL WHERE case_id = {case}"),
    ("agenda_differs", "UPDATE agenda SET due_at = due_at + interval '1 day' WHERE case_id = {case}"),
    ("agenda_differs", "DELETE FROM agenda WHERE case_id = {case}"),
    ("report_differs", "INSERT INTO reports_due VALUES ({case}, now(), false)"),
    (
        "commands_differ",
        "DELETE FROM commands WHERE ctid = (SELECT ctid FROM commands WHERE case_id = {case} LIMIT 1)",
    ),
    (
        "effects_differ",
        "DELETE FROM outbox WHERE key = (SELECT min(key) FROM outbox WHERE case_id = {case})",
    ),
    (
        "effects_differ",
        "UPDATE outbox SET payload = '{}' WHERE key = (SELECT min(key) FROM outbox WHERE case_id = {case})",
    ),
    (
        "content_altered",
        "UPDATE contents SET data = '{}' WHERE case_id = {case} AND kind = 'application'",
    ),
    (
        "postings_differ",
        "UPDATE postings SET amount = amount + 1 WHERE account = 'reserved' AND case_id = {case}",
    ),
    ("balance_differs", "UPDATE budget_lines SET available = available - 1 WHERE area = 'language'"),
    ("definition_altered", "UPDATE definitions SET content = '{}' WHERE code = 'small'"),
    ("letter_missing", "DELETE FROM files WHERE kind = 'letter'"),
]


@pytest.mark.parametrize(("code", "statement"), DAMAGE)
def test_damage_is_named(lived: Story, owner: sa.Engine, code: str, statement: str) -> None:
    case = rows(lived.db, "SELECT id FROM cases ORDER BY number LIMIT 1")[0].id
    with owner.begin() as tx:
        tx.exec_driver_sql(statement.replace("{case}", f"'{case}'").replace("%", "%%"))
    assert code in found(lived)


@pytest.mark.parametrize(("content", "code"), [(None, "file_missing"), (b"other", "file_altered")])
def test_files_on_the_disk_count(lived: Story, content: bytes | None, code: str) -> None:
    [row, *_] = rows(lived.db, "SELECT sha256 FROM files WHERE kind = 'letter'")
    path = files.path_of(lived.settings.data_dir, row.sha256)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert found(lived) == [code]


def run(settings: Settings, *arguments: Any) -> int:
    return main.main([str(one) for one in arguments], settings.as_env())


@pytest.fixture
def empty(servers: Servers, told: Story, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a new place: an empty database, an empty folder."""
    name = f"restored_{next(NUMBERS)}"
    with servers.postgres.connect() as admin:
        make = sql.SQL("CREATE DATABASE {} TEMPLATE template0 OWNER {}")
        admin.execute(make.format(sql.Identifier(name), sql.Identifier(OWNER)))
    yield replace(
        told.settings,
        database_url=servers.postgres.url(database=name),
        owner_database_url=servers.postgres.url(OWNER, name),
        data_dir=tmp_path / "restored",
    )
    with servers.postgres.connect() as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_without_tables_there_is_nothing_to_verify_or_keep(
    empty: Settings, tmp_path: Path, capfd: Any
) -> None:
    for command in (("verify",), ("backup", tmp_path / "backup")):
        assert run(empty, *command) == 1
        assert "run `foerderweg migrate` first" in capfd.readouterr().err
    assert not list(tmp_path.glob("backup*"))


def test_a_file_that_is_set_aside_while_it_is_copied_is_in_the_backup(lived: Story, tmp_path: Path) -> None:
    one = rows(lived.db, "SELECT sha256 FROM files")[0].sha256
    aside = files.aside_of(lived.settings.data_dir, one)
    aside.parent.mkdir()
    files.path_of(lived.settings.data_dir, one).rename(aside)
    assert run(lived.settings, "backup", tmp_path / "backup") == 0
    assert files.path_of(tmp_path / "backup", one).read_bytes() == aside.read_bytes()


def test_a_backup_comes_back_and_goes_on(lived: Story, empty: Settings, tmp_path: Path, capfd: Any) -> None:
    backup = tmp_path / "backup"
    assert run(lived.settings, "backup", backup) == 0
    assert run(lived.settings, "backup", backup) == 1
    assert "never overwrites" in capfd.readouterr().err
    assert not [path for path in (backup, *backup.rglob("*.dump")) if path.stat().st_mode & 0o077]
    assert run(empty, "restore", backup) == 0
    assert "4 cases" in capfd.readouterr().out
    assert run(empty, "restore", backup) == 1
    assert "the database is not empty" in capfd.readouterr().err
    db = sa.create_engine(empty.database_url)
    elsewhere = Story(db, empty, lived.people, lived.now, seed="elsewhere")
    case_id = elsewhere.submit(HEKS, language(8_000))
    elsewhere.do(CHECKER, case_id, "complete", COMPLETE)
    assert state(elsewhere, case_id).step == "review"
    assert found(elsewhere) == []
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), db.begin() as tx:
        tx.exec_driver_sql("DELETE FROM events")
    assert rows(db, "SELECT FROM sessions") == []
    db.dispose()


def _cut_dump(backup: Path) -> None:
    (backup / "database.dump").write_bytes((backup / "database.dump").read_bytes()[:-100])


def _lose_file(backup: Path) -> None:
    next(path for path in (backup / "files").rglob("*") if path.is_file()).unlink()


def _no_manifest(backup: Path) -> None:
    (backup / "manifest.json").unlink()


def _later(backup: Path) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    (backup / "manifest.json").write_text(json.dumps(manifest | {"revision": "9999"}))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_cut_dump, "damaged"),
        (_lose_file, "damaged"),
        (_no_manifest, "no complete backup"),
        (_later, "later version"),
    ],
)
def test_a_damaged_backup_is_refused_whole(
    lived: Story,
    empty: Settings,
    tmp_path: Path,
    capfd: Any,
    harm: Any,
    said: str,
) -> None:
    backup = tmp_path / "backup"
    assert run(lived.settings, "backup", backup) == 0
    harm(backup)
    assert run(empty, "restore", backup) == 1
    assert said in capfd.readouterr().err
    assert not (empty.data_dir / "files").exists()


def test_verify_in_several_processes_and_as_json(
    lived: Story, monkeypatch: pytest.MonkeyPatch, capfd: Any, owner: sa.Engine
) -> None:
    monkeypatch.setattr("workflow.verify.BATCH", 2)
    assert run(lived.settings, "verify", "--jobs", "2") == 0
    assert "4 cases" in capfd.readouterr().out
    with owner.begin() as tx:
        tx.exec_driver_sql("UPDATE cases SET title = title, stage = 'closed'")
    assert run(lived.settings, "verify", "--jobs", "1", "--json") == 1
    said = json.loads(capfd.readouterr().out)
    assert said["cases"] == 4
    assert {one["code"] for one in said["findings"]} == {"column_differs"}


def test_auditors_read_when_it_was_verified_and_what_was_found(
    lived: Story, capfd: Any, owner: sa.Engine
) -> None:
    app = app_for(lived, lived.settings)
    auditor = signed_in(app, AUDITOR)
    assert "Noch nie wurde geprüft" in auditor.open("/operations").words()
    assert run(lived.settings, "verify", "--jobs", "1") == 0
    assert "wurden 4 Geschäfte mit ihren Ereignissen verglichen" in auditor.open("/operations").words()
    with owner.begin() as tx:
        [line] = tx.exec_driver_sql("SELECT id FROM budget_lines ORDER BY id LIMIT 1").scalars().all()
        tx.exec_driver_sql(
            f"UPDATE budget_lines SET ceiling = ceiling + 100, available = available + 100 WHERE id = {line}"
        )
        for account, amount in (("ceiling", -100), ("available", 100)):
            tx.exec_driver_sql(
                "INSERT INTO postings (line_id, account, amount, at)"
                f" VALUES ({line}, '{account}', {amount}, now())"
            )
    assert run(lived.settings, "verify", "--jobs", "1") == 1
    words = auditor.open("/operations").words()
    assert "stimmt mit dem überein, was geschehen ist: 1 Befund." in words
    assert "ceiling_differs" in words
    capfd.readouterr()
    app.extensions["foerderweg.db"].dispose()
