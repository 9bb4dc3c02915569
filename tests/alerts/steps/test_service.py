from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from alerts import service
from alerts.outcomes import Label, Resolution
from alerts.tables import Alert, AlertEvent, Delivery, Step
from core.vitals import Severity
from tests.alerts.messages import told

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.alerts.conftest import FindingMaker, Raise, Ward

MINUTE = timedelta(minutes=1)


def test_a_red_that_nobody_takes_goes_to_the_backup_and_then_to_the_fallback_team(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    first = told(session, alert_id)

    service.escalate_due(session, now=now + 14 * MINUTE)
    assert told(session, alert_id) == first
    service.escalate_due(session, now=now + 15 * MINUTE)
    service.escalate_due(session, now=now + 30 * MINUTE)

    backup = f"practitioner:{ward.colleague}"
    assert told(session, alert_id)[len(first) :] == [
        (backup, "not-acknowledged"),
        (backup, "not-acknowledged"),
        ("fallback", "not-acknowledged"),
        ("fallback", "not-acknowledged"),
    ]


def test_an_alarm_does_not_go_quiet_after_its_chain(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    for minutes in (15, 30, 45, 60, 75):
        service.escalate_due(session, now=now + minutes * MINUTE)

    assert [reason for _, reason in told(session, alert_id)][-2:] == ["repeat-due"] * 2
    waiting = select(func.min(Step.due_at)).where(
        Step.alert_id == alert_id, Step.state == "waiting"
    )
    assert session.scalar(waiting) == now + 90 * MINUTE


def test_steps_due_while_everything_was_down_act_once_and_record_how_late(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-15, REL-29: a day of outage is followed by each step once, not by every repeat."""
    (alert_id,) = judged(session, ward.patient, finding())
    recovered = now + timedelta(days=1)

    service.escalate_due(session, now=recovered)
    service.escalate_due(session, now=recovered)

    chain = session.execute(
        select(Step.due_at, Step.late_seconds, func.count(Delivery.id))
        .join(Delivery, Delivery.step_id == Step.id)
        .where(Step.alert_id == alert_id, Step.due_at > now)
        .group_by(Step.id)
    ).all()
    assert len(chain) == 6
    assert {deliveries for _, _, deliveries in chain} == {1}
    assert all(late == (recovered - due).total_seconds() for due, late, _ in chain)
    assert "repeat-due" not in [reason for _, reason in told(session, alert_id)]


def test_an_old_step_that_is_replayed_after_the_alert_moved_on_has_no_effect(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-14."""
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)
    before = told(session, alert_id)
    session.execute(
        update(Step)
        .where(Step.alert_id == alert_id, Step.state == "cancelled")
        .values(state="waiting")
    )

    service.escalate_due(session, now=now + 31 * MINUTE)

    assert told(session, alert_id) == before
    stale = select(AlertEvent.reason).where(
        AlertEvent.alert_id == alert_id, AlertEvent.kind == "not-notified"
    )
    assert set(session.scalars(stale)) == {"stale-step"}


def test_an_acknowledgement_that_is_not_concluded_is_reminded_of_and_then_escalates(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """AL-12."""
    (alert_id,) = judged(session, ward.patient, finding())
    service.acknowledge(session, ward.doctor, alert_id, now=now)

    service.escalate_due(session, now=now + 45 * MINUTE)
    assert told(session, alert_id)[-1] == (
        f"practitioner:{ward.manager}",
        "acknowledgement-ending",
    )
    service.escalate_due(session, now=now + 60 * MINUTE)

    alert = session.get_one(Alert, alert_id, populate_existing=True)
    assert (alert.state, alert.owner_id, alert.previous_owner_id) == ("open", None, ward.manager)
    assert told(session, alert_id)[-1][1] == "acknowledged-but-not-concluded"
    service.escalate_due(session, now=now + 75 * MINUTE)
    assert told(session, alert_id)[-1] == (f"practitioner:{ward.colleague}", "not-acknowledged")


def test_nothing_of_an_ended_alert_acts_any_more(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    done = Resolution(Label.UNSURE)
    service.resolve(session, ward.doctor, alert_id, done, now=now)
    before = told(session, alert_id)

    service.escalate_due(session, now=now + timedelta(days=9))

    assert told(session, alert_id) == before


@pytest.mark.parametrize("severity", [Severity.RED, Severity.AMBER, Severity.YELLOW, Severity.DQ])
def test_every_live_alert_has_a_future_step_at_every_hour(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    severity: Severity,
) -> None:
    """I5: open, acknowledged or expired, something is always due next."""
    (alert_id,) = judged(session, ward.patient, finding(severity))
    for hour in range(0, 240, 4):
        at = now + timedelta(hours=hour)
        if hour == 80:
            service.acknowledge(session, ward.doctor, alert_id, now=at)
        service.escalate_due(session, now=at)
        waiting = select(func.max(Step.due_at)).where(
            Step.alert_id == alert_id, Step.state == "waiting"
        )
        upcoming = session.scalar(waiting)

        assert upcoming is not None
        assert upcoming > at


def test_a_late_finding_is_reminded_of_in_the_inbox_and_never_paged(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-20."""
    (alert_id,) = judged(session, ward.patient, finding(at=now - timedelta(days=3)))

    for day in range(1, 4):
        service.escalate_due(session, now=now + timedelta(days=day))

    channels = session.scalars(select(Delivery.channel).where(Delivery.alert_id == alert_id)).all()
    assert set(channels) == {"inbox"}
    assert len(channels) == 5


def test_a_policy_edited_in_mid_escalation_touches_new_episodes_only(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """AL-13: the chain is the one that was frozen when the alert opened."""
    (alert_id,) = judged(session, ward.patient, finding())
    frozen = session.get_one(Alert, alert_id).policy

    shorter = service.load_policy(0.1)
    later = now + MINUTE
    service.acknowledge(session, ward.doctor, alert_id, now=later)

    assert frozen["tiers"]["RED"]["holds"] == 3600
    assert shorter.tiers[Severity.RED].holds == timedelta(minutes=6)
    alert = session.get_one(Alert, alert_id, populate_existing=True)
    assert alert.ack_expires_at == later + timedelta(hours=1)


def test_whoever_wins_the_race_nobody_is_told_after_the_acknowledgement(
    database: Database, committed: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-16, in 20 interleavings of an acknowledgement and a due step."""
    source = random.Random(7)  # noqa: S311 (the order of a test, not a secret)
    due = now + 15 * MINUTE
    for turn in range(20):
        with database.transaction() as session:
            at = now - timedelta(minutes=turn)
            (alert_id,) = judged(session, committed.patient, finding(at=at))
            session.execute(
                update(Step)
                .where(Step.alert_id == alert_id, Step.state == "waiting")
                .values(due_at=due)
            )

        def take(alert_id: UUID = alert_id, pause: float = source.random() / 100) -> None:
            time.sleep(pause)
            with database.transaction() as session:
                service.acknowledge(session, committed.doctor, alert_id, now=due)

        def fire(pause: float = source.random() / 100) -> None:
            time.sleep(pause)
            with database.transaction() as session:
                service.escalate_due(session, now=due)

        with ThreadPoolExecutor(2) as pool:
            for outcome in [pool.submit(take), pool.submit(fire)]:
                outcome.result(timeout=30)
        with database.transaction() as session:
            service.escalate_due(session, now=due)
            kinds = session.scalars(
                select(AlertEvent.kind)
                .where(AlertEvent.alert_id == alert_id)
                .order_by(AlertEvent.id)
            ).all()
            done = Resolution(Label.UNSURE)
            service.resolve(session, committed.doctor, alert_id, done, now=due)

        after = kinds[kinds.index("acknowledged") + 1 :]
        assert "notified" not in after


def test_three_schedulers_at_once_have_the_effect_of_one(
    database: Database, committed: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-10, REL-31."""
    with database.transaction() as session:
        (alert_id,) = judged(session, committed.patient, finding())
    due = now + 15 * MINUTE

    def fire(_: int) -> int:
        with database.transaction() as session:
            return service.escalate_due(session, now=due)

    with ThreadPoolExecutor(3) as pool:
        fired = list(pool.map(fire, range(3)))

    with database.transaction() as session:
        assert len(told(session, alert_id)) == 4
    assert sum(fired) == 2
