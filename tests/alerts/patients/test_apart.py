"""What a patient is told is decided apart: nothing about it keeps an alert from opening."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from alerts import service as alerting
from alerts.patients import repository
from alerts.patients import service as telling
from alerts.patients.repository import Tried
from alerts.patients.wording import Kind
from core.outbox import Outbox, Priority, Topic
from core.sealing import UnsealedError
from core.vitals import Vital
from ingest.contacts.tables import PatientNumber
from monitoring.findings import Assessment, Says
from tests.alerts.conftest import NOW
from tests.app.retention.conftest import run_through
from tests.told import asked_again, messages_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from tests.alerts.conftest import FindingMaker, Ward

SAYS = Says("Weight is up", "Your weight has gone up.", closing="Please rest.", facts={})


def test_a_red_opens_also_where_the_numbers_of_its_patient_cannot_be_read_rel_27(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    theirs = update(PatientNumber).where(PatientNumber.patient_id == ward.patient)
    session.execute(theirs.values(address=b"v1:not-what-was-sealed"))
    assessment = Assessment(str(ward.patient), NOW, (replace(finding(), says=SAYS),), None, "h", "")

    changed = alerting.raise_judged(session, uuid4(), assessment, now=NOW, policy=policy)
    telling.after_judgement(session, ward.patient, changed, urgent=True, now=NOW)

    assert len(changed) == 1
    mine = Outbox.topic == Topic.INFORM, Outbox.subject_id == ward.patient
    work = session.scalars(select(Outbox).where(*mine)).one()
    assert work.priority == Priority.CRITICAL
    with pytest.raises(UnsealedError):
        telling.inform(session, ward.patient, now=NOW)


def test_what_is_about_no_alert_is_forgotten_and_what_is_about_one_is_kept(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    asked_again(session, ward.patient, Vital.SPO2, now=NOW)
    (repeat,) = messages_of(session, ward.patient)
    repository.add_attempt(session, repeat, Tried("provider-away"), now=NOW)
    later = NOW + timedelta(hours=13)  # it joins no open page
    assessment = Assessment(
        str(ward.patient), later, (replace(finding(at=later), says=SAYS),), None, "h", ""
    )
    alerting.raise_judged(session, uuid4(), assessment, now=later, policy=policy)
    telling.inform(session, ward.patient, now=later)
    asked_again(session, ward.patient, Vital.BODY_WEIGHT, now=NOW + timedelta(days=60))

    run_through(session, now=NOW + timedelta(days=30 + 90))

    left = messages_of(session, ward.patient)
    assert Kind.INSTRUCTION in {each.kind for each in left}
    assert repeat.id not in {each.id for each in left}
    young = [each for each in left if each.alert_id is None]
    assert [each.created_at for each in young] == [NOW + timedelta(days=60)]


def test_a_judgement_that_gives_no_reason_to_tell_anybody_makes_no_work(
    session: Session, ward: Ward
) -> None:
    telling.after_judgement(session, ward.patient, [], urgent=False, now=NOW)

    mine = Outbox.topic == Topic.INFORM, Outbox.subject_id == ward.patient
    assert session.scalars(select(Outbox).where(*mine)).all() == []
