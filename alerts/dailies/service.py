"""Ask each patient once a day how they are, at their own hour or the programme's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.addressing.service import send
from alerts.dailies import repository
from alerts.patients import daily
from alerts.patients.repository import Letter
from alerts.patients.wording import Kind, Why
from core import audit
from core.apart import kept_apart
from core.errors import NotFoundError
from ingest import repository as people
from ingest.choosing.repository import unused
from ingest.contacts.repository import addressee, reachable
from monitoring.windows import zone_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller

AT_ONCE = 200  # so many are asked in one transaction, which must not keep the timetable waiting


def ask(session: Session, patient_id: UUID, at: str, *, now: datetime) -> bool:
    """Ask one patient how they are where it is their hour; return whether it was."""
    to = addressee(session, patient_id)
    if to is None or to.deceased:
        return False
    zone = zone_of(to.zone)
    day = daily.due(at, zone, now=now)
    if day is None:
        return False
    letter = Letter(
        to=to,
        kind=Kind.DAILY,
        key=_key(day),
        why=Why.DUE,
        until=daily.end_of_day(zone, now=now),
    )
    send(session, letter, now=now)
    return True


def ask_all(session: Session, default: str, *, now: datetime) -> int:
    """Ask some of those who are due and were not asked yet; return how many.

    It is their own hour or the programme's. One who cannot be asked keeps nobody else from it.
    """
    asked = 0
    for patient_id, at in _due(session, default, now=now).items():
        with kept_apart(session, "a patient cannot be asked how they are", patient_id):
            asked += ask(session, patient_id, at, now=now)
        if asked == AT_ONCE:
            break
    return asked


def _due(session: Session, default: str, *, now: datetime) -> dict[UUID, str]:
    """Return at which hour each is asked whose hour has come and who was not asked today."""
    own, known_zones = repository.daily_questions(session), reachable(session)
    heads, declined = people.survivors(session, known_zones), unused(session)
    due: dict[UUID, tuple[str, str]] = {}
    for patient_id, zone in known_zones.items():
        head = heads.get(patient_id, patient_id)
        at = own.get(head, default)
        day = daily.due(at, zone_of(zone), now=now)
        if day is not None and head not in declined:
            due[head] = _key(day), at
    told = repository.known_keys(session, due, {key for key, _ in due.values()})
    return {head: at for head, (key, at) in due.items() if (head, key) not in told}


def _key(day: str) -> str:
    return f"daily:{day}"


def set_hour(session: Session, caller: Caller, patient_id: UUID, at: str, *, now: datetime) -> None:
    """Set at which local hour a patient is asked each day; "" for never.

    Raises `NotFoundError` for a patient the caller may not see, `InvalidError` for no hour.
    """
    if not people.may_see(session, caller, patient_id):
        raise NotFoundError("no such patient")
    patient_id = people.survivor(session, patient_id)
    by = caller.practitioner_id or caller.id
    repository.set_daily(session, patient_id, daily.hour(at), by=by, now=now)
    audit.record(
        session,
        caller,
        audit.Action.UPDATE,
        "daily_question",
        now=now,
        entity_id=patient_id,
        patients=[patient_id],
    )
