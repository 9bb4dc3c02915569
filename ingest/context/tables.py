"""The rows of what rules know of a person besides readings."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant


class Medicine(Base):
    """A medicine of a person, as the classes that rules know; none where no code named any."""

    __tablename__ = "medicine"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    classes: Mapped[list[Any]]
    taken: Mapped[bool]
    until: Mapped[datetime | None] = mapped_column(instant())


class PatientAbsence(Base):
    """A stay in hospital, or a pause of the programme; its id is that of what told of it."""

    __tablename__ = "patient_absence"

    id: Mapped[UUID] = id_column()
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
