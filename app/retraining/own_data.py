"""The site's own patient-days whose outcome is known, and whether they are enough to train on.

Only of people who said that models may learn from them, and who say so still (SEC-47), and none
of which a clinician upheld that what went into its score was wrong (SEC-46).
Each weighs what it stands for: one over the probability that it was followed up, so that days
without an alert count as often as they occur and not as seldom as somebody looked into them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import func, select

from app.follow_up.tables import FollowedDayRow
from ingest.choosing.repository import teaching
from ingest.merging.repository import STANDING
from ingest.people.tables import PatientMerge
from monitoring.contesting.repository import fed_wrongly
from monitoring.families import MAIN
from monitoring.features import FEATURES
from monitoring.followed import FollowedDay, Outcome, Source, weights
from monitoring.sample import Sample
from monitoring.tables import AssessmentRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    Floats = NDArray[np.float64]

# About twenty events for each of the features, and a tenth of those that worsened (E; compare
# R. Riley et al., BMJ 368, 2020, m441, on sample sizes for prediction models).
FEWEST_DAYS = 2000
FEWEST_WORSE = 100
MOST_DAYS = 50_000  # the newest; bounds the memory of a run
LOOKED_BACK = timedelta(days=730)
STREAMED = 250


@dataclass(frozen=True, slots=True, eq=False)
class OwnDays:
    """The site's labelled patient-days: how many, and what is trained on, None where too few.

    Of them it is known whether somebody got worse within a week, and not of what: they teach the
    head of any event within that horizon, and no other.
    """

    labelled: int
    worse: int
    sample: Sample | None = None

    def card(self) -> dict[str, Any]:
        """Return what the card of the model says of them."""
        return {
            "labelled_patient_days": self.labelled,
            "of_these_worsened": self.worse,
            "used": self.sample is not None,
            "needed_patient_days": FEWEST_DAYS,
            "needed_worsened": FEWEST_WORSE,
            "weights": "one over the probability of being followed up",
            "data_sha256": self.sample.digest() if self.sample else "",
        }


def labelled(session: Session, *, now: datetime) -> OwnDays:
    """Return the labelled days of the last two years, the newest where there are very many."""
    since = (now - LOOKED_BACK).date()
    row = FollowedDayRow
    known = row.outcome.in_((Outcome.YES, Outcome.NO)) & (row.day >= since)
    known &= row.patient_id.in_(teaching())  # as it stands now, whenever the run was asked for
    known &= ~fed_wrongly(row.assessment_id)
    worse = func.count().filter(row.outcome == Outcome.YES)
    many, yes = session.execute(select(func.count(), worse).where(known)).one()
    if many < FEWEST_DAYS or yes < FEWEST_WORSE:
        return OwnDays(many, yes)
    weighs = _weights(session, since=since)
    # Two records of one person are one: nobody both teaches a model and calibrates it.
    person = func.coalesce(PatientMerge.survivor_id, row.patient_id)
    query = (
        select(row.id, person, row.scored_at, row.outcome, AssessmentRow.risk)
        .join(AssessmentRow, AssessmentRow.id == row.assessment_id)
        .outerjoin(PatientMerge, (PatientMerge.merged_id == row.patient_id) & STANDING)
        .where(known)
        .order_by(row.day.desc(), row.id)
        .limit(MOST_DAYS)
    )
    return OwnDays(many, yes, _read(session, query, weighs))


def _weights(session: Session, *, since: Any) -> dict[UUID, float]:
    """Return what each day whose outcome is known stands for."""
    row = FollowedDayRow
    columns = (row.id, row.probability, row.source, row.chosen_with, row.outcome)
    days = [
        FollowedDay(
            each.id,  # the day itself: a person may have several
            each.probability,
            Source(each.source),
            each.chosen_with,
            Outcome(each.outcome) if each.outcome else None,
        )
        for each in session.execute(
            select(*columns).where(
                row.day >= since,
                row.source != Source.NOT_DRAWN,
                row.patient_id.in_(teaching()),
                ~fed_wrongly(row.assessment_id),
            )
        )
    ]
    return {day.person: weight for day, weight in weights(days)}


def _read(session: Session, query: Any, weighs: Mapping[UUID, float]) -> Sample:
    """Return the days as a sample of the main outcome alone; people in order, days in order."""
    numbers: dict[UUID, int] = {}
    described, worsened, stands, people, days = [], [], [], [], []
    for id_, patient, at, outcome, risk in session.execute(
        query, execution_options={"yield_per": STREAMED}
    ):
        described.append(_described(risk))
        worsened.append(outcome == Outcome.YES)
        stands.append(weighs[id_])
        people.append(numbers.setdefault(patient, len(numbers)))
        days.append(at.timestamp() / 86_400)
    order = np.lexsort((np.array(days), np.array(people, dtype=np.int64)))
    return Sample(
        np.array(described)[order],
        {MAIN: np.array(worsened, dtype=np.bool_)[order]},
        np.ones(len(order), dtype=np.bool_),
        np.array(people, dtype=np.int64)[order],
        np.array(days)[order],
        np.array(stands)[order],
    )


def _described(risk: Mapping[str, Any] | None) -> Floats:
    """Return float64[f]: what somebody was scored on, NaN where it was not known."""
    parts = risk["contributions"] if risk else ()
    values = {part["feature"]: part["value"] for part in parts}
    found = (values.get(feature.name) for feature in FEATURES)
    return np.array([np.nan if value is None else value for value in found], dtype=np.float64)
