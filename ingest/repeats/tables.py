"""The row of a request that was answered, for as long as its repeats are expected."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant
from core.sealed_fields import sealed_column


class AnsweredRequest(Base):
    """What was answered under a client's key; neither the key nor the answer can be read here."""

    __tablename__ = "answered_request"

    key: Mapped[UUID] = mapped_column(primary_key=True)  # keyed digest of (client, key)
    digest: Mapped[bytes] = mapped_column(LargeBinary)  # keyed digest of the request
    answer: Mapped[bytes] = sealed_column("answered_request/{key}")
    answered_at: Mapped[datetime] = mapped_column(instant(), index=True)
