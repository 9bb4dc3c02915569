"""Whether a team's programme keeps clocks, and what it assumes of its alerts' worth."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant


class ProgrammeSetting(Base):
    """One setting of a team; the newest holds, those before it stay."""

    __tablename__ = "programme_setting"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    set_at: Mapped[datetime] = mapped_column(instant())
    set_by_kind: Mapped[str]  # whoever operates the program, or an account
    set_by: Mapped[UUID | None]
    clocks: Mapped[bool]
    stay: Mapped[float]
    averts_low: Mapped[float]
    averts_high: Mapped[float]
    handling_low: Mapped[float]
    handling_high: Mapped[float]

    __table_args__ = (Index(None, "team_id", "id"),)
