"""A score as a RiskAssessment, with the Observations that its judgement rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.fhir_api.evidence import sources
from app.fhir_api.rendered import Rendered
from app.fhir_api.scope import uuids
from fhir.risk_assessment import Predicted, risk_assessment
from monitoring.families import ANY, FAMILIES
from monitoring.record import read_finding, read_risk
from monitoring.tables import AssessmentRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from app.fhir_api.scope import Scope
    from monitoring.findings import Risk

WORSENING = "worsening"


class Scores(Rendered):
    """Assessments that carry a score, in the order in which they were made."""

    order = ("at", "id")
    sorts = frozenset({"date", "_lastUpdated"})

    def rows(self, scope: Scope) -> Select[Any]:
        """Return every assessment as of an instant."""
        return select(AssessmentRow).where(AssessmentRow.at <= scope.asof)

    def of(self, scope: Scope, patient: UUID) -> Any:  # noqa: ARG002 (some kinds must look it up)
        """Return the condition that it is this patient's."""
        return AssessmentRow.patient_id == patient

    def named(self, ids: frozenset[str]) -> Any:
        """Return the condition that it is one of these."""
        return AssessmentRow.id.in_(uuids(ids))

    def column(self, name: str) -> Any:
        """Return a column of the order."""
        return getattr(AssessmentRow, name)

    def updated(self, row: Any) -> datetime:
        """Return when it was made; it never changes."""
        at: datetime = row.at
        return at

    def meant(self, row: Any) -> bool:
        """Return whether the model gave a score."""
        return isinstance(row.risk, dict)

    def render(self, session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the resources."""
        return [_score(session, row) for row in rows]


def _score(session: Session, row: Any) -> dict[str, Any]:
    risk = read_risk(row.risk)
    evidence = (each for finding in row.findings for each in read_finding(finding).evidence)
    readings = dict.fromkeys(each.reading_id for each in (*risk.basis, *evidence))
    return risk_assessment(
        risk.model_id,
        list(_predictions(risk)),
        patient=f"Patient/{row.patient_id}",
        occurred=row.at,
        basis=sources(session, readings),
    )


def _predictions(risk: Risk) -> Iterator[Predicted]:
    """Yield the main prediction, then the other horizons and the families of events."""
    trained = f"The model was trained on {risk.trained_on}."
    yield Predicted(WORSENING, risk.probability, risk.horizon_days * 24, trained)
    for each in risk.others:
        outcome = WORSENING if each.family == ANY else FAMILIES.get(each.family, each.family)
        yield Predicted(outcome, each.probability, each.horizon_days * 24, trained)
