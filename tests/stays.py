"""Since when a team has somebody: a test that lives in the past moves what the trigger wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from ingest.tables import CareTeamPatient
from ingest.teams.tables import PatientStay

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def join(session: Session, team: UUID, patient: UUID, *, since: datetime) -> None:
    """Have a team look after somebody from an instant on."""
    session.add(CareTeamPatient(care_team_id=team, patient_id=patient))
    session.flush()
    newest = PatientStay.care_team_id == team, PatientStay.until.is_(None)
    mine = update(PatientStay).where(*newest, PatientStay.patient_id == patient)
    session.execute(mine.values(since=since))


def leave(session: Session, team: UUID, patient: UUID, *, until: datetime) -> None:
    """Have a team let go of somebody at an instant."""
    row = session.get_one(CareTeamPatient, (team, patient))
    session.delete(row)
    session.flush()
    newest = PatientStay.care_team_id == team, PatientStay.patient_id == patient
    mine = update(PatientStay).where(*newest, PatientStay.until >= until)
    session.execute(mine.values(until=until))
