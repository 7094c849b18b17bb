"""What the program must be told from outside: read once from the environment, passed in everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

PROGRAMMES = Path(__file__).parent / "programmes"
FIRST_PROGRAMME = "kip3-basel-stadt"
UPLOAD_MAX_BYTES = 10 * 1024 * 1024
SECRET_LENGTH = 32
LOOPBACK = ("127.0.0.1", "localhost", "::1")
EXAMPLES = {
    "DATABASE_URL": "postgresql://foerderweg_app:password@host:5432/foerderweg",
    "OWNER_DATABASE_URL": "postgresql://foerderweg_owner:password@host:5432/foerderweg",
    "REDIS_URL": "redis://:password@host:6379/0",
    "SMTP_URL": "smtp://user:password@host:587",
    "FOERDERWEG_DATA": "/var/lib/foerderweg",
    "FOERDERWEG_BASE_URL": "https://foerderweg.example.org",
    "FOERDERWEG_MAIL_FROM": "Förderweg <foerderweg@example.org>",
    "FOERDERWEG_SECRET_KEY": "long-random-text-of-your-own-making",
    "FOERDERWEG_PROGRAMME": FIRST_PROGRAMME,
    "FOERDERWEG_DEMO": "0",
    "FOERDERWEG_UPLOAD_MAX_BYTES": str(UPLOAD_MAX_BYTES),
    "FOERDERWEG_PROXIES": "1",
    "FOERDERWEG_METRICS_TOKEN": "another-random-text",
    "FOERDERWEG_CLOCK_OFFSET": "0",
}
"""Every variable there is, with a value that would do."""


class SettingsError(ValueError):
    """A variable is missing or wrong; the message names it and says what it should be."""

    def __init__(self, variable: str, expected: str) -> None:
        super().__init__(f"{variable} should be {expected}")
        self.variable = variable
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Settings:
    """One process's settings.

    `database_url` is the application role's and `owner_database_url` that of the tables' owner (migrations),
    both as SQLAlchemy writes them. `data_dir` is absolute, uploaded files lie in `data_dir/files`. `base_url`
    has no trailing slash. `programme` is the folder of the programme's data. `upload_max_bytes` is per file.
    `proxies`: how many trusted ones stand before the web server. `metrics_token` opens /metrics.
    `clock_offset` is for tests that move the time.
    """

    database_url: str = field(repr=False)
    owner_database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    smtp_url: str
    data_dir: Path
    base_url: str
    mail_from: str
    secret_key: str = field(repr=False)
    programme: Path = PROGRAMMES / FIRST_PROGRAMME
    demo: bool = False
    upload_max_bytes: int = UPLOAD_MAX_BYTES
    proxies: int = 0
    metrics_token: str = field(default="", repr=False)
    clock_offset: timedelta = timedelta()

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read the settings from environment variables; raises SettingsError for the first wrong one."""
        database_url = _database_url(env, "DATABASE_URL")
        return cls(
            database_url=database_url,
            owner_database_url=_database_url(env, "OWNER_DATABASE_URL", database_url),
            redis_url=_url(env, "REDIS_URL", ("redis", "rediss")),
            smtp_url=_url(env, "SMTP_URL", ("smtp", "smtps")),
            data_dir=Path(_text(env, "FOERDERWEG_DATA", "the folder that keeps files")).absolute(),
            base_url=_url(env, "FOERDERWEG_BASE_URL", ("http", "https")).rstrip("/"),
            mail_from=_mail_from(env),
            secret_key=_secret_key(env),
            programme=programme_folder(env.get("FOERDERWEG_PROGRAMME") or FIRST_PROGRAMME),
            demo=_flag(env, "FOERDERWEG_DEMO"),
            upload_max_bytes=_number(
                env, "FOERDERWEG_UPLOAD_MAX_BYTES", UPLOAD_MAX_BYTES, 1, "a number of bytes, at least 1"
            ),
            proxies=_number(env, "FOERDERWEG_PROXIES", 0, 0, "the number of trusted proxies, 0 or more"),
            metrics_token=env.get("FOERDERWEG_METRICS_TOKEN", ""),
            clock_offset=_clock_offset(env),
        )

    def as_env(self) -> dict[str, str]:
        """The variables from which `from_env` reads these same settings, for a child process."""
        return {
            "DATABASE_URL": self.database_url,
            "OWNER_DATABASE_URL": self.owner_database_url,
            "REDIS_URL": self.redis_url,
            "SMTP_URL": self.smtp_url,
            "FOERDERWEG_DATA": str(self.data_dir),
            "FOERDERWEG_BASE_URL": self.base_url,
            "FOERDERWEG_MAIL_FROM": self.mail_from,
            "FOERDERWEG_SECRET_KEY": self.secret_key,
            "FOERDERWEG_PROGRAMME": str(self.programme),
            "FOERDERWEG_DEMO": "1" if self.demo else "0",
            "FOERDERWEG_UPLOAD_MAX_BYTES": str(self.upload_max_bytes),
            "FOERDERWEG_PROXIES": str(self.proxies),
            "FOERDERWEG_METRICS_TOKEN": self.metrics_token,
            "FOERDERWEG_CLOCK_OFFSET": str(int(self.clock_offset.total_seconds())),
            **({"FOERDERWEG_TEST_MODE": "1"} if self.clock_offset else {}),
        }


