"""Whom an alert would reach if somebody escalated it now: the step, and who that is (AL-13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from alerts import routing
from alerts.escalation import RECIPIENTS
from alerts.naming.repository import LANES, names, recipient_name
from alerts.policy import Channel
from alerts.rosters.service import roster_of
from alerts.steps.service import ahead
from alerts.tables import Alert
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Aim:
    """For whom the next step of a chain is meant, and who is told in fact."""

    role: str  # "backup physician"
    name: str  # of a person, of a team, or of the lane where nobody else can be told


def aims(
    session: Session, alert_ids: Iterable[UUID], *, now: datetime
) -> dict[UUID, tuple[Aim, ...]]:
    """Return for each live alert whom its next step would reach; the caller has been checked."""
    found = {id_: _keys(session, session.get_one(Alert, id_), now=now) for id_ in alert_ids}
    keys = {key for each in found.values() for _, key in each} - set(LANES)
    known = names(session, {UUID(key.partition(":")[2]) for key in keys})
    return {
        id_: tuple(Aim(role, recipient_name(key, known)) for role, key in each)
        for id_, each in found.items()
    }


def _keys(session: Session, alert: Alert, *, now: datetime) -> list[tuple[str, str]]:
    roster, severity = roster_of(session, alert, at=now), Severity(alert.severity)
    return [
        (RECIPIENTS[to], routing.route(to, Channel.INBOX, severity, roster).key)
        for to in ahead(session, alert, now=now)
    ]
