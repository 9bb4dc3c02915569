"""What is known about devices' clocks, and which readings were placed anew because of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

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
