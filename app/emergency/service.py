"""Open, end and review access in an emergency (SEC-14).

Whoever opens it says why. It is for one patient and one hour; the team filter itself grants it
(`ingest.access`), so that whatever obeys the filter obeys this. The privacy officer hears of it
at once, through the outbox: no broken mail server makes it silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from unicodedata import normalize
from uuid import UUID, uuid4

from sqlalchemy import func, select

from alerts.steps.service import give_back
from app.accounts.tables import AppUser
from core import outbox
from core.audit import EMERGENCY, Action, AuditEvent, Event, Override, override, record_all
from core.database import now_of
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.first import First, first
from core.outbox import Topic
from core.sealed_fields import seal, unseal
from core.security import REVIEWERS, SYSTEM, Caller, Role
from ingest.access.beyond import Beyond
from ingest.access.tables import EmergencyAccess
from ingest.merging.repository import everybody
from ingest.numbers.repository import owners
from ingest.receipt import Kind, Name
from ingest.repository import beyond_wall, may_see, one_person, survivor, visible_to
from ingest.tables import Patient

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.spool import Spool

LASTS = timedelta(minutes=60)
LONGEST = 500
STARTED = "emergency-override-started"  # DCM 110127
ENDED = "emergency-override-stopped"
REASONS = {
    "emergency": "Emergency treatment",
    "covering": "I cover for a colleague",
    "at-the-door": "The patient is here or on the telephone",
}
MAY = (Role.PHYSICIAN, Role.NURSE)
MOST = 200


@dataclass(frozen=True, slots=True)
class Sought:
    """By what exactly somebody is looked for: a number of a system, or name and birth date."""

    system: str = ""
    value: str = ""
    name: str = ""
    born: date | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """The reason, coded and in words."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Open:
    """Access that somebody has now."""

    id: UUID
    patient_id: UUID
    until: datetime
    time: str = ""  # the same as a reader has it


@dataclass(frozen=True, slots=True)
class Told:
    """One access as its reviewer reads it: who, when, why, what was read."""

    id: UUID
    patient_id: UUID
    who: str
    reason: str
    text: str
    began_at: datetime
    ended_at: datetime
    read: tuple[tuple[str, int], ...]
    reviewed: bool
    review: str


def open_access(session: Session, caller: Caller, sought: Sought, why: Why) -> UUID:
    """Give a caller an hour's access to the one person sought; return that patient's id.

    Raises
    ------
    ForbiddenError
        For anybody but a physician or a nurse.
    InvalidError
        Without a known reason and words.
    NotFoundError
        Where not exactly one person is found.
    """
    if caller.role not in MAY or caller.id is None:
        raise ForbiddenError("Only physicians and nurses open access in an emergency.")
    if why.code not in REASONS or not why.text.strip():
        raise InvalidError("Say why, by a reason and in words.", field="text")
    with beyond_wall(session, Beyond.EMERGENCY):
        patient = _found(session, sought)
    now = now_of(session)
    id_ = uuid4()
    row = EmergencyAccess(
        id=id_,
        user_id=caller.id,
        patient_id=patient,
        reason=why.code,
        text=seal(session, EmergencyAccess.text, why.text.strip()[:LONGEST], id=id_),
        review=b"",
        began_at=now,
        until=now + LASTS,
    )
    session.add(row)
    session.flush()
    _note(session, caller, row, STARTED, now=now)
    outbox.offer(session, Topic.OVERRIDE, id_, now=now, priority=outbox.Priority.CRITICAL)
    outbox.offer(session, Topic.LAPSE, id_, now=now, not_before=row.until)
    return patient


def _found(session: Session, sought: Sought) -> UUID:
    real = visible_to(SYSTEM)
    ids: list[UUID] = []
    if sought.value.strip():
        name = Name(Kind.PATIENT, sought.system.strip(), sought.value.strip())
        wanted = list(owners(session, [name]).values())
        ids = list(session.scalars(real.where(Patient.id.in_(wanted))))
    elif sought.name.strip() and sought.born:
        ids = [
            row.id
            for row in session.scalars(select(Patient).where(Patient.id.in_(real)))
            if unseal(session, Patient.birth_date, row.birth_date, id=row.id)
            == sought.born.isoformat()
            and _plain(unseal(session, Patient.name, row.name, id=row.id)) == _plain(sought.name)
        ]
    # Records that were merged are one person: the one who stands for them is meant.
    people = {survivor(session, each) for each in ids}
    if len(people) != 1:
        raise NotFoundError("not exactly one person")
    return people.pop()


def _plain(name: str) -> str:
    """Return a name as it is compared: Hangul may be typed as syllables or in its letters."""
    return normalize("NFC", normalize("NFC", name).strip().casefold())


