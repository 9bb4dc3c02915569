"""A breach planted in what is sampled is found in one period, and said until mended (REL-18)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

import alerts.service
import ingest.service
import monitoring.service
from alerts.tables import Alert, AlertFinding
from app import promises
from app.checks import replayed, service
from app.health import pipeline
from app.periods import ScheduledRun
from app.watching.rounds import reading
from core import outbox
from core.outbox import Outbox, Priority, Topic
from core.security import Caller
from ingest.receipt import Posted, Sender
from ingest.tables import Client, Parcel, Patient, Resource, StoredReading
from monitoring.contesting.tables import ScoreContest
from monitoring.contests import Ground
from monitoring.plans.site_rules import SiteRules
from monitoring.tables import AssessmentRow, LastJudged
from tests.rulebook import RULEBOOK
from tests.scored import brought, contested, score

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2026, 4, 5, 12, 0, tzinfo=UTC)
TAKEN = NOW - timedelta(minutes=5)
MINUTE = timedelta(minutes=1)
RULES = SiteRules(RULEBOOK)
POLICY = alerts.service.load_policy()


@pytest.fixture
def person(session: Session) -> UUID:
    """Somebody whose glucose of 40 mg/dL has come through the door and has become a RED.

    Nobody else was judged, and no auditor looked before: each takes a sample.
    """
    session.execute(delete(ScheduledRun))
    session.execute(update(Outbox).values(state="done"))
    session.execute(delete(LastJudged))
    contested = select(ScoreContest.assessment_id)  # which stay as long as the contest
    session.execute(delete(AssessmentRow).where(AssessmentRow.id.not_in(contested)))
    session.execute(update(AssessmentRow).values(severity=None))
    person, client = uuid4(), uuid4()
    session.add(Patient(id=person, created_at=NOW, zone="UTC"))
    session.add(Client(id=client, name=f"gateway-{client}", jwks={}, scopes=[], created_at=NOW))
    session.flush()
    caller = Caller("client", client, scopes=frozenset({"system/*.cruds"}))
    posted = Posted(0, "Observation", json.dumps(reading(person, at=TAKEN)).encode())
    sender = Sender(caller, client, "http://ward.example/fhir")
    assert ingest.service.accept(session, sender, posted, now=TAKEN).status == 201
    judge(session, person, now=TAKEN)
    return person


def judge(session: Session, person: UUID, *, now: datetime) -> None:
    found = monitoring.service.assess(session, person, now=now, rulebook=RULES, model=None)
    alerts.service.raise_from(session, found, now=now, policy=POLICY)
    session.execute(update(Outbox).values(state="done"))


def readings(session: Session, at: datetime) -> list[str]:
    service.look_at_readings(session, now=at, every=MINUTE)
    return said(session, "I1")


def people(session: Session, at: datetime) -> list[str]:
    service.look_at_alerts(session, RULES, now=at, every=MINUTE)
    return said(session, "I3")


def said(session: Session, invariant: str) -> list[str]:
    rows = promises.broken(session)
    return [f"{each.what}: {each.count}" for each in rows if each.invariant == invariant]


LOST = ["acknowledged readings are not stored: 1"]
MISSED = ["people have a RED of which there is no alert: 1"]


def test_what_is_as_it_was_acknowledged_is_clean_i1(session: Session, person: UUID) -> None:
    assert session.scalar(select(StoredReading.vital).where(StoredReading.patient_id == person))

    assert readings(session, NOW) == []


def test_an_acknowledged_reading_without_its_row_is_found_within_a_period_i1_rel_18(
    session: Session, person: UUID
) -> None:
    kept = delete(StoredReading).where(StoredReading.patient_id == person)
    session.execute(kept)

    assert readings(session, NOW) == LOST

    # It is no longer among the newest an hour later, and is said all the same.
    service.look_at_alerts(session, RULES, now=NOW + 60 * MINUTE, every=MINUTE)
    assert readings(session, NOW + 60 * MINUTE) == LOST
    assert any(each.startswith(LOST[0]) for each in pipeline_faults(session, NOW + 60 * MINUTE))


def pipeline_faults(session: Session, at: datetime) -> tuple[str, ...]:
    from_auditor = ScheduledRun(job=promises.JOB, period=at.isoformat(), ran_at=at)
    session.add(from_auditor)
    session.flush()
    return pipeline(session, now=at).faults


def test_an_acknowledged_reading_whose_bytes_are_gone_is_found_i1_rel_18(
    session: Session, person: UUID
) -> None:
    parcels = select(Resource.parcel_id).where(Resource.patient_id == person)
    session.execute(delete(Parcel).where(Parcel.id.in_(parcels)))

    assert readings(session, NOW) == LOST


def test_bytes_that_were_changed_are_found_i1_rel_18(session: Session, person: UUID) -> None:
    parcels = select(Resource.parcel_id).where(Resource.patient_id == person)
    session.execute(update(Parcel).where(Parcel.id.in_(parcels)).values(sealed=b"v1" + bytes(60)))

    assert readings(session, NOW) == LOST


def test_alerts_that_are_those_of_a_replay_are_clean_and_the_replay_leaves_nothing_i3(
    session: Session, person: UUID
) -> None:
    def stood() -> tuple[list[UUID], list[str]]:
        judged = select(AssessmentRow.id).where(AssessmentRow.patient_id == person)
        raised = select(Alert.severity).where(Alert.patient_id == person)
        return list(session.scalars(judged)), list(session.scalars(raised))

    before = stood()
    assert before[1] == ["RED"]

    assert people(session, NOW) == []
    assert stood() == before


def test_a_contested_score_stands_in_nobodys_way_i3_sec_46(session: Session, person: UUID) -> None:
    scored = score(session, person, TAKEN, 0.1)
    contested(session, person, Ground.DEVICE, None, now=NOW)

    assert people(session, NOW) == []
    assert session.get(AssessmentRow, scored) is not None


def test_a_red_of_which_there_is_no_alert_is_found_within_a_period_i3_rel_18(
    session: Session, person: UUID
) -> None:
    theirs = select(Alert.id).where(Alert.patient_id == person)
    session.execute(delete(AlertFinding).where(AlertFinding.alert_id.in_(theirs)))

    assert people(session, NOW) == MISSED
    assert people(session, NOW + MINUTE) == MISSED


def test_what_is_still_on_its_way_is_no_breach_i3(session: Session, person: UUID) -> None:
    theirs = select(Alert.id).where(Alert.patient_id == person)
    session.execute(delete(AlertFinding).where(AlertFinding.alert_id.in_(theirs)))
    outbox.offer(session, Topic.ASSESS, person, now=NOW, priority=Priority.NORMAL)

    assert person in replayed.sample(session, now=NOW)
    assert people(session, NOW) == []


def test_two_schedulers_look_once_a_period(session: Session, person: UUID) -> None:
    assert readings(session, NOW) == []
    session.execute(delete(StoredReading).where(StoredReading.patient_id == person))

    assert readings(session, NOW + timedelta(seconds=59)) == []
    assert readings(session, NOW + MINUTE) == LOST


def lose_the_alert(session: Session, person: UUID) -> None:
    theirs = select(Alert.id).where(Alert.patient_id == person)
    session.execute(delete(AlertFinding).where(AlertFinding.alert_id.in_(theirs)))


def change_the_rules_since(session: Session, person: UUID) -> None:
    """Have somebody been judged by other rules than those of now."""
    theirs = update(AssessmentRow).where(AssessmentRow.patient_id == person)
    session.execute(theirs.values(rulebook_hash="of-other-rules"))


def test_a_change_of_rules_or_limits_within_the_day_is_no_breach_i3(
    session: Session, person: UUID
) -> None:
    lose_the_alert(session, person)
    change_the_rules_since(session, person)

    assert person in replayed.sample(session, now=NOW)
    assert people(session, NOW) == []


def test_what_a_copy_brought_within_the_day_hides_no_breach_i3(
    session: Session, person: UUID
) -> None:
    lose_the_alert(session, person)
    brought(session, person, TAKEN + MINUTE)

    assert people(session, NOW) == MISSED


def test_a_breach_that_is_known_outlasts_a_change_of_the_rules_i3(
    session: Session, person: UUID
) -> None:
    lose_the_alert(session, person)
    assert people(session, NOW) == MISSED
    change_the_rules_since(session, person)

    assert people(session, NOW + MINUTE) == MISSED


def test_a_reading_whose_clock_was_set_right_by_days_is_stored_all_the_same_i1(
    session: Session, person: UUID
) -> None:
    kept = update(StoredReading).where(StoredReading.patient_id == person)
    session.execute(kept.values(effective=TAKEN - timedelta(days=3)))

    assert readings(session, NOW) == []
