"""What is stored of the minutes that were spent on a patient."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant


class TimeSpent(Base):
    """One entry; it is corrected by a later one in its place, and never overwritten."""

    __tablename__ = "time_spent"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    alert_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert.id"), index=True)
    actor_id: Mapped[UUID | None]  # whose minutes they are, whoever corrects them
    at: Mapped[datetime] = mapped_column(instant())  # which month it counts in
    noted_at: Mapped[datetime] = mapped_column(instant())
    minutes: Mapped[int]
    work: Mapped[str]
    live: Mapped[bool]
    # Once: whoever corrects second is told that somebody did.
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("time_spent.id"), unique=True)
    corrected_by_id: Mapped[UUID | None]

    __table_args__ = (Index(None, "patient_id", "at"),)
