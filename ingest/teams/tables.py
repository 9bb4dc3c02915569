"""When the holder of a post works, who was with a team from when to when, and where teams are.

Stays in teams are kept: a report of a past week is of those who were there then.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant


class PostTimes(Base):
    """Hours, leave and period of one PractitionerRole; no row where it says nothing of them."""

    __tablename__ = "post_times"

    role_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner_role.id"), primary_key=True)
    hours: Mapped[list[Any]]  # [[weekdays, start, end], …] in minutes after midnight
    away: Mapped[list[Any]]  # [[start, end], …] as written
    since: Mapped[str]
    until: Mapped[str]
    zone: Mapped[str]


class TeamStay(Base):
    """Somebody's stay in a team; the database itself writes it, whoever changes the members."""

    __tablename__ = "team_stay"

    id: Mapped[UUID] = id_column()
    care_team_id: Mapped[UUID]
    practitioner_id: Mapped[UUID]
    role: Mapped[str]
    since: Mapped[datetime | None] = mapped_column(instant())  # None: as long as it is known
    until: Mapped[datetime | None] = mapped_column(instant())  # None: still

    __table_args__ = (Index(None, "care_team_id", "practitioner_id"),)


class PatientStay(Base):
    """A team's time with a patient; the database itself writes it, whoever moves them."""

    __tablename__ = "patient_stay"

    id: Mapped[UUID] = id_column()
    care_team_id: Mapped[UUID]
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    since: Mapped[datetime | None] = mapped_column(instant())  # None: as long as it is known
    until: Mapped[datetime | None] = mapped_column(instant())  # None: still

    __table_args__ = (Index(None, "care_team_id", "until"),)


class TakenOut(Base):
    """Whom an administrator took out of a team, until an administrator brings them back.

    `named_at` is when a record system named them as of the team again, which changed nothing.
    """

    __tablename__ = "taken_out"

    care_team_id: Mapped[UUID] = mapped_column(primary_key=True)
    practitioner_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(instant())
    named_at: Mapped[datetime | None] = mapped_column(instant())


class Site(Base):
    """A place of the clinic, to which teams belong."""

    __tablename__ = "site"

    id: Mapped[UUID] = id_column()
    name: Mapped[str]
    closed_at: Mapped[datetime | None] = mapped_column(instant())
