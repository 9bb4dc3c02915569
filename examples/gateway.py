"""A device gateway in one file: token, one reading, a Bundle, a correction, a retraction.

Register it first and keep what is printed; then run it with the address of your Wardlight:

    wardlight client add my-gateway --scope 'system/Observation.crus system/Patient.crus' > key.json
    python examples/gateway.py http://127.0.0.1:8000 key.json

It needs httpx and pyjwt[crypto]. Everything it sends may be sent again: nothing is doubled.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt

UCUM = "http://unitsofmeasure.org"
VITAL_SIGNS = "http://terminology.hl7.org/CodeSystem/observation-category"
MEASURED = "urn:example:my-gateway:measurements"  # your own system for your own numbers
TRIES = 6


class Gateway:
    """One registered client: gets its token, sends, and comes back when asked to."""

    def __init__(self, base: str, registration: dict[str, Any]) -> None:
        self.base = base.rstrip("/")
        self.client_id = registration["client_id"]
        self.key = registration["private_jwk"]
        self.http = httpx.Client(timeout=30)
        self.token, self.renew_at = "", 0.0

    def bearer(self) -> str:
        """Return a token; ask for another half a minute before it ends."""
        if time.monotonic() > self.renew_at:
            endpoint = f"{self.base}/auth/token"
            now = int(time.time())
            claims = {
                "iss": self.client_id,
                "sub": self.client_id,
                "aud": endpoint,
                "exp": now + 240,  # at most five minutes ahead
                "jti": str(uuid4()),  # used once
            }
            signed = jwt.encode(
                claims, jwt.PyJWK(self.key).key, "ES384", headers={"kid": self.key["kid"]}
            )
            kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            form = {"grant_type": "client_credentials", "client_assertion_type": kind}
            answer = self.http.post(endpoint, data=form | {"client_assertion": signed})
            granted = answer.raise_for_status().json()
            self.token = granted["access_token"]
            self.renew_at = time.monotonic() + granted["expires_in"] - 30
        return self.token

    def post(self, path: str, resource: dict[str, Any], **headers: str) -> httpx.Response:
        """Send until it is answered: the same bytes and the same key each time."""
        body = json.dumps(resource).encode()
        said = {
            "Content-Type": "application/fhir+json",
            "Idempotency-Key": str(uuid4()),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        for attempt in range(TRIES):
            try:
                said["Authorization"] = f"Bearer {self.bearer()}"
                answer = self.http.post(f"{self.base}{path}", content=body, headers=said)
            except httpx.TransportError:
                time.sleep(2**attempt)  # nobody knows whether it arrived: send it again
                continue
            if answer.status_code not in (429, 503):
                return answer
            time.sleep(float(answer.headers.get("Retry-After", 2**attempt)))
        raise SystemExit("Wardlight could not be reached: keep the readings and try later")


def reading(subject: str, loinc: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    """Return an Observation with a number of its own, so that it can be corrected later."""
    return {
        "resourceType": "Observation",
        "identifier": [{"system": MEASURED, "value": str(uuid4())}],
        "status": "final",
        "category": [{"coding": [{"system": VITAL_SIGNS, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "subject": {"reference": subject},
        "effectiveDateTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    } | more


def show(what: str, answer: httpx.Response) -> httpx.Response:
    """Print what became of it, and in the server's words what was wrong."""
    print(f"{what}: {answer.status_code}")
    for issue in answer.json().get("issue", []) if answer.content else []:
        where = ", ".join(issue.get("expression", []))
        print(f"  {issue['severity']} {where} {issue.get('details', {}).get('text', '')}")
    return answer


def main(base: str, key: str) -> None:
    """Send one of each."""
    gateway = Gateway(base, json.loads(Path(key).read_text()))
    number = {"system": "urn:example:hospital:mrn", "value": "12345"}
    person = {"resourceType": "Patient", "identifier": [number], "birthDate": "1948-05-06"}
    known = f"identifier={number['system']}|{number['value']}"
    answer = show("patient", gateway.post("/fhir/Patient", person, If_None_Exist=known))
    subject = "/".join(answer.headers["Location"].split("/")[-4:-2])

    weight = reading(subject, "29463-7", 71.5, "kg")
    once = f"identifier={MEASURED}|{weight['identifier'][0]['value']}"
    show("one reading", gateway.post("/fhir/Observation", weight, If_None_Exist=once))
    show("the same again", gateway.post("/fhir/Observation", weight, If_None_Exist=once))

    readings = [reading(subject, "8867-4", 72, "/min"), reading(subject, "2708-6", 97, "%")]
    request = {"method": "POST", "url": "Observation"}
    entries = [{"resource": each, "request": request} for each in readings]
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    answer = show("a bundle", gateway.post("/fhir", bundle))
    for entry in answer.json()["entry"]:
        print(f"  entry: {entry['response']['status']}")

    quantity = weight["valueQuantity"] | {"value": 71.0}
    corrected = weight | {"status": "corrected", "valueQuantity": quantity}
    show("a correction", gateway.post("/fhir/Observation", corrected))
    retracted = corrected | {"status": "entered-in-error"}
    show("a retraction", gateway.post("/fhir/Observation", retracted))


if __name__ == "__main__":
    main(*sys.argv[1:3])
