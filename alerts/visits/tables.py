"""What is stored of a video visit: when it is, who booked it, and what became of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class Appointment(Base):
    """One visit of one patient about one alert; an alert has at most one that is booked.

    Whoever knows `room` can walk into the visit, so it is sealed and stands in no export.
    """

    __tablename__ = "appointment"

    id: Mapped[UUID] = id_column()
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"), index=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    practitioner_id: Mapped[UUID | None]  # who will be there
    room: Mapped[bytes] = sealed_column("appointment.room/{id}")
    starts_at: Mapped[datetime] = mapped_column(instant())
    ends_at: Mapped[datetime] = mapped_column(instant())
    status: Mapped[str]
    booked_by: Mapped[UUID | None]
    booked_at: Mapped[datetime] = mapped_column(instant())
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None] = mapped_column(instant())  # no longer booked since

    __table_args__ = (
        # The database, not a look before the insert, keeps the booking single (UX-05).
        Index(
            "uq_appointment_booked",
            "alert_id",
            unique=True,
            postgresql_where=text("status = 'booked'"),
        ),
        Index(None, "patient_id", "starts_at"),
        Index(None, "booked_at", "id"),
    )
