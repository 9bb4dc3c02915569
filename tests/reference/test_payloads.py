"""Every reference payload through the running server: accepted, or refused with a reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from lab.gateway import Gateway
    from tests.running_system import System

pytestmark = [pytest.mark.processes, pytest.mark.reference]


@pytest.fixture(scope="module")
def gateway(system: System) -> Gateway:
    return system.gateway("reference")


def payloads(folder: Path) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    for path in sorted(folder.rglob("*.json")):
        raw = path.read_bytes()
        try:
            yield path.name, raw, json.loads(raw.decode("utf-8-sig"))
        except ValueError:
            yield path.name, raw, {}


def references(node: object) -> Iterator[str]:
    """Yield every patient that a payload names by a relative reference."""
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str) and node["reference"].startswith("Patient/"):
            yield node["reference"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def enrol(gateway: Gateway, reference: str) -> str:
    """Enrol somebody for a reference that the data do not resolve; return their id here."""
    identifier = {"system": "https://reference.example/patients", "value": reference}
    answer = post(
        gateway,
        "/fhir/Patient",
        json.dumps(
            {"resourceType": "Patient", "identifier": [identifier], "birthDate": "1950-01-01"}
        ).encode(),
    )
    assert answer.status_code in (200, 201)
    return answer.headers["Location"].split("/Patient/")[1].split("/")[0]


def post(gateway: Gateway, path: str, raw: bytes) -> httpx.Response:
    return gateway.send(path, raw)


def has_reason(answer: httpx.Response) -> bool:
    issues = answer.json()["issue"]
    return any(
        issue["severity"] in ("error", "fatal")
        and (issue.get("diagnostics") or issue.get("details", {}).get("text"))
        for issue in issues
    )


def test_every_reference_payload_is_accepted_or_refused_with_a_reason(
    gateway: Gateway, reference_data: Path
) -> None:
    files = list(payloads(reference_data / "fhir"))
    known = {
        reference: f"Patient/{enrol(gateway, reference)}"
        for reference in sorted({r for _, _, resource in files for r in references(resource)})
    }
    counted = {"accepted": 0, "refused": 0}

    for name, raw, resource in files:
        whole = raw
        for reference, local in known.items():
            whole = whole.replace(f'"{reference}"'.encode(), f'"{local}"'.encode())
        bundle = resource.get("resourceType") == "Bundle"
        path = "/fhir" if bundle else f"/fhir/{resource.get('resourceType', 'Observation')}"
        answer = post(gateway, path, whole)

        assert answer.status_code < 500, name
        if answer.is_success:
            counted["accepted"] += 1
            for entry in answer.json().get("entry", []) if bundle else []:
                status = int(entry["response"]["status"][:3])
                assert status < 500, name
                assert status < 300 or entry["response"]["outcome"]["issue"], name
        else:
            counted["refused"] += 1
            assert has_reason(answer), (name, answer.text)

    assert counted["accepted"] > 300
    assert counted["refused"] > 20
