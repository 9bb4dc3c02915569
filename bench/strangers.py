"""Times what is refused: whether anybody could tell a hidden patient from one that is not (SEC-12).

`make bench ARGS="strangers"`: the whole application in this process, a physician's browser and a
device of one patient. Each route is asked in turn about somebody of another team, about an id
that nobody has, and about the first once more, which is the noise of the run. That both ask the
same of the database is held by the tests (`tests/app/rights`); here is what a clock says.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.testclient import TestClient
from jwt.algorithms import ECAlgorithm
from pydantic import SecretStr
from sqlalchemy import select, text, update

import app.main
from app.accounts.service import open_session
from app.accounts.tables import AppUser
from bench.apart import LATE, MEDIAN, Turns
from bench.bodies import Invention
from bench.inbox import BASE, fill, served
from core.clock import utc_now
from core.security import SYSTEM, csrf_token, issue_token
from core.settings import Environment, Settings
from ingest.binding.service import set_grant
from ingest.clients.service import register_client
from ingest.tables import CareTeam, CareTeamPatient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from httpx2 import Request
    from sqlalchemy.orm import Session

    from bench.inbox import Served

TRIES, WARM = 300, 6
PEOPLE = 20
SECRET = "k" * 40
SCOPES = frozenset({"system/*.cruds"})
UNBOUNDED = 10**9
PAGES = (
    *("GET /patients/{patient}", "GET /patients/{patient}/trends", "GET /inbox/rows/{alert}"),
    *("GET /patients/{patient}/facts", "GET /patients/{patient}/accesses"),
    *("POST /alerts/{alert}/acknowledge", "POST /alerts/{alert}/claim"),
)
OF_FHIR = (
    *("GET /fhir/Patient/{patient}/$everything", "GET /fhir/Observation/{sent}"),
    *("GET /fhir/Observation/{sent}/_history", "GET /fhir/DetectedIssue/{alert}"),
    *("GET /fhir/Flag/{alert}", "DELETE /fhir/Condition/{fact}"),
)
NOT_FOUND = 404


class Askers(NamedTuple):
    """A physician's browser, a device of one patient, and what neither may see."""

    browser: TestClient
    device: TestClient
    hidden: Mapping[str, str]


def main(arguments: list[str]) -> None:
    """Print for each route how far hidden and absent lie apart, beside hidden and hidden."""
    parser = argparse.ArgumentParser(prog="bench strangers", description=__doc__)
    parser.add_argument("--tries", type=int, default=TRIES)
    tries = parser.parse_args(arguments).tries
    people: list[UUID] = []
    with served(lambda session: people.extend(_fill(session))) as at:
        asked = _askers(at, own=people[0], hidden=people[1])
        for routes, http in ((PAGES, asked.browser), (OF_FHIR, asked.device)):
            for route in routes:
                turns = _turns(http, route, asked.hidden)
                turns.take(tries)
                _say(route, turns)


def _fill(session: Session) -> list[UUID]:
    """Store the physician's people; the second is in the care of another team instead."""
    people, team = fill(session, PEOPLE, ["breathing"]), uuid4()
    session.add(CareTeam(id=team, name="Elsewhere"))
    session.flush()
    theirs = CareTeamPatient.patient_id == people[1]
    session.execute(update(CareTeamPatient).where(theirs).values(care_team_id=team))
    return people


def _askers(at: Served, *, own: UUID, hidden: UUID) -> Askers:
    settings = Settings(
        environment=Environment.DEVELOPMENT,
        secret_key=SecretStr(SECRET),
        base_url=BASE,
        database_url=SecretStr(at.running.database_url),
        broker_url=SecretStr(at.running.broker_url),
        field_keys=SecretStr(at.running.field_keys),
        limit_client=UNBOUNDED,
        limit_user=UNBOUNDED,
        limit_address=UNBOUNDED,
        log_level="WARNING",
    )
    web = app.main.create_app(settings)
    with at.database.transaction() as session:
        site = register_client(session, "site", SCOPES, _keys(), now=utc_now())
        device = register_client(session, "device", SCOPES, _keys(), bound=True, now=utc_now())
        session.flush()
        set_grant(session, SYSTEM, (device, own), granted=True, now=utc_now())
        alert = session.scalar(text("select id from alert where patient_id = :p"), {"p": hidden})
        user = session.scalars(select(AppUser).where(AppUser.username == "bench")).one()
        secret = open_session(session, user, now=utc_now())
    known = {"patient": str(hidden), "alert": str(alert)} | _sent(_http(web, site), str(hidden))
    browser = TestClient(web, base_url=BASE, follow_redirects=False)
    browser.cookies.set("wardlight", secret)
    browser.headers["X-CSRF"] = csrf_token(secret, key=SECRET)
    return Askers(browser, _http(web, device), known)


def _keys() -> dict[str, Any]:
    public = ec.generate_private_key(ec.SECP384R1()).public_key()
    return {"keys": [{**ECAlgorithm.to_jwk(public, as_dict=True), "kid": "bench"}]}


def _http(web: FastAPI, client: UUID) -> TestClient:
    headers = {"Content-Type": "application/fhir+json"}
    http = TestClient(web, base_url=BASE, headers=headers)

    def fresh(request: Request) -> Request:
        # A token lives for five minutes, and a run takes longer.
        token = issue_token(client, SCOPES, secret=SECRET, now=utc_now())
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    http.auth = fresh
    return http


def _sent(http: TestClient, patient: str) -> dict[str, str]:
    """Let a client of the whole site send something of somebody; return the ids."""
    fact = {
        "resourceType": "Condition",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "84114007"}]},
        "subject": {"reference": f"Patient/{patient}"},
    }
    invention = Invention([patient], named=True, round="b", until=utc_now())
    found = {}
    for name, resource in (("sent", invention.observation()), ("fact", fact)):
        answer = http.post(f"/fhir/{resource['resourceType']}", json=resource)
        answer.raise_for_status()
        found[name] = answer.headers["Location"].split("/")[-3]
    return found


def _turns(http: TestClient, route: str, hidden: Mapping[str, str]) -> Turns:
    method, _, path = route.partition(" ")
    form = {"csrf": http.headers["X-CSRF"]} if method == "POST" else None

    def ask(address: str) -> None:
        answer = http.request(method, address, data=form)
        if answer.status_code != NOT_FOUND:
            raise RuntimeError(f"{method} {address}: {answer.status_code} {answer.text[:200]}")

    def absent() -> None:
        ask(path.format_map(dict.fromkeys(hidden, uuid4())))

    turns = Turns(partial(ask, path.format_map(hidden)), absent)
    Turns(turns.one, turns.other).take(WARM)  # what a process does once is done
    return turns


def _say(route: str, turns: Turns) -> None:
    for of, where, by in (
        (MEDIAN, "median", "clock"),
        (LATE, "p95", "clock"),
        (MEDIAN, "median of this process's own time", "processor"),
    ):
        apart, noise = turns.apart(of, by=by)
        took = turns.took(of, by=by)
        told = "told apart" if not apart.holds(0) and not noise.holds(apart.by) else "as one"
        print(
            f"{route}: {where} {took:.2f} ms; hidden - absent {apart}"
            f" ({100 * apart.by / took:+.1f} %); hidden - hidden {noise}: {told}",
            flush=True,
        )
