"""Secrets stay where they were put: not in process lists, environments, logs, answers, crashes.

SEC-29, on the real system. What is drawn by `up` itself stands in files of the data folder and
in no environment; what an operator puts into the environment is in that of our processes alone.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from tests.running_system import ROOT, System, free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.database import Database
    from core.embedded import Servers

pytestmark = pytest.mark.processes
CANARY = "hT5canary9QwZx3KpLm7Rv2Nc8Bd4Fs6G"


def made(data: Path) -> list[str]:
    """Return every secret that `up` has made for itself."""
    ring = (data / "field-keys").read_text()
    return [(data / "secret.key").read_text(), *re.findall(r":([^,]+)", ring)]


def family(system: System) -> Iterator[psutil.Process]:
    parent = psutil.Process(system.process.pid)
    yield parent
    yield from parent.children(recursive=True)


def test_what_the_system_made_is_in_no_process_list_and_no_environment_sec_29(
    system: System,
) -> None:
    secrets, seen = made(system.data), 0
    for process in family(system):
        try:
            said = "\0".join([*process.cmdline(), *map("=".join, process.environ().items())])
        except psutil.Error:  # it has ended meanwhile
            continue
        seen += 1
        assert not [each for each in secrets if each in said], process.cmdline()

    assert len(secrets) == 3
    assert seen >= 6


def test_what_the_system_made_is_in_no_log_and_no_answer_sec_29(system: System) -> None:
    with httpx.Client(base_url=system.base_url) as http:
        paths = ("/fhir/metadata", "/readyz", "/healthz", "/metrics", "/sign-in", "/openapi.json")
        answers = [http.get(path).text for path in paths]

    said = "\n".join([*answers, system.log.read_text()])

    assert not [each for each in made(system.data) if each in said]
    assert '"resourceType":"CapabilityStatement"' in answers[0].replace(" ", "")


def test_files_of_secrets_are_readable_by_their_owner_alone_sec_29(system: System) -> None:
    for name in ("field-keys", "secret.key"):
        assert (system.data / name).stat().st_mode & 0o077 == 0, name


@pytest.fixture
def canaries(embedded: Servers, database: Database, tmp_path: Path) -> dict[str, str]:
    """Return an environment in which everything that is secret holds the canary."""
    assert database.ping()
    return {
        **os.environ,
        **embedded.environment(),
        "WARDLIGHT_ENVIRONMENT": "development",
        "WARDLIGHT_DATA": str(tmp_path),
        "WARDLIGHT_SECRET_KEY": CANARY,
        "WARDLIGHT_METRICS_TOKEN": CANARY,
        "WARDLIGHT_SMTP_PASSWORD": CANARY,
        "WARDLIGHT_BROKER_URL": f"redis://:{CANARY}@127.0.0.1:{free_port()}/0",
        "WARDLIGHT_LOG_LEVEL": "DEBUG",
    }


def test_a_broker_that_is_away_is_logged_without_its_password_sec_29(
    canaries: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    with log.open("wb") as out:
        worker = subprocess.Popen(
            [sys.executable, "-m", "app", "worker", "--processes", "1"],
            cwd=ROOT,
            env=canaries,
            stdout=out,
            stderr=out,
        )
    try:
        until(lambda: b"annot connect" in log.read_bytes(), within=60, what="a word of the broker")
        commands = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=35)

    assert CANARY not in log.read_text()
    assert ":**@" in log.read_text()
    assert not [each for each in commands if CANARY in " ".join(each)]


WRONG = {
    "database away": {"WARDLIGHT_DATABASE_URL": f"postgresql://a:{CANARY}@127.0.0.1:9/w"},
    "other database": {"WARDLIGHT_DATABASE_URL": f"mysql://app:{CANARY}@db/wardlight"},
    "no keys": {"WARDLIGHT_FIELD_KEYS": f"first:{CANARY}"},
    "wrapped": {
        "WARDLIGHT_FIELD_KEYS": f"wrapped:{CANARY}",
        "WARDLIGHT_KEY_COMMAND": "/bin/false",
    },
    "production": {"WARDLIGHT_ENVIRONMENT": "production"},
}


def test_a_process_that_does_not_start_tells_no_secret_sec_29(canaries: dict[str, str]) -> None:
    ending = {
        name: subprocess.Popen(
            [sys.executable, "-m", "app", "health"],
            cwd=ROOT,
            env={**canaries, **wrong},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, wrong in WRONG.items()
    }
    said = {name: process.communicate(timeout=60)[0] for name, process in ending.items()}

    assert {process.returncode for process in ending.values()} <= {1, 2}
    for name, words in said.items():
        assert words, name
        assert CANARY not in words, name
        assert "Traceback" not in words, name
