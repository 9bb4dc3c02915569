"""What is known about devices' clocks, and which readings were placed anew because of it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant


class StoredClock(Base):
    """The last coincident timestamp of a device, as one client named it."""

    __tablename__ = "device_clock"

    client_id: Mapped[UUID] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    seconds_ahead: Mapped[float]
    read_at: Mapped[datetime] = mapped_column(instant())


class ClockCorrection(Base):
    """By how much the readings of one version of an Observation were moved (REL-21)."""

    __tablename__ = "clock_correction"

    resource_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    seconds_ahead: Mapped[float]


class ClockDoubt(Base):
    """A sign that the clock of a person's device is wrong: the first of its sort on a day (UTC).

    Either its gateway read it, or (`of_reading`) a reading was more than 30 days old when it
    arrived from a client that declares no history.
    """

    __tablename__ = "clock_doubt"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    of_reading: Mapped[bool] = mapped_column(primary_key=True)
    seconds_ahead: Mapped[float]
    at: Mapped[datetime] = mapped_column(instant())
