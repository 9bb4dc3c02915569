"""The rows of what people were asked to measure again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant


class RepeatRequest(Base):
    """One value that was to be measured again; whether it was is read from the readings.

    `tip` is a message, in no language yet. `critical` says that its RED is open already.
    """

    __tablename__ = "repeat_request"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    vital: Mapped[str]
    reading_id: Mapped[str]
    rule_id: Mapped[str]
    taken_at: Mapped[datetime] = mapped_column(instant())
    asked_at: Mapped[datetime] = mapped_column(instant())
    until: Mapped[datetime] = mapped_column(instant())
    critical: Mapped[bool]
    tip: Mapped[str]

    __table_args__ = (
        UniqueConstraint("patient_id", "vital", "taken_at"),
        Index(None, "patient_id", "asked_at"),
        Index(None, "asked_at", "id"),
    )
