"""A score as a RiskAssessment, with the Observations that its judgement rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app import doubts
from app.fhir_api.evidence import sources, still_here
from app.fhir_api.rendered import Rendered
from app.fhir_api.scope import uuids
from app.forecasts import assessed
from ingest.choosing.repository import unscored
from monitoring.contesting.repository import changed, of_judgements
from monitoring.record import read_finding, read_risk
from monitoring.tables import AssessmentRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from app.fhir_api.scope import Scope, Seen
    from monitoring.contests import Contest


class Scores(Rendered):
    """Assessments that carry a score, in the order in which they were made."""

    order = ("at", "id")
    sorts = frozenset({"date"})  # what is contested later is changed later

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
        """Return when it was made; what is said of it since is added where it is seen."""
        at: datetime = row.at
        return at

    def dated(self, row: Any) -> datetime | None:
        """Return when it was made."""
        at: datetime = row.at
        return at

    def meant(self, row: Any) -> bool:
        """Return whether the model gave a score."""
        return isinstance(row.risk, dict)

    def render(self, session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the resources."""
        contests = of_judgements(session, [row.id for row in rows])
        rests = [_rests_on(row) for row in rows]
        kept = set(still_here(session, {each for on in rests for each in on}))
        return [
            _score(session, row, [each for each in on if each in kept], contests.get(row.id, ()))
            for row, on in zip(rows, rests, strict=True)
        ]

    def _seen(self, scope: Scope, query: Any) -> list[Seen]:
        found = super()._seen(scope, query)
        said = changed(scope.session, [seen.row.id for seen in found])
        return [
            replace(seen, updated=said[seen.row.id]) if seen.row.id in said else seen
            for seen in found
        ]


def _rests_on(row: Any) -> dict[str, None]:
    evidence = (each for finding in row.findings for each in read_finding(finding).evidence)
    return dict.fromkeys(each.reading_id for each in (*read_risk(row.risk).basis, *evidence))


def _score(
    session: Session, row: Any, readings: Sequence[str], contests: Sequence[Contest]
) -> dict[str, Any]:
    written = assessed(
        read_risk(row.risk),
        patient=f"Patient/{row.patient_id}",
        occurred=row.at,
        basis=sources(session, readings),
        contests=contests,
    )
    return doubts.told(written, doubts.standing(contests))
