"""What is stored of retention: each pass over one kind of data, and how much it took away."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant


class RetentionPass(Base):
    """One pass over one kind: what was older than `before` goes, in as many steps as it takes.

    Kept for two years, as `retention.toml` says, since it accounts for what is not there any
    more. It names nobody.
    """

    __tablename__ = "retention_pass"

    id: Mapped[UUID] = id_column()
    kind: Mapped[str]
    period: Mapped[str]
    terms: Mapped[str]  # the hash of the file that stated how long
    before: Mapped[datetime] = mapped_column(instant())
    began_at: Mapped[datetime] = mapped_column(instant())
    removed: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    ended_at: Mapped[datetime | None] = mapped_column(instant())

    __table_args__ = (
        UniqueConstraint("kind", "period"),
        Index(
            "ix_retention_pass_open", "began_at", "kind", postgresql_where=text("ended_at is null")
        ),
    )
