"""A RiskAssessment names the Observations it rests on that are kept, and none that is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from app.fhir_api.scored import Scores
from core.vitals import Vital
from monitoring.findings import Evidence
from monitoring.record import read_risk, write_risk
from monitoring.tables import AssessmentRow
from tests.door import NOW, Gateway, heart_rate, named, patient
from tests.scored import score

if TYPE_CHECKING:
    from core.database import Database


def test_a_score_names_the_observations_that_are_kept_fhir_25_sec_46(
    gateway: Gateway, database: Database
) -> None:
    who = gateway.create(patient())
    kept = gateway.create(named(heart_rate(f"Patient/{who}", 70)))
    ids = (kept, str(uuid4()))
    with database.transaction() as session:
        rows = [
            session.get_one(AssessmentRow, score(session, UUID(who), NOW + n * timedelta(1), 0.2))
            for n in range(2)
        ]
        rests = tuple(Evidence(f"{id_}/1/heart_rate", Vital.HEART_RATE, 70, NOW) for id_ in ids)
        for row, basis in zip(rows, (rests, rests[1:]), strict=True):
            row.risk = write_risk(replace(read_risk(row.risk or {}), basis=basis))

        first, second = Scores().render(session, rows)

    assert first["basis"] == [{"reference": f"Observation/{kept}"}]
    assert "basis" not in second
