"""The rows of what rules know of a person besides readings."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant


class Medicine(Base):
    """When a person takes a medicine, as the classes that rules know; none if no code named any.

    Its id is that of what told of it, which may be taken more than once: `part` counts. One that
    is not taken has a row too, so that something is known of the person's medicines.
    """

    __tablename__ = "medicine"

    id: Mapped[UUID] = id_column()
    part: Mapped[int] = mapped_column(primary_key=True, default=0)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    classes: Mapped[list[Any]]
    taken: Mapped[bool]
    since: Mapped[datetime | None] = mapped_column(instant())  # None: it does not say
    until: Mapped[datetime | None] = mapped_column(instant())
    heard: Mapped[datetime | None] = mapped_column(instant())  # None: it was always known


class PatientAbsence(Base):
    """A stay in hospital, or a pause of the programme; its id is that of what told of it.

    One episode of care may be on hold more than once: each pause is a part of its own.
    """

    __tablename__ = "patient_absence"

    id: Mapped[UUID] = id_column()
    part: Mapped[int] = mapped_column(primary_key=True, default=0)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    why: Mapped[str]
    since: Mapped[datetime] = mapped_column(instant())
    until: Mapped[datetime | None] = mapped_column(instant())


class AskedMeasurement(Base):
    """A vital that the programme asked somebody to measure: weekdays, local hours, grace."""

    __tablename__ = "asked_measurement"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(instant())
    grace_hours: Mapped[float]
    days: Mapped[list[Any]]  # Monday is 0
    times: Mapped[list[Any]]  # HH:MM
    vital: Mapped[str] = mapped_column(primary_key=True)


class LivingAnswer(Base):
    """Whether a person lives alone, as one Observation says; true until the next one."""

    __tablename__ = "living_answer"

    id: Mapped[UUID] = id_column()  # of the Observation
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    at: Mapped[datetime] = mapped_column(instant())
    alone: Mapped[bool]
