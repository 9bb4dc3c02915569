"""The integrator's page and the examples, run as they stand against a running system."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.running_system import ROOT, System

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.processes
PAGE = (ROOT / "docs" / "integrating.md").read_text()


class Ran(NamedTuple):
    """What a program printed, and the HTTP statuses that curl was answered with."""

    printed: str
    statuses: list[str]


def blocks(language: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert found
    return "\n".join(found)


@pytest.fixture
def desk(system: System, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """An integrator's folder and environment: the program on the path, the address known."""
    if shutil.which("curl") is None:
        if os.environ.get("CI"):
            pytest.fail("curl must be present in CI")
        pytest.skip("curl is absent")
    commands = tmp_path / "bin"
    commands.mkdir()
    program = commands / "wardlight"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m app "$@"\n')
    program.chmod(0o755)
    (tmp_path / ".curlrc").write_text('write-out = "%{stderr}HTTP %{http_code}\\n"\n')
    return tmp_path, {
        **os.environ,
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "CURL_HOME": str(tmp_path),
        "WARDLIGHT_DATA": str(system.data),
        "WARDLIGHT_LOG_LEVEL": "WARNING",
        "BASE": system.base_url,
    }


def run(command: Sequence[str], folder: Path, environment: dict[str, str], text: str = "") -> Ran:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = f"{done.stdout}\n{done.stderr}"
    return Ran(done.stdout, re.findall(r"^HTTP (\d{3})$", said, re.MULTILINE))


def test_every_snippet_of_the_page_does_what_the_page_says(
    desk: tuple[Path, dict[str, str]],
) -> None:
    folder, environment = desk
    shell, python = blocks("sh"), blocks("python")

    ran = run(["bash", "-eu"], folder, environment, shell)
    printed = run([sys.executable, "-"], folder, environment, python).printed

    assert json.loads((folder / "key.json").read_text())["private_jwk"]["d"]
    assert ran.statuses == re.findall(r"^# (\d{3}): ", shell, re.MULTILINE)
    assert printed.splitlines() == re.findall(r"^# prints (.*)$", python, re.MULTILINE)


def test_the_example_gateway_sends_one_of_each(
    system: System, desk: tuple[Path, dict[str, str]]
) -> None:
    folder, environment = desk
    scope = "system/Observation.crus system/Patient.crus"
    key = run(["wardlight", "client", "add", "example", "--scope", scope], folder, environment)
    (folder / "key.json").write_text(key.printed)

    example = str(ROOT / "examples" / "gateway.py")
    first = run([sys.executable, example, system.base_url, "key.json"], folder, environment)
    second = run([sys.executable, example, system.base_url, "key.json"], folder, environment)

    said = [line for line in first.printed.splitlines() if not line.startswith("  ")]
    assert said == [
        "patient: 201",
        "one reading: 201",
        "the same again: 200",
        "a bundle: 200",
        "a correction: 200",
        "a retraction: 200",
    ]
    assert first.printed.count("  entry: 201") == 2
    assert "error" not in first.printed
    assert second.printed.startswith("patient: 200")


def test_the_curl_example_stores_corrects_and_retracts(desk: tuple[Path, dict[str, str]]) -> None:
    folder, environment = desk
    scope = "system/Observation.c system/Patient.c"
    run(["wardlight", "client", "add", "curl", "--scope", scope], folder, environment)
    token = run(["wardlight", "token", "curl"], folder, environment).printed.strip()
    (folder / ".curlrc").unlink()  # the script prints its statuses itself

    given = {"TOKEN": token, "MRN": "777"}
    ran = run([str(ROOT / "examples" / "curl.sh")], folder, {**environment, **given})

    assert ran.statuses == ["201", "201", "200", "200"]
