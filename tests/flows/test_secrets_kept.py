"""Secrets stay where they were put: not in process lists, environments, logs, answers, crashes.

SEC-29, on the real system. What is drawn by `up` itself stands in files of the data folder and
in no environment; what an operator puts into the environment is in that of our processes alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.running_system import System

pytestmark = pytest.mark.processes


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
