"""Erasures as they were asked for and done, legal holds, and each person's key of the backups.

An erasure is kept for ever as a proof, by a keyed digest of the id that it was of. A hold goes
with the person. A key lives exactly as long as the person's rows, and stands in no backup.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class Erasure(Base):
    """One erasure: who asked, who confirmed, when it was done.

    `of_id` is the person's id until it is done, and nothing from then on; `digests` are those
    of all records that are to be erased, then of those that were. `struck_at` is when the
    key file of the backups was without their keys.
    """

    __tablename__ = "erasure"

    id: Mapped[UUID] = id_column()
    of_id: Mapped[UUID | None]
    digests: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary), default=list)
    state: Mapped[str]
    ground: Mapped[str]
    asked_by: Mapped[UUID | None]
    asked_at: Mapped[datetime] = mapped_column(instant())
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None] = mapped_column(instant())
    ended_by: Mapped[UUID | None]  # who withdrew it
    ended_at: Mapped[datetime | None] = mapped_column(instant())
    rows: Mapped[int] = mapped_column(default=0)
    struck_at: Mapped[datetime | None] = mapped_column(instant())

    __table_args__ = (
        Index(
            "uq_erasure_waiting",
            "of_id",
            unique=True,
            postgresql_where=text("state in ('asked', 'confirmed')"),
        ),
        Index(None, "asked_at"),
    )


class LegalHold(Base):
    """Why somebody may not be erased for now (Art. 17(3)): by whom, until when, released when."""

    __tablename__ = "legal_hold"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    reason: Mapped[bytes] = sealed_column("legal_hold.reason/{id}")
    until: Mapped[datetime | None] = mapped_column(instant())
    set_by: Mapped[UUID | None]
    set_at: Mapped[datetime] = mapped_column(instant())
    released_by: Mapped[UUID | None]
    released_at: Mapped[datetime | None] = mapped_column(instant())


class PersonKey(Base):
    """The key under which one person's rows stand in backups; without it nobody reads them."""

    __tablename__ = "person_key"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    sealed: Mapped[bytes] = sealed_column("person_key/{patient_id}")
    made_at: Mapped[datetime] = mapped_column(instant())
