"""When the holder of a post works, as the PractitionerRole said."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class PostTimes(Base):
    """Hours, leave and period of one PractitionerRole; no row where it says nothing of them."""

    __tablename__ = "post_times"

    role_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner_role.id"), primary_key=True)
    hours: Mapped[list[Any]]  # [[weekdays, start, end], …] in minutes after midnight
    away: Mapped[list[Any]]  # [[start, end], …] as written
    since: Mapped[str]
    until: Mapped[str]
    zone: Mapped[str]
