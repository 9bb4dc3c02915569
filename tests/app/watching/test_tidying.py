"""What the watch leaves behind is forgotten: after hours nothing is left of a synthetic person."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

import alerts.service
import ingest.service
import monitoring.service
from alerts.tables import Alert, Delivery
from alerts.watched import service as watched
from app.schema import METADATA
from app.watching import service
from app.watching.rounds import reading
from core import outbox
from core.outbox import Outbox, State, Topic, stands
from core.security import Caller
from ingest.receipt import Posted, Sender
from ingest.synthetic.repository import CLIENT, SCOPE, is_synthetic, person_of
from ingest.tables import Client, Parcel, Patient, Resource, StoredReading
from monitoring.plans.site_rules import SiteRules
from monitoring.tables import AssessmentRow
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2026, 4, 5, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULES = SiteRules(RULEBOOK)
POLICY = alerts.service.load_policy()


def measured(session: Session, person: UUID, client: UUID, *, at: datetime) -> None:
    """Have a low glucose come through the door, and judge it as a worker does."""
    caller = Caller("client", client, scopes=frozenset({SCOPE}))
    sender = Sender(caller, client, "http://ward.example/fhir", bound=client == CLIENT)
    posted = Posted(0, "Observation", json.dumps(reading(person, at=at)).encode())
    assert ingest.service.accept(session, sender, posted, now=at).status == 201
    found = monitoring.service.assess(session, person, now=at, rulebook=RULES, model=None)
    alerts.service.raise_from(session, found, now=at, policy=POLICY)
    done = update(Outbox).where(stands(State.OPEN), Outbox.subject_id.in_([person, found]))
    session.execute(done.values(state=State.DONE, done_at=at))


def arrive(session: Session, person: UUID, *, at: datetime) -> None:
    """Have what is due to the watcher arrive, which ends the alert."""
    theirs = select(Delivery.id).join(Alert, Alert.id == Delivery.alert_id)
    for delivery in session.scalars(theirs.where(Alert.patient_id == person)).all():
        watched.arrived(session, delivery, now=at)
    session.flush()


@pytest.fixture
def somebody(session: Session) -> UUID:
    """A patient whose reading came at the same time as hers."""
    person, client = uuid4(), uuid4()
    session.add(Patient(id=person, created_at=NOW, zone="UTC"))
    session.add(Client(id=client, name=f"gateway-{client}", jwks={}, scopes=[], created_at=NOW))
    session.flush()
    measured(session, person, client, at=NOW)
    return person


@pytest.fixture
def hers(session: Session, somebody: UUID) -> UUID:
    """The synthetic person, whose reading became a RED."""
    person = person_of(session, now=NOW)
    assert person != somebody
    measured(session, person, CLIENT, at=NOW + timedelta(minutes=1))
    return person


def left_of(session: Session, person: UUID) -> dict[str, int]:
    """Return in which tables how many rows stand of a person."""
    found = {
        table.name: session.scalar(
            select(func.count()).select_from(table).where(table.c.patient_id == person)
        )
        for table in METADATA.sorted_tables
        if "patient_id" in table.c
    }
    return {name: count for name, count in found.items() if count}


def parcels(session: Session, person: UUID) -> list[UUID]:
    return list(session.scalars(select(Resource.parcel_id).where(Resource.patient_id == person)))


def test_nothing_is_left_of_a_synthetic_person_after_hours_and_all_of_a_patient_rel_33(
    session: Session, hers: UUID, somebody: UUID
) -> None:
    arrive(session, hers, at=NOW + timedelta(minutes=2))
    before, sealed = left_of(session, somebody), parcels(session, hers)
    assert left_of(session, hers).keys() > {"alert", "reading", "resource", "client_patient"}

    service.tidy(session, now=NOW + 4 * HOUR)
    session.expire_all()

    assert left_of(session, hers).keys() == {"audit_event"}  # the audit forgets nothing
    assert not is_synthetic(session, hers)
    assert session.scalars(select(Parcel.id).where(Parcel.id.in_(sealed))).all() == []
    assert left_of(session, somebody) == before
    assert session.scalar(select(StoredReading.value).where(StoredReading.patient_id == somebody))


def test_who_is_young_or_has_an_alert_that_did_not_end_is_kept_rel_33(
    session: Session, hers: UUID
) -> None:
    service.tidy(session, now=NOW + HOUR)
    young = left_of(session, hers)
    service.tidy(session, now=NOW + 4 * HOUR)

    assert young["reading"] == 1
    assert left_of(session, hers).keys() >= {"alert", "reading", "resource"}


@pytest.mark.parametrize("topic", [Topic.ASSESS, Topic.RAISE])
def test_who_waits_for_a_judgement_after_an_outage_is_kept_until_it_is_made_rel_27(
    session: Session, hers: UUID, topic: Topic
) -> None:
    arrive(session, hers, at=NOW + timedelta(minutes=2))
    judged = select(AssessmentRow.id).where(AssessmentRow.patient_id == hers)
    subject = hers if topic is Topic.ASSESS else session.scalars(judged).one()
    outbox.offer(session, topic, subject, now=NOW)
    service.tidy(session, now=NOW + 4 * HOUR)
    waiting = left_of(session, hers)
    session.execute(update(Outbox).where(Outbox.subject_id == subject).values(state=State.DONE))
    service.tidy(session, now=NOW + 5 * HOUR)
    session.expire_all()

    assert waiting.keys() >= {"assessment", "reading", "resource"}
    assert left_of(session, hers).keys() == {"audit_event"}
