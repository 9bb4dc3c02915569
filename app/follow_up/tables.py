"""The rows of followed patient-days, and how many days they stand among."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant


class FollowedDayRow(Base):
    """One scored patient-day: its outcome is known, it was drawn to be asked about, or neither.

    `chosen_with` is the probability with which it was to be drawn, 1 where its outcome is known.
    `source` and `outcome` are those of `monitoring.followed`; a drawn day has no outcome until
    somebody answers, and one that was not drawn never has: it stands for itself where days are
    counted, so that whoever no longer counts is missing among all days and not among some.
    """

    __tablename__ = "followed_day"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    assessment_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("assessment.id", ondelete="SET NULL")
    )
    day: Mapped[date]
    scored_at: Mapped[datetime] = mapped_column(instant())
    model_id: Mapped[str]
    probability: Mapped[float]
    source: Mapped[str]
    chosen_with: Mapped[float]
    outcome: Mapped[str | None]
    answered_by: Mapped[UUID | None]  # the account
    answered_at: Mapped[datetime | None] = mapped_column(instant())
    followed_at: Mapped[datetime] = mapped_column(instant())

    __table_args__ = (
        UniqueConstraint("patient_id", "day"),
        Index(None, "day", "model_id"),
        Index(None, "assessment_id"),
        Index(None, "answered_by", "answered_at"),
    )


class ShadowedDay(Base):
    """What a model in shadow had predicted of a followed day: the same outcome is held to it."""

    __tablename__ = "shadowed_day"

    followed_id: Mapped[UUID] = mapped_column(
        ForeignKey("followed_day.id", ondelete="CASCADE"), primary_key=True
    )
    model_id: Mapped[str] = mapped_column(primary_key=True, index=True)
    probability: Mapped[float]


class ScoredDays(Base):
    """How many days of one day's scores lay in a band, and of how many the outcome was known.

    As it was found: the followed days themselves say who counts still.
    `left_out` were being treated or in hospital when they were scored, and count for nothing.
    """

    __tablename__ = "scored_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(primary_key=True)
    band: Mapped[int] = mapped_column(primary_key=True)
    days: Mapped[int]
    predicted: Mapped[float]  # the sum of the probabilities
    known: Mapped[int]
    left_out: Mapped[int]
