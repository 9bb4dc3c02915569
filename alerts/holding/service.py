"""Tell of what was held once the admission or the pause has ended (AL-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts import repository
from alerts.holding.repository import absence, back
from alerts.incidents.repository import found_since_the_end
from alerts.lifecycle import State
from alerts.patients.service import after_judgement
from alerts.policy import thaw
from alerts.reasons import Reason
from alerts.steps.service import start_chain
from core.apart import kept_apart
from core.vitals import Severity

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.tables import Alert


def release(session: Session, *, now: datetime) -> int:
    """Tell of each held alert whose person is back, them too of a RED; return of how many.

    One that somebody owns or has put off is known to them; one that no judgement has found for
    longer than a late reading pages is shown only, as anything late is (REL-20).
    """
    told = 0
    for alert_id in back(session, now=now):
        with kept_apart(session, "an alert cannot be let go", alert_id):
            told += _release(session, alert_id, now=now)
    return told


def _release(session: Session, alert_id: UUID, *, now: datetime) -> bool:
    alert = repository.locked(session, alert_id, wait=False)
    if alert is None or alert.held is None or absence(session, alert, now=now):
        return False
    before, alert.held = {"held": alert.held}, None
    fell = before["held"] == Reason.ARRIVALS_FELL
    why = Reason.ARRIVALS_BACK if fell else Reason.HOLD_ENDED
    current = now - alert.last_found_at <= thaw(alert.policy).late_after
    found = not fell or found_since_the_end(session, alert)
    tells = State(alert.state).waits and current and found
    facts = repository.facts(alert)
    repository.note(session, alert, "released", why, now=now, before=before, after=facts)
    if tells:
        _tell(session, alert, why, now=now)
    return tells


def _tell(session: Session, alert: Alert, why: Reason, *, now: datetime) -> None:
    alert.paged = alert.severity
    tier = thaw(alert.policy).tiers[Severity(alert.severity)]
    start_chain(session, alert, tier, reason=why, now=now)
    urgent = alert.severity == Severity.RED
    alert.in_time_at = now if urgent else None
    after_judgement(session, alert.patient_id, [alert.id], urgent=urgent, now=now)
