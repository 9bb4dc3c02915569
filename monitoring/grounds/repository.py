"""The usual and the score of many judgements in one query, without their findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ingest.choosing.repository import unscored
from monitoring.leading import Grounds
from monitoring.record import read_risk, read_usuals
from monitoring.tables import AssessmentRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.orm import Session


def grounds_of(session: Session, assessments: Collection[UUID]) -> dict[UUID, Grounds]:
    """Return what each judgement was made against; one that is gone is absent.

    The score is left out of whose person does not let it be made (SEC-46).
    """
    if not assessments:
        return {}
    row = AssessmentRow
    told = row.patient_id.not_in(unscored())
    query = select(row.id, row.usual, row.risk, told).where(row.id.in_(assessments))
    return {
        id_: Grounds(
            usual=read_usuals(usual),
            risk=read_risk(risk) if risk and may_tell else None,
        )
        for id_, usual, risk, may_tell in session.execute(query)
    }
