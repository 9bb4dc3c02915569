from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from alerts import service
from alerts.outcomes import Label, Resolution
from alerts.tables import Alert, AlertEvent, AlertFinding, Delivery, Step
from core.audit import AuditEvent
from core.errors import ConflictError, NotFoundError
from core.outbox import Outbox, Priority, Topic
from core.security import Caller, Role
from core.vitals import Severity, Vital
from ingest.tables import StoredReading
from monitoring.findings import Evidence, Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.alerts.conftest import FindingMaker, Raise, Ward

DONE = Resolution(Label.TRUE_ACTIONABLE, "call", "called, diuretic doubled")


def count(session: Session, table: Any, *where: Any) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def reasons(session: Session, alert_id: UUID, kind: str) -> list[str]:
    query = select(AlertEvent.reason).where(
        AlertEvent.alert_id == alert_id, AlertEvent.kind == kind
    )
    return list(session.scalars(query.order_by(AlertEvent.id)))


def get(session: Session, alert_id: UUID) -> Alert:
    return session.get_one(Alert, alert_id, populate_existing=True)


def test_a_red_opens_one_episode_and_tells_the_responsible_physician_at_once(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())

    alert = get(session, alert_id)
    assert (alert.severity, alert.state, alert.paged) == ("RED", "open", "RED")
    told = session.execute(
        select(Delivery.recipient, Delivery.channel, Delivery.state).where(
            Delivery.alert_id == alert_id
        )
    ).all()
    doctor = f"practitioner:{ward.manager}"
    assert set(told) == {(doctor, "inbox", "delivered"), (doctor, "email", "waiting")}
    assert reasons(session, alert_id, "notified") == ["first-notification"] * 2


def test_a_red_message_goes_before_everything_in_the_outbox(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())

    mail = session.scalars(
        select(Delivery.id).where(Delivery.alert_id == alert_id, Delivery.channel == "email")
    ).one()
    row = session.scalars(
        select(Outbox).where(Outbox.topic == Topic.DELIVER, Outbox.subject_id == mail)
    ).one()
    assert row.priority == Priority.CRITICAL


def test_raising_twice_has_the_effect_once(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise
) -> None:
    """REL-10."""
    assessment = uuid4()
    tables = (Alert, AlertEvent, AlertFinding, Step, Delivery, Outbox)
    (alert_id,) = judged(session, ward.patient, finding(), assessment_id=assessment)
    once = [count(session, table) for table in tables]

    again = judged(session, ward.patient, finding(), assessment_id=assessment)

    assert again == []
    assert [count(session, table) for table in tables] == once
    assert get(session, alert_id).version == 1


def test_sixteen_parallel_judgements_of_one_breach_open_one_alert(
    database: Database, committed: Ward, finding: FindingMaker, judged: Raise
) -> None:
    """REL-11, AL-05."""
    gate = Barrier(8)

    def raise_once(_: int) -> list[UUID]:
        gate.wait(timeout=20)
        with database.transaction() as session:
            return judged(session, committed.patient, finding())

    with ThreadPoolExecutor(8) as pool:
        opened = [alert for found in pool.map(raise_once, range(16)) for alert in found]

    with database.transaction() as session:
        assert count(session, Alert, Alert.patient_id == committed.patient) == 1
        assert count(session, AlertFinding, AlertFinding.alert_id == opened[0]) == 1
        assert count(session, Delivery, Delivery.alert_id == opened[0]) == 2
    assert len(opened) == 1


