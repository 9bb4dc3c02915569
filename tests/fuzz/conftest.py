"""One API process to be hammered, its token, a person to write about, and a look at its memory."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
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

MOST = 64 << 20  # what any request may make a process hold, over what it held before (SEC-32)


@dataclass(slots=True)
class Target:
    """A running API process."""

    base: str
    pid: int
    key: dict[str, Any]
    patient_id: str = ""

    def token(self) -> str:
        """Return a token of its own."""
        return fetch_token(self.key, base_url=self.base)

    def client(self) -> httpx.Client:
        """Return a connection with a token of its own."""
        headers = {
            "Authorization": f"Bearer {self.token()}",
            "Content-Type": "application/fhir+json",
        }
        return httpx.Client(base_url=f"{self.base}/fhir", headers=headers, timeout=60)

    def observation(self) -> dict[str, Any]:
        """Return a valid heart rate of now."""
        now = utc_now().isoformat(timespec="microseconds")
        return heart_rate(f"Patient/{self.patient_id}", effectiveDateTime=now)

    def held(self, name: str) -> int:
        """Return a figure of the process's memory in bytes: `VmRSS` now, `VmHWM` the most."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(each for each in status.splitlines() if each.startswith(f"{name}:"))
        return int(line.split()[1]) << 10

    @contextmanager
    def within_memory(self) -> Iterator[None]:
        """Fail where what is done inside makes the process hold much more than before."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")  # the high-water mark starts anew
        before = self.held("VmRSS")
        yield
        assert self.held("VmHWM") - before < MOST


def refused_or_taken(answer: httpx.Response) -> None:
    """Fail at a server error, and at a refusal that is no OperationOutcome."""
    assert answer.status_code < 500, answer.text[:500]
    assert answer.status_code != httpx.codes.TOO_MANY_REQUESTS, "nothing more is tried"
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"].startswith("application/fhir+json")
        body = answer.json()
        assert body["resourceType"] == "OperationOutcome"
        assert body["issue"][0]["severity"] in ("error", "fatal")


@pytest.fixture(scope="module")
def target(
    embedded: Servers, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    assert database.ping()
    private, public = make_key()
    client = register_client(
        embedded.database_url, f"fuzz-{uuid4()}", frozenset({"system/*.cruds"}), public
    )
    with api_processes(embedded, tmp_path_factory.mktemp("api")) as [(base, pid)]:
        found = Target(base, pid, {**private, "client_id": str(client)})
        with found.client() as http:
            found.patient_id = http.post("/Patient", json=patient()).json()["id"]
            # What is loaded at the first odd request is not what a request costs.
            http.post("/Observation", json=found.observation() | {"status": "done"})
            http.post("/Observation", json=found.observation() | {"note": [{"text": "x"}]})
        yield found


@pytest.fixture
def http(target: Target) -> Iterator[httpx.Client]:
    with target.client() as http:
        yield http
