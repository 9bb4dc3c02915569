"""What is stored of how somebody is reached."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class ContactPoint(Base):
    """One address of one recipient on one channel; at most one of each is in use (AL-18).

    `owner` is a recipient's key as deliveries have it. `tiers` are the severities that it was
    chosen for; null is no rule: used where the policy names its channel.
    """

    __tablename__ = "contact_point"

    id: Mapped[UUID] = id_column()
    owner: Mapped[str]
    channel: Mapped[str]
    address: Mapped[bytes] = sealed_column("contact_point.address/{id}")
    secrets: Mapped[bytes] = sealed_column("contact_point.secrets/{id}")  # of webhooks
    tiers: Mapped[list[Any] | None]
    created_at: Mapped[datetime] = mapped_column(instant())
    tested_at: Mapped[datetime | None] = mapped_column(instant())
    ended_at: Mapped[datetime | None] = mapped_column(instant())
    end_reason: Mapped[str | None]  # "removed", "replaced", or what the provider said

    __table_args__ = (
        Index(
            "uq_contact_point_in_use",
            "owner",
            "channel",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )
