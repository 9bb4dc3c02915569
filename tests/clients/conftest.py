"""One API process, one registered client with its token, and one person, for every client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest

from app.commands.clients import make_key, register_client
from app.commands.tokens import fetch_token
from core.clock import utc_now
from tests.api_processes import api_processes
from tests.door import heart_rate, patient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database
    from core.embedded import Servers


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server is, the token to use, and whom the readings are about."""

    base: str
    token: str
    patient_id: str

    def observation(self, **more: Any) -> dict[str, Any]:
        """Return a valid heart rate of now that nobody has sent before."""
        now = utc_now().isoformat(timespec="microseconds")
        number = [{"system": "urn:device", "value": str(uuid4())}]
        about = heart_rate(f"Patient/{self.patient_id}", effectiveDateTime=now)
        return about | {"identifier": number} | more

    def declared(self, kind: str) -> set[str]:
        """Return the interactions that the server declares for a type."""
        (rest,) = httpx.get(f"{self.base}/fhir/metadata").json()["rest"]
        (resource,) = [each for each in rest["resource"] if each["type"] == kind]
        return {each["code"] for each in resource["interaction"]}


@pytest.fixture(scope="module")
def place(
    embedded: Servers, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    assert database.ping()
    private, public = make_key()
    client = register_client(
        embedded.database_url, f"client-{uuid4()}", frozenset({"system/*.cruds"}), public
    )
    with api_processes(embedded, tmp_path_factory.mktemp("api")) as [(base, _)]:
        token = fetch_token({**private, "client_id": str(client)}, base_url=base)
        answer = httpx.post(
            f"{base}/fhir/Patient",
            json=patient(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"},
        )
        yield Place(base, token, answer.json()["id"])
