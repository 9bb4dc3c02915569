"""What a device of one patient asks of what another sent of somebody else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from fastapi.testclient import TestClient

from core.clock import utc_now
from ingest.service import register_client
from tests.app.rights.unwalled import Work, work_on
from tests.app.rights.whole import BASE, PUBLIC, SCOPES
from tests.door import condition, device, heart_rate

if TYPE_CHECKING:
    from tests.app.rights.whole import Whole

_TIME = re.compile(r'"lastUpdated":"[^"]*"')


@dataclass(slots=True)
class Strangers:
    """Each kind of resource that differs in what may be done with it, twice."""

    whole: Whole
    site: UUID  # the client that sent theirs
    own: dict[str, dict[str, Any]]  # as the device would send it of its patient
    theirs: dict[str, str] = field(default_factory=dict)  # the id of that of somebody else

    @classmethod
    def of(cls, whole: Whole) -> Strangers:
        """Let a client of the whole site send what there is of somebody else."""
        keys, name = {"keys": [PUBLIC]}, f"site-{uuid4()}"
        with whole.database.transaction() as session:
            site = register_client(session, name, SCOPES, keys, now=utc_now())
        made = cls(whole, site, _resources(whole.ids["patient_id", "own"]))
        for kind, resource in _resources(whole.ids["patient_id", "other"]).items():
            answer = made.http(site).post(f"/fhir/{kind}", json=resource)
            assert answer.status_code == 201, answer.text
            made.theirs[kind] = answer.headers["location"].split("/")[-3]
        return made

    def http(self, client: UUID) -> TestClient:
        token = self.whole.token_of(client)
        held = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
        return TestClient(self.whole.web, base_url=BASE, headers=held)

    def ask(self, method: str, what: tuple[str, str, str], said: list[list[str]]) -> Work:
        """Return what was asked of the database; what the device is told, without the id, is said.

        `what` is a kind, an id of it, and the rest of the address.
        """
        kind, id_, rest = what
        body = self.own[kind] | {"id": id_} if method == "PUT" else None
        http = self.http(self.whole.client)
        with self.whole.database.undoing(), work_on(self.whole.database) as work:
            answer = http.request(method, f"/fhir/{kind}/{id_}{rest}", json=body)
        told = [str(answer.status_code), answer.headers.get("location", ""), answer.text]
        said.append([_TIME.sub("…", each.replace(id_, "*")) for each in told])
        return work


def _resources(patient: str) -> dict[str, dict[str, Any]]:
    about = f"Patient/{patient}"
    at = f"{utc_now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "Observation": heart_rate(about, effectiveDateTime=at),
        "Condition": condition(about),
        "Device": device(patient={"reference": about}),
    }
