"""What is stored of access in an emergency to somebody who is not one's own patient (SEC-14)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class EmergencyAccess(Base):
    """One person's access to one patient, for an hour, with its reason and its review."""

    __tablename__ = "emergency_access"

    id: Mapped[UUID] = id_column()
    user_id: Mapped[UUID]
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    reason: Mapped[str]
    text: Mapped[bytes] = sealed_column("emergency_access.text/{id}")
    began_at: Mapped[datetime] = mapped_column(instant())
    until: Mapped[datetime] = mapped_column(instant())
    ended_at: Mapped[datetime | None] = mapped_column(instant())
    notified_at: Mapped[datetime | None] = mapped_column(instant())
    reviewed_at: Mapped[datetime | None] = mapped_column(instant())
    reviewed_by: Mapped[UUID | None]
    review: Mapped[bytes] = sealed_column("emergency_access.review/{id}")

    __table_args__ = (Index(None, "user_id", "until"), Index(None, "began_at"))