def wrong_settings(env: Mapping[str, str]) -> list[SettingsError]:
    """Everything that `Settings.from_env` would refuse, each variable once."""
    found: list[SettingsError] = []
    while True:
        try:
            Settings.from_env(env)
        except SettingsError as error:
            found.append(error)
            env = {**env, error.variable: EXAMPLES[error.variable]}
        else:
            return found


def _text(env: Mapping[str, str], variable: str, expected: str) -> str:
    value = env.get(variable, "").strip()
    if not value:
        raise SettingsError(variable, f"{expected}, it is missing")
    return value


def _url(env: Mapping[str, str], variable: str, schemes: tuple[str, ...]) -> str:
    form = EXAMPLES[variable]
    value = _text(env, variable, f"of the form {form}")
    try:
        parts = urlsplit(value)
        well_formed = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        well_formed = False
    if not well_formed:
        raise SettingsError(variable, f"of the form {form}")
    return value


def _database_url(env: Mapping[str, str], variable: str, default: str | None = None) -> str:
    if default is not None and not env.get(variable, "").strip():
        return default
    schemes = ("postgresql+psycopg", "postgresql", "postgres")
    url = _url(env, variable, schemes)
    if not urlsplit(url).path.strip("/"):
        raise SettingsError(variable, f"of the form {EXAMPLES[variable]}")
    return "postgresql+psycopg://" + url.partition("://")[2]


def _mail_from(env: Mapping[str, str]) -> str:
    expected = "the sender of all mails, as name@host or Name <name@host>"
    value = _text(env, "FOERDERWEG_MAIL_FROM", expected)
    name, address = parseaddr(value)
    user, _, host = address.partition("@")
    if not (user and host) or value not in (address, f"{name} <{address}>") or not value.isprintable():
        raise SettingsError("FOERDERWEG_MAIL_FROM", expected)
    return value


def _secret_key(env: Mapping[str, str]) -> str:
    expected = f"a random text of at least {SECRET_LENGTH} characters"
    value = _text(env, "FOERDERWEG_SECRET_KEY", expected)
    if len(value) < SECRET_LENGTH:
        raise SettingsError("FOERDERWEG_SECRET_KEY", expected)
    return value


def programme_folder(name: str) -> Path:
    """A programme's folder by the name of one that comes along, or by its path; raises SettingsError."""
    for folder in ((PROGRAMMES / name).absolute(), Path(name).absolute()):
        if (folder / "programme.yaml").is_file():
            return folder
    known = ", ".join(sorted(path.parent.name for path in PROGRAMMES.glob("*/programme.yaml")))
    raise SettingsError(
        "FOERDERWEG_PROGRAMME",
        f"a folder that holds programme.yaml, or one of those that come along: {known}",
    )


def _clock_offset(env: Mapping[str, str]) -> timedelta:
    """Seconds by which tests set the clock on, or back; nowhere else."""
    value = env.get("FOERDERWEG_CLOCK_OFFSET", "").strip() or "0"
    if value != "0" and env.get("FOERDERWEG_TEST_MODE") != "1":
        raise SettingsError("FOERDERWEG_CLOCK_OFFSET", "left out: only tests may set the clock")
    try:
        return timedelta(seconds=int(value))
    except (ValueError, OverflowError):
        raise SettingsError("FOERDERWEG_CLOCK_OFFSET", "a whole number of seconds") from None


def _flag(env: Mapping[str, str], variable: str) -> bool:
    value = env.get(variable) or "0"
    if value not in ("0", "1"):
        raise SettingsError(variable, "0 or 1")
    return value == "1"


def _number(env: Mapping[str, str], variable: str, default: int, least: int, expected: str) -> int:
    value = env.get(variable) or str(default)
    if not value.isdecimal() or int(value) < least:
        raise SettingsError(variable, expected)
    return int(value)
