"""The rows of the arrivals: from how many people something came in the hour before an instant."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant


class Arrivals(Base):
    """From how many different people readings came in the hour until an instant."""

    __tablename__ = "arrivals"

    until: Mapped[datetime] = mapped_column(instant(), primary_key=True)
    people: Mapped[int]
