"""Which week is handed out, to whom, and what is written down about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.weekly.service import clock_of, issued
from core.audit import Action, record
from reports.week import Week

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from core.security import Caller
    from reports.service import TeamWeek


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
    """Whose week, which, and as what; `week` as "2026-W47", "" for the running one."""

    team_id: UUID
    week: str
    form: Form
    version: int | None = None  # None: the newest issue


def handed_out(
    session: Session, caller: Caller, wanted: Wanted, policy: Policy, *, now: datetime
) -> TeamWeek:
    """Return a team's week for a form of it, and write down whose data leaves (SEC-16).

    Raises
    ------
    NotFoundError
        Where the caller takes no part in the team, or there is no such week or issue.
    InvalidError
        Where the week is not written as one.
    """
    zone = clock_of(session, policy, wanted.team_id)
    week = Week.parse(wanted.week, zone=zone) if wanted.week else Week.of(now, zone=zone)
    found = issued(session, caller, wanted.team_id, week, now=now, version=wanted.version)
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
