"""Which week is handed out, to whom, and what is written down about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from core.audit import Action, record
from reports.service import team_week

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from reports.service import TeamWeek
    from reports.week import Week


class Form(StrEnum):
    """What a report is handed out as."""

    HTML = "html"
    PDF = "pdf"
    CSV = "csv"
    FHIR = "fhir"


ENTITY = {
    Form.HTML: "weekly-report-print",
    Form.PDF: "weekly-report-print",
    Form.CSV: "weekly-report-export",
    Form.FHIR: "weekly-report-export",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose week, which, and as what."""

    team_id: UUID
    week: Week
    form: Form


def handed_out(session: Session, caller: Caller, wanted: Wanted, *, now: datetime) -> TeamWeek:
    """Return a team's week for a form of it, and write down whose data leaves (SEC-16).

    Raises `NotFoundError` where the caller takes no part in the team.
    """
    found = team_week(session, caller, wanted.team_id, wanted.week, now=now)
    # Also for the counts alone: everybody was counted.
    whose: Iterable[UUID | None] = found.names or (None,)
    record(
        session,
        caller,
        Action.READ,
        ENTITY[wanted.form],
        now=now,
        entity_id=wanted.team_id,
        patients=whose,
    )
    return found
