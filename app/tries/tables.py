"""What is stored of tries that came to nothing: how many, of whom, in which quarter of an hour."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant


class RefusedTries(Base):
    """The tries of one source at one thing in one period; `who` is an account's id or a digest."""

    __tablename__ = "refused_tries"

    what: Mapped[str] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[datetime] = mapped_column(instant(), primary_key=True)
    tried: Mapped[int]
    held: Mapped[int]  # that were not even looked at
    last_at: Mapped[datetime] = mapped_column(instant())

    __table_args__ = (Index(None, "what", "period"),)
