"""Which Observation or person a sampled check found broken."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant


class BrokenSubject(Base):
    """Something of which a promise is broken, by an opaque id."""

    __tablename__ = "broken_subject"

    invariant: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(instant())
