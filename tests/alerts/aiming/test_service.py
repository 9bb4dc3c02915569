"""What a page says that escalating would do is what it does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import service
from alerts.aiming.service import Aim, aims
from tests.alerts.acts.test_claims_and_contacts import told

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import FindingMaker, Raise, Ward


def test_who_is_named_before_an_alert_is_escalated_is_who_is_told_al_13(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """AL-13: of one that somebody took too, whose next timer is a reminder to its owner."""
    (alert_id,) = judged(session, ward.patient, finding())
    said = {"backup physician": "backup", "fallback team": "fallback"}
    named: list[Aim] = []
    (opened,) = aims(session, [alert_id], now=now)[alert_id]
    service.acknowledge(session, ward.doctor, alert_id, now=now)

    for minute in range(1, 4):
        later = now + timedelta(minutes=minute)
        named += aims(session, [alert_id], now=later)[alert_id]
        service.escalate(session, ward.doctor, alert_id, now=later)

    assert opened == named[0] == Aim("backup physician", "Dr Brown")
    reached = [to for to, why in told(session, alert_id) if why == "escalated-by-a-person"]
    assert [said[each.role] for each in named] == reached
