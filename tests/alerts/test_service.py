from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from alerts import service
from alerts.outcomes import Label, Resolution
from alerts.tables import Alert, Delivery, Step
from core.audit import AuditEvent
from core.errors import ConflictError, NotFoundError
from core.security import Caller, Role
from core.vitals import Severity
from tests.alerts.messages import reasons

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import FindingMaker, Raise, Ward

DONE = Resolution(Label.TRUE_ACTIONABLE, "call", "called, diuretic doubled")


def count(session: Session, table: Any, *where: Any) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def get(session: Session, alert_id: UUID) -> Alert:
    return session.get_one(Alert, alert_id, populate_existing=True)


def test_an_acknowledgement_names_its_owner_stops_the_chain_and_is_audited(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())

    service.acknowledge(session, ward.doctor, alert_id, now=now, version=1)

    (row,) = service.inbox(session, ward.doctor, now=now)
    assert (row.state, row.owner_name) == ("acknowledged", "Dr Ahn")
    assert (row.next_step, row.next_step_at) == (
        "reminder to the owner",
        now + timedelta(minutes=45),
    )
    assert count(session, AuditEvent, AuditEvent.entity_id == alert_id) == 1
    acted = session.scalars(select(Delivery.acted_on_at).where(Delivery.alert_id == alert_id))
    assert set(acted) == {now}


def test_the_second_clinician_is_told_who_was_first(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """UX-05."""
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)

    with pytest.raises(ConflictError) as refusal:
        service.acknowledge(
            session, ward.caller(ward.colleague), alert_id, now=now + timedelta(seconds=3)
        )

    assert refusal.value.message == "Dr Ahn acknowledged this 3 s ago"


def test_the_same_person_may_press_twice(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    for _ in range(2):
        service.acknowledge(session, ward.doctor, alert_id, now=now)

    assert reasons(session, alert_id, "acknowledged") == ["acknowledged"]


def test_acting_on_a_version_that_has_passed_is_refused(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """UX-05."""
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    judged(session, ward.patient, finding(Severity.RED, rule="HF-9"))

    with pytest.raises(ConflictError):
        service.acknowledge(session, ward.doctor, alert_id, now=now, version=1)


def test_another_teams_alert_does_not_exist(
    session: Session,
    ward: Ward,
    build: Callable[..., Ward],
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
) -> None:
    """SEC-11, SEC-12."""
    (alert_id,) = judged(session, ward.patient, finding())
    stranger = build(session).doctor

    for identity in (alert_id, uuid4()):
        with pytest.raises(NotFoundError, match=r"^no such alert$"):
            service.acknowledge(session, stranger, identity, now=now)
        with pytest.raises(NotFoundError, match=r"^no such alert$"):
            service.resolve(session, stranger, identity, DONE, now=now)
    with pytest.raises(NotFoundError):
        service.episodes(session, stranger, ward.patient)
    assert service.inbox(session, stranger, now=now) == []


def test_an_outcome_ends_the_episode_and_stays_with_it(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())

    service.resolve(session, ward.doctor, alert_id, DONE, now=now)

    (episode,) = service.episodes(session, ward.doctor, ward.patient)
    assert (episode.state, episode.outcome, episode.outcome_detail) == (
        "resolved",
        "true-actionable",
        "call",
    )
    kinds = [entry.kind for entry in episode.timeline]
    assert kinds[-2:] == ["acknowledged", "resolved"]
    assert episode.timeline[-1].actor_name == "Dr Ahn"
    assert service.inbox(session, ward.doctor, now=now) == []
    assert count(session, Step, Step.alert_id == alert_id, Step.state == "waiting") == 0


def test_what_a_colleague_holds_can_be_resolved_and_what_ended_cannot(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)
    service.resolve(session, ward.caller(ward.nurse, Role.NURSE), alert_id, DONE, now=now)

    with pytest.raises(ConflictError) as refusal:
        service.resolve(session, ward.doctor, alert_id, DONE, now=now + timedelta(minutes=2))

    assert refusal.value.message == "Nurse Cho resolved this 2 min ago"


def test_no_delivery_and_no_suppression_is_without_a_reason(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """AL-06."""
    judged(session, ward.patient, finding(), finding(Severity.AMBER, rule="HF-2"))
    later = now + timedelta(minutes=1)
    judged(session, ward.patient, finding(at=later), at=later)

    (episode,) = service.episodes(session, ward.doctor, ward.patient)
    notified = [e for e in episode.timeline if e.kind == "notified"]
    kept = [e for e in episode.timeline if e.kind == "not-notified"]
    assert len(notified) == len(episode.deliveries) == 2
    assert len(kept) == len(episode.findings) - 1
    assert all(entry.reason for entry in episode.timeline)


def test_somebody_without_a_team_sees_nothing(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    judged(session, ward.patient, finding())

    assert service.inbox(session, Caller("user", uuid4(), Role.NURSE), now=now) == []


def test_the_shipped_policy_loads() -> None:
    assert service.load_policy(0.5).tiers[Severity.RED].holds == timedelta(minutes=30)
