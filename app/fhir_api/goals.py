"""The target saturation of 88 to 92 % that a clinician confirmed, as the patient's Goal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from app.fhir_api.rendered import Rendered
from app.fhir_api.scope import uuids
from fhir.goal import goal
from monitoring.plans.tables import PlanVersion
from monitoring.plans.versions import TARGET, Change

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from app.fhir_api.scope import Scope


class Goals(Rendered):
    """One for each record whose target was ever confirmed, by what its last version says."""

    order = ("at", "id")
    sorts = frozenset({"date", "_lastUpdated"})  # R4 has no `date` here: when it was decided

    def rows(self, scope: Scope) -> Select[Any]:
        """Return the last version of each target as of an instant."""
        later = aliased(PlanVersion)
        newer = exists().where(
            later.patient_id == PlanVersion.patient_id,
            later.subject == TARGET,
            later.number > PlanVersion.number,
            later.at <= scope.asof,
        )
        query = select(PlanVersion).where(PlanVersion.subject == TARGET)
        return query.where(PlanVersion.at <= scope.asof, ~newer)

    def of(self, scope: Scope, patient: UUID) -> Any:  # noqa: ARG002 (some kinds must look it up)
        """Return the condition that it is this patient's."""
        return PlanVersion.patient_id == patient

    def named(self, ids: frozenset[str]) -> Any:
        """Return the condition that it is one of these: a Goal has the id of its patient."""
        return PlanVersion.patient_id.in_(uuids(ids))

    def identity(self, row: Any) -> str:
        """Return the id of the patient, which stays when the target is withdrawn or renewed."""
        return str(row.patient_id)

    def column(self, name: str) -> Any:
        """Return a column of the order."""
        return getattr(PlanVersion, name)

    def updated(self, row: Any) -> datetime:
        """Return when it was last decided about."""
        decided: datetime = row.at
        return decided

    def render(self, session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:  # noqa: ARG002 (nothing is looked up)
        """Return the resources; the reason stays sealed in the plan."""
        return [
            goal(
                patient=f"Patient/{row.patient_id}",
                clinician=f"Practitioner/{row.practitioner_id}",
                status="cancelled" if row.change == Change.WITHDRAWN else "active",
                day=row.at.date(),
            )
            for row in rows
        ]
