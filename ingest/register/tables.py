"""The rows of what was corrected by hand, and of files of people that wait to be confirmed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class Correction(Base):
    """That somebody changed by hand what a record says, and why; what it said are its versions.

    `version` is the one that the change made of the resource of type `kind`.
    """

    __tablename__ = "correction"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    what: Mapped[str]
    kind: Mapped[str]
    resource_id: Mapped[UUID]
    version: Mapped[int]
    author_id: Mapped[UUID | None]  # a practitioner, a user who is none, or None: the program
    at: Mapped[datetime] = mapped_column(instant())
    reason: Mapped[bytes] = sealed_column("correction.reason/{id}")

    __table_args__ = (Index(None, "patient_id", "at"),)


class EnrolmentPreview(Base):
    """A file of people that somebody uploaded; its cells are sealed, and gone once it is over."""

    __tablename__ = "enrolment_preview"

    id: Mapped[UUID] = id_column()
    user_id: Mapped[UUID] = mapped_column(index=True)
    made_at: Mapped[datetime] = mapped_column(instant())
    until: Mapped[datetime] = mapped_column(instant(), index=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(instant())
    enrolled: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    left_out: Mapped[int] = mapped_column(default=0)
    body: Mapped[bytes] = sealed_column("enrolment_preview.body/{id}")
