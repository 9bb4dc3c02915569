"""A third party's bulk client, as it is published, exports from the running program (FHIR-24)."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from app.commands.clients import make_key, register_client
from tests.door import heart_rate, named, patient

if TYPE_CHECKING:
    from tests.running_system import System

pytestmark = pytest.mark.processes
FETCH_SECONDS = 120


def fetch(system: System, folder: Path, *more: str) -> Path:
    """Run the client with backend services authentication and return where it wrote."""
    folder.mkdir(exist_ok=True)
    private, public = make_key()
    scopes = frozenset({"system/*.rs"})
    client = register_client(system.database_url, f"fetch-{uuid4()}", scopes, public)
    keys = folder / "keys.jwks"
    signing = {**private, "alg": "ES384", "key_ops": ["sign"]}
    keys.write_text(json.dumps({"keys": [signing]}))
    said = subprocess.run(
        [
            str(Path(sys.executable).with_name("smart-fetch")),
            "bulk",
            str(folder / "out"),
            f"--fhir-url={system.base_url}/fhir",
            f"--smart-client-id={client}",
            f"--smart-key={keys}",
            *more,
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=FETCH_SECONDS,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    return folder / "out"


def fetched(folder: Path, kind: str) -> list[dict[str, Any]]:
    found = []
    for path in sorted(folder.glob(f"{kind}.*")):
        raw = path.read_bytes()
        text = gzip.decompress(raw) if path.suffix == ".gz" else raw
        found += [json.loads(line) for line in text.splitlines()]
    return found


def ids(folder: Path, kind: str) -> set[str]:
    return {each["id"] for each in fetched(folder, kind)}


def stored(system: System, resource: dict[str, Any]) -> str:
    gateway = system.gateways[-1]
    answer = gateway.send(f"/fhir/{resource['resourceType']}", json.dumps(resource).encode())
    assert answer.is_success, answer.text
    return str(answer.headers["Location"].split("/")[-3])


def test_smart_fetch_exports_a_system_and_a_group_fhir_24_fhir_27(
    system: System, tmp_path: Path
) -> None:
    system.gateway(f"bulk-{uuid4()}")
    inside, outside = (stored(system, patient()) for _ in range(2))
    seen, unseen = (
        stored(system, named(heart_rate(f"Patient/{each}"))) for each in (inside, outside)
    )
    about = {"subject": {"reference": f"Patient/{inside}"}}
    team = stored(system, {"resourceType": "CareTeam", "status": "active", "name": "N", **about})

    everything = fetch(system, tmp_path)
    group = fetch(system, tmp_path / "group", f"--group={team}")

    assert {inside, outside} <= ids(everything, "Patient")
    assert {seen, unseen} <= ids(everything, "Observation")
    assert ids(group, "Patient") == {inside}
    assert ids(group, "Observation") == {seen}
