"""From the FHIR door to the episode and back: what a gateway takes back, the alert takes back.

Each post goes through `ingest.service.accept`, is judged by the rulebook in force and raised;
nothing is written past the door.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

import ingest.service
import monitoring.service
from alerts import service
from alerts.tables import Alert, AlertEvent, Delivery
from core.outbox import Outbox
from core.security import Caller
from ingest.receipt import Posted, Sender
from ingest.tables import Client
from tests.door import heart_rate
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from tests.alerts.conftest import Ward


@dataclass
class Home:
    """One person's gateway, and the work that its posts leave behind."""

    session: Session
    patient: UUID
    policy: Policy
    sender: Sender

    def post(self, value: float, taken: datetime, *, now: datetime, **more: Any) -> int:
        resource = heart_rate(
            f"Patient/{self.patient}", value, effectiveDateTime=taken.isoformat(), **more
        )
        posted = Posted(0, "Observation", json.dumps(resource).encode())
        answer = ingest.service.accept(self.session, self.sender, posted, now=now)
        self.work(now)
        return answer.status

    def work(self, now: datetime) -> None:
        """Do what the door offered, as the worker does."""
        due = select(Outbox.id).where(Outbox.subject_id == self.patient, Outbox.state == "open")
        if not self.session.scalars(due).all():
            return
        found = monitoring.service.assess(
            self.session, self.patient, now=now, rulebook=RULEBOOK, model=None
        )
        service.raise_from(self.session, found, now=now, policy=self.policy)

    def alert(self) -> Alert:
        query = select(Alert).where(Alert.patient_id == self.patient, Alert.problem == "rhythm")
        return self.session.scalars(query.execution_options(populate_existing=True)).one()

    def reasons(self, kind: str) -> list[str]:
        query = select(AlertEvent.reason).where(
            AlertEvent.alert_id == self.alert().id, AlertEvent.kind == kind
        )
        return list(self.session.scalars(query.order_by(AlertEvent.id)))

    def messages(self) -> int:
        query = select(func.count()).where(Delivery.alert_id == self.alert().id)
        return self.session.scalar(query) or 0


@pytest.fixture
def home(session: Session, ward: Ward, policy: Policy, now: datetime) -> Home:
    client = Client(id=uuid4(), name=f"gateway-{uuid4()}", jwks={}, scopes=[], created_at=now)
    session.add(client)
    session.flush()
    caller = Caller("client", client.id, scopes=frozenset({"system/*.cruds"}))
    sender = Sender(caller, client.id, "http://ward.example/fhir")
    return Home(session, ward.patient, policy, sender)


def identified(number: str) -> dict[str, Any]:
    return {"identifier": [{"system": "urn:gateway", "value": number}]}


def test_a_value_posted_in_error_withdraws_its_red_and_tells_those_who_were_told(
    home: Home, now: datetime
) -> None:
    """REL-23."""
    assert home.post(172, now, now=now, **identified("1")) == 201
    assert (home.alert().severity, home.alert().state) == ("RED", "open")
    told = home.messages()
    assert told > 0

    later = now + timedelta(minutes=4)
    wrong = identified("1") | {"status": "entered-in-error"}
    assert home.post(172, now, now=later, **wrong) == 200

    assert home.alert().state == "withdrawn"
    assert home.reasons("withdrawn") == ["cause-withdrawn"]
    assert home.reasons("notified")[-1] == "those-told-are-told-again"
    assert home.messages() > told


def test_a_value_corrected_from_critical_to_normal_withdraws_its_red(
    home: Home, now: datetime
) -> None:
    """REL-23: both versions are kept, and only the right one is judged."""
    home.post(172, now, now=now, **identified("2"))
    assert home.alert().state == "open"

    later = now + timedelta(minutes=4)
    home.post(72, now, now=later, **identified("2") | {"status": "corrected"})

    assert home.alert().state == "withdrawn"


def test_a_value_corrected_from_normal_to_critical_opens_a_red(home: Home, now: datetime) -> None:
    home.post(72, now, now=now, **identified("3"))

    later = now + timedelta(minutes=4)
    home.post(172, now, now=later, **identified("3") | {"status": "corrected"})

    assert (home.alert().severity, home.alert().state) == ("RED", "open")


def test_one_of_two_causes_taken_back_leaves_the_other_standing(home: Home, now: datetime) -> None:
    home.post(172, now - timedelta(minutes=30), now=now - timedelta(minutes=30), **identified("4"))
    home.post(171, now, now=now, **identified("5"))

    wrong = identified("5") | {"status": "entered-in-error"}
    home.post(171, now, now=now + timedelta(minutes=2), **wrong)

    assert (home.alert().severity, home.alert().state) == ("RED", "open")


def test_an_acknowledged_alert_is_withdrawn_too_and_its_owner_is_not_left_with_it(
    home: Home, ward: Ward, now: datetime
) -> None:
    home.post(172, now, now=now, **identified("6"))
    service.acknowledge(home.session, ward.doctor, home.alert().id, now=now)

    wrong = identified("6") | {"status": "entered-in-error"}
    home.post(172, now, now=now + timedelta(minutes=4), **wrong)

    assert home.alert().state == "withdrawn"
    assert service.inbox(home.session, ward.doctor, now=now + timedelta(minutes=4)) == []


def test_a_repeat_of_the_same_post_changes_nothing(home: Home, now: datetime) -> None:
    home.post(172, now, now=now, **identified("7"))
    told, version = home.messages(), home.alert().version

    assert home.post(172, now, now=now + timedelta(minutes=1), **identified("7")) == 200

    assert (home.messages(), home.alert().version) == (told, version)


def test_what_a_client_calls_normal_is_judged_by_its_value(home: Home, now: datetime) -> None:
    """FHIR: a client's interpretation is kept with the bytes and never believed."""
    normal = {
        "interpretation": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
                        "code": "N",
                    }
                ]
            }
        ]
    }

    home.post(172, now, now=now, **identified("8"), **normal)

    assert home.alert().severity == "RED"


@pytest.mark.parametrize("value", [900, -3])
def test_an_impossible_value_is_kept_and_never_a_clinicians_alert(
    home: Home, now: datetime, value: float
) -> None:
    assert home.post(value, now, now=now, **identified("9")) == 201

    home.work(now + timedelta(hours=2))

    tiers = home.session.scalars(select(Alert.severity).where(Alert.patient_id == home.patient))
    assert set(tiers) <= {"DQ"}
