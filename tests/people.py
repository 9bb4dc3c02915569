"""Clinicians and patients as rows, their names sealed as the door would seal them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.sealed_fields import seal
from ingest.tables import Patient, Practitioner

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def clinician(session: Session, id_: UUID, name: str, email: str) -> Practitioner:
    return Practitioner(
        id=id_,
        name=seal(session, Practitioner.name, name, id=id_),
        email=seal(session, Practitioner.email, email, id=id_),
    )


def called(session: Session, id_: UUID, name: str, *, created: datetime) -> Patient:
    return Patient(id=id_, name=seal(session, Patient.name, name, id=id_), created_at=created)
