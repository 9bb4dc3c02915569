"""The rows of the numbers at which patients and carers are told that there is a message."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class PatientNumber(Base):
    """One number of a patient, or of a carer; sealed, and found again by its keyed digest.

    `agreed` is what a person of the team wrote down: True that its holder may be told, False
    that they are not to be (`ingest/consent.py` says what that means for their other numbers).
    Where it is None, a patient is told and a carer is not. A number that a later version of the
    Patient leaves out is `gone_at`, and what was agreed of it stands when it comes back.
    """

    __tablename__ = "patient_number"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    key: Mapped[bytes] = mapped_column(LargeBinary)
    carer: Mapped[bool]
    channel: Mapped[str]
    address: Mapped[bytes] = sealed_column("patient_number.address/{id}")
    name: Mapped[bytes] = sealed_column("patient_number.name/{id}")
    relationship: Mapped[bytes] = sealed_column("patient_number.relationship/{id}")
    place: Mapped[int]  # in which order they are tried
    heard_at: Mapped[datetime] = mapped_column(instant())
    until: Mapped[datetime | None] = mapped_column(instant())
    gone_at: Mapped[datetime | None] = mapped_column(instant())
    refused_at: Mapped[datetime | None] = mapped_column(instant())  # the provider knows it not
    agreed: Mapped[bool | None]
    agreed_at: Mapped[datetime | None] = mapped_column(instant())
    agreed_by: Mapped[UUID | None]

    __table_args__ = (UniqueConstraint("patient_id", "key"),)
