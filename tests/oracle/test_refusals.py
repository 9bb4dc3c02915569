"""Each status for its own cause, said as valid FHIR, and never a word of what was sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest

from app.commands.clients import make_key, register_client
from app.commands.tokens import fetch_token
from tests.api_processes import api_processes
from tests.door import bundle, device, heart_rate, patient
from tests.oracle.panel import panel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.database import Database
    from core.embedded import Servers

pytestmark = pytest.mark.processes
CANARY = "Zyxcanary"  # stands in every name, number, text, address and header that is sent
JSON = {"Content-Type": "application/fhir+json"}
RETRY_AFTER = (429, 503)


@dataclass(slots=True)
class Desk:
    """Two clients of one process: one that may do everything, and one that may only create."""

    full: httpx.Client
    narrow: httpx.Client
    folder: Path
    known: dict[str, str] = field(default_factory=dict)

    def enrol(self) -> None:
        """Store what some refusals need."""
        for name in ("one", "other"):
            answer = self.full.post("/Patient", json=person(f"{CANARY}-{name}"))
            self.known[name] = answer.json()["id"]
        self.known["device"] = self.full.post("/Device", json=device()).json()["id"]
        self.full.delete(f"/Device/{self.known['device']}")

    def reading(self, **more: Any) -> dict[str, Any]:
        """Return a reading of the first person, with the canary where a text may stand."""
        note = {"note": [{"text": CANARY}], "id": f"{CANARY}-id"}
        named = {"identifier": [{"system": "urn:device", "value": f"{CANARY}-{uuid4()}"}]}
        return heart_rate(f"Patient/{self.known['one']}") | note | named | more


def person(*numbers: str) -> dict[str, Any]:
    identifiers = [{"system": "urn:clinic:a", "value": each} for each in numbers]
    return patient(identifier=identifiers, name=[{"family": CANARY, "given": [CANARY]}])


@pytest.fixture(scope="module")
def desk(
    embedded: Servers, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    assert database.ping()
    folder = tmp_path_factory.mktemp("refusing")
    with api_processes(embedded, folder, WARDLIGHT_LOG_LEVEL="DEBUG") as [(base, _)]:

        def client(*scopes: str) -> httpx.Client:
            private, public = make_key()
            made = register_client(
                embedded.database_url, f"refused-{uuid4()}", frozenset(scopes), public
            )
            token = fetch_token(private | {"client_id": str(made)}, base_url=base)
            headers = {"Authorization": f"Bearer {token}"}
            return httpx.Client(base_url=f"{base}/fhir", headers=headers, timeout=30)

        with client("system/*.cruds") as full, client("system/Device.c") as narrow:
            found = Desk(full, narrow, folder)
            found.enrol()
            yield found


def post(desk: Desk, resource: Any, **headers: str) -> httpx.Response:
    kind = resource["resourceType"]
    said = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    path = "" if kind == "Bundle" else f"/{kind}"
    return desk.full.post(path, content=json.dumps(resource), headers=said)


def raw(desk: Desk, body: str, **headers: str) -> httpx.Response:
    said = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    return desk.full.post("/Observation", content=body.encode(), headers=said)


# The status, the code of the issue, where it points, and how it is provoked.
CAUSES: dict[str, tuple[int, str, str | None, Any]] = {
    "no JSON": (400, "structure", None, lambda d: raw(d, f'{{"{CANARY}')),
    "a member twice": (
        400,
        "structure",
        None,
        lambda d: raw(d, f'{{"resourceType":"Observation","status":"{CANARY}","status":"final"}}'),
    ),
    "no such status": (
        400,
        "code-invalid",
        "Observation.status",
        lambda d: post(d, d.reading(status=CANARY)),
    ),
    "no such parameter": (
        400,
        "not-supported",
        None,
        lambda d: d.full.get(f"/Observation?heard={CANARY}", headers={"Prefer": "handling=strict"}),
    ),
    "no date": (400, "value", None, lambda d: d.full.get(f"/Observation?date={CANARY}")),
    "a condition that is none": (
        400,
        "invalid",
        "http.If-None-Exist",
        lambda d: post(d, person(CANARY), If_None_Exist=f"name={CANARY}"),
    ),
    "no token": (
        401,
        "login",
        None,
        lambda d: d.full.get("/Observation", headers={"Authorization": f"Bearer {CANARY}"}),
    ),
    "no scope": (
        403,
        "forbidden",
        None,
        lambda d: d.narrow.post("/Patient", json=person(CANARY), headers=JSON),
    ),
    "nothing there": (404, "not-found", None, lambda d: d.full.get(f"/Patient/{CANARY}")),
    "no such type": (404, "not-supported", None, lambda d: d.full.post(f"/{CANARY}", json={})),
    "no such type to search": (404, "not-found", None, lambda d: d.full.get(f"/{CANARY}")),
    "not served": (
        405,
        "not-supported",
        None,
        lambda d: d.full.delete(f"/Patient/{d.known['one']}?name={CANARY}"),
    ),
    "only JSON": (
        406,
        "not-supported",
        None,
        lambda d: d.full.get("/Observation", headers={"Accept": f"text/{CANARY}"}),
    ),
    "two people's numbers": (
        409,
        "conflict",
        "Patient.identifier",
        lambda d: post(d, person(f"{CANARY}-one", f"{CANARY}-other")),
    ),
    "deleted": (410, "deleted", None, lambda d: d.full.get(f"/Device/{d.known['device']}")),
    "moved on": (
        412,
        "conflict",
        "http.If-Match",
        lambda d: d.full.put(
            f"/Patient/{d.known['one']}",
            json=person(f"{CANARY}-one") | {"id": d.known["one"]},
            headers=JSON | {"If-Match": 'W/"9"'},
        ),
    ),
    "too long": (413, "too-long", None, lambda d: raw(d, CANARY * 150_000)),
    "another medium": (
        415,
        "not-supported",
        None,
        lambda d: raw(d, f"<a>{CANARY}</a>", Content_Type="application/fhir+xml"),
    ),
    "nobody": (
        422,
        "not-found",
        "Observation.subject",
        lambda d: post(d, d.reading(subject={"reference": f"Patient/{CANARY}"})),
    ),
    "no unit": (
        422,
        "code-invalid",
        "Observation.valueQuantity.code",
        lambda d: post(
            d,
            d.reading(
                valueQuantity={
                    "value": 73.4711,
                    "unit": CANARY,
                    "system": "http://unitsofmeasure.org",
                    "code": CANARY,
                }
            ),
        ),
    ),
    "one bad entry of all": (
        422,
        "not-found",
        "Bundle.entry[1].resource.subject",
        lambda d: post(
            d,
            bundle("transaction", person(CANARY), heart_rate(f"Patient?identifier=a|{CANARY}")),
        ),
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_has_its_status_and_says_nothing_of_what_was_sent_fhir_08_fhir_09(
    desk: Desk, cause: str
) -> None:
    status, code, expression, provoke = CAUSES[cause]

    answer: httpx.Response = provoke(desk)

    said = answer.json()
    assert (answer.status_code, said["resourceType"]) == (status, "OperationOutcome"), answer.text
    issue = said["issue"][0]
    assert issue["severity"] in ("error", "fatal")
    assert issue["code"] == code, answer.text
    assert expression is None or issue["expression"] == [expression], answer.text
    assert len(issue["diagnostics"].split()) > 2
    assert CANARY.lower() not in answer.text.lower()
    assert "73.4711" not in answer.text
    assert CANARY not in str(answer.headers)
    assert not panel([said])[0]


def test_no_log_holds_a_word_of_what_was_sent_fhir_08(desk: Desk) -> None:
    for _, _, _, provoke in CAUSES.values():
        provoke(desk)

    logs = "".join(each.read_text() for each in desk.folder.glob("*.log"))

    assert "route=" in logs or '"route"' in logs
    assert CANARY.lower() not in logs.lower()
    assert "73.4711" not in logs


def test_every_status_of_a_refusal_is_provoked_by_something_fhir_09() -> None:
    asked = {400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 422}

    assert {status for status, *_ in CAUSES.values()} == asked
