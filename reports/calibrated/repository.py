"""Reads which model scored some people in a week, and the last look at what came of its scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from core.among import among
from monitoring.live_calibration import Band, Fit
from monitoring.tables import AssessmentRow, made_here
from reports.calibration import Calibration
from reports.caseloads.repository import with_team

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.orm import Session

    from reports.works.repository import Span

# The rows of a room above this one: what was found of a model is a row of each day.
_LOOKED = text("""
select at, found from model_check
where what = 'calibration' and model_id = :model and at < :until order by day desc limit 1
""")


def calibration(session: Session, records: Collection[UUID], span: Span) -> Calibration | None:
    """Return the model that scored most of a week's judgements; None where none scored."""
    row = AssessmentRow
    query = (
        select(row.model_id, func.count())
        .where(
            among(row.patient_id, records),
            row.at >= span.start,
            row.at < span.end,
            row.model_id != "",
            made_here(row),
            with_team(row.patient_id, row.at, span.apart),
        )
        .group_by(row.model_id)
        .order_by(func.count().desc(), row.model_id)
        .limit(1)
    )
    scored = session.execute(query).first()
    if scored is None:
        return None
    model, scores = scored
    looked = session.execute(_LOOKED, {"model": model, "until": span.end}).first()
    if looked is None:
        return Calibration(model, scores)
    at, found = looked
    bands = tuple(Band(**{**each, "fit": Fit(each["fit"])}) for each in found["bands"])
    return Calibration(model, scores, at, bands, found["left_out"])
