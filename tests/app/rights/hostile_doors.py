"""Hostile words that come in by the doors that take words: FHIR, and a file of people."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from fastapi.testclient import TestClient

from core.clock import utc_now
from core.security import Role, csrf_token
from ingest.numbers.repository import called
from ingest.service import register_client
from ingest.tables import CareTeamPatient
from tests.app.rights.hostile import HOSTILE, MARK
from tests.app.rights.whole import BASE, PUBLIC, SCOPES, SECRET, Whole
from tests.invented import enrolment, observation
from tests.register import HEAD, SYSTEM_A

if TYPE_CHECKING:
    from httpx2 import Response

XHTML = "http://www.w3.org/1999/xhtml"
# No string of FHIR may hold it, and none that does is taken.
SENDABLE = HOSTILE.replace("\x1b", "")


def through_fhir(whole: Whole, mrn: str) -> None:
    """Enrol somebody all of whose words are hostile, and let the nurse's team look after them."""
    bundle = json.loads(json.dumps(enrolment(mrn, name=SENDABLE, team=SENDABLE)))
    for each in bundle["entry"]:
        resource = each["resource"]
        resource["text"] = {"status": "generated", "div": f"<div xmlns='{XHTML}'>{MARK}</div>"}
        if resource["resourceType"] == "Condition":
            resource["code"]["text"] = SENDABLE
            coding = {"system": "urn:x", "code": MARK, "display": SENDABLE}
            resource["code"]["coding"].append(coding)
        if resource["resourceType"] == "Patient":
            resource["telecom"] = [{"system": "phone", "use": "mobile", "value": SENDABLE}]
            words = {"text": SENDABLE}
            resource["contact"] = [{"name": words, "relationship": [words]}]
    with whole.database.transaction() as session:
        client = register_client(session, f"any-{mrn}", SCOPES, {"keys": [PUBLIC]}, now=utc_now())
    headers = {"Authorization": f"Bearer {whole.token_of(client)}"}
    http = TestClient(whole.web, base_url=BASE, headers=headers)
    said = http.post("/fhir", json=bundle)
    assert said.status_code == 200, said.text[:2000]
    for kind, value in (("spo2", 84.0), ("weight", 71.5)):
        reading = observation(mrn, kind, value, utc_now()) | {"note": [{"text": SENDABLE}]}
        reading["valueQuantity"]["unit"] = SENDABLE
        reading["code"]["text"] = SENDABLE
        reading["device"] = {"display": SENDABLE}
        answer = http.post("/fhir/Observation", json=reading)
        assert answer.status_code == 201, answer.text
    with whole.database.transaction() as session:
        [patient] = called(session, None, mrn)
        session.add(CareTeamPatient(care_team_id=whole.ward.team, patient_id=patient))
    whole.ids["patient_id", "hostile"] = str(patient)


def through_a_file(whole: Whole) -> list[Response]:
    """Return what is answered to a file of people, and the page that shows it."""
    who = whole.people[Role.SUPERVISOR]
    http = TestClient(whole.web, base_url=BASE, follow_redirects=False)
    http.cookies.set("wardlight", who)
    rows = io.StringIO()
    csv.writer(rows).writerows([HEAD.split(","), [HOSTILE, "1948-05-06", SYSTEM_A, HOSTILE]])
    fields = {"csrf": csrf_token(who, key=SECRET), "team": str(whole.ward.team)}
    sent = http.post(
        "/enrol/file", data=fields, files={"file": ("p.csv", rows.getvalue().encode())}
    )
    assert sent.status_code == 303, sent.text
    seen = http.get(sent.headers["location"])
    return [
        seen,
        http.post(f"{sent.headers['location']}/confirm", data=fields),
        http.get("/patients"),
    ]
