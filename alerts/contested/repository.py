"""How things stand with the contested scores behind alerts (SEC-46)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import exists, or_, select

from alerts.tables import Alert, AlertFinding
from core.among import among
from monitoring.contesting.tables import ScoreContest
from monitoring.contests import Ruling, Stands, stands
from monitoring.permitted import SCORES_OWN

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session


def contested(session: Session, alerts: Collection[UUID]) -> Mapping[UUID, Stands]:
    """Return how it stands with each of some alerts that a score had a part in.

    What counts is any score of the person while the alert was open: the next reading makes
    another, and the doubt is not gone by that.
    """
    if not alerts:
        return {}
    scored = exists().where(AlertFinding.alert_id == Alert.id, AlertFinding.rule_id == SCORES_OWN)
    query = (
        select(Alert.id, ScoreContest.ruling)
        .join(ScoreContest, ScoreContest.patient_id == Alert.patient_id)
        .where(
            among(Alert.id, alerts),
            scored,
            ScoreContest.judged_at >= Alert.started_at,
            or_(Alert.closed_at.is_(None), ScoreContest.judged_at <= Alert.closed_at),
        )
    )
    found: dict[UUID, set[Ruling | None]] = defaultdict(set)
    for alert, ruling in session.execute(query):
        found[alert].add(Ruling(ruling) if ruling else None)
    return {alert: each for alert, said in found.items() if (each := stands(said))}
