"""FHIR clients that others wrote, unmodified, against a real server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fhirclient import client as smart
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

from app.frontend import npm_command

if TYPE_CHECKING:
    from tests.clients.conftest import Place

pytestmark = pytest.mark.processes
PROGRAM = Path(__file__).parent / "fhirclient.mjs"


def kinded(resource: dict[str, Any]) -> dict[str, Any]:
    """Return it as fhirpy takes it: the type under another name."""
    rest = dict(resource)
    return {"resource_type": rest.pop("resourceType"), **rest}


def test_fhirpy_creates_reads_and_searches_fhir_27(place: Place) -> None:
    client = SyncFHIRClient(f"{place.base}/fhir", authorization=f"Bearer {place.token}")

    made = [client.resource(**kinded(place.observation())) for _ in range(3)]
    for each in made:
        each.save()
    search = client.resources("Observation").search(patient=place.patient_id, _count=2)

    read = client.reference("Observation", made[0].id).to_resource()
    assert read["valueQuantity"] == made[0]["valueQuantity"]
    assert {each.id for each in made} <= {each.id for each in search.fetch_all()}


def test_fhirpy_understands_what_is_refused_fhir_27(place: Place) -> None:
    client = SyncFHIRClient(f"{place.base}/fhir", authorization=f"Bearer {place.token}")
    wrong = client.resource(**kinded(place.observation(status="done")))

    with pytest.raises(OperationOutcome, match=r"Observation\.status"):
        wrong.save()
    with pytest.raises(ResourceNotFound):
        client.reference("Observation", "nobody").to_resource()


def test_fhirclient_for_python_creates_reads_and_searches_fhir_27(place: Place) -> None:
    server = {
        "base_uri": f"{place.base}/fhir/",
        "auth_type": "oauth2",
        "auth": {"access_token": place.token},
    }
    client = smart.FHIRClient(state={"app_id": "wardlight-test", "server": server})
    observation = Observation(place.observation())

    created = observation.create(client.server)

    assert created is not None
    read = Observation.read(created["id"], client.server)
    assert read.valueQuantity.value == observation.valueQuantity.value
    found = Observation.where({"patient": place.patient_id}).perform_resources_iter(client.server)
    assert created["id"] in {each.id for each in found}
    assert Patient.read(place.patient_id, client.server).id == place.patient_id
    assert client.server.capabilityStatement.fhirVersion == "4.0.1"


def test_fhirclient_js_creates_reads_and_searches_fhir_27(place: Place) -> None:
    command, environment = npm_command()
    asked = {
        "base": place.base,
        "token": place.token,
        "patient": {"id": place.patient_id},
        "observation": place.observation(),
    }

    done = subprocess.run(
        [command[0] if len(command) > 1 else "node", str(PROGRAM)],
        input=json.dumps(asked),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["created"] == said["read"]
    assert said["person"] == place.patient_id
    assert said["created"] in said["found"]
