"""The command line beside a running system: a newcomer's integration, from key to first reading."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from app.cli import main
from core.clock import utc_now
from lab.gateway import Tally
from tests.invented import enrolment, observation
from tests.running_system import ROOT, System

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes


def wardlight(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env={**os.environ, "WARDLIGHT_DATA": str(data), "WARDLIGHT_LOG_LEVEL": "WARNING"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_registered_client_gets_a_token_from_the_real_endpoint_and_posts_with_it(
    system: System,
) -> None:
    system.gateway("enroller").post(enrolment("cli-1", email="dr.cli@clinic.example"), Tally())

    added = wardlight(
        system.data,
        *("client", "add", "scale", "--patients", "any"),
        *("--scope", "system/Observation.c system/Patient.r"),
    )
    token = wardlight(system.data, "token", "scale").stdout.strip()
    answer = httpx.post(
        f"{system.base_url}/fhir/Observation",
        json=observation("cli-1", "weight", 71.5, utc_now()),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"},
    )

    assert json.loads(added.stdout)["private_jwk"]["d"]
    assert answer.status_code == 201, answer.text
    key = system.data / "clients" / "scale.json"
    assert key.stat().st_mode & 0o077 == 0
    assert httpx.post(f"{system.base_url}/fhir/Observation", json={}).status_code == 401


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("client", "add", "x", "--scope", "patient/*.read"), "SMART v2 system scope"),
        (("client", "add", "../x"), "a name has letters"),
        (("token", "nobody"), "no key for nobody"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.setenv("WARDLIGHT_DATA", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["wardlight", *arguments])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert said in told
    assert len(told.strip().splitlines()) == 1


def test_replay_writes_an_alert_for_a_folder_without_any_server(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    patient = {"resourceType": "Patient", "id": "p1", "birthDate": "1944-01-01"}
    reading = observation("x", "spo2", 84, utc_now())
    reading |= {"id": "o1", "subject": {"reference": "Patient/p1"}}
    (folder / "Patient.ndjson").write_text(json.dumps(patient) + "\n")
    (folder / "Condition.ndjson").write_text("")
    (folder / "Observation.ndjson").write_text(json.dumps(reading) + "\n")
    out = tmp_path / "out.ndjson"

    done = wardlight(tmp_path, "replay", "--input", str(folder), "--output", str(out))

    assert done.returncode == 0, done.stderr
    [issue] = [json.loads(line) for line in out.read_text().splitlines()]
    assert issue["resourceType"] == "DetectedIssue"
    assert issue["severity"] == "high"
    assert issue["patient"] == {"reference": "Patient/p1"}
    assert issue["implicated"] == [{"reference": "Observation/o1"}]
