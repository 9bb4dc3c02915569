"""Contested scores: kept as long as the person's record, as the account of an automated opinion."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class ScoreContest(Base):
    """One score that is contested, and the answer once there is one (`monitoring.contests`).

    The judgement is kept as long as this row. `ruling` is null while nobody has answered.
    """

    __tablename__ = "score_contest"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    # Whoever judges anew to compare, and takes it back, defers this within that (`app.checks`).
    assessment_id: Mapped[UUID] = mapped_column(
        ForeignKey("assessment.id", deferrable=True, initially="IMMEDIATE")
    )
    judged_at: Mapped[datetime] = mapped_column(instant())
    model_id: Mapped[str]
    by: Mapped[str]
    ground: Mapped[str]
    note: Mapped[bytes] = sealed_column("score_contest.note/{id}")
    author_id: Mapped[UUID]  # a practitioner, or an account of somebody who is none
    at: Mapped[datetime] = mapped_column(instant())
    ruling: Mapped[str | None]
    answer: Mapped[bytes] = sealed_column("score_contest.answer/{id}")
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None] = mapped_column(instant())

    __table_args__ = (
        CheckConstraint("(ruling is null) = (answered_at is null)", name="answered"),
        Index(None, "patient_id", "judged_at"),
        Index(None, "assessment_id"),
        Index("ix_score_contest_waiting", "at", postgresql_where=text("ruling is null")),
    )
