"""FHIR clients that others wrote, unmodified, against a real server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fhirclient import client as smart
from fhirclient.models.device import Device
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound
from requests import HTTPError

from app.frontend import npm_command
from tests.door import device

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


def cuff() -> dict[str, Any]:
    """Return a device that may be replaced and taken away again."""
    return device(lotNumber="1")


def test_fhirpy_updates_and_deletes_fhir_27_fhir_05_fhir_06(place: Place) -> None:
    client = SyncFHIRClient(f"{place.base}/fhir", authorization=f"Bearer {place.token}")
    made = client.resource(**kinded(cuff()))
    made.save()
    number = f"urn:maker|{made['identifier'][0]['value']}"

    made["lotNumber"] = "2"
    made.save()
    conditional = client.resource(**kinded(cuff() | {"identifier": made["identifier"]}))
    found, created = client.resources("Device").search(identifier=number).update(conditional)

    assert (found["id"], found["lotNumber"], created) == (made["id"], "1", False)
    assert found["meta"]["versionId"] == "3"
    made.delete()
    with pytest.raises(ResourceNotFound):
        client.reference("Device", made["id"]).to_resource()


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


def test_fhirclient_for_python_updates_and_deletes_fhir_27_fhir_05_fhir_06(place: Place) -> None:
    server = {
        "base_uri": f"{place.base}/fhir/",
        "auth_type": "oauth2",
        "auth": {"access_token": place.token},
    }
    client = smart.FHIRClient(state={"app_id": "wardlight-test", "server": server})
    created = Device(cuff()).create(client.server)
    assert created is not None
    kept = Device.read(created["id"], client.server)

    kept.lotNumber = "2"
    kept.update(client.server)

    assert Device.read(created["id"], client.server).lotNumber == "2"
    kept.delete(client.server)
    with pytest.raises(HTTPError, match="410"):
        Device.read(created["id"], client.server)


def test_fhirclient_js_creates_reads_searches_updates_and_deletes_fhir_27(place: Place) -> None:
    command, environment = npm_command()
    asked = {
        "base": place.base,
        "token": place.token,
        "patient": {"id": place.patient_id},
        "observation": place.observation(),
        "device": cuff(),
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
    assert (said["updated"], said["replaced"], said["gone"]) == ("2", "3", 410)
