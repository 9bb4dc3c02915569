from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import func, select

from alerts import service
from alerts.outcomes import Label, Resolution
from alerts.tables import Alert, AlertEvent, AlertFinding, Delivery, Step
from core.outbox import Outbox, Priority, Topic
from core.security import Role
from core.vitals import Severity
from monitoring import repository as judgements
from monitoring.findings import Assessment, Problem
from monitoring.keeping.repository import Judged, store
from tests.alerts.messages import reasons

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from core.database import Database
    from tests.alerts.conftest import FindingMaker, Raise, Ward

DONE = Resolution(Label.TRUE_ACTIONABLE, "call", "called, diuretic doubled")


def count(session: Session, table: Any, *where: Any) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


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


def test_a_stored_judgement_is_raised_and_its_days_do_not_teach_the_baseline(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, now: datetime
) -> None:
    assessment = Assessment(str(ward.patient), now, (finding(),), None, "rulebook", "model")
    stored = store(session, [Judged(assessment, "k", now)])[ward.patient]

    (alert_id,) = service.raise_from(session, stored, now=now, policy=policy)

    assert judgements.frozen(session, ward.patient) == [(now.timestamp(), float("inf"))]
    (episode,) = service.episodes(session, ward.doctor, ward.patient)
    assert episode.headline.assessment_id == stored
    later = now + timedelta(hours=2)
    service.resolve(session, ward.doctor, alert_id, DONE, now=later)
    assert judgements.frozen(session, ward.patient) == [(now.timestamp(), later.timestamp())]


def test_doubtful_data_do_not_stop_the_baseline(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise
) -> None:
    judged(session, ward.patient, finding(Severity.DQ, problem=Problem.TECHNIQUE))

    assert judgements.frozen(session, ward.patient) == []


def test_an_old_red_that_joins_what_is_owned_reopens_it_and_pages_nobody(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-20 beside AL-01: shown at its own severity, with somebody to look at it."""
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    service.acknowledge(session, ward.doctor, alert_id, now=now)
    before = count(session, Delivery, Delivery.channel == "email")

    judged(session, ward.patient, finding(rule="HF-9", at=now - timedelta(days=3)))

    (row,) = service.inbox(session, ward.doctor, now=now)
    assert (row.severity, row.state, row.owner_id) == (Severity.RED, "open", None)
    assert row.next_step_at == now + timedelta(hours=8)
    assert count(session, Delivery, Delivery.channel == "email") == before
