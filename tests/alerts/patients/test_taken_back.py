"""A RED whose reading was wrong is taken back from its patient, whatever is left of the alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from alerts import service as alerting
from alerts.patients import service as telling
from alerts.patients import wording
from alerts.patients.wording import Kind, State
from alerts.reasons import Reason
from alerts.standings.service import lower
from alerts.tables import Alert
from core import outbox
from core.outbox import Outbox, Topic
from core.vitals import Severity, Vital
from monitoring.findings import Assessment, Evidence
from tests.provider import Reply
from tests.told import SAYS, messages_of, phone, raised, reachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from alerts.patients.tables import PatientMessage
    from alerts.policy import Policy
    from monitoring.findings import Finding
    from tests.alerts.conftest import FindingMaker, Ward
    from tests.told import Phone

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ward(session: Session, build: Callable[..., Ward]) -> Ward:
    ward = build(session)
    reachable(session, ward.patient, now=NOW)
    return ward


@pytest.fixture
def telephone() -> Iterator[Phone]:
    with phone() as one:
        yield one


def gone() -> tuple[Evidence, ...]:
    """Return a reading that is there no longer when it is looked for."""
    return (Evidence(str(uuid4()), Vital.BODY_WEIGHT, 84.2, NOW),)


def judge(session: Session, ward: Ward, policy: Policy, *found: Finding, now: datetime) -> None:
    """Judge and do what waits to be decided of the patient, as the workers do."""
    said = tuple(replace(each, says=SAYS) for each in found)
    assessment = Assessment(str(ward.patient), now, said, None, "h", "")
    changed = alerting.raise_judged(session, uuid4(), assessment, now=now, policy=policy)
    telling.after_judgement(session, ward.patient, changed, urgent=False, now=now)
    informed(session, ward, now=now)


def informed(session: Session, ward: Ward, *, now: datetime) -> None:
    mine = Outbox.topic == Topic.INFORM, Outbox.subject_id == ward.patient, Outbox.state == "open"
    for row in session.scalars(select(Outbox).where(*mine, Outbox.next_try_at <= now)).all():
        telling.inform(session, row.subject_id, now=now)
        outbox.finish(row, now=now)
        session.flush()


def posted(session: Session, ward: Ward, telephone: Phone, *, now: datetime) -> None:
    for each in messages_of(session, ward.patient):
        telephone.post(session, each, now=now)


def withdrawals(session: Session, ward: Ward) -> list[PatientMessage]:
    return [each for each in messages_of(session, ward.patient) if each.kind == Kind.WITHDRAWN]


def test_a_red_of_which_a_lesser_finding_is_left_is_taken_back_once_rel_23(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    judge(session, ward, policy, finding(evidence=gone()), now=NOW)
    posted(session, ward, telephone, now=NOW)
    for minute in (5, 6):
        lesser = finding(Severity.AMBER, rule="HF-9", at=NOW + minute * MINUTE)
        judge(session, ward, policy, lesser, now=NOW + minute * MINUTE)

    (alert,) = session.scalars(select(Alert).where(Alert.patient_id == ward.patient))
    (message,) = withdrawals(session, ward)
    (told, _) = messages_of(session, ward.patient)
    assert (alert.severity, alert.state) == ("AMBER", "open")
    assert (message.state, message.alert_id) == (State.WAITING, alert.id)
    assert telling.page_of(session, told) == wording.taken_back()


def test_a_red_that_rose_again_and_was_lowered_again_is_taken_back_again_rel_23(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    (alert_id,) = raised(session, ward.patient, finding(), policy, now=NOW)
    for minute in (1, 3):
        posted(session, ward, telephone, now=NOW + minute * MINUTE)
        alert = session.get_one(Alert, alert_id, populate_existing=True)
        lower(session, alert, Severity.AMBER, now=NOW + minute * MINUTE)
        telling.inform(session, ward.patient, now=NOW + minute * MINUTE)
        posted(session, ward, telephone, now=NOW + minute * MINUTE)
        later = NOW + (minute + 1) * MINUTE
        raised(session, ward.patient, finding(rule=f"R{minute}", at=later), policy, now=later)

    kinds = [each.kind for each in messages_of(session, ward.patient)]
    assert kinds == [*2 * [Kind.INSTRUCTION, Kind.WITHDRAWN], Kind.INSTRUCTION]
    assert len(telephone.texts) == 4


def test_a_red_that_a_normal_repeat_lowered_is_not_taken_back_al_20(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    (alert_id,) = raised(session, ward.patient, finding(), policy, now=NOW)
    posted(session, ward, telephone, now=NOW)
    stepped = Reason.STEPPED_DOWN
    lower(session, session.get_one(Alert, alert_id), Severity.AMBER, now=NOW, reason=stepped)
    telling.inform(session, ward.patient, now=NOW)

    assert withdrawals(session, ward) == []


def test_a_red_that_was_opened_although_its_gateway_never_answered_is_taken_back(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    telephone.gateway.always = Reply(500)
    judge(session, ward, policy, finding(evidence=gone()), now=NOW)
    posted(session, ward, telephone, now=NOW)
    (message,) = messages_of(session, ward.patient)
    message.opened_at = NOW + MINUTE
    session.flush()
    judge(session, ward, policy, now=NOW + 5 * MINUTE)

    assert message.handed_over_at is None
    assert [each.state for each in withdrawals(session, ward)] == [State.WAITING]
