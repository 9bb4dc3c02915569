from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from tests.door import Gateway, condition_status, heart_rate, named, patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database

DAYS = ("2026-02-27", "2026-03-01T08:00:00Z", "2026-03-02T11:30:00Z")


class Known:
    """A patient with readings, a condition, a device, and a team that looks after them."""

    def __init__(self, gateway: Gateway) -> None:
        self.id = gateway.create(patient())
        ref = {"reference": f"Patient/{self.id}"}
        doctor = gateway.create(
            named({"resourceType": "Practitioner", "name": [{"family": "Moor"}], "active": True})
        )
        member = {"member": {"reference": f"Practitioner/{doctor}"}}
        team = {"resourceType": "CareTeam", "status": "active", "subject": ref}
        condition = {
            "resourceType": "Condition",
            "subject": ref,
            "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I50.9"}]},
            "clinicalStatus": condition_status("clinical", "active"),
        }
        self.readings = [
            gateway.create(named(heart_rate(ref["reference"], 70 + i, effectiveDateTime=at)))
            for i, at in enumerate(DAYS)
        ]
        self.ids = {
            "Patient": {self.id},
            "Observation": set(self.readings),
            "Condition": {gateway.create(named(condition))},
            "Device": {gateway.create(named({"resourceType": "Device", "patient": ref}))},
            "CareTeam": {gateway.create(named(team | {"participant": [member]}))},
            "Practitioner": {doctor},
        }


@pytest.fixture(scope="module")
def known(gateway: Gateway) -> Known:
    return Known(gateway)


def pages(gateway: Gateway, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while url:
        answer = gateway.get(url)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        links = {each["relation"]: each["url"] for each in found[-1]["link"]}
        url = links.get("next", "")
    return found


def ids(bundles: list[dict[str, Any]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for bundle in bundles:
        for entry in bundle.get("entry", ()):
            resource = entry["resource"]
            of_kind = found.setdefault(resource["resourceType"], set())
            assert resource["id"] not in of_kind
            of_kind.add(resource["id"])
    return found


@pytest.mark.parametrize("query", ["", "?_count=1", "?_count=3"])
def test_everything_of_a_patient_is_found_once_fhir_11(
    gateway: Gateway, known: Known, query: str
) -> None:
    bundles = pages(gateway, f"/fhir/Patient/{known.id}/$everything{query}")

    found = ids(bundles)
    provenance, accesses = found.pop("Provenance"), found.pop("AuditEvent")
    assert accesses
    assert found == known.ids
    of_others = len(known.ids["Practitioner"])
    assert len(provenance) == sum(map(len, known.ids.values())) - of_others
    assert bundles[0]["entry"][0]["resource"]["resourceType"] == "Patient"


def test_a_span_and_types_narrow_it_down(gateway: Gateway, known: Known) -> None:
    path = f"/fhir/Patient/{known.id}/$everything"

    recent = ids(pages(gateway, f"{path}?_type=Observation,Condition&start=2026-03-01"))
    early = ids(pages(gateway, f"{path}?_type=Observation&end=2026-03-01"))
    later = ids(pages(gateway, f"{path}?_since=2027-01-01T00:00:00Z"))

    assert recent == {
        "Observation": set(known.readings[1:]),
        "Condition": known.ids["Condition"],
    }
    assert early == {"Observation": set(known.readings[:2])}
    assert later == {}


def test_what_is_wrong_with_it_is_said(gateway: Gateway, known: Known) -> None:
    path = f"/fhir/Patient/{known.id}/$everything"
    faults = ["start=x", "_type=Claim", "_count=0", "_since=yesterday"]

    answers = [gateway.get(f"{path}?{each}") for each in faults]
    link = gateway.get(f"{path}?_count=1").json()["link"][1]["url"]
    elsewhere = link.replace(known.id, str(uuid4()))

    assert [each.status_code for each in answers] == [400] * len(faults)
    assert gateway.get(f"/fhir/Patient/{uuid4()}/$everything").status_code == 404
    assert gateway.get("/fhir/Patient/nobody/$everything").status_code == 404
    assert gateway.get(elsewhere).status_code == 410


def test_only_what_the_scopes_permit_is_shown_in_one_audit_event_sec_03_sec_16(
    register: Callable[..., Gateway], known: Known, database: Database
) -> None:
    reader = register("system/Patient.r", "system/Observation.rs")
    blind = register("system/Observation.rs")

    found = ids(pages(reader, f"/fhir/Patient/{known.id}/$everything"))

    assert found.keys() == {"Patient", "Observation"}
    assert blind.get(f"/fhir/Patient/{known.id}/$everything").status_code == 403
    with database.transaction() as session:
        rows = select(AuditEvent.patient_id, AuditEvent.outcome).where(
            AuditEvent.caller_id == reader.client_id
        )
        assert session.execute(rows).all() == [(UUID(known.id), "success")]


def test_everything_is_declared_fhir_01(gateway: Gateway) -> None:
    (rest,) = gateway.get("/fhir/metadata").json()["rest"]
    (of_patients,) = [each for each in rest["resource"] if each["type"] == "Patient"]

    assert [each["name"] for each in of_patients["operation"]] == ["everything"]
