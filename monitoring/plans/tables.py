"""The rows of a person's plan: every version of every limit that a clinician set, kept for good."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class PlanVersion(Base):
    """One version of one part of a person's plan.

    The application's role may insert and read these rows, and seal a reason again under a newer
    key; the migration grants nothing else (SEC-18). `number` counts the versions of one patient.
    """

    __tablename__ = "plan_version"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    number: Mapped[int]
    subject: Mapped[str]  # a vital, or the target of oxygen saturation
    from_usual: Mapped[bool] = mapped_column(default=False)
    change: Mapped[str]  # set, changed or withdrawn
    content: Mapped[dict[str, Any]]
    reason: Mapped[bytes] = sealed_column("plan_version.reason/{id}")
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner.id"))
    at: Mapped[datetime] = mapped_column(instant())
    review_by: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("patient_id", "number"),
        Index(None, "patient_id", "subject", "from_usual", "number"),
    )
