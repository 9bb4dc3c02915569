"""The whole application on a seeded ward, in which every request is undone after its answer."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from jwt.algorithms import ECAlgorithm
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from alerts.delivery.repository import DeliveryState
from alerts.routing import practitioner
from alerts.tables import Delivery, Step
from alerts.visit import Status
from alerts.visits.tables import Appointment
from app.accounts.service import NewUser, create_user, open_session
from app.accounts.tables import AppUser
from app.programme import service as programme
from core.clock import utc_now
from core.database import Database
from core.security import SYSTEM, Caller, Role, csrf_token, issue_token
from ingest.binding.service import set_grant
from ingest.service import register_client
from ingest.tables import CareTeamParticipant
from monitoring.contesting import service as contesting
from monitoring.contesting.service import Asked
from monitoring.contests import By, Ground
from tests.people import clinician
from tests.ward import PASSWORD, Ward

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from fastapi import FastAPI
    from httpx2 import Response
    from sqlalchemy import Connection

SECRET = "k" * 40
PUBLIC = {
    **ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True),
    "kid": "k1",
}
BASE = "http://127.0.0.1:8000"
OWN, OTHER = "Oh Malsun", "Yun Hidden"
SCOPES = frozenset({"system/*.cruds"})
ROLES = (Role.NURSE, Role.PHYSICIAN, Role.SUPERVISOR)  # who look after patients
APART = (Role.ADMINISTRATOR, Role.PRIVACY_OFFICER)  # who must see none, though of their team
EVERYBODY = (*ROLES, *APART)
# What some forms must bear beside what all of them do.
FIELDS = {"to": str(uuid4()), "hours": "1", "by": "call", "reached": "yes", "language": "en"} | {
    "conclusion": "unsure/", "reason": "x", "units": "metric", "note": "x", "minutes": "10",
    "username": "somebody-new", "display_name": "Some Body", "role": "nurse",
    "ground": "device", "ruling": "upheld", "page": "/inbox",
}  # fmt: skip
# Where a field means somebody to look for, and nobody is called like that.
APART_FROM = {"/privacy/audit": {"username": ""}}
NOTHING = UUID(int=7)


@dataclass(slots=True)
class Clock:
    """The clock of the pages, which a test may hold still."""

    at: datetime | None = None

    def __call__(self) -> datetime:
        return self.at or utc_now()


_NOBODY = text(
    "select set_config('wardlight.caller', '', true), set_config('wardlight.sees', '', true)"
)


class Undone(Database):
    """A database whose every transaction stands inside one that is taken back."""

    connection: Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        if self.connection is None:
            with super().transaction() as session:
                yield session
            return
        made = Session(
            self.connection,
            expire_on_commit=False,
            info=self.info,
            join_transaction_mode="create_savepoint",
        )
        with made as session, session.begin():
            # As the end of the transaction before would have done: here it has not ended.
            session.execute(_NOBODY)
            yield session

    @contextmanager
    def undoing(self) -> Iterator[None]:
        with self.engine.connect() as connection:
            outer = connection.begin()
            self.connection = connection
            try:
                yield
            finally:
                self.connection = None
                outer.rollback()


def routes(web: FastAPI) -> list[tuple[str, str]]:
    """Return every method and path that the application serves."""
    return sorted(set(_walk(web.routes)))


def every_route(among: Iterable[Any]) -> Iterator[Any]:
    """Yield these routes, those of routers among them too."""
    for route in among:
        inner = getattr(route, "original_router", None)
        if inner is None or isinstance(route, APIRoute):
            yield route
        else:
            yield from every_route(inner.routes)


def _walk(among: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for route in every_route(among):
        if isinstance(route, APIRoute):
            yield from ((method, route.path) for method in route.methods or ())
        else:  # mounted files and whatever else there may be
            yield "GET", f"{route.path}/{{file}}"


@dataclass(slots=True)
class Whole:
    """The application, and everybody who may knock."""

    web: FastAPI
    database: Undone
    ward: Ward
    people: dict[str, str] = field(default_factory=dict)  # role to the secret of a session
    users: dict[str, UUID] = field(default_factory=dict)  # role to the account
    clock: Clock = field(default_factory=Clock)
    client: UUID = NOTHING  # a device that is bound to one patient
    token: str = ""
    ids: dict[tuple[str, str], str] = field(default_factory=dict)  # (what, whose) to its id

    def settle(self) -> None:
        """Bring somebody of each role into the ward's team, and a device of one patient."""
        with self.database.transaction() as session:
            for role in EVERYBODY:
                self.people[role] = self._enter(session, role)
            own = self.ward.patients[OWN]
            self._keep_clocks(session)
            client = register_client(
                session, f"device-{uuid4()}", SCOPES, {"keys": [PUBLIC]}, bound=True, now=utc_now()
            )
            session.flush()
            set_grant(session, SYSTEM, (client, own), granted=True, now=utc_now())
            for whose, name in (("own", OWN), ("other", OTHER)):
                self.find(session, whose, name)
        self.client, self.token = client, self.token_of(client)
        for whose in ("own", "other"):  # of accounts and integrations there are no teams
            self.ids["user_id", whose] = str(self.users[Role.NURSE])
            self.ids["client_id", whose] = str(client)

    def _keep_clocks(self, session: Session) -> None:
        for team in (self.ward.team, self.ward.other_team):
            programme.turn(session, SYSTEM, team, on=True, now=utc_now())

    @staticmethod
    def token_of(client: UUID) -> str:
        """Return an access token of a client."""
        return issue_token(client, SCOPES, secret=SECRET, now=utc_now())

    def _enter(self, session: Session, role: Role) -> str:
        person = clinician(session, uuid4(), f"The {role}", f"{uuid4().hex}@clinic.example")
        session.add(person)
        session.flush()
        session.add(
            CareTeamParticipant(care_team_id=self.ward.team, practitioner_id=person.id, role=role)
        )
        login = f"{role}-{person.id.hex[:8]}"
        new = NewUser(login, f"The {role}", PASSWORD, role, practitioner_id=person.id)
        user = session.get_one(AppUser, create_user(session, new, now=utc_now()))
        self.users[role] = user.id
        return open_session(session, user, now=utc_now())

    def find(self, session: Session, whose: str, name: str) -> None:
        """Note what there is of somebody, so that it can be asked for."""
        patient = self.ward.patients[name]
        alert = self.ward.alerts[name][0]
        step = session.scalars(select(Step).where(Step.alert_id == alert)).first()
        assert step is not None
        delivery = Delivery(
            alert_id=alert,
            step_id=step.id,
            recipient=practitioner(uuid4()),
            channel="email",
            severity="RED",
            state=DeliveryState.WAITING,
            public_id=uuid4().hex[:10],
            created_at=utc_now(),
        )
        session.add(delivery)
        visit = Appointment(
            id=uuid4(),
            alert_id=alert,
            patient_id=patient,
            room=b"",
            starts_at=utc_now(),
            ends_at=utc_now() + timedelta(minutes=20),
            status=Status.BOOKED,
            booked_at=utc_now(),
        )
        session.add(visit)
        query = text("select id from assessment where patient_id = :p and risk is not null limit 1")
        assessment = session.execute(query, {"p": patient}).scalar()
        team = self.ward.team if whose == "own" else self.ward.other_team
        known = {
            "patient_id": patient,
            "alert_id": alert,
            "team_id": team,
            "public_id": delivery.public_id,
            "RiskAssessment": assessment,
            "assessment_id": assessment,
            "contest_id": self._contest(session, patient),
            "DetectedIssue": alert,
            "Flag": alert,
            "Task": alert,
            "Communication": delivery.id,
            "Appointment": visit.id,
        }
        self.ids |= {(what, whose): str(id_) for what, id_ in known.items()}

    @staticmethod
    def _contest(session: Session, patient: UUID) -> UUID:
        """Have somebody contest the last score of somebody, whoever may see them."""
        asked = Asked(By.PATIENT, Ground.DEVICE, "x")
        officer = Caller("user", uuid4(), Role.PRIVACY_OFFICER)
        return contesting.contest(session, officer, patient, asked, now=utc_now()).id

    def address(self, path: str, whose: str) -> str:
        """Return an address of a route, about somebody of one's own team, another's, or nobody."""
        kind = re.match(r"/fhir/(\w+)/\{id_\}", path)

        def filled(found: re.Match[str]) -> str:
            name = found[1]
            if name == "id_":
                name = kind[1] if kind else "patient_id"
            if name == "group":
                name = "team_id"
            if name == "kind":
                return "Patient" if path.startswith("/fhir") else "sms"
            return self.ids.get((name, whose), "x" if name in PLAIN else str(NOTHING))

        address = re.sub(r"\{(\w+)\}", filled, path)
        if path.startswith("/fhir/Patient/{"):
            address = re.sub(r"\{(\w+)\}", self.ids.get(("patient_id", whose), str(NOTHING)), path)
        return address

    def ask(self, method: str, path: str, who: str, whose: str) -> Response:
        """Return the answer to one request; what it changed is undone."""
        with self.database.undoing():
            return self.send(method, path, who, whose)

    def send(self, method: str, path: str, who: str, whose: str, query: str = "") -> Response:
        """Return the answer to one request; what it changed stays."""
        client = TestClient(
            self.web, base_url=BASE, follow_redirects=False, raise_server_exceptions=False
        )
        headers = {"Accept": "application/json" if path.startswith("/fhir") else "text/html"}
        fields: dict[str, str] = {}
        if who == "client":
            # A token lives for five minutes, and the whole table may take longer.
            headers = {"Authorization": f"Bearer {self.token_of(self.client)}"}
        elif who != "nobody":
            client.cookies.set("wardlight", self.people[who])
            fields = FIELDS | {"csrf": csrf_token(self.people[who], key=SECRET)}
            fields |= APART_FROM.get(path, {})
            fields["visit"] = self.ids.get(("Appointment", whose), str(NOTHING))
        address = self.address(f"{path}?{query}" if query else path, whose)
        if method in ("GET", "HEAD", "DELETE", "OPTIONS"):
            return client.request(method, address, headers=headers)
        if path.startswith(("/fhir", "/cds-services")):
            return client.request(method, address, headers=headers, json={})
        return client.request(method, address, headers=headers, data=fields)


PLAIN = ("file", "name", "version", "secret", "id_")
