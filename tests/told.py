"""A patient with a telephone, a daughter with another, and a gateway that takes what is sent."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import select, update

from alerts import service as alerting
from alerts.notify.gateway import Gateway, Kind
from alerts.pacing import Breaker
from alerts.patients import service as telling
from alerts.patients.tables import PatientMessage
from alerts.posting import service as posting
from alerts.posting.service import Post
from core.signing import secret_from
from fhir.contact_points import read_contacts
from ingest.contacts.repository import contacts_of, keep_contacts
from ingest.tables import Patient, StoredReading
from monitoring.asking.repository import ask
from monitoring.findings import Ask, Assessment, Says
from monitoring.phrases import Number
from tests.provider import LOOPBACK, Provider, provider
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from core.vitals import Vital
    from monitoring.findings import Finding

BASE = "http://127.0.0.1:8000"
OWN, DAUGHTER, HOME = "+821055501234", "+821055509876", "+8225550000"
ASKING = RULEBOOK.asking
SAYS = Says(
    "Weight {value} kg",
    "Your weight has gone up {change} kg in {span} days. This can mean fluid is building up.",
    closing="Please rest. If you feel unwell, call {emergency} now. This is not a diagnosis.",
    facts={"value": Number(84.2, 1), "change": Number(2.4, 1), "span": Number(3)},
)
BREAKER = Breaker(3, timedelta(seconds=30))
LINK = re.compile(rf"{re.escape(BASE)}/m/([A-Za-z0-9_-]{{22}})")


def telephones(*, carer: bool = False) -> dict[str, Any]:
    """Return a Patient's numbers as FHIR has them, with those that take no text among them."""
    daughter = {
        "relationship": [{"text": "daughter"}],
        "name": {"text": "Canary Daughter"},
        "telecom": [{"system": "phone", "use": "mobile", "value": DAUGHTER}],
    }
    own = [
        {"system": "phone", "use": "home", "value": HOME},
        {"system": "phone", "use": "mobile", "value": "+82 10-5550-1234"},
        {"system": "email", "value": "canary@patient.example"},
    ]
    return {"telecom": own, "contact": [daughter] if carer else []}


def reachable(
    session: Session,
    patient_id: UUID,
    *,
    now: datetime,
    language: str = "en",
    carer: bool = False,
    resource: dict[str, Any] | None = None,
) -> None:
    """Give somebody the numbers of a resource and a language."""
    read = read_contacts(resource or telephones(carer=carer))
    keep_contacts(session, patient_id, read, now=now)
    session.execute(update(Patient).where(Patient.id == patient_id).values(language=language))
    session.flush()


def asked_again(
    session: Session, patient_id: UUID, *vitals: Vital, now: datetime, minutes: float = 30
) -> None:
    """Have somebody asked to measure something again, as a judgement does."""
    asks = [
        Ask(
            vital,
            str(uuid4()),
            "R",
            now,
            now + timedelta(minutes=minutes),
            critical=False,
            tip=ASKING.tip(vital),
        )
        for vital in vitals
    ]
    ask(session, patient_id, asks, now=now)
    session.flush()
    telling.inform(session, patient_id, now=now)


def arrived(
    session: Session, patient_id: UUID, vital: Vital, value: float, *, now: datetime
) -> None:
    """Store a reading as if a device had sent it."""
    reading = StoredReading(
        patient_id=patient_id,
        vital=vital,
        value=value,
        quality="scored",
        effective=now,
        precision="instant",
        received_at=now,
        resource_id=uuid4(),
        resource_version=1,
    )
    session.add(reading)
    session.flush()


def raised(
    session: Session, patient_id: UUID, found: Finding, policy: Policy, *, now: datetime
) -> list[UUID]:
    """Raise an alert of a finding and tell the patient, as the worker does."""
    assessment = Assessment(str(patient_id), now, (replace(found, says=SAYS),), None, "h", "")
    changed = alerting.raise_judged(session, uuid4(), assessment, now=now, policy=policy)
    telling.inform(session, patient_id, now=now)
    return list(changed)


def messages_of(session: Session, patient_id: UUID) -> list[PatientMessage]:
    """Return what was decided to be told to somebody and to their carers, oldest first."""
    query = select(PatientMessage).where(PatientMessage.patient_id == patient_id)
    order = (PatientMessage.created_at, PatientMessage.carer, PatientMessage.key)
    return list(session.scalars(query.order_by(*order).execution_options(populate_existing=True)))


def number_of(session: Session, patient_id: UUID, *, carer: bool, now: datetime) -> UUID:
    """Return the first number of the patient, or of the carer."""
    held = contacts_of(session, patient_id, now=now)
    return next(each.id for each in held if each.carer is carer)


@dataclass(frozen=True, slots=True)
class Phone:
    """A gateway on loopback: what came out, and how a message is posted through it."""

    gateway: Provider
    ways: Post

    def post(self, session: Session, message: PatientMessage, *, now: datetime) -> None:
        """Send one message as a worker does."""
        posting.post(session, message.id, self.ways, now=now)
        session.flush()

    @property
    def texts(self) -> list[str]:
        """Return every text that was sent."""
        return [str(each.said["text"]) for each in self.gateway.came]

    def secret(self) -> str:
        """Return the secret of the link that was sent last."""
        found = LINK.search(self.texts[-1])
        assert found is not None, self.texts
        return found[1]


@contextmanager
def phone(*, base_url: str = BASE, language: str = "en") -> Iterator[Phone]:
    """Run a gateway for text messages."""
    with provider() as gateway:
        way = Gateway(
            kind=Kind.SMS,
            url=gateway.url,
            secrets=[secret_from(b"k" * 32)],
            outward=LOOPBACK,
        )
        yield Phone(gateway, Post(base_url, BREAKER, language, {"sms": way}))
