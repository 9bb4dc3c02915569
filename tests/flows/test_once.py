"""One reading, sent in every form, in sequence and at once, to two API processes (REL-05)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest

from app.commands.clients import make_key, register_client
from app.commands.tokens import fetch_token
from tests.api_processes import api_processes
from tests.door import bundle, heart_rate, patient, readings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database
    from core.embedded import Servers

pytestmark = pytest.mark.processes
TIMES = 16
SYSTEM = "urn:gateway"


@dataclass(slots=True)
class Sending:
    """A client with connections to two processes, and one reading that it sends by each form."""

    doors: list[httpx.Client]
    patient: str = ""
    value: str = ""

    def begin(self) -> None:
        """Have a new person measured once."""
        self.patient = self.doors[0].post("/Patient", json=patient()).json()["id"]
        self.value = str(uuid4())

    def reading(self, *, named: bool = True, **more: Any) -> dict[str, Any]:
        found = heart_rate(f"Patient/{self.patient}") | more
        if named:
            found["identifier"] = [{"system": SYSTEM, "value": self.value}]
        return found

    @property
    def criteria(self) -> str:
        return f"identifier={SYSTEM}|{self.value}"

    def send(self, form: str, number: int) -> httpx.Response:
        """Send it to one of the processes in turn."""
        door = self.doors[number % len(self.doors)]
        body, headers = self.reading(named=form not in ("nameless", "key")), {}
        if form == "own id":
            own = body | {"id": f"own-{self.value}"}
            return door.put(f"/Observation/own-{self.value}", json=own)
        if form == "conditional update":
            return door.put(
                "/Observation", params={"identifier": f"{SYSTEM}|{self.value}"}, json=body
            )
        if form in ("batch", "transaction"):
            return door.post("", json=bundle(form, body))
        if form == "upload":
            said = {"Content-Type": "application/fhir+ndjson"}
            return door.post("/$import", content=json.dumps(body).encode(), headers=said)
        if form == "conditional create":
            headers["If-None-Exist"] = self.criteria
        if form == "key":
            headers["Idempotency-Key"] = self.value
        return door.post("/Observation", json=body, headers=headers)


@pytest.fixture(scope="module")
def sending(
    embedded: Servers, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sending]:
    assert database.ping()
    with api_processes(embedded, tmp_path_factory.mktemp("once"), count=2) as started:
        private, public = make_key()
        client = register_client(
            embedded.database_url, f"once-{uuid4()}", frozenset({"system/*.cruds"}), public
        )
        base = started[0][0]
        token = fetch_token(private | {"client_id": str(client)}, base_url=base)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
        doors = [
            httpx.Client(base_url=f"{address}/fhir", headers=headers, timeout=60)
            for address, _ in started
        ]
        yield Sending(doors)
        for each in doors:
            each.close()


FORMS = [
    "post",
    "nameless",
    "conditional create",
    "key",
    "own id",
    "conditional update",
    "batch",
    "transaction",
    "upload",
]


@pytest.mark.parametrize("at_once", [False, True], ids=["in sequence", "at once"])
@pytest.mark.parametrize("form", FORMS)
def test_one_reading_sent_16_times_is_stored_once_rel_05(
    sending: Sending, database: Database, form: str, *, at_once: bool
) -> None:
    sending.begin()

    with ThreadPoolExecutor(TIMES if at_once else 1) as pool:
        answers = list(pool.map(lambda number: sending.send(form, number), range(TIMES)))

    stored = readings(database, sending.patient)
    assert [(each.resource_version, each.value) for each in stored] == [(1, 72)]
    created = [said(each) for each in answers].count("201")
    assert created == (TIMES if form == "key" else 1)  # a key is answered as it was at first
    assert {said(each) for each in answers} <= {"200", "201"}


def said(answer: httpx.Response) -> str:
    """Return the status of the one reading, wherever the answer says it."""
    document = answer.json()
    if document["resourceType"] == "Bundle":
        return str(document["entry"][0]["response"]["status"])[:3]
    if document["resourceType"] == "Parameters":
        counts = {each["name"]: each.get("valueInteger") for each in document["parameter"]}
        return "201" if counts["created"] else "200"
    return str(answer.status_code)


def test_the_forms_recognise_each_others_reading_rel_05(
    sending: Sending, database: Database
) -> None:
    sending.begin()
    named = [form for form in FORMS if form not in ("nameless", "key", "own id")]

    answers = [said(sending.send(form, number)) for number, form in enumerate(named)]

    assert answers == ["201", *["200"] * (len(named) - 1)]
    assert len(readings(database, sending.patient)) == 1
