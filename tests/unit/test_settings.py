"""Settings: what is read, what is refused and by which name."""

from datetime import timedelta
from pathlib import Path

import pytest

from workflow.settings import EXAMPLES, Settings, SettingsError, wrong_settings

GOOD = {
    "DATABASE_URL": "postgres://app:pass@db:5432/foerderweg",
    "REDIS_URL": "redis://:pass@redis:6379/0",
    "SMTP_URL": "smtp://mail:25",
    "FOERDERWEG_DATA": "/srv/foerderweg",
    "FOERDERWEG_BASE_URL": "https://foerderweg.example.org/",
    "FOERDERWEG_MAIL_FROM": "foerderweg@example.org",
    "FOERDERWEG_SECRET_KEY": "0123456789abcdef0123456789abcdef",
}


def test_good_settings_are_read() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.database_url == "postgresql+psycopg://app:pass@db:5432/foerderweg"
    assert settings.owner_database_url == settings.database_url
    assert settings.data_dir == Path("/srv/foerderweg")
    assert settings.base_url == "https://foerderweg.example.org"
    assert settings.programme.name == "kip3-basel-stadt"
    assert settings.demo is False
    assert settings.upload_max_bytes == 10 * 1024 * 1024


def test_child_process_reads_the_same_settings() -> None:
    given = GOOD | {
        "OWNER_DATABASE_URL": "postgresql://owner@db/foerderweg",
        "FOERDERWEG_DEMO": "1",
        "FOERDERWEG_UPLOAD_MAX_BYTES": "5",
    }
    settings = Settings.from_env(given)
    assert settings.demo
    assert settings.owner_database_url == "postgresql+psycopg://owner@db/foerderweg"
    assert Settings.from_env(settings.as_env()) == settings


def test_only_tests_move_the_clock() -> None:
    with pytest.raises(SettingsError, match="FOERDERWEG_CLOCK_OFFSET"):
        Settings.from_env(GOOD | {"FOERDERWEG_CLOCK_OFFSET": "3600"})
    moved = Settings.from_env(GOOD | {"FOERDERWEG_CLOCK_OFFSET": "-3600", "FOERDERWEG_TEST_MODE": "1"})
    assert moved.clock_offset == timedelta(hours=-1)
    assert Settings.from_env(moved.as_env()) == moved


def test_passwords_are_not_printed() -> None:
    printed = repr(Settings.from_env(GOOD))
    assert "pass" not in printed
    assert GOOD["FOERDERWEG_SECRET_KEY"] not in printed


@pytest.mark.parametrize("variable", GOOD)
def test_missing_one_is_named(variable: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        Settings.from_env(GOOD | {variable: " "})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "sqlite:///here.db"),
        ("DATABASE_URL", "postgresql://db:5432"),
        ("OWNER_DATABASE_URL", "db/foerderweg"),
        ("REDIS_URL", "amqp://redis"),
        ("REDIS_URL", "redis://redis:no-port"),
        ("SMTP_URL", "mail:25"),
        ("FOERDERWEG_BASE_URL", "foerderweg.example.org"),
        ("FOERDERWEG_MAIL_FROM", "Fachstelle"),
        ("FOERDERWEG_MAIL_FROM", "Fachstelle <a@b.example>\nBcc: c@d.example"),
        ("FOERDERWEG_MAIL_FROM", "a@b.example, c@d.example"),
        ("FOERDERWEG_SECRET_KEY", "short"),
        ("FOERDERWEG_PROGRAMME", "no-such-programme"),
        ("FOERDERWEG_DEMO", "yes"),
        ("FOERDERWEG_UPLOAD_MAX_BYTES", "10 MB"),
        ("FOERDERWEG_UPLOAD_MAX_BYTES", "0"),
        ("FOERDERWEG_PROXIES", "-1"),
        ("SMTP_URL", "http://mail"),
    ],
)
def test_wrong_one_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(GOOD | {variable: value})
    assert refused.value.variable == variable


def test_everything_wrong_is_named_at_once() -> None:
    wrong = {"DATABASE_URL": "", "SMTP_URL": "mail", "FOERDERWEG_SECRET_KEY": "short"}
    assert [error.variable for error in wrong_settings(GOOD | wrong)] == list(wrong)
    assert wrong_settings(GOOD) == []
    assert len(wrong_settings({})) == len(GOOD)


def test_every_variable_is_explained_to_the_operator() -> None:
    assert set(Settings.from_env(EXAMPLES).as_env()) == set(EXAMPLES)
    assert wrong_settings(EXAMPLES) == []
    page = (Path(__file__).parents[2] / "docs" / "operate.md").read_text("utf-8")
    table = page.partition("## Settings")[2].partition("\n## ")[0]
    explained = {line.split("`")[1]: line for line in table.splitlines() if line.startswith("| `")}
    assert set(explained) == set(EXAMPLES)
    for variable, value in EXAMPLES.items():
        assert f"`{value}`" in explained[variable]
        assert ("| needed |" in explained[variable]) == (variable in GOOD)
