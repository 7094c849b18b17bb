"""docker-compose.yml without a container engine: each service's own command, environment and health check, as
processes against throw-away servers, in the file's order of dependence."""

from __future__ import annotations

import http.client
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import sqlalchemy as sa
import yaml

from tests.builders import KIP3
from web.cli.data_folder import DataFolder, open_data_folder
from web.cli.embedded import postgres_program, start_postgres, valkey_program
from web.cli.processes import Program, Supervisor, accepts, free_port
from web.cli.story import ELIGIBLE, PDF, application
from web.cli.visitors import Program as Client
from workflow.people import load_people, read_people

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
OURS = ("web", "worker", "clock", "migrate", "mail")
VALUES = {
    "POSTGRES_PASSWORD": "superuser",
    "OWNER_PASSWORD": "owner",
    "APP_PASSWORD": "app",
    "FOERDERWEG_SECRET_KEY": "x" * 40,
    "FOERDERWEG_BASE_URL": "http://127.0.0.1:8000",
    "FOERDERWEG_MAIL_FROM": "a@b.example",
    "SMTP_URL": "smtp://mail:1025",
    "FOERDERWEG_PROXIES": "0",
}
GRACE = {"s": 1, "m": 60}


def named(text: str) -> set[str]:
    return set(re.findall(r"\$\{(\w+)", text))


def test_every_variable_is_explained_and_none_is_left_over() -> None:
    explained = {line.partition("=")[0] for line in EXAMPLE.splitlines() if "=" in line and line[0] != "#"}
    assert named((ROOT / "docker-compose.yml").read_text("utf-8")) == explained == set(VALUES)


def test_no_secret_stands_in_the_files() -> None:
    for name in ("POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD", "FOERDERWEG_SECRET_KEY"):
        assert f"{name}=\n" in EXAMPLE
    empty = re.sub(r"\$\{[^}]*\}", "", (ROOT / "docker-compose.yml").read_text("utf-8"))
    assert not re.search(r"://\w+:[^@\s]+@", empty)
    assert not re.search(r"(?i)(password|secret_key):? *'?[\w-]", empty)


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_heals_itself_and_says_how_it_is(name: str) -> None:
    service = SERVICES[name]
    if name == "migrate":
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["logging"]["options"]["max-size"]
    assert "container_name" not in service  # it would forbid a second one


def test_the_image_runs_as_nobody_in_particular_and_holds_no_installer() -> None:
    _, packages, build, final = DOCKERFILE.split("\nFROM ")
    assert "npm ci --omit=dev --ignore-scripts" in packages
    assert "--require-hashes -r requirements.lock" in build
    assert re.search(r"^USER foerderweg$", final, re.M)
    assert "pip" not in final
    for package in ("pytest", "mypy", "playwright", "ruff"):
        assert not re.search(rf"^{package}==", (ROOT / "requirements.lock").read_text("utf-8"), re.M)


def dockerfile_command() -> list[str]:
    text = DOCKERFILE.rpartition("CMD ")[2].replace("\\\n", "")
    return list(yaml.safe_load(text))