def test_many_breaching_readings_are_evidence_of_one_episode(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """AL-08."""
    for minute in range(30):
        at = now + timedelta(minutes=minute)
        judged(session, ward.patient, finding(Severity.AMBER, at=at), at=at)

    (alert,) = session.scalars(select(Alert).where(Alert.patient_id == ward.patient))
    assert count(session, AlertFinding, AlertFinding.alert_id == alert.id) == 30
    assert count(session, Delivery, Delivery.alert_id == alert.id) == 2
    assert reasons(session, alert.id, "not-notified") == ["same-finding"] * 29


def test_a_rise_reopens_what_was_acknowledged_and_pages_again(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """AL-01: an acknowledged alert that worsens does not stay quiet."""
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    service.acknowledge(session, ward.doctor, alert_id, now=now)
    later = now + timedelta(minutes=5)

    judged(session, ward.patient, finding(Severity.RED, rule="HF-9", at=later), at=later)

    alert = get(session, alert_id)
    assert (alert.state, alert.severity, alert.owner_id) == ("open", "RED", None)
    assert alert.previous_owner_id == ward.manager
    assert reasons(session, alert_id, "rose") == ["severity-rose"]
    assert reasons(session, alert_id, "notified")[-2:] == ["severity-rose"] * 2
    waiting = session.scalars(
        select(Step.due_at).where(Step.alert_id == alert_id, Step.state == "waiting")
    )
    assert min(waiting) == later + timedelta(minutes=15)


def test_a_lesser_finding_never_lowers_or_hides_a_graver_one(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """AL-01, AL-10."""
    (alert_id,) = judged(session, ward.patient, finding())
    later = now + timedelta(minutes=5)

    judged(session, ward.patient, finding(Severity.YELLOW, rule="HF-3", at=later), at=later)

    (row,) = service.inbox(session, ward.doctor, now=later)
    assert (row.severity, row.alert_id) == (Severity.RED, alert_id)
    assert reasons(session, alert_id, "not-notified") == ["inhibited-by-graver"]


def test_another_problem_of_the_patient_opens_beside_and_shows_on_the_same_row(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    judged(
        session,
        ward.patient,
        finding(Severity.YELLOW),
        finding(Severity.AMBER, problem=Problem.BREATHING),
    )

    (row,) = service.inbox(session, ward.doctor, now=now)
    assert row.problem is Problem.BREATHING
    assert row.other_problems == (Problem.FLUID,)


def test_a_three_day_old_red_is_shown_at_its_severity_and_pages_nobody(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-20."""
    (alert_id,) = judged(session, ward.patient, finding(at=now - timedelta(days=3)))

    (row,) = service.inbox(session, ward.doctor, now=now)
    assert (row.severity, row.late) == (Severity.RED, True)
    channels = session.scalars(select(Delivery.channel).where(Delivery.alert_id == alert_id))
    assert set(channels) == {"inbox"}
    assert reasons(session, alert_id, "not-notified") == ["late-reading"]
    assert row.next_step_at == now + timedelta(days=1)


def test_a_current_reading_pages_although_an_old_one_opened_the_episode(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-20: what was shown late hides nothing that is true now."""
    (alert_id,) = judged(session, ward.patient, finding(at=now - timedelta(days=3)))

    judged(session, ward.patient, finding(at=now))

    assert get(session, alert_id).paged == "RED"
    assert reasons(session, alert_id, "notified")[-2:] == ["first-notification"] * 2


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

    assert refusal.value.message == "Dr Ahn resolved this 2 min ago"


def test_concluded_evidence_does_not_open_again_and_new_evidence_opens_a_linked_episode(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (first,) = judged(session, ward.patient, finding())
    service.resolve(session, ward.doctor, first, DONE, now=now)

    assert judged(session, ward.patient, finding(), at=now + timedelta(minutes=1)) == []
    tomorrow = now + timedelta(days=1)
    (second,) = judged(session, ward.patient, finding(at=tomorrow), at=tomorrow)

    newest = service.episodes(session, ward.doctor, ward.patient)[0]
    assert (newest.id, newest.previous_id) == (second, first)
    assert newest.previous_outcome == "true-actionable"


def test_a_yellow_closes_alone_once_it_was_absent_for_its_clearing_time(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.YELLOW))

    judged(session, ward.patient, at=now + timedelta(hours=23))
    assert get(session, alert_id).state == "open"
    judged(session, ward.patient, at=now + timedelta(hours=25))

    assert get(session, alert_id).state == "auto-closed"
    assert reasons(session, alert_id, "auto-closed") == ["back-in-range-for-the-clearing-time"]


@pytest.mark.parametrize("severity", [Severity.RED, Severity.AMBER])
def test_a_red_or_amber_stays_until_a_person_ends_it(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    severity: Severity,
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(severity))

    judged(session, ward.patient, at=now + timedelta(days=30))

    assert get(session, alert_id).state == "open"


def test_an_owned_yellow_is_not_closed_under_its_owners_hands(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.YELLOW))
    service.acknowledge(session, ward.doctor, alert_id, now=now)

    judged(session, ward.patient, at=now + timedelta(days=3))

    assert get(session, alert_id).state == "acknowledged"


def test_an_older_judgement_that_comes_late_clears_nothing(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.YELLOW))

    judged(session, ward.patient, at=now - timedelta(days=2))

    assert get(session, alert_id).state == "open"


def test_an_episode_is_withdrawn_when_its_reading_is_and_those_told_are_told(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-23."""
    reading = StoredReading(
        patient_id=ward.patient,
        vital=Vital.BODY_WEIGHT,
        value=84.2,
        quality="scored",
        effective=now,
        precision="instant",
        received_at=now,
        resource_id=uuid4(),
        resource_version=1,
    )
    session.add(reading)
    session.flush()
    evidence = (Evidence(str(reading.id), Vital.BODY_WEIGHT, 84.2, now),)
    (alert_id,) = judged(session, ward.patient, finding(evidence=evidence))
    judged(session, ward.patient, at=now + timedelta(minutes=1))
    assert get(session, alert_id).state == "open"

    reading.quality = "withdrawn"
    session.flush()
    judged(session, ward.patient, at=now + timedelta(minutes=2))

    assert get(session, alert_id).state == "withdrawn"
    assert reasons(session, alert_id, "withdrawn") == ["cause-withdrawn"]
    assert reasons(session, alert_id, "notified")[-1] == "those-told-are-told-again"


def test_data_quality_goes_to_support_and_no_physician_hears_of_it(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.DQ, problem=Problem.DEVICE))

    told = session.scalars(select(Delivery.recipient).where(Delivery.alert_id == alert_id))
    assert list(told) == ["support"]
    assert service.inbox(session, ward.doctor, now=now) == []
    nurse = ward.caller(ward.nurse, Role.NURSE)
    assert [row.severity for row in service.inbox(session, nurse, now=now)] == [Severity.DQ]


def test_context_alone_opens_nothing(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise
) -> None:
    assert judged(session, ward.patient, finding(Severity.INFO)) == []


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


def test_the_link_of_a_message_leads_to_its_episode_and_only_for_its_team(
    session: Session,
    ward: Ward,
    build: Callable[..., Ward],
    finding: FindingMaker,
    judged: Raise,
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    public = session.scalars(
        select(Delivery.public_id).where(Delivery.alert_id == alert_id)
    ).first()
    assert public

    assert service.opened_from(session, ward.doctor, public).id == alert_id
    with pytest.raises(NotFoundError):
        service.opened_from(session, build(session).doctor, public)
    with pytest.raises(NotFoundError):
        service.opened_from(session, ward.doctor, "unknown")


def test_somebody_without_a_team_sees_nothing(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    judged(session, ward.patient, finding())

    assert service.inbox(session, Caller("user", uuid4(), Role.NURSE), now=now) == []


def test_the_shipped_policy_loads() -> None:
    assert service.load_policy(0.5).tiers[Severity.RED].holds == timedelta(minutes=30)
