"""What a patient is told of a RED: at once, in which words, and that it was withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.hours import Place, Stretch
from alerts.patients import wording
from alerts.patients.wording import Kind, State, Why
from alerts.tables import AlertEvent
from core.outbox import Outbox, Priority
from core.vitals import Severity
from ingest.contacts.service import agree
from ingest.weekly import span
from monitoring.phrases import read_phrase
from tests.told import SAYS, messages_of, number_of, raised, reachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from tests.alerts.conftest import FindingMaker, Ward

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


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