class Machine:
    """What compose would do, on this machine: names of hosts become ports of the loopback."""

    def __init__(self, supervisor: Supervisor, folder: DataFolder) -> None:
        self.supervisor, self.folder = supervisor, folder
        self.ports = {"mail:1025": free_port(), "8000": free_port()}
        (folder.path / "files").mkdir()
        (folder.path / "tmp").mkdir()

    def here(self, text: str) -> str:
        """The file's text with variables filled in and places of this machine."""
        text = re.sub(r"\$\{(\w+)[^}]*\}", lambda found: VALUES[found[1]], text)
        text = text.replace("0.0.0.0:8000", f"127.0.0.1:{self.ports['8000']}").replace(
            "127.0.0.1:8000", f"127.0.0.1:{self.ports['8000']}"
        )
        for host, port in self.ports.items():
            if ":" in host:
                text = text.replace(host, f"127.0.0.1:{port}")
        text = re.sub(r"(?<!\d)1025(?!\d)", str(self.ports["mail:1025"]), text)  # not within another port
        text = text.replace("0.0.0.0", "127.0.0.1")
        places = {"/data": "files", "/tmp": "tmp"}
        return re.sub(r"(?<![\w/])/(data|tmp)\b", lambda at: str(self.folder.path / places[at[0]]), text)

    def env(self, name: str) -> dict[str, str]:
        given = {key: self.here(str(value)) for key, value in SERVICES[name]["environment"].items()}
        path = f"{Path(sys.executable).parent}:{postgres_program('psql').parent}:/usr/bin:/bin"
        return {"PATH": path, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **given}

    def command(self, name: str) -> list[str]:
        given = SERVICES[name].get("command")
        parts = shlex.split(given) if given else dockerfile_command()
        return [self.here(part) for part in parts]

    def healthy(self, name: str) -> bool:
        if name == "redis":  # the wheel brings no valkey-cli
            assert SERVICES[name]["healthcheck"]["test"] == ["CMD", "valkey-cli", "ping"]
            with redis.Redis(port=self.ports["redis:6379"]) as client:
                return bool(client.ping())
        test = [self.here(part) for part in SERVICES[name]["healthcheck"]["test"][1:]]
        env = self.env(name) if name in OURS else {"PATH": str(postgres_program("psql").parent)}
        if name == "postgres":
            env["PGPORT"] = str(self.ports["postgres:5432"])
        return subprocess.run(test, env=env, capture_output=True, timeout=60).returncode == 0

    def start_redis(self) -> None:
        """The wheel's server with the file's own arguments."""
        self.ports["redis:6379"] = port = free_port()
        data = self.folder.path / "redis"
        data.mkdir()
        _, *arguments = shlex.split(SERVICES["redis"]["command"])
        command = (str(valkey_program()), *arguments, "--port", str(port), "--bind", "127.0.0.1")
        self.supervisor.run(Program("redis", command, lambda: accepts(port), cwd=data))
        assert self.healthy("redis")
        with redis.Redis(port=port) as client:
            assert client.config_get("appendonly") == {"appendonly": "yes"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}

    def up(self, name: str, copy: str = "") -> None:
        """Start a service whose dependencies are there, and wait until it says that it is well."""
        cwd = self.folder.path / "files"
        program = Program(f"{name}{copy}", tuple(self.command(name)), env=self.env(name), cwd=cwd)
        self.supervisor.run(program)
        until = time.monotonic() + 60
        while not self.healthy(name):
            assert time.monotonic() < until, f"{name} is not healthy"
            time.sleep(0.2)


def order() -> Iterator[str]:
    """The services so that each comes after those it depends on."""
    left = {name: set(service.get("depends_on", {})) for name, service in SERVICES.items()}
    while left:
        ready = sorted(name for name, needs in left.items() if not needs & left.keys())
        assert ready, f"these wait for each other: {left}"
        for name in ready:
            del left[name]
        yield from ready


def roles(machine: Machine, url: Mapping[str, Any]) -> None:
    """The file's own SQL, on an empty server."""
    with psycopg.connect(**url, autocommit=True) as admin:
        admin.execute("DROP DATABASE foerderweg")
        admin.execute("DROP ROLE foerderweg_owner, foerderweg_app")
        for statement in machine.here(COMPOSE["configs"]["roles"]["content"]).split(";"):
            if statement.strip():
                admin.execute(statement.encode())


def test_a_port_that_holds_another_is_put_in_whole(tmp_path: Path) -> None:
    with (
        open_data_folder(tmp_path / "data") as folder,
        Supervisor(folder.path / "log", (folder.lock,)) as supervisor,
    ):
        machine = Machine(supervisor, folder)
        machine.ports |= {"redis:6379": 21025, "mail:1025": 31000}
        said = machine.here("redis://redis:6379/0 smtp://mail:1025 --port 1025")
    assert said == "redis://127.0.0.1:21025/0 smtp://127.0.0.1:31000 --port 31000"


