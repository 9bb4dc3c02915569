"""The rows of the learned models, of what happened to them, and of what those in shadow said."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant


class LearnedModel(Base):
    """One artefact, as it was added; the application may change `state` and `since` alone.

    The artefact is kept as text: jsonb would store -0.0 as 0.0, and its hash would not hold.
    """

    __tablename__ = "learned_model"

    id: Mapped[str] = mapped_column(primary_key=True)  # risk-<the start of its content's hash>
    artefact: Mapped[str]
    card: Mapped[dict[str, Any]]
    state: Mapped[str]
    since: Mapped[datetime] = mapped_column(instant())
    added_at: Mapped[datetime] = mapped_column(instant())
    added_by_kind: Mapped[str]
    added_by_id: Mapped[UUID | None]
    reason: Mapped[str]

    __table_args__ = (
        Index(
            "uq_learned_model_active",
            "state",
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
    )


class ModelEvent(Base):
    """One thing that happened to a model. Rows are added and read, and nothing else (SEC-18).

    `other_id` is the model that judged before a promotion or judges again after a roll-back,
    null for the one that ships with the program.
    """

    __tablename__ = "model_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    model_id: Mapped[str] = mapped_column(ForeignKey("learned_model.id"), index=True)
    change: Mapped[str]
    other_id: Mapped[str | None] = mapped_column(ForeignKey("learned_model.id"))
    at: Mapped[datetime] = mapped_column(instant())
    by_kind: Mapped[str]
    by_id: Mapped[UUID | None]
    reason: Mapped[str]


class ShadowScore(Base):
    """What a model in shadow would have said at one judgement, beside what was said (AL-21).

    The `judging_…` are those of the model that judged; null where it had no score.
    """

    __tablename__ = "shadow_score"

    assessment_id: Mapped[UUID] = mapped_column(
        ForeignKey("assessment.id", ondelete="CASCADE"), primary_key=True
    )
    model_id: Mapped[str] = mapped_column(ForeignKey("learned_model.id"), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    at: Mapped[datetime] = mapped_column(instant())
    probability: Mapped[float]
    tier: Mapped[str | None]
    judging_id: Mapped[str]
    judging_probability: Mapped[float | None]
    judging_tier: Mapped[str | None]

    __table_args__ = (Index(None, "model_id", "at"), Index(None, "patient_id", "at"))
