"""Who asked for a page that is not theirs to see: written down like a look (SEC-16).

The answer says nothing of what exists (SEC-12); the event says of whom it would have been.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from alerts.tables import Alert
from core.audit import Action, record
from core.errors import ForbiddenError, NotFoundError
from ingest.access.beyond import Beyond
from ingest.access.repository import beyond_wall
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from fastapi import Request
    from sqlalchemy.orm import Session

    from core.database import Database
    from core.security import Caller

READS = ("GET", "HEAD")


@contextmanager
def noting(
    database: Database, request: Request, clock: Callable[[], datetime]
) -> Iterator[list[Caller]]:
    """Write down, when all else is rolled back, what is refused to whoever is put in the list."""
    inside: list[Caller] = []
    try:
        yield inside
    except (NotFoundError, ForbiddenError):
        for caller in inside:
            with database.transaction() as session:
                note(session, caller, request, now=clock())
        raise


def note(session: Session, caller: Caller, request: Request, *, now: datetime) -> None:
    """Write down which page was refused to whom; the address by its pattern, never as asked."""
    record(
        session,
        caller,
        Action.READ if request.method in READS else Action.EXECUTE,
        getattr(request.scope.get("route"), "path", "page"),
        now=now,
        patients=[_whose(session, request)],
        outcome="refused",
    )


def _whose(session: Session, request: Request) -> UUID | None:
    """Return the patient of whom a page would have been, None where there is none."""
    with beyond_wall(session, Beyond.REFUSED):
        return _found(session, request)


def _found(session: Session, request: Request) -> UUID | None:
    if patient := _id(request, "patient_id"):
        return session.scalar(select(Patient.id).where(Patient.id == patient))
    if alert := _id(request, "alert_id"):
        return session.scalar(select(Alert.patient_id).where(Alert.id == alert))
    return None


def _id(request: Request, name: str) -> UUID | None:
    try:
        return UUID(str(request.path_params[name]))
    except (KeyError, ValueError):
        return None
