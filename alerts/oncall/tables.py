"""Who is on call for a team, and who is away with whom in their place."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant


class OnCallShift(Base):
    """One person on call for one team: once from `since` to `until`, or weekly between them.

    Nothing is changed or deleted: what no longer holds was removed at a time, by somebody.
    """

    __tablename__ = "on_call_shift"

    id: Mapped[UUID] = id_column()
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"), index=True)
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner.id"))
    since: Mapped[datetime] = mapped_column(instant())
    until: Mapped[datetime | None] = mapped_column(instant())
    days: Mapped[list[Any] | None]  # weekdays of a weekly pattern, Monday being 0
    start: Mapped[int | None]  # of a weekly pattern, in minutes after midnight of the team
    end: Mapped[int | None]
    overrides: Mapped[bool]  # goes before whoever the rota names otherwise
    created_at: Mapped[datetime] = mapped_column(instant())
    removed_at: Mapped[datetime | None] = mapped_column(instant())


class Leave(Base):
    """A time in which somebody is told of nothing, and who is told in their place."""

    __tablename__ = "practitioner_leave"

    id: Mapped[UUID] = id_column()
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner.id"), index=True)
    since: Mapped[datetime] = mapped_column(instant())
    until: Mapped[datetime] = mapped_column(instant())
    substitute_id: Mapped[UUID | None] = mapped_column(ForeignKey("practitioner.id"))
    created_at: Mapped[datetime] = mapped_column(instant())
    removed_at: Mapped[datetime | None] = mapped_column(instant())
