"""Keeps who was corrected and why, and the files of people that wait to be confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from core.sealed_fields import seal, unseal
from fhir.policy import Mode
from ingest.receipt import Kind, Name, Sender
from ingest.register.tables import Correction, EnrolmentPreview
from ingest.tables import Client
from ingest.teams.repository import clinicians

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.security import Caller

REGISTER_CLIENT = UUID("7d1c5a90-3b42-5e8f-8a61-726567697374")  # in every installation the same
REGISTER_NAME = "register"


def register_sender(
    session: Session, caller: Caller, *, base: str, zone: str, now: datetime
) -> Sender:
    """Return whoever keeps the register as a sender at the door; no program can sign in as it."""
    row = insert(Client).values(
        id=REGISTER_CLIENT,
        name=REGISTER_NAME,
        jwks={},
        scopes=[],
        history=False,
        mode=Mode.ENFORCE,
        tolerances=[],
        jwks_url="",
        bound=False,
        research=False,
        parks=False,
        disabled=True,
        created_at=now,
    )
    session.execute(row.on_conflict_do_nothing())
    return Sender(caller, REGISTER_CLIENT, base, zone)


def person_name(system: str, value: str) -> Name:
    """Return the name that a record number gives a patient."""
    return Name(Kind.PATIENT, system, value)


@dataclass(frozen=True, slots=True)
class Corrected:
    """One change by hand: what, by whom, when, why, and which version it made."""

    id: UUID
    what: str
    kind: str
    resource_id: UUID
    version: int
    author_id: UUID | None
    author: str
    at: datetime
    reason: str


def note(session: Session, row: Correction, reason: str) -> None:
    """Keep why something was corrected."""
    row.id = uuid4()
    row.reason = seal(session, Correction.reason, reason.strip(), id=row.id)
    session.add(row)
    session.flush()


def corrections_of(session: Session, patients: Collection[UUID]) -> list[Corrected]:
    """Return what was corrected of some records, the newest first."""
    query = select(Correction).where(Correction.patient_id.in_(patients))
    rows = session.scalars(query.order_by(Correction.at.desc(), Correction.version.desc())).all()
    names = clinicians(session, {row.author_id for row in rows if row.author_id})
    return [
        Corrected(
            row.id,
            row.what,
            row.kind,
            row.resource_id,
            row.version,
            row.author_id,
            names.get(row.author_id, "") if row.author_id else "",
            row.at,
            unseal(session, Correction.reason, row.reason, id=row.id),
        )
        for row in rows
    ]


def keep_preview(session: Session, row: EnrolmentPreview, body: str) -> UUID:
    """Keep an uploaded file, sealed, in place of what its owner uploaded before."""
    mine = EnrolmentPreview.user_id == row.user_id
    session.execute(delete(EnrolmentPreview).where(mine))
    row.id = uuid4()
    row.body = seal(session, EnrolmentPreview.body, body, id=row.id)
    session.add(row)
    session.flush()
    return row.id


def preview(session: Session, id_: UUID, *, now: datetime) -> EnrolmentPreview | None:
    """Return an uploaded file that is not over, which nobody else changes meanwhile."""
    row = session.get(EnrolmentPreview, id_, with_for_update=True, populate_existing=True)
    return row if row is not None and row.until > now else None


def body_of(session: Session, row: EnrolmentPreview) -> str:
    """Return the cells of an uploaded file, "" once they are gone."""
    return unseal(session, EnrolmentPreview.body, row.body, id=row.id)


def forget_previews(session: Session, *, before: datetime) -> int:
    """Delete the files whose time is over; return how many."""
    gone = delete(EnrolmentPreview).where(EnrolmentPreview.until <= before)
    return len(session.scalars(gone.returning(EnrolmentPreview.id)).all())


def drop(session: Session, row: EnrolmentPreview) -> None:
    """Delete an uploaded file before its time."""
    session.delete(row)
    session.flush()
