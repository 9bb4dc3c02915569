"""A person all of whom is canaries, led through a running system, its refusals and its faults."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple

import httpx
import psycopg

from alerts.contacts import repository as contacts
from alerts.contacts.repository import NewPoint
from alerts.policy import Channel
from alerts.routing import practitioner
from app.accounts.service import NewUser, create_user
from core.clock import utc_now
from core.security import Role
from core.signing import secret_from
from core.vitals import Severity
from ingest.numbers.repository import called
from ingest.repository import responsible
from lab.gateway import Gateway, Tally
from tests.invented import MRN as NUMBERS
from tests.invented import enrolment, entry, observation, ordinary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.running_system import Browser, System

SURNAME, GIVEN, MRN = "Qanaryholm", "Zwölfgard", "canary-mrn-90817263"
PHONE, STREET, BORN = "+447700900817", "Canarywharf Lane 9417", "1931-10-27"
PHONE_AS_TYPED, BORN_AS_READ = "+44 7700 900817", "27 October 1931"
NOTE, DEVICE = "canarynote of the device", "Canary's own cuff"
DOCTORS_NOTE = "canaryhint about her sister"
RED, WEIGHT, REFUSED, LATER = "83.7219", "73.8217", "71.9153", "82.6431"
SEALED = (SURNAME, GIVEN, MRN, PHONE, PHONE_AS_TYPED, STREET, BORN, BORN_AS_READ, NOTE, DEVICE)
CANARIES = (*SEALED, DOCTORS_NOTE, RED, WEIGHT, REFUSED, LATER)
LOGIN, PASSWORD = "dr-rho", "a long enough passphrase"
DOCTORS_PHONE, DOCTORS_CHAT = "+447700900123", "@rho"
SECRET = secret_from(b"q" * 32)


@dataclass(frozen=True, slots=True)
class Led:
    """Whom it is about, their doctor at a browser, and the gateway their readings come by."""

    patient: UUID
    doctor: Browser
    gateway: Gateway

    def measured(self, kind: str, value: str) -> None:
        """Send a reading, which the door has to take."""
        tally = Tally()
        self.gateway.post(reading(kind, value), tally)
        assert tally.refused == 0, tally.reasons

    def sent(self, kind: str, value: str) -> httpx.Response:
        """Send a reading once, whatever is answered."""
        return httpx.post(
            f"{self.gateway.base_url}/fhir/Observation",
            content=json.dumps(reading(kind, value)),
            headers={
                "Authorization": f"Bearer {self.gateway.token}",
                "Content-Type": "application/fhir+json",
            },
            timeout=20,
        )


def reading(kind: str, value: str) -> dict[str, Any]:
    return observation(MRN, kind, float(value), utc_now()) | {"note": [{"text": NOTE}]}


def _enrolment() -> dict[str, Any]:
    made = enrolment(MRN, name=SURNAME)
    for each in made["entry"]:
        if each["resource"]["resourceType"] == "Patient":
            url = each["fullUrl"]
            each["resource"] |= {
                "name": [{"family": SURNAME, "given": [GIVEN]}],
                "birthDate": BORN,
                "telecom": [{"system": "phone", "use": "mobile", "value": PHONE_AS_TYPED}],
                "address": [{"line": [STREET], "city": "London"}],
            }
    device = {
        "resourceType": "Device",
        "deviceName": [{"name": DEVICE, "type": "user-friendly-name"}],
        "identifier": [{"system": "https://devices.example", "value": "cuff-1"}],
        "patient": {"reference": url},
    }
    made["entry"].append(entry(device))
    return made


def led(system: System, hook: str) -> Led:
    """Enrol the person, let their doctor be told of a RED by every channel, sign the doctor in."""
    gateway, tally = system.gateway("canaries"), Tally()
    gateway.post(_enrolment(), tally)
    gateway.post(ordinary(MRN, days=3, until=utc_now() - timedelta(hours=1)), tally)
    assert tally.refused == 0, tally.reasons
    ways = (
        (Channel.SMS, DOCTORS_PHONE, ""),
        (Channel.CHAT, DOCTORS_CHAT, ""),
        (Channel.WEBHOOK, hook, SECRET),
    )
    now = utc_now()
    with system.database.transaction() as session:
        [patient] = called(session, None, MRN)
        doctor = responsible(session, patient)[0]
        user = NewUser(LOGIN, doctor.name, PASSWORD, Role.PHYSICIAN, doctor.practitioner_id)
        create_user(session, user, now=now)
        for channel, address, secret in ways:
            owner = practitioner(doctor.practitioner_id)
            point = NewPoint(owner, channel, address, frozenset({Severity.RED}), secret)
            contacts.add(session, point, now=now)
    browser = system.browser()
    browser.submit(browser.get("/sign-in"), "/sign-in", username=LOGIN, password=PASSWORD)
    return Led(patient, browser, gateway)


def read_by_those_who_may(person: Led, alert: UUID) -> list[httpx.Response]:
    """Write a note, then open the pages and the resources of the person."""
    own = f"/patients/{person.patient}"
    opened = person.doctor.get(own)
    noted = person.doctor.submit(opened, f"/alerts/{alert}/note", note=DOCTORS_NOTE)
    pages = ("/inbox", "/patients", f"{own}/trends", f"{own}/facts", f"{own}/accesses")
    found = _search(person, "Patient", identifier=f"{NUMBERS}|{MRN}")
    readings = _search(person, "Observation", patient=f"Patient/{person.patient}")
    return [opened, noted, *map(person.doctor.get, pages), found, readings]


def _search(person: Led, kind: str, **asked: str) -> httpx.Response:
    return httpx.post(
        f"{person.gateway.base_url}/fhir/{kind}/_search",
        data=asked,
        headers={"Authorization": f"Bearer {person.gateway.token}"},
        timeout=20,
    )


def refused(person: Led) -> dict[str, int]:
    """Send what is refused in every way in which a canary can come with it; return the answers."""
    headers = {
        "Authorization": f"Bearer {person.gateway.token}",
        "Content-Type": "application/fhir+json",
        "Prefer": "handling=strict",
        "X-Request-Id": MRN,
        "Referer": f"{person.gateway.base_url}/patients?name={SURNAME}",
        "User-Agent": f"{SURNAME}/1.0",
    }
    wrong = reading("weight", REFUSED)
    unit = {"value": float(REFUSED), "unit": SURNAME, "code": SURNAME}
    bodies = {
        "no JSON": json.dumps(wrong)[:-9],
        "a key twice": json.dumps(wrong).replace('"status"', f'"{SURNAME}": 1, "{SURNAME}"'),
        "an unknown unit": json.dumps(wrong | {"valueQuantity": unit}),
        "a date that is none": json.dumps(wrong | {"effectiveDateTime": BORN_AS_READ}),
        "an unknown status": json.dumps(wrong | {"status": MRN}),
        "an unknown person": json.dumps(wrong | {"subject": {"display": SURNAME}}),
        "a wrong shape": json.dumps(wrong | {"code": [SURNAME], "identifier": PHONE}),
    }
    paths = (
        f"/fhir/Patient?nam={SURNAME}",
        f"/fhir/Patient/{MRN}",
        f"/{MRN}",
        f"/patients/{SURNAME}?q={PHONE}",
    )
    with httpx.Client(base_url=person.gateway.base_url, timeout=20, headers=headers) as http:
        answers = {
            name: http.post("/fhir/Observation", content=body).status_code
            for name, body in bodies.items()
        }
        answers |= {path: http.get(path).status_code for path in paths}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        sent = http.post("/fhir/Patient/_search", headers=form, data={"birthdat": BORN})
        answers["a search by form"] = sent.status_code
    return answers


def searched_by_name(person: Led) -> list[int]:
    """Search by name as the base specification does: in the address, and in a body."""
    headers = {"Authorization": f"Bearer {person.gateway.token}", "User-Agent": SURNAME}
    address = f"{person.gateway.base_url}/fhir/Patient?name={SURNAME}&birthdate={BORN}"
    asked = httpx.get(address, headers=headers, timeout=20)
    return [asked.status_code, _search(person, "Patient", name=SURNAME, phone=PHONE).status_code]


def signed_in_wrongly(system: System) -> httpx.Response:
    """Try to sign in under a name that is somebody's: it is typed into the wrong field daily."""
    browser = system.browser()
    page = browser.get("/sign-in")
    return browser.submit(page, "/sign-in", username=SURNAME, password=MRN)


class Fault(NamedTuple):
    """How the database is made to fail, and how that ends."""

    begins: LiteralString
    ends: LiteralString


# Of a row that breaks a condition PostgreSQL shows every value.
REFUSES = Fault(
    "alter table reading add constraint refuses check (value <> 71.9153) not valid",
    "alter table reading drop constraint refuses",
)
FAILS = Fault(
    "alter table resource_identifier rename resource_id to elsewhere",
    "alter table resource_identifier rename elsewhere to resource_id",
)
LACKS = Fault(
    "alter table assessment rename findings to elsewhere",
    "alter table assessment rename elsewhere to findings",
)


@contextmanager
def broken(owner_url: str, fault: Fault) -> Iterator[None]:
    """Have the database fail in the midst of what is full of canaries."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(fault.begins)
        try:
            yield
        finally:
            owner.execute(fault.ends)
