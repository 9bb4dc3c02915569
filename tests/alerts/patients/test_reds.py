"""What a patient is told of a RED: at once, in which words, and that it was withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from alerts import service as alerting
from alerts.hours import Place, Stretch
from alerts.outcomes import resolution
from alerts.patients import service as telling
from alerts.patients import wording
from alerts.patients.wording import Kind, State, Why
from alerts.standings.service import lower
from alerts.tables import Alert, AlertEvent
from core import outbox
from core.outbox import Outbox, Priority, Topic
from core.vitals import Severity, Vital
from ingest.contacts.service import agree
from ingest.context.tables import PatientAbsence
from ingest.tables import Patient
from ingest.weekly import span
from monitoring.findings import Assessment, Evidence
from monitoring.phrases import read_phrase
from tests.alerts.conftest import NOW
from tests.provider import Reply
from tests.told import SAYS, messages_of, number_of, raised, reachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from tests.alerts.conftest import FindingMaker, Ward
    from tests.told import Phone


@pytest.fixture
def ward(session: Session, build: Callable[..., Ward]) -> Ward:
    ward = build(session)
    reachable(session, ward.patient, now=NOW, carer=True)
    return ward


def agreed(session: Session, ward: Ward) -> None:
    carer = number_of(session, ward.patient, carer=True, now=NOW)
    agree(session, ward.doctor, carer, agreed=True, now=NOW)


def test_a_carer_who_has_not_agreed_is_told_nothing_and_the_reason_stands_al_06_sec_47(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    raised(session, ward.patient, finding(), policy, now=NOW)

    patient, carer = messages_of(session, ward.patient)

    assert (patient.kind, patient.state) == (Kind.INSTRUCTION, State.WAITING)
    assert (carer.state, carer.reason) == (State.WITHHELD, Why.NO_CONSENT)
    work = select(Outbox).where(Outbox.subject_id == carer.id)
    assert session.scalars(work).all() == []


def test_a_red_tells_patient_and_agreeing_carer_at_once_before_anything_else_al_01(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    agreed(session, ward)

    (alert,) = raised(session, ward.patient, finding(), policy, now=NOW)

    patient, carer = messages_of(session, ward.patient)
    assert [patient.state, carer.state] == [State.WAITING, State.WAITING]
    work = select(Outbox.priority).where(Outbox.subject_id.in_([patient.id, carer.id]))
    assert set(session.scalars(work)) == {Priority.CRITICAL}
    told = select(AlertEvent).where(AlertEvent.alert_id == alert, AlertEvent.kind == "patient-told")
    assert [each.reason for each in session.scalars(told)] == [Why.RED]


@pytest.mark.parametrize("severity", [Severity.AMBER, Severity.YELLOW, Severity.DQ])
def test_nothing_below_red_tells_the_patient_by_itself(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, severity: Severity
) -> None:
    raised(session, ward.patient, finding(severity), policy, now=NOW)

    assert messages_of(session, ward.patient) == []


def test_a_red_while_nobody_reads_promises_no_contact_and_names_the_emergency_number(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    by_day = Place(
        "site", "UTC", cover=(Stretch(span("mon-fri", "10:00", "18:00")),)
    )  # NOW is 9:00
    raised(
        session, ward.patient, finding(), replace(policy, site=by_day), now=NOW
    )  # a Tuesday at nine

    said = [read_phrase(each) for each in messages_of(session, ward.patient)[0].says]
    english = wording.spoken(said, "en", emergency="119")
    korean = wording.spoken(said, "ko", emergency="119")

    assert "Your care team has been told" not in " ".join(english)
    assert "They read them again from 10 Mar 10:00." in english[1]
    assert "call 119 now" in english[1]
    assert "바로 119에 전화하세요." in korean[1]


def test_a_red_while_somebody_reads_closes_in_its_usual_words(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    raised(session, ward.patient, finding(), policy, now=NOW)

    assert messages_of(session, ward.patient)[0].says[1] == {"id": SAYS.closing}


def posted(session: Session, ward: Ward, telephone: Phone, now: datetime = NOW) -> list[str]:
    """Post what waits; return the reasons of what ended without leaving."""
    for each in messages_of(session, ward.patient):
        telephone.post(session, each, now=now)
    rows = messages_of(session, ward.patient)
    return [each.reason for each in rows if each.state == State.CANCELLED]


def informed(session: Session, ward: Ward, *, now: datetime) -> None:
    """Do what waits to be decided, as the worker does."""
    mine = Outbox.topic == Topic.INFORM, Outbox.subject_id == ward.patient, Outbox.state == "open"
    for row in session.scalars(select(Outbox).where(*mine)).all():
        telling.inform(session, row.subject_id, now=now)
        outbox.finish(row, now=now)


def gone() -> tuple[Evidence, ...]:
    """Return a reading that is there no longer when it is looked for."""
    return (Evidence(str(uuid4()), Vital.BODY_WEIGHT, 84.2, NOW),)


def taken_back(session: Session, ward: Ward, policy: Policy) -> None:
    """Judge again when the reading behind the RED is there no longer."""
    later = NOW + timedelta(minutes=5)
    nothing = Assessment(str(ward.patient), later, (), None, "h", "")
    changed = alerting.raise_judged(session, uuid4(), nothing, now=later, policy=policy)
    telling.after_judgement(session, ward.patient, changed, urgent=False, now=later)
    informed(session, ward, now=later)


def test_a_red_that_was_withdrawn_is_taken_back_from_whoever_was_told_of_it(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    (alert,) = raised(session, ward.patient, finding(evidence=gone()), policy, now=NOW)
    posted(session, ward, telephone)
    taken_back(session, ward, policy)
    assert session.get_one(Alert, alert).state == "withdrawn"
    (message,) = [m for m in messages_of(session, ward.patient) if m.kind == Kind.WITHDRAWN]
    posted(session, ward, telephone)

    said = wording.spoken(map(read_phrase, message.says), "en", emergency="119")

    assert (message.carer, message.state) == (False, State.HANDED_OVER)  # no carer had agreed
    assert "so what we wrote does not hold any more." in said[0]
    assert "call 119 now" in said[2]
    assert len(telephone.texts) == 2


def test_who_opens_the_message_of_a_red_after_it_was_withdrawn_reads_that_it_was(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    raised(session, ward.patient, finding(evidence=gone()), policy, now=NOW)
    (message,) = [m for m in messages_of(session, ward.patient) if not m.carer]
    at_first = telling.page_of(session, message)
    taken_back(session, ward, policy)
    afterwards = telling.page_of(session, message)
    message.opened_at = NOW + timedelta(minutes=1)

    assert [each.id for each in at_first] == [SAYS.patient, SAYS.closing]
    assert afterwards == wording.taken_back()
    assert telling.page_of(session, message) == at_first


def test_a_red_that_was_withdrawn_before_its_message_left_is_told_to_nobody(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    raised(session, ward.patient, finding(evidence=gone()), policy, now=NOW)
    taken_back(session, ward, policy)

    assert posted(session, ward, telephone) == [Why.OVER]
    assert telephone.texts == []


def test_a_red_that_was_lowered_before_its_message_left_is_not_told_and_the_next_is(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    (alert_id,) = raised(session, ward.patient, finding(), policy, now=NOW)
    alert = session.get_one(Alert, alert_id)
    lower(session, alert, Severity.AMBER, now=NOW)
    ended = posted(session, ward, telephone)
    anew = finding(rule="HF-2", at=NOW + timedelta(minutes=9))
    raised(session, ward.patient, anew, policy, now=NOW + timedelta(minutes=9))
    posted(session, ward, telephone)

    assert ended == [Why.OVER]
    assert len(telephone.texts) == 1


def test_a_red_is_told_while_its_resolution_can_be_undone_and_not_after_it(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    (alert,) = raised(session, ward.patient, finding(), policy, now=NOW)
    alerting.resolve(
        session, ward.doctor, alert, resolution("true-actionable", "call", ""), now=NOW
    )
    telephone.gateway.script = [Reply(500)]
    posted(session, ward, telephone, now=NOW + policy.undo)
    tried = len(telephone.texts)

    assert tried == 1
    assert posted(session, ward, telephone, now=NOW + timedelta(seconds=20)) == [Why.OVER]
    assert len(telephone.texts) == tried


@pytest.mark.parametrize("why", [Why.ABSENT, Why.DECEASED])
def test_who_came_into_hospital_or_died_before_a_message_left_is_told_nothing_al_10(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    policy: Policy,
    telephone: Phone,
    why: Why,
) -> None:
    raised(session, ward.patient, finding(), policy, now=NOW)
    if why is Why.DECEASED:
        session.get_one(Patient, ward.patient).deceased = True
    else:
        session.add(PatientAbsence(id=uuid4(), patient_id=ward.patient, why="admitted", since=NOW))
    session.flush()

    assert posted(session, ward, telephone, now=NOW + timedelta(minutes=1)) == [why]
    assert telephone.texts == []


def test_a_red_that_was_held_is_told_to_the_patient_too_when_it_is_released_al_10(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy
) -> None:
    hour = timedelta(hours=1)
    stay = PatientAbsence(
        id=uuid4(), patient_id=ward.patient, why="admitted", since=NOW - hour, until=NOW + hour
    )
    session.add(stay)
    session.flush()
    raised(session, ward.patient, finding(), policy, now=NOW)
    before = messages_of(session, ward.patient)
    for _ in range(2):
        alerting.release(session, now=NOW + hour)
        informed(session, ward, now=NOW + hour)

    told = [each for each in messages_of(session, ward.patient) if not each.carer]

    assert before == []
    assert [(each.kind, each.state) for each in told] == [(Kind.INSTRUCTION, State.WAITING)]