def open_of(session: Session, caller: Caller) -> list[Open]:
    """Return the access that a caller has now, the oldest first."""
    query = (
        select(EmergencyAccess.id, EmergencyAccess.patient_id, EmergencyAccess.until)
        .where(
            EmergencyAccess.user_id == caller.id,
            EmergencyAccess.until > func.clock_timestamp(),
            EmergencyAccess.ended_at.is_(None),
        )
        .order_by(EmergencyAccess.until)
    )
    return [Open(*row) for row in session.execute(query)]


def enter(session: Session, caller: Caller, spool: Spool) -> list[Open]:
    """Return the access that a caller has now, under which the session reads from here on."""
    found = open_of(session, caller)
    if found:
        records = everybody(session, [each.patient_id for each in found])
        override(session, Override(frozenset().union(*records.values()), spool))
    return found


def end(session: Session, caller: Caller, id_: UUID) -> None:
    """End one's own access before its hour is over; raise `NotFoundError` for any other."""
    row = session.get(EmergencyAccess, id_)
    if row is None or row.user_id != caller.id:
        raise NotFoundError("no such access")
    if row.ended_at is None:
        row.ended_at = now_of(session)
        _note(session, caller, row, ENDED, now=row.ended_at)
        _give_back(session, row, now=row.ended_at)


def lapse(session: Session, id_: UUID, *, now: datetime) -> None:
    """Write down that the hour was over, where nobody ended it before."""
    row = session.get_one(EmergencyAccess, id_)
    if row.ended_at is None:
        row.ended_at = row.until
        _note(session, Caller("user", row.user_id), row, ENDED, now=now)
        _give_back(session, row, now=now)


def _give_back(session: Session, row: EmergencyAccess, *, now: datetime) -> None:
    """Let nobody go on having an alert of a patient whom they may not see any more."""
    session.flush()
    user = session.get_one(AppUser, row.user_id)
    caller = Caller("user", user.id, Role(user.role), user.practitioner_id)
    if not may_see(session, caller, row.patient_id):
        records = one_person(session, row.patient_id)
        give_back(session, records, user.practitioner_id or user.id, now=now)


def _note(
    session: Session, caller: Caller, row: EmergencyAccess, entity: str, *, now: datetime
) -> None:
    event = Event(Action.EXECUTE, entity, row.id, (row.patient_id,), purpose=EMERGENCY)
    record_all(session, caller, [event], now=now)


def to_review(session: Session, caller: Caller, *, now: datetime) -> First[Told]:
    """Return what is to be reviewed first, then what was; raise `NotFoundError` but to them."""
    if caller.role not in REVIEWERS:
        raise NotFoundError("for reviewers")
    row = EmergencyAccess
    query = select(row).order_by(row.reviewed_at.is_not(None), row.began_at.desc(), row.id)
    found = first(session, query, MOST)
    kind = "emergency-review"
    seen = [Event(Action.READ, kind, each.id, (each.patient_id,)) for each in found.shown]
    record_all(session, caller, seen, now=now)
    return found.each(lambda each: _told(session, each))


def _told(session: Session, row: EmergencyAccess) -> Told:
    user = session.get(AppUser, row.user_id)
    ended = row.ended_at or row.until
    read = session.execute(
        select(AuditEvent.entity, func.count())
        .where(
            AuditEvent.patient_id.in_(one_person(session, row.patient_id)),
            AuditEvent.caller_id == row.user_id,
            AuditEvent.recorded.between(row.began_at, ended),
            AuditEvent.entity.not_in((STARTED, ENDED)),
        )
        .group_by(AuditEvent.entity)
        .order_by(AuditEvent.entity)
    )
    return Told(
        row.id,
        row.patient_id,
        unseal(session, AppUser.display_name, user.display_name, id=user.id) if user else "",
        REASONS.get(row.reason, row.reason),
        unseal(session, EmergencyAccess.text, row.text, id=row.id),
        row.began_at,
        ended,
        tuple((entity, count) for entity, count in read),
        row.reviewed_at is not None,
        unseal(session, EmergencyAccess.review, row.review, id=row.id),
    )


def review(session: Session, caller: Caller, id_: UUID, note: str) -> None:
    """Mark an access as reviewed, with a note.

    Raises
    ------
    NotFoundError
        For anybody but a reviewer, and where there is none.
    InvalidError
        Without a note.
    ConflictError
        Where somebody reviewed it before.
    """
    row = session.get(EmergencyAccess, id_, with_for_update=True)
    if caller.role not in REVIEWERS or row is None:
        raise NotFoundError("no such access")
    if not note.strip():
        raise InvalidError("Say what the review found.", field="note")
    if row.reviewed_at is not None:
        raise ConflictError("This was reviewed before.")
    now = now_of(session)
    row.reviewed_at, row.reviewed_by = now, caller.id
    row.review = seal(session, EmergencyAccess.review, note.strip()[:LONGEST], id=id_)
    event = Event(Action.UPDATE, "emergency-review", id_, (row.patient_id,))
    record_all(session, caller, [event], now=now)
