"""The use case: find events, and write down whose were shown (SEC-16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.accounts.repository import by_username
from app.audit_search import repository
from core.audit import Action, record
from core.errors import InvalidError, NotFoundError
from core.security import Role
from ingest.numbers.repository import owners
from ingest.receipt import Kind, Name
from ingest.repository import survivor

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.audit_search.wanted import Wanted
    from core.security import Caller

PAGE = 100
MOST = 10_000  # rows of one file
ENTITY, EXPORT = "audit", "audit-export"


@dataclass(frozen=True, slots=True)
class Found:
    """One event, with the names of who did it."""

    id: int
    at: datetime
    who_id: UUID | None
    who: str
    role: str
    action: str
    kind: str
    patient: UUID | None
    outcome: str
    purpose: str
    address: str


def look(
    session: Session,
    caller: Caller,
    wanted: Wanted,
    *,
    now: datetime,
    before: int | None = None,
) -> tuple[list[Found], int | None]:
    """Return a page of events, and where older ones go on; `NotFoundError` but to the officer."""
    found = _found(session, caller, wanted, most=PAGE + 1, before=before)
    shown = found[:PAGE]
    _write_down(session, caller, ENTITY, shown, now=now)
    return shown, shown[-1].id if len(found) > PAGE else None


def export(session: Session, caller: Caller, wanted: Wanted, *, now: datetime) -> list[Found]:
    """Return the events for a file, the newest first; all of them, since a court may read it.

    Raises
    ------
    NotFoundError
        But to the officer.
    InvalidError
        Where there are more than a file holds.
    """
    found = _found(session, caller, wanted, most=MOST + 1)
    if len(found) > MOST:
        raise InvalidError(
            "A file holds at most {most} events, and these are more. Choose a shorter time.",
            field="since",
            facts={"most": MOST},
        )
    _write_down(session, caller, EXPORT, found, now=now)
    return found


def _found(
    session: Session, caller: Caller, wanted: Wanted, *, most: int, before: int | None = None
) -> list[Found]:
    if caller.role is not Role.PRIVACY_OFFICER:
        raise NotFoundError("for the privacy officer")
    rows = repository.events(session, wanted, most=most, before=before)
    names = repository.names(session, {row.caller_id for row in rows if row.caller_id})
    return [
        Found(
            row.id,
            row.recorded,
            row.caller_id,
            *(names.get(row.caller_id, ("", row.caller_kind)) if row.caller_id
              else ("", row.caller_kind)),
            row.action,
            row.entity,
            row.patient_id,
            row.outcome,
            row.purpose or "",
            row.address or "",
        )
        for row in rows
    ]  # fmt: skip


def _write_down(
    session: Session, caller: Caller, entity: str, found: list[Found], *, now: datetime
) -> None:
    patients = sorted({each.patient for each in found if each.patient})
    record(session, caller, Action.READ, entity, now=now, patients=patients or [None])


def patient_called(session: Session, system: str, value: str) -> UUID | None:
    """Return whom a number of a system names, None where it names nobody."""
    found = record_called(session, system, value)
    return survivor(session, found) if found else None


def record_called(session: Session, system: str, value: str) -> UUID | None:
    """Return which record goes by a number, whichever it was merged into."""
    name = Name(Kind.PATIENT, system.strip(), value.strip())
    return owners(session, [name]).get(name)


def account_called(session: Session, username: str) -> UUID | None:
    """Return the account with exactly this name, None where there is none."""
    user = by_username(session, username.strip())
    return user.id if user else None
