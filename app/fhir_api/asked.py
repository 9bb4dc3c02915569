"""What people are asked to measure again, as CommunicationRequests to them (AL-20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select

from app.fhir_api.evidence import sources
from app.fhir_api.rendered import Rendered
from app.fhir_api.scope import uuids
from core.clock import utc_now
from fhir.communication_request import Request, communication_request
from ingest import repository as people
from monitoring import words
from monitoring.asking.repository import as_ask
from monitoring.asking.tables import RepeatRequest
from monitoring.catalogue import ENGLISH
from monitoring.phrases import Phrase
from monitoring.repeats import Outcome, outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from app.fhir_api.scope import Scope

Status = Literal["active", "completed", "revoked"]
_STATUS: Mapping[Outcome, Status] = {
    Outcome.WAITING: "active",
    Outcome.REPEATED: "completed",
    Outcome.UNANSWERED: "revoked",
}


class Askings(Rendered):
    """What was asked, in the order in which it was."""

    order = ("asked_at", "id")
    sorts = frozenset({"date", "_lastUpdated"})  # R4 has no `date` here: when it was asked

    def rows(self, scope: Scope) -> Select[Any]:
        """Return everything asked as of an instant."""
        return select(RepeatRequest).where(RepeatRequest.asked_at <= scope.asof)

    def of(self, scope: Scope, patient: UUID) -> Any:  # noqa: ARG002 (some kinds must look it up)
        """Return the condition that it was asked of this patient."""
        return RepeatRequest.patient_id == patient

    def named(self, ids: frozenset[str]) -> Any:
        """Return the condition that it is one of these."""
        return RepeatRequest.id.in_(uuids(ids))

    def column(self, name: str) -> Any:
        """Return a column of the order."""
        return getattr(RepeatRequest, name)

    def updated(self, row: Any) -> datetime:
        """Return when it was asked; whether it was answered is read from the readings."""
        asked: datetime = row.asked_at
        return asked

    def worded(self, scope: Scope, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the resources, their tips in the language of the scope."""
        return _written(scope.session, rows, now=scope.asof, language=scope.language)

    def render(self, session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the resources in English, as things stand now."""
        return _written(session, rows, now=utc_now(), language=ENGLISH)


def _written(
    session: Session, rows: Sequence[Any], *, now: datetime, language: str
) -> list[dict[str, Any]]:
    since: dict[UUID, datetime] = {}
    for row in rows:
        since[row.patient_id] = min(row.taken_at, since.get(row.patient_id, row.taken_at))
    read = {id_: people.readings(session, id_, since=first) for id_, first in since.items()}
    return [
        _resource(
            row,
            sources(session, [row.reading_id]),
            outcome(as_ask(row), read[row.patient_id], now=now),
            language,
        )
        for row in rows
    ]


def _resource(row: Any, about: Sequence[str], became: Outcome, language: str) -> dict[str, Any]:
    request = Request(
        status=_STATUS[became],
        priority="stat" if row.critical else "urgent",
        asked=row.asked_at,
        until=row.until,
        tip=words.phrase(Phrase(row.tip), language),
        reason="" if became is Outcome.WAITING else str(became),
        about=about,
    )
    return communication_request(request, patient=f"Patient/{row.patient_id}")
