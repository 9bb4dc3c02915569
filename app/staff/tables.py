"""What is stored of changes of rights, and of the link on which the first administrator is made.

A change is kept as long as the account, so that it can be said who let whom do what; a link is
kept for a year after it was used, which proves who began.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant


class RightChange(Base):
    """One change of what somebody may do: `before` and `after` are roles, or ids of teams."""

    __tablename__ = "right_change"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    at: Mapped[datetime] = mapped_column(instant())
    by_kind: Mapped[str]
    by: Mapped[UUID | None]
    what: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]

    __table_args__ = (Index(None, "user_id", "id"),)


class SetUpLink(Base):
    """A link on which the first administrator is made, once; only its digest is kept (SEC-08)."""

    __tablename__ = "set_up_link"

    id: Mapped[UUID] = id_column()
    digest: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(instant())
    until: Mapped[datetime] = mapped_column(instant())
    used_at: Mapped[datetime | None] = mapped_column(instant())
