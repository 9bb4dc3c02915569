"""What came of a scored patient-day, from alerts and stays in hospital; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from alerts.outcomes import Label
from ingest.enrolment import Absence, Stay, stay_at
from monitoring.followed import HORIZON, TREATED, Outcome, Source, Verdicts, known

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

TRUE = frozenset({Label.TRUE_ACTIONABLE, Label.TRUE_NO_ACTION})
FALSE = frozenset({Label.FALSE_MEASUREMENT, Label.FALSE_PHYSIOLOGY})


@dataclass(frozen=True, slots=True)
class Score:
    """The last score of somebody on one day."""

    assessment_id: UUID
    patient_id: UUID
    at: datetime
    probability: float
    model_id: str


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of one person around a score: alerts as (began, label), and stays."""

    alerts: Sequence[tuple[datetime, str | None]] = ()
    stays: Sequence[Stay] = ()


def left_out(past: Past, at: datetime) -> bool:
    """Return whether somebody was in hospital when scored, or being treated for what was found."""
    stays = [stay for stay in past.stays if stay.why is Absence.ADMITTED]
    treated = any(at - TREATED < began <= at and label in TRUE for began, label in past.alerts)
    return treated or stay_at(stays, at.timestamp()) is not None


def turned_out(past: Past, at: datetime) -> tuple[Source, Outcome] | None:
    """Return how the days after a score turned out, None where nobody has said."""
    admitted = any(
        stay.why is Absence.ADMITTED and at < stay.since <= at + HORIZON for stay in past.stays
    )
    labels = tuple(label for began, label in past.alerts if at < began <= at + HORIZON)
    return known(Verdicts(admitted, labels), true=TRUE, false=FALSE)


def day_before(now: datetime, span: timedelta) -> date:
    """Return the last whole day (UTC) that had ended a span ago."""
    return (now - span).date() - timedelta(days=1)
