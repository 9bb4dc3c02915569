"""Who declared a pause, what for, and who ended it before its time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class DeclaredPause(Base):
    """Where one absence comes from that a clinician declared; it has the absence's id.

    When the person is away stands in `patient_absence`, where the judgement, the telling and the
    replay look, whoever told of it. `since` and `until` are what was declared.
    """

    __tablename__ = "declared_pause"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    kind: Mapped[str]
    since: Mapped[datetime] = mapped_column(instant())
    until: Mapped[datetime] = mapped_column(instant())
    comment: Mapped[bytes] = sealed_column("declared_pause.comment/{id}")
    author_id: Mapped[UUID]  # a practitioner, or a user who is none
    at: Mapped[datetime] = mapped_column(instant())
    ended_by_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None] = mapped_column(instant())
