"""The rows of what was found, one for each day, model and question."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant


class ModelCheck(Base):
    """What one look at a model found: drift or calibration, as counts and figures of nobody."""

    __tablename__ = "model_check"

    what: Mapped[str] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(instant())
    found: Mapped[dict[str, Any]]
