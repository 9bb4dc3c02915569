"""Whoever looks for people in an emergency and finds nobody: slowed down, and shown to reviewers.

Who is looked for is written nowhere: what was typed may be anybody's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from app.accounts.tables import AppUser
from app.emergency.service import STARTED
from app.tries import repository
from app.tries import service as tries
from core.audit import Action, record
from core.errors import NotFoundError
from core.sealed_fields import unseal
from core.security import REVIEWERS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.security import Caller

SHOWN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class InVain:
    """The tries of one person that found nobody, and those that were not looked at."""

    who: str
    tried: int
    held: int
    last: datetime


def must_wait(session: Session, caller: Caller, *, now: datetime) -> timedelta:
    """Return how long a person must wait before they may look for somebody again."""
    return tries.must_wait(session, STARTED, str(caller.id), now=now)


def note(session: Session, caller: Caller, *, now: datetime, held: bool = False) -> None:
    """Count a try that found nobody, or was held back, with its row in the audit.

    Of those that were held back the first of a period have one; of all, reviewers see the number.
    """
    counted = repository.count(session, STARTED, str(caller.id), now=now, held=held)
    if held and counted.held > tries.ROWS:
        return
    outcome = "throttled" if held else "refused"
    record(session, caller, Action.EXECUTE, STARTED, now=now, outcome=outcome)


def in_vain(session: Session, caller: Caller, *, now: datetime) -> list[InVain]:
    """Return who looked in vain lately, who did last first; `NotFoundError` but to reviewers."""
    if caller.role not in REVIEWERS:
        raise NotFoundError("for reviewers")
    return [_of(session, each) for each in repository.since(session, STARTED, now - SHOWN)]


def _of(session: Session, found: repository.Since) -> InVain:
    user = session.get(AppUser, UUID(found.who))
    name = unseal(session, AppUser.display_name, user.display_name, id=user.id) if user else ""
    return InVain(name, found.tried, found.held, found.last)
