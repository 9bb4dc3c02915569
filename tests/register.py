"""Somebody who keeps the register of people, for tests of its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from app.accounts.service import NewUser, create_user
from core.clock import utc_now
from core.security import Role
from ingest.tables import CareTeamParticipant
from tests.people import clinician
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from core.database import Database
    from tests.ward import Ward

SYSTEM_A, SYSTEM_B = "https://hospital-a.example/mrn", "https://hospital-b.example/mrn"
HEAD = "name,birth_date,identifier_system,identifier"


def keeper(database: Database, ward: Ward, role: Role = Role.SUPERVISOR) -> str:
    """Return the user name of somebody new in the ward's team."""
    who = uuid4()
    login = f"{role}-{who.hex[:8]}"
    with database.transaction() as session:
        session.add(clinician(session, who, "Keeper Ko", f"{who.hex}@clinic.example"))
        session.flush()
        session.add(CareTeamParticipant(care_team_id=ward.team, practitioner_id=who))
        new = NewUser(login, "Keeper Ko", PASSWORD, role, practitioner_id=who)
        create_user(session, new, now=utc_now())
    return login
