"""Who runs the clinic or guards its privacy, signed in without the seconds a password takes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from app.accounts.service import NewUser, add_account, open_session
from core.clock import utc_now

if TYPE_CHECKING:
    from uuid import UUID

    from core.database import Database
    from core.security import Role


def session_of(database: Database, role: Role, name: str = "Officer Bae") -> tuple[UUID, str]:
    """Return the id of somebody new of a role, and the secret of a session of theirs."""
    now = utc_now()
    new = NewUser(f"{role}-{uuid4().hex[:6]}", name, "", role)
    with database.transaction() as session:
        user = add_account(session, new, "", now=now)
        return user.id, open_session(session, user, now=now)
