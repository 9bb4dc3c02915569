"""Why monitoring of somebody ended, who decided it, and who took it up again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class Discharge(Base):
    """Where one absence without end comes from; it has the absence's id.

    That the person is gone stands in `patient_absence`, where the judgement, the telling and the
    reports look. A record has one discharge at a time that stands.
    """

    __tablename__ = "discharge"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    why: Mapped[str]
    since: Mapped[datetime] = mapped_column(instant())
    comment: Mapped[bytes] = sealed_column("discharge.comment/{id}")
    died_on: Mapped[bytes] = sealed_column("discharge.died_on/{id}")
    author_id: Mapped[UUID]  # a practitioner, or a user who is none
    at: Mapped[datetime] = mapped_column(instant())
    back_at: Mapped[datetime | None] = mapped_column(instant())
    back_by: Mapped[UUID | None]

    __table_args__ = (
        Index(
            "uq_discharge_patient_id",
            "patient_id",
            unique=True,
            postgresql_where=text("back_at is null"),
        ),
    )
