"""How things stand with the contested scores behind alerts (SEC-46)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import exists, func, or_, select

from alerts.tables import Alert, AlertFinding
from core.among import among
from monitoring.contesting.tables import ScoreContest
from monitoring.contests import Ruling, Stands, stands
from monitoring.permitted import SCORES_OWN

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


class Doubt(NamedTuple):
    """How it stands with what an alert rests on, and when something was last said of it."""

    stands: Stands
    changed_at: datetime


def contested(session: Session, alerts: Collection[UUID]) -> Mapping[UUID, Stands]:
    """Return how it stands with each of some alerts that a score had a part in.

    What counts is any score of the person while the alert was open: the next reading makes
    another, and the doubt is not gone by that.
    """
    return {alert: each.stands for alert, each in doubted(session, alerts).items()}


def doubted(session: Session, alerts: Collection[UUID]) -> Mapping[UUID, Doubt]:
    """Return the same, with when something was last said of it."""
    if not alerts:
        return {}
    scored = exists().where(AlertFinding.alert_id == Alert.id, AlertFinding.rule_id == SCORES_OWN)
    row = ScoreContest
    query = (
        select(Alert.id, row.ruling, func.greatest(row.at, row.answered_at))
        .join(ScoreContest, ScoreContest.patient_id == Alert.patient_id)
        .where(
            among(Alert.id, alerts),
            scored,
            ScoreContest.judged_at >= Alert.started_at,
            or_(Alert.closed_at.is_(None), ScoreContest.judged_at <= Alert.closed_at),
        )
    )
    found: dict[UUID, list[tuple[Ruling | None, datetime]]] = defaultdict(list)
    for alert, ruling, said_at in session.execute(query):
        found[alert].append((Ruling(ruling) if ruling else None, said_at))
    return {
        alert: Doubt(each, max(at for _, at in said))
        for alert, said in found.items()
        if (each := stands(ruling for ruling, _ in said))
    }
