"""A score as a RiskAssessment, with the Observations that its judgement rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.fhir_api.evidence import sources
from app.fhir_api.rendered import Rendered
from app.fhir_api.scope import uuids
from app.forecasts import assessed
from ingest.choosing.repository import unscored
from monitoring.record import read_finding, read_risk
from monitoring.tables import AssessmentRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from app.fhir_api.scope import Scope


class Scores(Rendered):
    """Assessments that carry a score, in the order in which they were made."""

    order = ("at", "id")
    sorts = frozenset({"date", "_lastUpdated"})

    def rows(self, scope: Scope) -> Select[Any]:
        """Return every assessment as of an instant, but of who objects to being scored (SEC-46).

        The program itself finds those too: for the copy that is the person's right.
        """
        made = select(AssessmentRow).where(AssessmentRow.at <= scope.asof)
        if scope.caller.kind == "system":
            return made
        return made.where(AssessmentRow.patient_id.not_in(unscored()))

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
    return assessed(
        risk,
        patient=f"Patient/{row.patient_id}",
        occurred=row.at,
        basis=sources(session, readings),
    )
