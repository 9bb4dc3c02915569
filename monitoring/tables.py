"""The rows of the judgement: assessments as they were made, and frozen baselines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

COPIED = "copied/"  # begins the key of a judgement that another system made, and a copy brought


class AssessmentRow(Base):
    """One judgement of one person, with the rulebook and the model that made it.

    `key` names the effect (REL-10): a second call for the same state of the readings finds
    it taken. `received_until` is how far the arrivals were read.
    """

    __tablename__ = "assessment"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    key: Mapped[str]
    at: Mapped[datetime] = mapped_column(instant())
    received_until: Mapped[datetime] = mapped_column(instant())
    severity: Mapped[str | None]
    findings: Mapped[list[Any]]
    shadow: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))  # told to nobody (AL-21)
    risk: Mapped[dict[str, Any] | None]
    usual: Mapped[dict[str, Any]]
    expected: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    notes: Mapped[list[Any]]
    rulebook_hash: Mapped[str]
    model_id: Mapped[str] = mapped_column(default="")
    recheck_at: Mapped[datetime | None] = mapped_column(instant())
    judged_from: Mapped[datetime | None] = mapped_column(instant())

    __table_args__ = (
        UniqueConstraint("patient_id", "key"),
        Index(None, "patient_id", "at"),
        Index(None, "at", "id"),
    )


def made_here(row: type[AssessmentRow]) -> ColumnElement[bool]:
    """Return whether this system made a judgement itself: one that a copy brought judged nothing.

    What was read until then, waited for or expected, and by which rules, was so elsewhere.
    """
    return ~row.key.startswith(COPIED)


class LastJudged(Base):
    """When a person was last judged, whether or not that changed anything (AL-22)."""

    __tablename__ = "last_judged"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(instant())


class BaselineFreeze(Base):
    """A span of days that must not teach the baseline: an episode was open."""

    __tablename__ = "baseline_freeze"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    problem: Mapped[str]
    since: Mapped[datetime] = mapped_column(instant())
    until: Mapped[datetime | None] = mapped_column(instant())

    __table_args__ = (
        Index(
            "uq_baseline_freeze_open",
            "patient_id",
            "problem",
            unique=True,
            postgresql_where=text("until is null"),
        ),
    )
