"""The rows of weekly reports: when each is due, what it said, and who was told of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant


class WeeklyReport(Base):
    """One issue of a team's week, from the moment that it is known to be due.

    `report` is the frozen report by ids, `patients` are whom it is of. `why` is the last error
    (`states.Why`), with the class of it in `detail` and never its message. `forgotten` counts the
    people whose ids were taken out of it.
    """

    __tablename__ = "weekly_report"

    id: Mapped[UUID] = id_column()
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    monday: Mapped[date]
    version: Mapped[int]
    zone: Mapped[str]
    state: Mapped[str]
    begin_at: Mapped[datetime] = mapped_column(instant())
    due_at: Mapped[datetime] = mapped_column(instant())
    started_at: Mapped[datetime | None] = mapped_column(instant())
    made_at: Mapped[datetime | None] = mapped_column(instant())
    late: Mapped[bool] = mapped_column(default=False)
    people: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    why: Mapped[str] = mapped_column(default="")
    detail: Mapped[str] = mapped_column(default="")
    asked_by_kind: Mapped[str] = mapped_column(default="")  # of an issue that somebody asked for
    asked_by: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(default="")
    format: Mapped[int] = mapped_column(default=0)
    digest: Mapped[str] = mapped_column(default="")
    report: Mapped[dict[str, Any] | None]
    patients: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list)
    forgotten: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        UniqueConstraint("team_id", "monday", "version"),
        Index(
            "ix_weekly_report_pending",
            "begin_at",
            postgresql_where=text("state in ('due', 'running')"),
        ),
        Index("ix_weekly_report_patients", "patients", postgresql_using="gin"),
        Index(None, "monday"),
    )


class WeeklyLetter(Base):
    """The mail that tells one member of one issue; at most one (I4)."""

    __tablename__ = "weekly_letter"

    id: Mapped[UUID] = id_column()
    report_id: Mapped[UUID] = mapped_column(ForeignKey("weekly_report.id"))
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner.id"))
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(instant())
    sent_at: Mapped[datetime | None] = mapped_column(instant())

    __table_args__ = (UniqueConstraint("report_id", "practitioner_id"),)


class WeeklyMailOff(Base):
    """A clinician who wants no mail about weekly reports."""

    __tablename__ = "weekly_mail_off"

    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(instant())