def test_the_services_of_the_file_work_together(tmp_path: Path) -> None:
    with (
        open_data_folder(tmp_path / "data") as folder,
        Supervisor(folder.path / "log", (folder.lock,)) as supervisor,
    ):
        machine = Machine(supervisor, folder)
        started = []
        for name in order():
            started.append(name)
            if name == "postgres":
                server = start_postgres(supervisor, folder, ("fsync=off",))
                machine.ports["postgres:5432"] = server.port
                about = {"host": "127.0.0.1", "port": server.port, "user": "postgres", "dbname": "postgres"}
                roles(machine, {**about, "password": folder.secrets["postgres"]})
                assert machine.healthy(name)
            elif name == "redis":
                machine.start_redis()
            elif name == "migrate":
                done = subprocess.run(machine.command(name), env=machine.env(name), cwd=ROOT, timeout=60)
                assert done.returncode == 0
            else:
                machine.up(name)
        assert started.index("postgres") < started.index("migrate") < started.index("worker")
        machine.up("worker", "-2")
        _apply(machine)
        _keeps_a_connection(machine.ports["8000"])
        assert os.listdir(folder.path / "files")
        for name in ("web", "worker", "worker-2", "clock", "mail"):
            began = time.monotonic()
            supervisor.stop(name)
            grace = SERVICES[name.removesuffix("-2")]["stop_grace_period"]
            assert time.monotonic() - began < int(grace[:-1]) * GRACE[grace[-1]] / 2


def _apply(machine: Machine) -> None:
    """One application through web reaches the formal check through a worker."""
    db = sa.create_engine(machine.env("web")["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:"))
    load_people(db, read_people(KIP3), password="geheim")
    db.dispose()
    base = f"http://127.0.0.1:{machine.ports['8000']}"
    heks = Client(base, "miriam.aebi@heks.example", "geheim")
    organisation = heks.get("/me")["organisations"][0]["id"]
    body = {"call": "project-round-2027", "organisation": organisation, "eligibility": ELIGIBLE}
    case_id = heks.post("/applications", body, status=201)["id"]
    answers = application(
        "HEKS", title="Lesen", area="language", goals=["everyday_language"], requested=8_000_00
    )
    path = f"/applications/{case_id}"
    heks.ask("PATCH", path, 200, json={"answers": answers}, headers={"If-Match": '"1"'})
    heks.upload(path, "attachments.statutes", ("Statuten.pdf", PDF, "application/pdf"))
    heks.post(f"/applications/{case_id}/submission", status=201)
    checker = Client(base, "regula.keller@integration.bs.example", "geheim")
    until = time.monotonic() + 30
    while not checker.get("/work-items")["total"]:
        assert time.monotonic() < until
        time.sleep(0.1)
    for client in (heks, checker):
        client.http.close()


def _keeps_a_connection(port: int) -> None:
    """While a person thinks: what is sent just when the server closes it gets no answer."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for pause in (0, 3):
        time.sleep(pause)
        line.request("GET", "/healthz")
        with line.getresponse() as answer:
            assert (answer.status, answer.will_close) == (200, False)
            answer.read()
    line.close()


def test_what_the_image_installs_is_complete(tmp_path: Path) -> None:
    """`pip install .` of the tree as the image gets it: data that is no Python comes along."""
    ignored = [line.rstrip("/") for line in (ROOT / ".dockerignore").read_text("utf-8").split()]
    ignored.remove("web/static/packages")  # the image gets them from its first stage
    assert "COPY --from=packages /src/static/packages web/static/packages\n" in DOCKERFILE
    source = tmp_path / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*(name.split("/")[-1] for name in ignored)))
    build = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", str(tmp_path))
    subprocess.run((*build, str(source)), check=True, capture_output=True, timeout=120)
    [wheel] = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = [
        path.relative_to(ROOT).as_posix()
        for folder in ("workflow", "web", "tasks")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and not {"__pycache__", "node_modules"} & set(path.parts)
        and path.suffix != ".po"
        and path.name not in ("package.json", "package-lock.json")
    ]
    assert [path for path in wanted if path not in inside] == []
    assert not [path for path in inside if path.startswith("tests/")]
